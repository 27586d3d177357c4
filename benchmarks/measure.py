"""The measurements: each gives its raw figures, one row a run.

In every round each side does the same work once, in an order that turns from round to round.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cdk_cleanroomsml.local.service import Fault

from .assembly import count, templates
from .cases import LIBRARY, SIDES, Case, Json, Plan
from .deployment import Deployment, running_engine, why_not
from .processes import ProgramError, Took, environment, python
from .snippets import STARTS, functions, imports, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = dict[str, Json]
Item = TypeVar("Item")

SEED_SIZES = {"before": 500, "after": 1000}
INVOKED = ["library", "provider_framework"]
"""The functions in Python, whose handlers can be timed side by side."""


def synth(plan: Plan) -> list[Row]:
    """Whole processes that synthesise, without the CDK's template validation and with it."""
    rows = []
    work = [(case, "off") for case in plan.synth] + [(case, "on") for case in plan.validated]
    for number in range(plan.runs):
        for case, validation in work:
            for side in turned(SIDES, number):
                _say(f"synth, round {number + 1} of {plan.runs}: {side}, {case}, validation {validation}")
                with _folder() as folder:
                    took = _synthesise(side, case, folder, "--validation", validation)
                rows.append(
                    {**_row(side, case), "validation": validation, "round": number}
                    | {"seconds": took.seconds, "cpu_seconds": took.cpu_seconds, "peak_bytes": took.peak_bytes}
                )
    return rows


def counts(plan: Plan) -> list[Row]:
    """What is the same in every run: messages to the jsii kernel, and what is in the assembly."""
    rows = []
    for case in plan.synth:
        for side in SIDES:
            _say(f"count: {side}, {case}")
            with _folder() as folder:
                module = f"benchmarks.sides.{side}"
                options = [*case.arguments, "--validation", "off", "--outdir", str(folder)]
                took = python("-m", "benchmarks.count_messages", module, *options)
                rows.append({**_row(side, case), "messages": int(took.output.split()[-1]), **count(folder)})
    return rows


def import_times(plan: Plan) -> list[Row]:
    """Importing all of this library, and importing the CDK modules that it needs."""
    return _timed_in_turn(plan, imports(), None)


def function_starts(plan: Plan) -> list[Row]:
    """From the start of a function's Python to its first call."""
    with functions() as folder:
        return _timed_in_turn(plan, STARTS, folder)


def invocations(plan: Plan) -> list[Row]:
    """The handlers' durations, one request after another in one process."""
    rows: list[Row] = []
    with running_engine() as engine, functions() as folder:
        for number in range(plan.runs):
            for side in turned(INVOKED, number):
                _say(f"invocations, round {number + 1} of {plan.runs}: {side}")
                engine.reset()
                env = environment(PYTHONPATH=str(folder), **engine.environment())
                took = python("-m", "benchmarks.invoke", side, "10", env=env)
                seconds = json.loads(took.output.splitlines()[-1])
                rows += [
                    {"what": side, "request": request, "round": number, "seconds": each, "peak_bytes": took.peak_bytes}
                    for request, all_seconds in seconds.items()
                    for each in all_seconds
                ]
    return rows


def deployments(plan: Plan) -> tuple[list[Row], dict[str, str]]:
    """Deployments to the engine; and why sides weren't deployed."""
    not_run = {side: reason for side in SIDES if (reason := why_not(side))}
    sides = [side for side in SIDES if side not in not_run]
    rows: list[Row] = []
    with running_engine() as engine, _folder() as folder:
        for case in plan.deployed:
            assemblies = {side: _assemblies(side, case, folder) for side in sides}
            for number in range(plan.deploy_runs):
                for side in turned(sides, number):
                    _say(f"deploy, round {number + 1} of {plan.deploy_runs}: {side}, {case}")
                    for phase, figures in _phases(Deployment(engine), assemblies[side]):
                        rows.append({**_row(side, case), "round": number, "phase": phase, **figures})
    return rows, not_run


def large(plan: Plan) -> list[Row]:
    """As many models as fit into one stack, with the service as it is and with the service throttling."""
    case = Case("shared", plan.large)
    rows: list[Row] = []
    with running_engine() as engine, _folder() as folder:
        assemblies = _assemblies(LIBRARY, case, folder)
        figures = count(assemblies["before"])
        for throttled in (0, plan.throttled):
            _say(f"{plan.large} models in one stack, throttled: {f'one call in {throttled}' if throttled else 'none'}")
            deployment = Deployment(engine)
            if throttled:
                engine.set_faults(*throttling(throttled))
            for phase, figures_of_phase in _phases(deployment, assemblies):
                rows.append({**_row(LIBRARY, case), "throttled": throttled, "phase": phase, **figures_of_phase})
                rows[-1] |= {name: figures[name] for name in ("stack_bytes", "stack_resources", "permission_bytes")}
    return rows


def throttling(one_in: int) -> list[Fault]:
    """Faults that refuse every so-manyth call, of whatever operation, for a very long time."""
    return [
        fault
        for _ in range(5_000)
        for fault in (
            # Late by no time: the calls that are served.
            Fault("*", kind="slow", seconds=0, times=one_in - 1),
            Fault("*", error="ThrottlingException", message="Rate exceeded", times=1),
        )
    ]


def turned(items: Iterable[Item], number: int) -> list[Item]:
    """The items, beginning with another one each time."""
    listed = list(items)
    first = number % len(listed)
    return listed[first:] + listed[:first]


def _phases(deployment: Deployment, assemblies: dict[str, Path]) -> Iterator[tuple[str, Row]]:
    yield "deploy", deployment.create(assemblies["before"])
    yield "deploy again", deployment.update(assemblies["again"])
    yield "update all", deployment.update(assemblies["after"])
    yield "destroy", deployment.destroy(assemblies["after"])


def _assemblies(side: str, case: Case, folder: Path) -> dict[str, Path]:
    """The application as it is, the same synthesised once more, and with a change to every model."""
    parent = folder / f"{side}-{case.output}-{case.models}-{case.stacks}"
    made = {name: parent / name for name in ("before", "again", "after")}
    for name, path in made.items():
        size = SEED_SIZES.get(name, SEED_SIZES["before"])
        _synthesise(side, case, path, "--validation", "off", "--min-matching-seed-size", str(size))
    for before, again in zip(templates(made["before"]), templates(made["again"]), strict=True):
        if before.read_bytes() != again.read_bytes():
            raise ProgramError(
                f"{side} synthesises another template each time: every deployment would change something"
            )
    return made


def _synthesise(side: str, case: Case, folder: Path, *options: str) -> Took:
    return python("-m", f"benchmarks.sides.{side}", *case.arguments, "--outdir", str(folder), *options)


def _timed_in_turn(plan: Plan, statements: dict[str, str], folder: Path | None) -> list[Row]:
    rows: list[Row] = []
    for number in range(plan.runs * 2):
        for what in turned(statements, number):
            _say(f"round {number + 1} of {plan.runs * 2}: {statements[what]}")
            seconds, peak_bytes = timed(statements[what], folder=folder)
            rows.append({"what": what, "round": number, "seconds": seconds, "peak_bytes": peak_bytes})
    return rows


def _row(side: str, case: Case) -> Row:
    return {"side": side, "output": case.output, "models": case.models, "stacks": case.stacks}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


MEASUREMENTS: dict[str, Callable[[Plan], list[Row]]] = {
    "counts": counts,
    "imports": import_times,
    "starts": function_starts,
    "invocations": invocations,
    "synth": synth,
    "large": large,
}
"""What each part of the results is measured by, but for the deployments, which say more."""
