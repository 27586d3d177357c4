"""The report, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cases import CHAIN, LIBRARY, PHASES, SIDES
from .chain import report as chain
from .results import Results
from .tables import ranged, table, thousandfold
from .targets import targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cases import Case, Json

OUTPUTS = {"own": "own output each", "shared": "one shared output"}
WORK = OUTPUTS | CHAIN
INTRODUCTION = """\
# Scale and speed

The same work on every side: configured audience models with the same bucket, key and role, and a different way to the
custom resource. Times are medians over {runs} rounds with the lowest and the highest; sides take turns within a round,
and ratios are taken round by round. {date}; {versions}.

Written by `python -m benchmarks`; the figures of every single run are in [`raw.json.gz`](raw.json.gz).
"""
NOTES = """\
## What to know about these figures

* *Own output each*: every model has its own bucket, key and role, all buckets log to one more. *One shared output*:
  there is one of each. All models refer to one audience model.
* The sides that write the output with the CDK's L2 constructs do it as somebody who knows what costs time: the role's
  permissions are inline, what is the same for every model is made once, and access logs need no statement a bucket.
* Synth is a whole process: Python, Node.js, the synthesis, the files. Lines are fitted over the numbers of models in
  one stack, without the CDK's template validation, in each round. CPU is that of Python and Node.js together.
* Peak memory is that of the largest process of a synth, which is Node.js.
* Models a stack: what CloudFormation's limits of 500 resources and 1,000,000 bytes of template leave room for,
  whichever is less.
* The engine deploys resources one at a time, CloudFormation many: what counts is one side against another.
* The sides do not do the same in a deployment: AwsCustomResource and the handler behind the Provider framework neither
  read before they write nor change tags nor recognise a request that is delivered twice.
* A function's start is timed in its own Python after that has started, with the function's code uncompiled as in
  Lambda. Handlers are timed without the answer to CloudFormation.
