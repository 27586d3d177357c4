"""What others may ask of a training dataset, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef

if TYPE_CHECKING:
    from .grants import TrainingDatasetGrants


class ITrainingDataset(ITrainingDatasetRef, cdk.IResource, Protocol):
    """A training dataset, defined in this application or elsewhere."""

    @property
    def training_dataset_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def training_dataset_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> TrainingDatasetGrants:
        """Permissions on the dataset, for others."""
        ...
