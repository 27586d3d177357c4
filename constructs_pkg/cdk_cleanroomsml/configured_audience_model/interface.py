"""What others may ask of a configured audience model, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..common.resource import IResource

if TYPE_CHECKING:
    from .grants import ConfiguredAudienceModelGrants


class IConfiguredAudienceModel(IResource, Protocol):
    """A configured audience model, defined in this application or elsewhere."""

    @property
    def configured_audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def configured_audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> ConfiguredAudienceModelGrants:
        """Permissions on the model, for others."""
        ...
