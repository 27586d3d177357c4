"""The resource types that the function serves."""

from __future__ import annotations

from .association import ConfiguredAudienceModelAssociation
from .audience_model import RETRAINING_MARKER, TRAINING, AudienceModel
from .configured_audience_model import ConfiguredAudienceModel
from .resource_policy import ConfiguredAudienceModelPolicy, Policy, model_of

__all__ = [
    "RETRAINING_MARKER",
    "TRAINING",
    "AudienceModel",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelAssociation",
    "ConfiguredAudienceModelPolicy",
    "Policy",
    "model_of",
]