"""


def report(raw: Json, *, plot: str | None = None) -> str:
    """The whole report.

    Args:
        raw: the raw results.
        plot: the file of the plot, if there is one.
    """
    results = Results(raw)
    about = raw["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    parts = [
        INTRODUCTION.format(runs=about["plan"]["runs"], date=about["date"], versions=versions),
        *(f"![Synth time over the number of models]({plot})\n" for _ in [plot] if plot),
        "## What was to be reached\n",
        _targets(results),
        *_synth(results),
        *_functions(results),
        *_deployments(results),
        *_large(results),
        *chain.report(raw["chain"]),
        NOTES,
    ]
    return "\n".join(parts)


def _targets(results: Results) -> str:
    verdicts = {True: "yes", False: "**no**", None: ""}
    rows = [
        [
            each.figure,
            WORK[each.work] if each.work else "either output",
            each.wanted,
            each.found,
            verdicts[each.reached],
        ]
        for each in targets(results)
    ]
    return table(["figure", "work", "target", "figure of this library", "reached"], rows)


def _synth(results: Results) -> Iterator[str]:
    yield "## Synthesis\n"
    for output, words in OUTPUTS.items():
        yield f"### {words.capitalize()}\n"
        yield table(
            [
                "side",
                "fixed s",
                "ms a model",
                "library / side",
                "CPU ms a model",
                "library / side, CPU",
                "messages a model",
                "ms a message",
                "fixed messages",
            ],
            [_synth_row(results, side, output) for side in SIDES],
        )
        yield table(
            [
                "side",
                "resources a model",
                "bytes a model",
                "models a stack",
                "assets",
                "kB of assets",
                "kB at largest N",
            ],
            [_size_row(results, side, output) for side in SIDES],
        )
    yield "### Whole processes\n\nSeconds, and the peak of memory in MB.\n"
    yield table(["models", "output", "stacks", "validation", *SIDES.values()], list(_process_rows(results)))


def _synth_row(results: Results, side: str, output: str) -> list[str]:
    each = results.synth_line(side, output, lambda line: line.each * 1000)
    fixed = results.synth_line(side, output, lambda line: line.fixed)
    cpu = results.synth_line(side, output, lambda line: line.each * 1000, "cpu_seconds")
    messages = results.counted(side, output, "messages")
    ratios = [results.time_ratio(side, output, figure) for figure in ("seconds", "cpu_seconds")]
    against, against_cpu = ("" if side == LIBRARY else ranged(each) for each in ratios)
    # With one message or none the rest of a model's time isn't the messages'.
    a_message = f"{each.median / messages.each:.2f}" if messages.each else ""
    return [
        SIDES[side],
        ranged(fixed),
        ranged(each, digits=1),
        against,
        f"{cpu.median:.1f}",
        against_cpu,
        f"{messages.each:.1f}",
        a_message,
        f"{messages.fixed:.0f}",
    ]


def _size_row(results: Results, side: str, output: str) -> list[str]:
    by_resources, by_bytes = results.models_in_a_stack(side, output)
    case = max(results.cases("counts", output=output, stacks=1))
    limited = "resources" if by_resources <= by_bytes else "bytes"
    return [
        SIDES[side],
        f"{results.counted(side, output, 'resources').each:.1f}",
        f"{results.counted(side, output, 'template_bytes').each:.0f}",
        f"{min(by_resources, by_bytes)} ({limited})",
        str(results.count(side, case, "assets")),
        f"{results.count(side, case, 'asset_bytes') / 1000:.1f}",
        f"{results.count(side, case, 'template_bytes') / 1000:.0f} (N = {case.models})",
    ]


def _process_rows(results: Results) -> Iterator[list[str]]:
    for validation in ("off", "on"):
        for case in results.cases("synth", validation=validation):
            where = {"output": case.output, "models": case.models, "stacks": case.stacks, "validation": validation}
            cells = []
            for side in SIDES:
                seconds = results.spread("synth", "seconds", side=side, **where)
                peak = results.spread("synth", "peak_bytes", side=side, **where).median
                cells.append(f"{ranged(seconds)}; {peak / 1e6:.0f}")
            yield [str(case.models), case.output, str(case.stacks), validation, *cells]


def _functions(results: Results) -> Iterator[str]:
    yield "## Import and function\n"
    starts = {
        "bare": 'bare `boto3.client("cleanroomsml")`',
        "library": "this library",
        "provider_framework": "own handler",
    }
    rows = [_timed_row(results, "imports", "library", "`from cdk_cleanroomsml import *`", "needed")]
    rows.append(_timed_row(results, "imports", "needed", "the CDK modules that it needs", "needed"))
    rows += [_timed_row(results, "starts", what, f"function start, {words}", "bare") for what, words in starts.items()]
    yield table(["what", "ms", "ratio to the floor", "peak MB"], rows)
    yield "A handler's milliseconds for a request; the first in a process makes the client or connects.\n"
    requests = list(dict.fromkeys(row["request"] for row in results.raw["invocations"]))
    whats = list(dict.fromkeys(row["what"] for row in results.raw["invocations"]))
    rows = []
    for what in sorted(whats):
        cells = [results.spread("invocations", "seconds", what=what, request=request) for request in requests]
        peak = results.spread("invocations", "peak_bytes", what=what).median
        rows.append([starts[what], *(ranged(thousandfold(cell), digits=1) for cell in cells), f"{peak / 1e6:.0f}"])
    yield table(["handler", *requests, "peak MB"], rows)


def _timed_row(results: Results, part: str, what: str, words: str, floor: str) -> list[str]:
    seconds = results.spread(part, "seconds", what=what)
    peak = results.spread(part, "peak_bytes", what=what).median
    against = results.ratio(part, "seconds", {"what": what}, {"what": floor})
    return [words, ranged(thousandfold(seconds), digits=0), ranged(against), f"{peak / 1e6:.0f}"]


def _deployments(results: Results) -> Iterator[str]:
    yield "## Deployments to the engine\n\nSeconds, and the calls of Clean Rooms ML for a model.\n"
    sides = results.sides("deployments")
    rows = []
    for case in results.cases("deployments"):
        where = {"output": case.output, "models": case.models, "stacks": case.stacks}
        for phase in PHASES:
            cells = []
            for side in sides:
                seconds = results.spread("deployments", "seconds", side=side, phase=phase, **where)
                calls = sum(results.calls_a_model(side, case, phase).values())
                cells.append(f"{ranged(seconds)}; {calls:.3g}")
            rows.append([_words(case), phase, *cells])
    yield table(["work", "phase", *(SIDES[side] for side in sides)], rows)
    for side, reason in results.raw["not_run"].items():
        yield f"{SIDES[side]} was not deployed: {reason}. What can be counted without that stands above.\n"


def _large(results: Results) -> Iterator[str]:
    rows = results.raw["large"]
    first = rows[0]
    yield f"## {first['models']} models in one stack\n"
    yield (
        f"One shared output, {first['stack_resources']} resources, a template of {first['stack_bytes'] / 1000:.0f} kB, "
        f"{first['permission_bytes']} bytes of permissions. The engine deploys one resource at a time.\n"
    )
    yield table(
        ["throttled", "phase", "s", "s a model", "calls", "refused", "calls by operation"],
        [
            [
                f"one call in {row['throttled']}" if row["throttled"] else "none",
                row["phase"],
                f"{row['seconds']:.1f}",
                f"{row['seconds'] / row['models']:.3f}",
                str(sum(row["calls"].values())),
                str(row["refused"]),
                ", ".join(f"{operation} {times}" for operation, times in row["calls"].items()),
            ]
            for row in rows
        ],
    )


def _words(case: Case) -> str:
    stacks = f" in {case.stacks} stacks" if case.stacks > 1 else ""
    return f"{case.models}, {OUTPUTS[case.output]}{stacks}"
