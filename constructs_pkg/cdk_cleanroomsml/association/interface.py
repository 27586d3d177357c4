"""What others may ask of an association, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..common.resource import IResource

if TYPE_CHECKING:
    from .grants import ConfiguredAudienceModelAssociationGrants


class IConfiguredAudienceModelAssociation(IResource, Protocol):
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
