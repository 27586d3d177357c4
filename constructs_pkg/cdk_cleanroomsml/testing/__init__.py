"""For tests of applications: what a template asks of the services, and an AWS on loopback to deploy to.

The names are imported when they are first used: pytest loads the plugin in here for whoever has the package installed,
and most of them don't ask for anything of it.
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
    "ConfiguredAudienceModelAssociationMembers",
    "ConfiguredAudienceModelMembers",
    "ConfiguredAudienceModelPolicyMembers",
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
    kinds = {"has_": "assertions", "Members": "members"}
    module = next((kinds[each] for each in kinds if name.startswith(each) or name.endswith(each)), "requests")
    return getattr(import_module(f".{module}", __name__), name)


def __dir__() -> list[str]:
    return list(__all__)
