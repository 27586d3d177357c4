"""AWS Clean Rooms ML lookalike modelling for the AWS CDK: configured audience models, and what comes before and after.

The public names are imported when they are first used: the function and the local engine live in this package, too, and
have no use for the CDK, which starts Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .association import (
        ConfiguredAudienceModelAssociation,
        ConfiguredAudienceModelAssociationGrants,
        ConfiguredAudienceModelAssociationReference,
        IConfiguredAudienceModelAssociation,
        IConfiguredAudienceModelAssociationRef,
        Membership,
    )
    from .audience_model import (
        AudienceModel,
        AudienceModelGrants,
        AudienceModelReference,
        IAudienceModel,
        IAudienceModelRef,
    )
    from .audience_output import AudienceOutput
    from .common.metrics import MetricOptions
    from .configured_audience_model import (
        AudienceSizes,
        ConfiguredAudienceModel,
        ConfiguredAudienceModelGrants,
        ConfiguredAudienceModelPolicy,
        ConfiguredAudienceModelReference,
        IConfiguredAudienceModel,
        IConfiguredAudienceModelRef,
        SharedAudienceMetrics,
        TagOnCreatePolicy,
    )
    from .monitoring import CleanRoomsMLMonitoring
    from .provider import CleanRoomsMLProvider
    from .retraining import AudienceModelRetraining
    from .seed_audience import SeedAudience
    from .training_dataset import GlueTable, ITrainingDataset, TrainingColumn, TrainingDataset, TrainingDatasetGrants

__version__ = "0.1.0"

__all__ = [
    "AudienceModel",
    "AudienceModelGrants",
    "AudienceModelReference",
    "AudienceModelRetraining",
    "AudienceOutput",
    "AudienceSizes",
    "CleanRoomsMLMonitoring",
    "CleanRoomsMLProvider",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelAssociation",
    "ConfiguredAudienceModelAssociationGrants",
    "ConfiguredAudienceModelAssociationReference",
    "ConfiguredAudienceModelGrants",
    "ConfiguredAudienceModelPolicy",
    "ConfiguredAudienceModelReference",
    "GlueTable",
    "IAudienceModel",
    "IAudienceModelRef",
    "IConfiguredAudienceModel",
    "IConfiguredAudienceModelAssociation",
    "IConfiguredAudienceModelAssociationRef",
    "IConfiguredAudienceModelRef",
    "ITrainingDataset",
    "Membership",
    "MetricOptions",
    "SeedAudience",
    "SharedAudienceMetrics",
    "TagOnCreatePolicy",
    "TrainingColumn",
    "TrainingDataset",
    "TrainingDatasetGrants",
]

_ROOMS = {
    "AudienceModel": "audience_model",
    "AudienceModelGrants": "audience_model",
    "AudienceModelReference": "audience_model",
    "AudienceModelRetraining": "retraining",
    "AudienceOutput": "audience_output",
    "AudienceSizes": "configured_audience_model",
    "CleanRoomsMLMonitoring": "monitoring",
    "CleanRoomsMLProvider": "provider",
    "ConfiguredAudienceModel": "configured_audience_model",
    "ConfiguredAudienceModelAssociation": "association",
    "ConfiguredAudienceModelAssociationGrants": "association",
    "ConfiguredAudienceModelAssociationReference": "association",
    "ConfiguredAudienceModelGrants": "configured_audience_model",
    "ConfiguredAudienceModelPolicy": "configured_audience_model",
    "ConfiguredAudienceModelReference": "configured_audience_model",
    "GlueTable": "training_dataset",
    "IAudienceModel": "audience_model",
    "IAudienceModelRef": "audience_model",
    "IConfiguredAudienceModel": "configured_audience_model",
    "IConfiguredAudienceModelAssociation": "association",
    "IConfiguredAudienceModelAssociationRef": "association",
    "IConfiguredAudienceModelRef": "configured_audience_model",
    "ITrainingDataset": "training_dataset",
    "Membership": "association",
    "MetricOptions": "common.metrics",
    "SeedAudience": "seed_audience",
    "SharedAudienceMetrics": "configured_audience_model",
    "TagOnCreatePolicy": "configured_audience_model",
    "TrainingColumn": "training_dataset",
    "TrainingDataset": "training_dataset",
    "TrainingDatasetGrants": "training_dataset",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ROOMS[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
