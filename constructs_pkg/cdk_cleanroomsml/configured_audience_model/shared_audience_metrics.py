"""Which metrics of a lookalike segment its requester may see."""

from __future__ import annotations

from typing import ClassVar

from ..common.enum_like import EnumLike


class SharedAudienceMetrics(EnumLike):
    """Whether the relevance metrics of a generated audience are shared with who asked for it.

    The API takes a list of exactly one value; this is that value
    (API reference, ``CreateConfiguredAudienceModel.sharedAudienceMetrics``).
    """

    ALL: ClassVar[SharedAudienceMetrics]
    """All metrics are shared."""

    NONE: ClassVar[SharedAudienceMetrics]
    """No metrics are shared."""


SharedAudienceMetrics.ALL = SharedAudienceMetrics.of("ALL")
SharedAudienceMetrics.NONE = SharedAudienceMetrics.of("NONE")
