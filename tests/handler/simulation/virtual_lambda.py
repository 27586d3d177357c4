"""AWS Lambda in process, on a virtual clock: the function's real entry point, retries, crashes and time-outs."""

from __future__ import annotations

import contextlib
import heapq
import io
import os
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock
from urllib.parse import parse_qs

import pytest
from coverage import Coverage

from cdk_cleanroomsml.handler import dispatch, main
from cdk_cleanroomsml.handler.protocol.clock import Clock
from cdk_cleanroomsml.local.service import CleanRoomsML, Response, attach
from cdk_cleanroomsml.local.service.model import find_operation

from ...in_process import unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cdk_cleanroomsml.local.service.store import Stored

ACCOUNT = "111122223333"
REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDOFTHEFUNCTION",
    "AWS_SECRET_ACCESS_KEY": "secretOfTheFunction",
    "AWS_SESSION_TOKEN": "sessionTokenOfTheFunction",
}
RETRY_DELAYS = (60.0, 120.0)
"""Seconds between the end of a failed asynchronous invocation and the next one (Lambda developer guide)."""


Result = TypeVar("Result")


class Crash(BaseException):
    """The process ends: no `except Exception` sees it."""


class VirtualClock(Clock):
    """Time that passes when somebody says so."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self._turns: Turns | None = None
        self._running = threading.local()

    @property
    def kill_at(self) -> float:
        """When the running invocation times out."""
        return getattr(self._running, "kill_at", float("inf"))

    @kill_at.setter
    def kill_at(self, time: float) -> None:
        self._running.kill_at = time

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.wait(seconds, lambda: False)
        if self.time > self.kill_at:
            raise Crash("the function timed out")

    def wait(self, seconds: float, until: Callable[[], bool]) -> None:
        """Lets time pass, at most until something is so."""
        then = self.time + seconds
        if self._turns:
            self._turns.wait(then, until)
        self.time = max(self.time, self.time if until() else then)

    def together(self, action: Callable[[], Result]) -> Result:
        """Does something beside which other things go on; returns when all have ended."""
        if self._turns:
            return action()
        results: list[Result] = []
        self.at_once([lambda: results.append(action())])
        return results[0]

    def beside(self, action: Callable[[], None]) -> None:
        """Begins something that goes on while whoever called sleeps: inside of `together`."""
        assert self._turns is not None
        self._turns.begin(action, self.time)

    def at_once(self, actions: Sequence[Callable[[], None]]) -> None:
        """Does several things at the same time: while one of them sleeps, the others go on."""
        self._turns = Turns()
        try:
            self._turns.run(actions, self.time)
        finally:
            self._turns = None

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.time, timezone.utc)


class Turns:
    """Threads that take turns on a virtual clock: only that one runs whose time comes first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, threading.Semaphore]] = []
        self._conditions: dict[int, Callable[[], bool]] = {}
        self._number = count()
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []

    def run(self, actions: Sequence[Callable[[], None]], now: float) -> None:
        """Runs them all to their end, and what they begin."""
        end = self._place(float("inf"))
        for action in actions:
            self.begin(action, now)
        self._next()
        end.acquire()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def begin(self, action: Callable[[], None], now: float) -> None:
        """Runs one more of them."""
        thread = threading.Thread(target=self._run, args=(action, self._place(now)), daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self, then: float, until: Callable[[], bool]) -> None:
        """Lets the others go on until it is then, or something is so."""
        place = self._place(then, until)
        self._next()
        place.acquire()

    def _run(self, action: Callable[[], None], place: threading.Semaphore) -> None:
        place.acquire()
        try:
            action()
        except BaseException as failure:
            self._failures.append(failure)
        self._next()

    def _place(self, then: float, until: Callable[[], bool] = lambda: False) -> threading.Semaphore:
        place, number = threading.Semaphore(0), next(self._number)
        self._conditions[number] = until
        heapq.heappush(self._waiting, (then, number, place))
        return place

    def _next(self) -> None:
        waiting = next((each for each in self._waiting if self._conditions[each[1]]()), self._waiting[0])
        del self._conditions[waiting[1]]
        self._waiting.remove(waiting)
        heapq.heapify(self._waiting)
        waiting[2].release()


