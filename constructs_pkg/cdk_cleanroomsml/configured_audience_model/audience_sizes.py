"""The sizes of lookalike segment that a configured audience model offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..common import limits
from ..common.parameter_types import checked

if TYPE_CHECKING:
    import jsii
    from typing_extensions import Never, Self

    from ..common.problems import Problems


TYPES = ("ABSOLUTE", "PERCENTAGE")
_HOW = "write AudienceSizes.absolute(…) or AudienceSizes.percentage(…)"

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
@dataclass(frozen=True, init=False)
class AudienceSizes:
    """The sizes that can be asked for when a segment is exported, as numbers of users or as percentages.

    Written ``AudienceSizes.percentage(1, 5, 10)`` or ``AudienceSizes.absolute(10_000, 50_000)``. A list that is only
    known at deployment is given by itself: ``AudienceSizes.percentage(parameter.value_as_list)``.

    Source: API reference, ``AudienceSizeConfig``.
    """

    type: str
    """``ABSOLUTE`` or ``PERCENTAGE`` (``audienceSizeType``)."""

    bins: tuple[jsii.Number, ...] | list[str]
    """The sizes, in the order given (``audienceSizeBins``); as it was given, where it is a Token of the whole list."""

    def __new__(cls, *_: Never, **__: Never) -> Self:
        """Has no use: sizes are made by ``absolute`` and ``percentage``.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f"AudienceSizes has no constructor: {_HOW}")

    @class_only
    def absolute(cls, *bins: jsii.Number | list[str]) -> Self:  # noqa: N805 - a classmethod
        """Sizes as numbers of users.

        Args:
            bins: 1 to 25 whole numbers, each from 1 to 20,000,000 (API reference), or number Tokens; or one Token of
                the whole list, of a ``CommaDelimitedList``, ``List<Number>`` or ``Fn.split``, say.

        Raises:
            ValueError: Something is neither, or a Token of a whole list doesn't stand alone.
        """
        return cls._made("ABSOLUTE", bins)

    @class_only
    def percentage(cls, *bins: jsii.Number | list[str]) -> Self:  # noqa: N805 - a classmethod
        """Sizes as percentages of the users in the training data.

        Args:
            bins: 1 to 25 whole numbers (API reference), each from 1 to 100 (the text of the API reference; the
                service model itself allows more), or number Tokens; or one Token of the whole list, of a
                ``CommaDelimitedList``, ``List<Number>`` or ``Fn.split``, say.

        Raises:
            ValueError: Something is neither, or a Token of a whole list doesn't stand alone.
        """
        return cls._made("PERCENTAGE", bins)

    @class_only
    def of(cls, type: str, *bins: jsii.Number | list[str]) -> Self:  # noqa: N805 - a classmethod
        """Sizes of a type that is only known at deployment.

        Args:
            type: A Token for ``ABSOLUTE`` or ``PERCENTAGE``, or one of these.
            bins: As for ``absolute``.

        Raises:
            ValueError: It is another type, or the sizes are as ``absolute`` refuses them.
        """
        if type not in TYPES and not cdk.Token.is_unresolved(type):
            raise ValueError(f"type of AudienceSizes must be {' or '.join(TYPES)}, got {type!r}: {_HOW}")
        return cls._made(type, bins)

    @class_only
    def _made(cls, type: str, bins: tuple[jsii.Number | list[str], ...]) -> Self:  # noqa: N805 - a classmethod
        numbers = tuple(each for each in bins if not isinstance(each, list))
        lists = [each for each in bins if isinstance(each, list)]
        if lists and len(bins) > 1:
            raise ValueError(
                f"sizes of AudienceSizes must be numbers, or one Token of a whole list, got {len(lists)} of {len(bins)}"
                " that are Tokens of lists: give one alone"
            )
        made = object.__new__(cls)
        object.__setattr__(made, "type", type)
        object.__setattr__(made, "bins", lists[0] if lists else numbers)
        return made


def check_audience_sizes(problems: Problems, parameter: str, value: AudienceSizes | None) -> None:
    """Checks how many sizes there are, and each of them by its type; a Token of the whole list passes."""
    if value is None:
        return
    least, most = limits.AUDIENCE_SIZE_BINS
    if not least <= len(value.bins) <= most:
        problems.found.append(f"{parameter} must have {least} to {most} sizes, got {len(value.bins)}")
    if isinstance(value.bins, list):
        return
    repeated = sorted({size for size in value.bins if value.bins.count(size) > 1})
    if repeated:
        problems.found.append(f"{parameter} must have each size once, got more than one of {repeated}")
    bounds = limits.AUDIENCE_SIZE_PERCENTAGE if value.type == "PERCENTAGE" else limits.AUDIENCE_SIZE
    for position, size in enumerate(value.bins):
        problems.number(f"{parameter}[{position}]", size, bounds)
