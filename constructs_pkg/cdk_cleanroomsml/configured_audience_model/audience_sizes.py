"""The sizes of lookalike segment that a configured audience model offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..common import limits
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..common.problems import Problems


TYPES = ("ABSOLUTE", "PERCENTAGE")

if TYPE_CHECKING:
    class_only = classmethod
else:

    class class_only(classmethod):  # noqa: N801 - it is used like classmethod
        """A method of the class that isn't one of its instances: called on one, it would drop what that holds."""

        def __get__(self, instance: object, owner: type | None = None) -> object:
            if instance is not None:
                name = f"{type(instance).__name__}.{self.__func__.__name__}"
                raise ValueError(f"the sizes of a model are of one type: call {name}(…) once, with all sizes")
            return super().__get__(instance, owner)


@checked
@dataclass(frozen=True)
class AudienceSizes:
    """The sizes that can be asked for when a segment is exported, as numbers of users or as percentages.

    Source: API reference, ``AudienceSizeConfig``.
    """

    type: str
    """``ABSOLUTE`` or ``PERCENTAGE`` (``audienceSizeType``)."""

    bins: tuple[int | float, ...]
    """The sizes, in the order given (``audienceSizeBins``)."""

    def __post_init__(self) -> None:
        """Refuses a type that the API doesn't know.

        Raises:
            ValueError: It isn't ``ABSOLUTE`` or ``PERCENTAGE``.
        """
        if self.type not in TYPES and not cdk.Token.is_unresolved(self.type):
            raise ValueError(
                f"type of AudienceSizes must be {' or '.join(TYPES)}, got {self.type!r}: write"
                " AudienceSizes.absolute(…) or AudienceSizes.percentage(…)"
            )

    @class_only
    def absolute(cls, *bins: int | float) -> Self:  # noqa: N805 - a classmethod
        """Sizes as numbers of users.

        Args:
            bins: 1 to 25 whole numbers, each from 1 to 20,000,000 (API reference), or number Tokens.
        """
        return cls("ABSOLUTE", bins)

    @class_only
    def percentage(cls, *bins: int | float) -> Self:  # noqa: N805 - a classmethod
        """Sizes as percentages of the users in the training data.

        Args:
            bins: 1 to 25 whole numbers (API reference), each from 1 to 100 (the text of the API reference; the
                service model itself allows more), or number Tokens.
        """
        return cls("PERCENTAGE", bins)


def check_audience_sizes(problems: Problems, parameter: str, value: AudienceSizes | None) -> None:
    """Checks how many sizes there are, and each of them by its type."""
    if value is None:
        return
    least, most = limits.AUDIENCE_SIZE_BINS
    if not least <= len(value.bins) <= most:
        problems.found.append(f"{parameter} must have {least} to {most} sizes, got {len(value.bins)}")
    repeated = sorted({size for size in value.bins if value.bins.count(size) > 1})
    if repeated:
        problems.found.append(f"{parameter} must have each size once, got more than one of {repeated}")
    bounds = limits.AUDIENCE_SIZE_PERCENTAGE if value.type == "PERCENTAGE" else limits.AUDIENCE_SIZE
    for position, size in enumerate(value.bins):
        problems.number(f"{parameter}[{position}]", size, bounds)
