"""What others may ask of an audience model, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..common.resource import IResource

if TYPE_CHECKING:
    from .grants import AudienceModelGrants


class IAudienceModel(IResource, Protocol):
    """An audience model, defined in this application or elsewhere."""

    @property
    def audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> AudienceModelGrants:
        """Permissions on the audience model, for others."""
        ...
