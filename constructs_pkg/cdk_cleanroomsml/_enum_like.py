"""An enumeration of the API that stays open: a value newer than this library can be named, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class EnumLike:
    """A value of one of the API's enumerations."""

    value: str
    """The word as the API spells it."""

    @classmethod
    def of(cls, value: str) -> Self:
        """A value that this version of the library has no name for.

        Args:
            value: The word as the API spells it. It is not checked: the service is the judge.
        """
        return cls(value)
