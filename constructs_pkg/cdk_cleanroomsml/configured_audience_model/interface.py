"""What others may ask of a configured audience model, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..common.resource import IResource

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam

    from .grants import ConfiguredAudienceModelGrants
    from .resource_policy import ConfiguredAudienceModelPolicy


class IConfiguredAudienceModel(IResource, Protocol):
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
    def grants(self) -> ConfiguredAudienceModelGrants:
        """Permissions on the model, for others."""
        ...

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Adds a statement to the model's resource policy; to an imported model's only if it was given one here.

        Args:
            statement: The statement, with principals, actions and resources.
        """
        ...
