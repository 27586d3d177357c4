"""An execution that has ended isn't ended again; those of a deleted state machine end, and all of them with a reset."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""An execution, as ministack keeps it."""


class EndedError(Exception):
    """An execution ends here, whatever its states catch."""


def install() -> None:
    """Patches ministack's Step Functions."""
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task)
    stepfunctions._fail_execution = partial(_fail_execution, stepfunctions._fail_execution)
    stepfunctions.reset = partial(_reset, stepfunctions.reset)


def check_running(execution: Record) -> None:
    """Checks that an execution goes on.

    Raises:
        EndedError: it doesn't.
    """
    if execution["status"] == "RUNNING" and execution["stateMachineArn"] not in stepfunctions._state_machines:
        execution["status"] = "ABORTED"
    if execution["status"] != "RUNNING":
        raise EndedError


def _execute_task(
    original: Callable[..., Json], state: Properties, given: Json, execution: Record, context: Json
) -> Json:
    check_running(execution)
    return original(state, given, execution, context)


def _fail_execution(original: Callable[..., None], execution: Record, error: str, cause: str) -> None:
    if execution["status"] == "RUNNING":
        original(execution, error, cause)


def _reset(original: Callable[[], None]) -> None:
    for execution in list(stepfunctions._executions._data.values()):
        execution["status"] = "ABORTED"
    original()
