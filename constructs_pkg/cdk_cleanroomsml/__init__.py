"""AWS Clean Rooms ML configured audience models for the AWS CDK.

The public names are imported when they are first used: the function and the local engine live in this package, too, and
have no use for the CDK, which starts Node.js.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audience_output import AudienceOutput
    from .audience_sizes import AudienceSizes
    from .configured_audience_model import ConfiguredAudienceModel
    from .configured_audience_model_grants import ConfiguredAudienceModelGrants
    from .interfaces import IConfiguredAudienceModel
    from .provider import CleanRoomsMLProvider
    from .shared_audience_metrics import SharedAudienceMetrics
    from .tag_on_create_policy import TagOnCreatePolicy

__all__ = [
    "AudienceOutput",
    "AudienceSizes",
    "CleanRoomsMLProvider",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelGrants",
    "IConfiguredAudienceModel",
    "SharedAudienceMetrics",
    "TagOnCreatePolicy",
]

_MODULES = {
    "AudienceOutput": "audience_output",
    "AudienceSizes": "audience_sizes",
    "CleanRoomsMLProvider": "provider",
    "ConfiguredAudienceModel": "configured_audience_model",
    "ConfiguredAudienceModelGrants": "configured_audience_model_grants",
    "IConfiguredAudienceModel": "interfaces",
    "SharedAudienceMetrics": "shared_audience_metrics",
    "TagOnCreatePolicy": "tag_on_create_policy",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
