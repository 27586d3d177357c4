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


@dataclass(frozen=True)
class Check:
    """Something that the library has to get right, whatever the service is like.

    Attributes:
        what: such as `each member is changed in place`.
        passed: whether it did.
        because: what was seen.
    """

    what: str
    passed: bool
    because: str


@dataclass
class Findings:
    """All of them, in the order in which they were found.

    Attributes:
        answers: verdicts.
        measurements: figures.
        checks: of the library itself.
    """

    answers: list[Answered] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def answer(self, name: str, row: str, verdict: Verdict, *, switch: str | None = None) -> None:
        """Adds a verdict."""
        self.answers.append(Answered(name, row, switch, verdict))

    def measure(self, what: str, value: float, unit: str) -> None:
        """Adds a figure."""
        self.measurements.append(Measurement(what, value, unit))

    def check(self, what: str, *, passed: bool, because: str) -> None:
        """Adds something that the library got right, or not."""
        self.checks.append(Check(what, passed, because))
