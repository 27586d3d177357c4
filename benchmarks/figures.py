"""Medians, spreads, ratios and lines."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Spread:
    """What several runs gave: the median, the lowest and the highest."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """A fixed part, and so much more for each model."""

    fixed: float
    each: float


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(statistics.median(values), min(values), max(values))


def line(points: Iterable[tuple[float, float]]) -> Line:
    """The line with the least squares through points of at least two different models."""
    x, y = zip(*points, strict=True)
    each, fixed = statistics.linear_regression(x, y)
    return Line(fixed, each)


def ratio(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Spread:
    """One side against another, round by round: what slows the machine in a round slows both.

    Args:
        ours: a figure by its round.
        theirs: the same of the other side.
    """
    return spread([ours[number] / theirs[number] for number in sorted(ours.keys() & theirs.keys())])


def most(limit: float, fixed: float, each: float) -> int:
    """How many models fit into a limit; rounded first, so that a fit's last digits don't cost one."""
    return int(round((limit - fixed) / each, 6))
