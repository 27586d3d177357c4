"""A configured audience model: what it is, who may use it, and whom its policy lets in."""

from __future__ import annotations

from .audience_sizes import AudienceSizes
from .construct import RESOURCE_TYPE, ConfiguredAudienceModel
from .grants import ConfiguredAudienceModelGrants
from .interface import ConfiguredAudienceModelReference, IConfiguredAudienceModel, IConfiguredAudienceModelRef
from .resource_policy import RESOURCE_TYPE as RESOURCE_POLICY_TYPE
from .resource_policy import ConfiguredAudienceModelPolicy, policy_of
from .shared_audience_metrics import SharedAudienceMetrics
from .tag_on_create_policy import TagOnCreatePolicy

__all__ = [
    "RESOURCE_POLICY_TYPE",
    "RESOURCE_TYPE",
    "AudienceSizes",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelGrants",
    "ConfiguredAudienceModelPolicy",
    "ConfiguredAudienceModelReference",
    "IConfiguredAudienceModel",
    "IConfiguredAudienceModelRef",
    "SharedAudienceMetrics",
    "TagOnCreatePolicy",
    "policy_of",
]
