"""What others may ask of an audience model, created or imported, and how they refer to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk.interfaces import IEnvironmentAware
from constructs import IConstruct

from ..common.arns import id_of
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from .grants import AudienceModelGrants


@checked
@dataclass(frozen=True, kw_only=True)
class AudienceModelReference:
    """A reference to an audience model."""

    audience_model_arn: str
    """The ARN."""

    @property
    def audience_model_id(self) -> str:
        """The last part of the ARN."""
        return id_of(self.audience_model_arn)


class IAudienceModelRef(IConstruct, IEnvironmentAware, Protocol):
    """What can be referred to as an audience model, of this library or of another."""

    @property
    def audience_model_ref(self) -> AudienceModelReference:
        """The reference."""
        ...


class IAudienceModel(IAudienceModelRef, cdk.IResource, Protocol):
    """An audience model, defined in this application or elsewhere."""

    @property
    def audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> AudienceModelGrants:
        """Permissions on the audience model, for others."""
        ...
