"""A training dataset: the table it reads, and the role that may read it."""

from __future__ import annotations

from .construct import TrainingDataset
from .glue_table import GlueTable
from .grants import TrainingDatasetGrants
from .interface import ITrainingDataset
from .training_column import TrainingColumn

__all__ = [
    "GlueTable",
    "ITrainingDataset",
    "TrainingColumn",
    "TrainingDataset",
    "TrainingDatasetGrants",
]
