"""How the jobs of a configured audience model are tagged."""

from __future__ import annotations

from typing import ClassVar

from ..common.enum_like import EnumLike


class TagOnCreatePolicy(EnumLike):
    """Whether an audience generation job gets the tags of the model that it was started on.

    Source: API reference, ``CreateConfiguredAudienceModel.childResourceTagOnCreatePolicy``.
    """

    FROM_PARENT_RESOURCE: ClassVar[TagOnCreatePolicy]
    """Jobs inherit the model's tags."""

    NONE: ClassVar[TagOnCreatePolicy]
    """Jobs start without tags."""


TagOnCreatePolicy.FROM_PARENT_RESOURCE = TagOnCreatePolicy.of("FROM_PARENT_RESOURCE")
TagOnCreatePolicy.NONE = TagOnCreatePolicy.of("NONE")
