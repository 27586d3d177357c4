"""The association of a configured audience model with a membership of a collaboration."""

from __future__ import annotations

from .construct import RESOURCE_TYPE, ConfiguredAudienceModelAssociation
from .grants import ConfiguredAudienceModelAssociationGrants
from .interface import (
    ConfiguredAudienceModelAssociationReference,
    IConfiguredAudienceModelAssociation,
    IConfiguredAudienceModelAssociationRef,
)
from .membership import Membership

__all__ = [
    "RESOURCE_TYPE",
    "ConfiguredAudienceModelAssociation",
    "ConfiguredAudienceModelAssociationGrants",
    "ConfiguredAudienceModelAssociationReference",
    "IConfiguredAudienceModelAssociation",
    "IConfiguredAudienceModelAssociationRef",
    "Membership",
]