@dataclass
class Interruption:
    """Something that happens at a call of the service: a crash, another delivery, a change by somebody else.

    Attributes:
        operation: at which operation; `*` at any.
        action: what happens.
        skip: how many fitting calls go by first.
        after_effect: whether it happens after the call took effect.
        times: how often.
    """

    operation: str
    action: Callable[[], None]
    skip: int = 0
    after_effect: bool = True
    times: int = 1

    def happens(self, operation: str, *, after_effect: bool) -> bool:
        if self.times == 0 or after_effect != self.after_effect or self.operation not in ("*", operation):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def crash() -> None:
    raise Crash("the function crashed")


class Wire:
    """What lies between the function and the service: each call takes time, and things happen at it.

    Args:
        service: who answers.
        clock: what the calls' time is added to.
    """

    def __init__(self, service: CleanRoomsML, clock: VirtualClock) -> None:
        self.service = service
        self.clock = clock
        self.seconds_a_call = 0.1
        self.longest_lag = 60.0
        self._deleted: dict[str, float] = {}
        self.stack_statuses: dict[str, str] | None = {}
        # What nested stacks are nested in.
        self.roots: dict[str, str] = {}
        # What answers the function's looks at its stack.
        self.describe: Callable[[Mapping[str, str]], Response]
        self.interruptions: list[Interruption] = []

    def handle(
        self, method: str, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str], body: bytes, **of: Any
    ) -> Response:
        found = find_operation(method, path, of["service"])
        operation = found[0] if found else ""
        if of["service"] == "cloudformation":
            self.clock.sleep(min(self.seconds_a_call, sum(dispatch.LOOK_SECONDS)))
            asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            look = self._describe_stacks if asked["Action"] == "DescribeStacks" else self.describe
            return look(asked)
        self.clock.sleep(self.seconds_a_call)
        self._interrupt(operation, after_effect=False)
        self._catch_up()
        response = self.service.handle(method, path, query, headers, body, **of)
        self._interrupt(operation, after_effect=True)
        return response

    def _describe_stacks(self, asked: Mapping[str, str]) -> Response:
        """What CloudFormation tells of a stack: `stack_statuses`; None for somebody who may not ask."""
        if self.stack_statuses is None:
            error = "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error>"
            return Response(403, {}, f"<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>".encode())
        name = asked["StackName"]
        root = f"<RootId>{self.roots[name]}</RootId>" if name in self.roots else ""
        stack = (
            f"<StackName>{name}</StackName><CreationTime>{self.clock.datetime().isoformat()}</CreationTime>"
            f"<StackStatus>{self.stack_statuses[name]}</StackStatus>{root}"
        )
        result = f"<DescribeStacksResult><Stacks><member>{stack}</member></Stacks></DescribeStacksResult>"
        metadata = "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        body = f"<DescribeStacksResponse>{result}{metadata}</DescribeStacksResponse>"
        return Response(200, {"Content-Type": "text/xml"}, body.encode())

    def _catch_up(self) -> None:
        """However many calls a lag is said to last: some time it is over."""
        overdue = self.clock.now() - self.longest_lag
        for memory in self._memories():
            for arn, stored in list(memory.items()):
                if stored.members["createTime"].timestamp() <= overdue:
                    stored.unlisted = 0
                if stored.reads_left is not None and self._deleted.setdefault(arn, self.clock.now()) <= overdue:
                    del memory[arn]

    def _memories(self) -> list[dict[str, Stored]]:
        """The service's memory of what the function creates, by ARN."""
        store = self.service._stores[ACCOUNT, REGION]
        return [
            table._stored for table in (store.audience_models, store.configured_audience_models, store.associations)
        ]

    def _interrupt(self, operation: str, *, after_effect: bool) -> None:
        for interruption in list(self.interruptions):
            if interruption.happens(operation, after_effect=after_effect):
                interruption.action()


