"""The chain's part of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cases import CHAIN, LIBRARY, PHASES, SIDES, Json
from benchmarks.chain.results import ChainResults
from benchmarks.tables import from_to, ranged, table, thousandfold

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
## The chain

So many of one construct in one stack, on what is there already: a training dataset, imported configured audience
models, a membership. A resource policy has one partner, and each has a model of its own to import; all others share
one. The associations are of one membership; with more, each is named in the function's permissions. Figures are those
that one more construct adds. Over {runs} rounds; {date}.
"""
CALLS = """\
The calls of the services for a construct of this library, in a deployment to the engine. AwsCustomResource, which
isn't deployed here, would make one at most, without a look at what is there.
"""


def report(raw: Json) -> Iterator[str]:
    """The chain's part.

    Args:
        raw: the raw results of the chain.
    """
    results = ChainResults(raw)
    yield INTRODUCTION.format(runs=raw["runs"], date=raw["date"])
    head = ["construct", "side", "resources", "bytes", "messages", "ms", "library / side", "CPU ms"]
    rows = [_row(results, side, kind) for kind in CHAIN for side in results.sides("counts", kind=kind)]
    yield table([*head, "library / side, CPU", "bytes of permissions"], rows)
    yield CALLS
    yield table(
        ["construct", *PHASES],
        [[CHAIN[kind], *(_calls(results, kind, phase) for phase in PHASES)] for kind in results.deployed()],
    )


def _row(results: ChainResults, side: str, kind: str) -> list[str]:
    resources, size, messages = (
        results.each(side, kind, figure) for figure in ("resources", "template_bytes", "messages")
    )
    milliseconds, cpu = (thousandfold(results.synth_each(side, kind, figure)) for figure in ("seconds", "cpu_seconds"))
    ratios = [results.time_ratio(side, kind, figure) for figure in ("seconds", "cpu_seconds")]
    against, against_cpu = ("" if side == LIBRARY else ranged(each) for each in ratios)
    return [
        CHAIN[kind],
        SIDES[side],
        f"{resources:.1f}",
        f"{size:.0f}",
        f"{messages:.1f}",
        ranged(milliseconds, digits=1),
        against,
        f"{cpu.median:.1f}",
        against_cpu,
        from_to(results.permissions(side, kind)),
    ]


def _calls(results: ChainResults, kind: str, phase: str) -> str:
    calls = results.calls(kind, phase)
    return ", ".join(f"{times:.3g} {operation}" for operation, times in calls.items()) or "none"
