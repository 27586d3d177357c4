"""TimeoutSeconds of a state machine ends its executions."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

from .ended_executions import EndedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""An execution, as ministack keeps it."""


def install(service: CleanRoomsML) -> None:
    """Patches ministack's Step Functions.

    Args:
        service: whose clock counts.
    """
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task, service.now)
    stepfunctions._fail_execution = partial(_fail_execution, stepfunctions._fail_execution, service.now)


def deadline(execution: Record) -> datetime:
    """When an execution has taken too long."""
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    if seconds is None:
        return datetime.max.replace(tzinfo=timezone.utc)
    start = datetime.fromisoformat(execution["startDate"].replace("Z", "+00:00"))
    return start + timedelta(seconds=seconds)


def check_in_time(execution: Record, now: datetime) -> None:
    """Checks that an execution has time left.

    Raises:
        EndedError: it hasn't.
    """
    if now >= deadline(execution):
        raise EndedError


def _execute_task(
    original: Callable[..., Json],
    now: Callable[[], datetime],
    state: Properties,
    given: Json,
    execution: Record,
    context: Json,
) -> Json:
    check_in_time(execution, now())
    return original(state, given, execution, context)


def _fail_execution(
    original: Callable[..., None], now: Callable[[], datetime], execution: Record, error: str, cause: str
) -> None:
    if execution["status"] != "RUNNING" or now() < deadline(execution):
        original(execution, error, cause)
        return
    execution |= {"status": "TIMED_OUT", "error": "States.Timeout", "stopDate": stepfunctions.now_iso()}
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)
