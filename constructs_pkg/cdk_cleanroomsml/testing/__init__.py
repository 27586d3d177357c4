"""For tests of applications: what a template asks of the services, and an AWS on loopback to deploy to.

The names are imported when they are first used: who only looks at templates has no use for the engine, and who only
deploys none for the CDK, which starts Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .assertions import (
        has_audience_model,
        has_audience_model_retraining,
        has_configured_audience_model,
        has_configured_audience_model_association,
        has_configured_audience_model_policy,
        has_training_dataset,
    )
    from .cdk_project import CdkError, CdkProject
    from .engines import EngineOptions
    from .members import (
        AudienceModelMembers,
        AudienceModelRetrainingMembers,
        ConfiguredAudienceModelAssociationMembers,
        ConfiguredAudienceModelMembers,
        ConfiguredAudienceModelPolicyMembers,
        TrainingDatasetMembers,
    )
    from .requests import (
        audience_model,
        audience_model_retraining,
        audience_model_retrainings,
        audience_models,
        configured_audience_model,
        configured_audience_model_association,
        configured_audience_model_associations,
        configured_audience_model_policies,
        configured_audience_model_policy,
        configured_audience_models,
        training_dataset,
        training_datasets,
    )

__all__ = [
    "AudienceModelMembers",
    "AudienceModelRetrainingMembers",
    "CdkError",
    "CdkProject",
    "ConfiguredAudienceModelAssociationMembers",
    "ConfiguredAudienceModelMembers",
    "ConfiguredAudienceModelPolicyMembers",
    "EngineOptions",
    "TrainingDatasetMembers",
    "audience_model",
    "audience_model_retraining",
    "audience_model_retrainings",
    "audience_models",
    "configured_audience_model",
    "configured_audience_model_association",
    "configured_audience_model_associations",
    "configured_audience_model_policies",
    "configured_audience_model_policy",
    "configured_audience_models",
    "has_audience_model",
    "has_audience_model_retraining",
    "has_configured_audience_model",
    "has_configured_audience_model_association",
    "has_configured_audience_model_policy",
    "has_training_dataset",
    "training_dataset",
    "training_datasets",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    parts = {"has_": "assertions", "Cdk": "cdk_project", "Engine": "engines", "": "requests"}
    module = "members" if name.endswith("Members") else parts[next(each for each in parts if name.startswith(each))]
    return getattr(import_module(f".{module}", __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
