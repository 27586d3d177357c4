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
from .processes import ProgramError, environment, python
from .snippets import STARTS, functions, imports, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Row = dict[str, Json]
Item = TypeVar("Item")

CHANGE = ["--min-matching-seed-size", "1000"]
INVOKED = ["library", "provider_framework"]
"""The functions in Python, whose handlers can be timed side by side."""


def synth(plan: Plan) -> list[Row]:
    """Whole processes that synthesise, without the CDK's template validation and with it."""
    rows = []
    work = [(case, "off") for case in plan.synth] + [(case, "on") for case in plan.validated]
    for number in range(plan.runs):
        for case, validation in work:
            for side in turned(SIDES, number):
                say(f"synth, round {number + 1} of {plan.runs}: {side}, {case}, validation {validation}")
                program = [f"benchmarks.sides.{side}", *case.arguments, "--validation", validation]
                with new_folder() as folder:
                    figures = synthesised(program, folder)
                rows.append({**_row(side, case), "validation": validation, "round": number, **figures})
    return rows


def counts(plan: Plan) -> list[Row]:
    """What is the same in every run: messages to the jsii kernel, and what is in the assembly."""
    rows = []
    for case in plan.synth:
        for side in SIDES:
            say(f"count: {side}, {case}")
            with new_folder() as folder:
                program = [f"benchmarks.sides.{side}", *case.arguments, "--validation", "off"]
                rows.append(_row(side, case) | counted(program, folder))
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
                say(f"invocations, round {number + 1} of {plan.runs}: {side}")
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
    with running_engine() as engine, new_folder() as folder:
        for case in plan.deployed:
            made = {side: _assemblies(side, case, folder) for side in sides}
            for number in range(plan.deploy_runs):
                for side in turned(sides, number):
                    say(f"deploy, round {number + 1} of {plan.deploy_runs}: {side}, {case}")
                    for phase, figures in phases(Deployment(engine), made[side]):
                        rows.append({**_row(side, case), "round": number, "phase": phase, **figures})
    return rows, not_run


def large(plan: Plan) -> list[Row]:
    """As many models as fit into one stack, with the service as it is and with the service throttling."""
    case = Case("shared", plan.large)
    rows: list[Row] = []
    with running_engine() as engine, new_folder() as folder:
        made = _assemblies(LIBRARY, case, folder)
        figures = count(made["before"])
        for throttled in (0, plan.throttled):
            say(f"{plan.large} models in one stack, throttled: {f'one call in {throttled}' if throttled else 'none'}")
            deployment = Deployment(engine)
            if throttled:
                engine.set_faults(*throttling(throttled))
            for phase, figures_of_phase in phases(deployment, made):
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


def counted(program: Sequence[str], folder: Path) -> Row:
    """What can be counted when a program synthesises into a folder."""
    took = python("-m", "benchmarks.count_messages", *program, "--outdir", str(folder))
    return {"messages": int(took.output.split()[-1]), **count(folder)}


def synthesised(program: Sequence[str], folder: Path) -> Row:
    """What it takes to synthesise into a folder."""
    took = python("-m", *program, "--outdir", str(folder))
    return {"seconds": took.seconds, "cpu_seconds": took.cpu_seconds, "peak_bytes": took.peak_bytes}


def turned(items: Iterable[Item], number: int) -> list[Item]:
    """The items, beginning with another one each time."""
    listed = list(items)
    first = number % len(listed)
    return listed[first:] + listed[:first]


def assemblies(folder: Path, program: Sequence[str], change: Sequence[str]) -> dict[str, Path]:
    """An application as it is, the same synthesised once more, and with a change to all that is counted.

    Args:
        folder: where they go.
        program: the module and arguments that synthesise it.
        change: further arguments for the change.
    """
    made = {name: folder / name for name in ("before", "again", "after")}
    for name, path in made.items():
        python("-m", *program, *(change if name == "after" else ()), "--outdir", str(path))
    for before, again in zip(templates(made["before"]), templates(made["again"]), strict=True):
        if before.read_bytes() != again.read_bytes():
            raise ProgramError(
                f"{program[0]} synthesises another template each time: every deployment would change something"
            )
    return made


def phases(deployment: Deployment, made: dict[str, Path]) -> Iterator[tuple[str, Row]]:
    """Deploys what `assemblies` has made, step by step; gives the figures of each step."""
    yield "deploy", deployment.create(made["before"])
    yield "deploy again", deployment.update(made["again"])
    yield "update all", deployment.update(made["after"])
    yield "destroy", deployment.destroy(made["after"])


def _assemblies(side: str, case: Case, folder: Path) -> dict[str, Path]:
    parent = folder / f"{side}-{case.output}-{case.models}-{case.stacks}"
    return assemblies(parent, [f"benchmarks.sides.{side}", *case.arguments, "--validation", "off"], CHANGE)


def _timed_in_turn(plan: Plan, statements: dict[str, str], folder: Path | None) -> list[Row]:
    rows: list[Row] = []
    for number in range(plan.runs * 2):
        for what in turned(statements, number):
            say(f"round {number + 1} of {plan.runs * 2}: {statements[what]}")
            seconds, peak_bytes = timed(statements[what], folder=folder)
            rows.append({"what": what, "round": number, "seconds": seconds, "peak_bytes": peak_bytes})
    return rows


def _row(side: str, case: Case) -> Row:
    return {"side": side, "output": case.output, "models": case.models, "stacks": case.stacks}


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder as long as it is needed."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def say(words: str) -> None:
    """Says what is going on."""
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
