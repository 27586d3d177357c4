"""Questions to raw results."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cases import LIBRARY, SIDES, Case
from .figures import Line, Spread, line, most, ratio, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cases import Json

STACK_RESOURCES = 500
STACK_BYTES = 1_000_000
"""CloudFormation's limits of a stack: its resources, and the bytes of its template."""


@dataclass(frozen=True)
class Rows:
    """Raw rows, in parts by what they were measured by."""

    raw: Json

    def rows(self, part: str, **wanted: object) -> list[Json]:
        """The rows of a part whose members are as wanted."""
        return [row for row in self.raw[part] if all(row[name] == value for name, value in wanted.items())]

    def spread(self, part: str, figure: str, **wanted: object) -> Spread:
        """A figure over all its runs."""
        return spread([row[figure] for row in self.rows(part, **wanted)])

    def sides(self, part: str, **wanted: object) -> list[str]:
        """The sides that a part of the results has."""
        found = {row["side"] for row in self.rows(part, **wanted)}
        return [side for side in SIDES if side in found]

    def line(self, part: str, over: str, figure: str, **wanted: object) -> Line:
        """How a figure that is the same in every run grows with a number."""
        return line((row[over], row[figure]) for row in self.rows(part, **wanted))

    def lines(self, part: str, over: str, figure: str, **wanted: object) -> dict[int, Line]:
        """How a figure grows with a number, by the round."""
        points = defaultdict(list)
        for row in self.rows(part, **wanted):
            points[row["round"]].append((row[over], row[figure]))
        return {number: line(each) for number, each in points.items()}


class Results(Rows):
    """Raw results, as `raw.json.gz` holds them."""

    def cases(self, part: str, **wanted: object) -> list[Case]:
        """The cases that a part of the results has, in their order."""
        rows = self.rows(part, **wanted)
        return list(dict.fromkeys(Case(row["output"], row["models"], row["stacks"]) for row in rows))

    def by_round(self, part: str, figure: str, **wanted: object) -> dict[int, float]:
        """A figure by the round that it was measured in."""
        return {row["round"]: row[figure] for row in self.rows(part, **wanted)}

    def ratio(self, part: str, figure: str, ours: dict[str, str], theirs: dict[str, str], **wanted: object) -> Spread:
        """A figure of one side against another's, round by round."""
        return ratio(self.by_round(part, figure, **wanted, **ours), self.by_round(part, figure, **wanted, **theirs))

    def count(self, side: str, case: Case, figure: str) -> Json:
        """A figure that is the same in every run."""
        (row,) = self.rows("counts", side=side, output=case.output, models=case.models, stacks=case.stacks)
        return row[figure]

    def counted(self, side: str, output: str, figure: str) -> Line:
        """How a figure that is the same in every run grows with the models in one stack."""
        return self.line("counts", "models", figure, side=side, output=output, stacks=1)

    def synth_lines(self, side: str, output: str, figure: str = "seconds") -> dict[int, Line]:
        """How the seconds of a synth grow with the models in one stack, by the round; validation is off."""
        return self.lines("synth", "models", figure, side=side, output=output, stacks=1, validation="off")

    def synth_line(self, side: str, output: str, part: Callable[[Line], float], figure: str = "seconds") -> Spread:
        """The fixed part, or what each model takes, over the rounds."""
        return spread([part(each) for each in self.synth_lines(side, output, figure).values()])

    def time_ratio(self, theirs: str, output: str, figure: str = "seconds") -> Spread:
        """The seconds of a model with this library against another side, round by round."""
        ours, others = (
            {number: each.each for number, each in self.synth_lines(side, output, figure).items()}
            for side in (LIBRARY, theirs)
        )
        return ratio(ours, others)

    def models_in_a_stack(self, side: str, output: str) -> tuple[int, int]:
        """How many models CloudFormation's limits allow: by resources, and by the template's bytes."""
        found = [self.counted(side, output, figure) for figure in ("stack_resources", "stack_bytes")]
        limits = (STACK_RESOURCES, STACK_BYTES)
        by_resources, by_bytes = (most(limit, each.fixed, each.each) for limit, each in zip(limits, found, strict=True))
        return by_resources, by_bytes

    def template_case(self, output: str) -> Case:
        """The case that templates are compared at: 50 models in one stack, or what comes closest."""
        return min(
            (case for case in self.cases("counts", output=output, stacks=1)), key=lambda case: abs(case.models - 50)
        )

    def calls_a_model(self, side: str, case: Case, phase: str) -> dict[str, float]:
        """How often each operation of the service was called for a model, in the first round."""
        row = self.rows("deployments", side=side, output=case.output, models=case.models, phase=phase, round=0)[0]
        return {operation: times / case.models for operation, times in row["calls"].items()}
