"""An audience model, trained on a training dataset."""

from __future__ import annotations

from .construct import RESOURCE_TYPE, TRAINING_DATASET, WHERE_THE_DATASET_IS, AudienceModel
from .grants import AudienceModelGrants
from .interface import IAudienceModel
from .training_key import FOR_AWS, GRANT, USE, let_service_train_with, via_service

__all__ = [
    "FOR_AWS",
    "GRANT",
    "RESOURCE_TYPE",
    "TRAINING_DATASET",
    "USE",
    "WHERE_THE_DATASET_IS",
    "AudienceModel",
    "AudienceModelGrants",
    "IAudienceModel",
    "let_service_train_with",
    "via_service",
]
