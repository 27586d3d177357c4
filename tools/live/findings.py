"""What a run has found so far, so that nothing of it is lost when the run is interrupted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .experiments import Verdict


@dataclass(frozen=True)
class Answered:
    """A verdict on a row.

    Attributes:
        name: of the experiment.
        row: the first cell of the row in docs/limitations.md.
        switch: the name of the switch that it sets, or None.
        verdict: what was found.
    """

    name: str
    row: str
    switch: str | None
    verdict: Verdict


@dataclass(frozen=True)
class Measurement:
    """A figure that only a live Region can tell.

    Attributes:
        what: such as `first deployment`.
        value: the figure.
        unit: such as `s`, `ms` or `MB`.
    """

    what: str
    value: float
    unit: str


@dataclass
class Findings:
    """All of them, in the order in which they were found.

    Attributes:
        answers: verdicts.
        measurements: figures.
    """

    answers: list[Answered] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    def answer(self, name: str, row: str, verdict: Verdict, *, switch: str | None = None) -> None:
        """Adds a verdict."""
        self.answers.append(Answered(name, row, switch, verdict))

    def measure(self, what: str, value: float, unit: str) -> None:
        """Adds a figure."""
        self.measurements.append(Measurement(what, value, unit))
