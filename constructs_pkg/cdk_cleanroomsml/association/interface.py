"""What others may ask of an association, created or imported, and how they refer to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk.interfaces import IEnvironmentAware
from constructs import IConstruct

from ..common.parameter_types import checked

if TYPE_CHECKING:
    from .grants import ConfiguredAudienceModelAssociationGrants


@checked
@dataclass(frozen=True, kw_only=True)
class ConfiguredAudienceModelAssociationReference:
    """A reference to the association of a configured audience model with a membership."""

    configured_audience_model_association_arn: str
    """The ARN."""

    @property
    def configured_audience_model_association_identifier(self) -> str:
        """The last part of the ARN."""
        arn = self.configured_audience_model_association_arn
        return cdk.Fn.select(3, cdk.Fn.split("/", arn)) if cdk.Token.is_unresolved(arn) else arn.rpartition("/")[2]


class IConfiguredAudienceModelAssociationRef(IConstruct, IEnvironmentAware, Protocol):
    """What can be referred to as such an association, of this library or of another."""

    @property
    def configured_audience_model_association_ref(self) -> ConfiguredAudienceModelAssociationReference:
        """The reference."""
        ...


class IConfiguredAudienceModelAssociation(IConfiguredAudienceModelAssociationRef, cdk.IResource, Protocol):
    """The association of a configured audience model with a membership, defined in this application or elsewhere."""

    @property
    def configured_audience_model_association_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def configured_audience_model_association_identifier(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> ConfiguredAudienceModelAssociationGrants:
        """Permissions on the association, for others."""
        ...
