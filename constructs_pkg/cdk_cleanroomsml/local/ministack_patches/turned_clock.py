"""Step Functions go by a clock that can be turned forward: a Wait ends, $now() tells, when it gets there.

Only the pauses between retries, and that before the first state, go by no clock; they are shortened.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

from .ended_executions import check_running
from .execution_timeout import check_in_time, deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""An execution, as ministack keeps it."""

_SCALE = 0.001
"""What is left of a pause that goes by no clock."""

_in_threads: set[str] = set()
"""The executions that a thread carries out: an execution has its status before all of its end is told."""

_waiting: ContextVar[Record | None] = ContextVar("step_functions_wait", default=None)


def install(service: CleanRoomsML) -> None:
    """Patches ministack's Step Functions.

    Args:
        service: whose clock counts.
    """
    clock = _Clock(service)
    module: Any = stepfunctions
    module.time = _Time()
    stepfunctions.now_iso = lambda: _iso(service.now())
    stepfunctions._register_sfn_jsonata_functions = _with_clock(
        stepfunctions._register_sfn_jsonata_functions, service.now
    )
    stepfunctions._scaled_sleep = partial(_pause, clock)
    stepfunctions._sleep_until = lambda text: _pause(clock, (_parse(text) - clock.now()).total_seconds())
    stepfunctions._run_execution = partial(_run_execution, stepfunctions._run_execution)
    stepfunctions._execute_wait = partial(_execute_wait, stepfunctions._execute_wait)
    stepfunctions.reset = partial(_reset, stepfunctions.reset, clock)
    service.on_advance.append(clock.wake)
    service.under_way.append(partial(_under_way, clock))


class _Time:
    """The module `time` for ministack's Step Functions, with shorter pauses."""

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds * _SCALE)


class _Clock:
    """The service's clock, to wait for."""

    def __init__(self, service: CleanRoomsML) -> None:
        self._service = service
        self._turned = threading.Condition()
        self._waits: list[tuple[str, datetime]] = []

    def now(self) -> datetime:
        return self._service.now()

    def wake(self) -> None:
        """Has all who wait look at the clock."""
        with self._turned:
            self._turned.notify_all()

    def wait_until(self, moment: datetime, execution: Record) -> None:
        """Returns when the moment has come, or the execution has ended otherwise."""
        wait = (execution["executionArn"], moment)
        with self._turned:
            self._waits.append(wait)
            while execution["status"] == "RUNNING" and (left := (moment - self.now()).total_seconds()) > 0:
                self._turned.wait(left)
            self._waits.remove(wait)

    def waiting(self) -> set[str]:
        """The executions that wait for a moment which hasn't come."""
        with self._turned:
            return {execution for execution, moment in self._waits if moment > self.now()}


def _run_execution(original: Callable[[str], None], execution: str) -> None:
    _in_threads.add(execution)
    try:
        original(execution)
    finally:
        _in_threads.discard(execution)


def _under_way(clock: _Clock) -> list[str]:
    waiting = clock.waiting()
    return [
        f"the execution {each['name']}"
        for each in list(stepfunctions._executions._data.values())
        if (each["status"] == "RUNNING" or (each["executionArn"] in _in_threads and each["status"] != "ABORTED"))
        and each["executionArn"] not in waiting
    ]


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _with_clock(original: Callable[[Json], None], now: Callable[[], datetime]) -> Callable[[Json], None]:
    def register(expression: Json) -> None:
        original(expression)
        expression.register_lambda("millis", lambda: int(now().timestamp() * 1000))
        expression.register_lambda("now", lambda: _iso(now()))

    return register


def _execute_wait(original: Callable[..., Json], state: Properties, given: Json, context: Json) -> Json:
    token = _waiting.set(stepfunctions._executions[context["Execution"]["Id"]])
    try:
        return original(state, given, context)
    finally:
        _waiting.reset(token)


def _pause(clock: _Clock, seconds: float) -> None:
    """What a Wait does, and what a Retry does."""
    execution = _waiting.get()
    if execution is None:
        stepfunctions.time.sleep(seconds)
        return
    moment = clock.now() + timedelta(seconds=seconds)
    clock.wait_until(min(moment, deadline(execution)), execution)
    check_running(execution)
    check_in_time(execution, clock.now())


def _reset(original: Callable[[], None], clock: _Clock) -> None:
    original()
    clock.wake()
