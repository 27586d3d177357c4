"""The sizes of lookalike segment that a configured audience model offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class AudienceSizes:
    """The sizes that can be asked for when a segment is exported, as numbers of users or as percentages.

    Source: API reference, ``AudienceSizeConfig``.
    """

    type: str
    """``ABSOLUTE`` or ``PERCENTAGE`` (``audienceSizeType``)."""

    bins: tuple[int | float, ...]
    """The sizes, in the order given (``audienceSizeBins``)."""

    @classmethod
    def absolute(cls, *bins: int | float) -> Self:
        """Sizes as numbers of users.

        Args:
            bins: 1 to 25 whole numbers, each from 1 to 20,000,000 (API reference), or number Tokens.
        """
        return cls("ABSOLUTE", bins)

    @classmethod
    def percentage(cls, *bins: int | float) -> Self:
        """Sizes as percentages of the users in the training data.

        Args:
            bins: 1 to 25 whole numbers (API reference), each from 1 to 100 (the text of the API reference; the
                service model itself allows more), or number Tokens.
        """
        return cls("PERCENTAGE", bins)
