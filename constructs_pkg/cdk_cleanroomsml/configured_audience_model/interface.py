"""What others may ask of a configured audience model, created or imported, and how they refer to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk.interfaces import IEnvironmentAware
from constructs import IConstruct

from ..common.arns import id_of
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam

    from .grants import ConfiguredAudienceModelGrants
    from .resource_policy import ConfiguredAudienceModelPolicy


@checked
@dataclass(frozen=True, kw_only=True)
class ConfiguredAudienceModelReference:
    """A reference to a configured audience model."""

    configured_audience_model_arn: str
    """The ARN."""

    @property
    def configured_audience_model_id(self) -> str:
        """The last part of the ARN."""
        return id_of(self.configured_audience_model_arn)


class IConfiguredAudienceModelRef(IConstruct, IEnvironmentAware, Protocol):
    """What can be referred to as a configured audience model, of this library or of another."""

    @property
    def configured_audience_model_ref(self) -> ConfiguredAudienceModelReference:
        """The reference."""
        ...


class IConfiguredAudienceModel(IConfiguredAudienceModelRef, cdk.IResource, Protocol):
    """A configured audience model, defined in this application or elsewhere."""

    policy: ConfiguredAudienceModelPolicy | None
    """The resource policy that it has in this application; ``None`` if it has none here."""

    @property
    def configured_audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def configured_audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def role(self) -> iam.IRole | None:
        """What Clean Rooms ML assumes to write segments; ``None`` if that isn't known."""
        ...

    @property
    def grants(self) -> ConfiguredAudienceModelGrants:
        """Permissions on the model, for others."""
        ...

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Adds a statement to the model's resource policy; to an imported model's only if it was given one here.

        Args:
            statement: The statement, with principals, actions and resources.
        """
        ...