class _Line:
    """Lets the one client of this process talk to the wire of the moment: making a client is slow."""

    wire: Wire

    def handle(self, *args: Any, **kwargs: Any) -> Response:
        return self.wire.handle(*args, **kwargs)


_LINE = _Line()


def client(service: str = "cleanroomsml") -> Any:
    """The function's own client of a service, with its own settings; only the transport is another."""
    return _client(service)


@cache
def _client(service: str) -> Any:
    with mock.patch.dict(os.environ, {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION}):
        made = dispatch.client(service)
    attach(made, _LINE, account=ACCOUNT)  # type: ignore[arg-type]
    if Coverage.current():
        made._make_api_call = _unmeasured(made._make_api_call)
    return unsigned(made)


def _unmeasured(call: Callable[..., Any]) -> Callable[..., Any]:
    """Has coverage look away while the SDK and the service work, which takes half of the time of measuring."""

    def unmeasured(*args: Any) -> Any:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return call(*args)
        finally:
            sys.settrace(tracer)

    return unmeasured


@dataclass
class Context:
    """Lambda's second argument."""

    clock: VirtualClock
    end: float
    log_group_name: str = "/aws/lambda/provider"
    log_stream_name: str = "2027/01/15/[$LATEST]0123456789abcdef"
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.end - self.clock.now()) * 1000)


@dataclass
class VirtualLambda:
    """The function.

    Attributes:
        clock: the time.
        wire: the way to the service.
        put: what takes the answers.
        timeout: seconds that an invocation may take.
        output: everything that was written, by all invocations.
        deaths: why invocations ended without returning.
        returned: the events of the others, and when they were delivered.
    """

    clock: VirtualClock
    wire: Wire
    put: Callable[[str, bytes, float], int]
    timeout: float = 900
    output: io.StringIO = field(default_factory=io.StringIO)
    deaths: list[str] = field(default_factory=list)
    returned: list[tuple[Any, float]] = field(default_factory=list)
    _idle: list[main.Environment] = field(default_factory=list)
    _running: int = 0
    _around: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def deliver(self, event: Any) -> None:
        """One delivery of an event; an execution environment that is idle is used again.

        Raises:
            Crash: the process ended.
            Exception: the function raised.
        """
        environment = self._idle.pop() if self._idle else main.Environment(client=client, clock=self.clock)
        environment.put = self.put
        began = self.clock.now()
        context = Context(self.clock, began + self.timeout)
        outer, self.clock.kill_at = self.clock.kill_at, context.end
        _LINE.wire = self.wire
        try:
            with self._surroundings():
                main.ENVIRONMENT = environment
                main.handler(event, context)
        except BaseException as death:
            self.deaths.append(str(death))
            raise
        finally:
            self.clock.kill_at = outer
        self._idle.append(environment)
        self.returned.append((event, began))

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """What the function finds around it. Several that run at the same time share it: the last one takes it away."""
        if not self._running:
            self._around = contextlib.ExitStack()
            # `mock.patch.dict` would copy all of the environment, thousands of times.
            patch = self._around.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(main, "ENVIRONMENT", main.ENVIRONMENT)
            for name, value in CREDENTIALS.items():
                patch.setenv(name, value)
            self._around.enter_context(contextlib.redirect_stdout(self.output))
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self._around.close()

    def invoke(self, event: Any) -> None:
        """An asynchronous invocation: delivered again, twice at most, when it fails."""
        for delay in (*RETRY_DELAYS, 0.0):
            try:
                self.deliver(event)
            except (Crash, Exception):  # noqa: PERF203 - that is what Lambda does
                self.clock.sleep(delay)
            else:
                return
