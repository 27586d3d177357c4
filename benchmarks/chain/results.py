"""Questions to the raw results of the chain."""

from __future__ import annotations

from benchmarks.cases import CHAIN, LIBRARY
from benchmarks.figures import Spread, ratio, spread
from benchmarks.results import Rows


class ChainResults(Rows):
    """Raw results of the chain, as `raw.json.gz` holds them."""

    def each(self, side: str, kind: str, figure: str) -> float:
        """What one more construct adds to a figure that is the same in every run."""
        return self.line("counts", "constructs", figure, side=side, kind=kind).each

    def synth_each(self, side: str, kind: str, figure: str = "seconds") -> Spread:
        """What one more construct adds to the seconds of a synth, over the rounds."""
        return spread(list(self._by_round(side, kind, figure).values()))

    def time_ratio(self, theirs: str, kind: str, figure: str = "seconds") -> Spread:
        """The seconds of a construct of this library against another side, round by round."""
        return ratio(self._by_round(LIBRARY, kind, figure), self._by_round(theirs, kind, figure))

    def template_bytes(self, side: str, kind: str) -> tuple[int, int]:
        """How many constructs templates are compared at, 50 or what comes closest, and the bytes of the template."""
        rows = self.rows("counts", side=side, kind=kind)
        row = min(rows, key=lambda each: abs(each["constructs"] - 50))
        return row["constructs"], row["template_bytes"]

    def permissions(self, side: str, kind: str) -> list[int]:
        """The bytes of the permissions of functions with one construct, and with more and more."""
        return [row["permission_bytes"] for row in self.rows("counts", side=side, kind=kind)]

    def calls(self, kind: str, phase: str) -> dict[str, float]:
        """How often each operation was called for a construct."""
        (row,) = self.rows("deployments", kind=kind, phase=phase)
        return {operation: times / row["constructs"] for operation, times in row["calls"].items()}

    def deployed(self) -> list[str]:
        """The kinds that were deployed."""
        found = {row["kind"] for row in self.raw["deployments"]}
        return [kind for kind in CHAIN if kind in found]

    def _by_round(self, side: str, kind: str, figure: str) -> dict[int, float]:
        lines = self.lines("synth", "constructs", figure, side=side, kind=kind)
        return {number: line.each for number, line in lines.items()}
