"""An enumeration of the API that stays open: a value newer than this library can be named, too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from .parameter_types import checked
from .type_descriptions import words

if TYPE_CHECKING:
    from typing_extensions import Self


@checked
@dataclass(frozen=True)
class EnumLike:
    """A value of one of the API's enumerations."""

    value: str
    """The word as the API spells it."""

    def __post_init__(self) -> None:
        """Refuses what can't be a word of an API of AWS.

        Raises:
            ValueError: It isn't in capitals.
        """
        if not cdk.Token.is_unresolved(self.value) and not re.fullmatch(r"[A-Z][A-Z0-9]*([_-][A-Z0-9]+)*", self.value):
            raise ValueError(
                f"a value of {type(self).__name__} must be a word in capitals, got {self.value!r}: {words(type(self))}"
            )

    @classmethod
    def of(cls, value: str) -> Self:
        """A value that this version of the library has no name for.

        Args:
            value: The word as the API spells it, in capitals. Whether there is such a value is the service's to judge.

        Raises:
            ValueError: It isn't in capitals.
        """
        return cls(value)
