"""AWS Clean Rooms ML lookalike modelling for the AWS CDK: configured audience models, and what comes before and after.

The public names are imported when they are first used: the function and the local engine live in this package, too, and
have no use for the CDK, which starts Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audience_model import AudienceModel
    from .audience_model_grants import AudienceModelGrants
    from .audience_model_retraining import AudienceModelRetraining
    from .audience_output import AudienceOutput
    from .audience_sizes import AudienceSizes
    from .configured_audience_model import ConfiguredAudienceModel
    from .configured_audience_model_association import ConfiguredAudienceModelAssociation
    from .configured_audience_model_association_grants import ConfiguredAudienceModelAssociationGrants
    from .configured_audience_model_grants import ConfiguredAudienceModelGrants
    from .configured_audience_model_policy import ConfiguredAudienceModelPolicy
    from .glue_table import GlueTable
    from .interfaces import (
        IAudienceModel,
        IConfiguredAudienceModel,
        IConfiguredAudienceModelAssociation,
        ITrainingDataset,
    )
    from .monitoring import CleanRoomsMLMonitoring
    from .provider import CleanRoomsMLProvider
    from .shared_audience_metrics import SharedAudienceMetrics
    from .tag_on_create_policy import TagOnCreatePolicy
    from .training_column import TrainingColumn
    from .training_dataset import TrainingDataset
    from .training_dataset_grants import TrainingDatasetGrants

__version__ = "0.1.0"

__all__ = [
    "AudienceModel",
    "AudienceModelGrants",
    "AudienceModelRetraining",
    "AudienceOutput",
    "AudienceSizes",
    "CleanRoomsMLMonitoring",
    "CleanRoomsMLProvider",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelAssociation",
    "ConfiguredAudienceModelAssociationGrants",
    "ConfiguredAudienceModelGrants",
    "ConfiguredAudienceModelPolicy",
    "GlueTable",
    "IAudienceModel",
    "IConfiguredAudienceModel",
    "IConfiguredAudienceModelAssociation",
    "ITrainingDataset",
    "SharedAudienceMetrics",
    "TagOnCreatePolicy",
    "TrainingColumn",
    "TrainingDataset",
    "TrainingDatasetGrants",
]

_MODULES = {
    "AudienceModel": "audience_model",
    "AudienceModelGrants": "audience_model_grants",
    "AudienceModelRetraining": "audience_model_retraining",
    "AudienceOutput": "audience_output",
    "AudienceSizes": "audience_sizes",
    "CleanRoomsMLMonitoring": "monitoring",
    "CleanRoomsMLProvider": "provider",
    "ConfiguredAudienceModel": "configured_audience_model",
    "ConfiguredAudienceModelAssociation": "configured_audience_model_association",
    "ConfiguredAudienceModelAssociationGrants": "configured_audience_model_association_grants",
    "ConfiguredAudienceModelGrants": "configured_audience_model_grants",
    "ConfiguredAudienceModelPolicy": "configured_audience_model_policy",
    "GlueTable": "glue_table",
    "IAudienceModel": "interfaces",
    "IConfiguredAudienceModel": "interfaces",
    "IConfiguredAudienceModelAssociation": "interfaces",
    "ITrainingDataset": "interfaces",
    "SharedAudienceMetrics": "shared_audience_metrics",
    "TagOnCreatePolicy": "tag_on_create_policy",
    "TrainingColumn": "training_column",
    "TrainingDataset": "training_dataset",
    "TrainingDatasetGrants": "training_dataset_grants",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
