"""AWS Clean Rooms ML configured audience models for the AWS CDK."""

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
