"""An audience model, trained on a training dataset."""

from __future__ import annotations

from .construct import RESOURCE_TYPE, WHERE_THE_DATASET_IS, AudienceModel
from .grants import AudienceModelGrants
from .interface import AudienceModelReference, IAudienceModel, IAudienceModelRef
from .training_key import FOR_AWS, GRANT, USE, let_service_train_with, via_service

__all__ = [
    "FOR_AWS",
    "GRANT",
    "RESOURCE_TYPE",
    "USE",
    "WHERE_THE_DATASET_IS",
    "AudienceModel",
    "AudienceModelGrants",
    "AudienceModelReference",
    "IAudienceModel",
    "IAudienceModelRef",
    "let_service_train_with",
    "via_service",
]
