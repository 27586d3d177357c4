"""Calls of the service: each under the error policy, the deadline and the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from botocore import xform_name

from ..protocol import Failure
from . import retry_policy
from .hints import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..protocol import Clock, Deadline, Log, Memory
    from .retry_policy import CallFailure
    from .waiting import Waiting

# boto3 has no types.
Client = Any
Output = Any

CONNECT_SECONDS = 5
READ_SECONDS = 20
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
"""The longest that one call takes; it isn't started when less is left."""

SHORTEST_PAUSE = 0.5
"""Seconds; for less, nobody waits."""

PAGE_SIZE = 100

READS = ("Get", "List", "Describe")
"""How the names of operations begin that change nothing."""

Seen = TypeVar("Seen")


class Calls:
    """The calls of one invocation.

    Attributes:
        waiting: whether CloudFormation waits for what they do.
        wrote: whether one of them may have changed something.
    """

    def __init__(
        self,
        clients: Callable[[str], Client],
        service: str,
        clock: Clock,
        deadline: Deadline,
        log: Log,
        memory: Memory,
        waiting: Waiting,
    ) -> None:
        self._clients = clients
        self.client = clients(service)
        self.clock = clock
        self.memory = memory
        self._pace = memory.paces[service]
        self.waiting = waiting
        self.wrote = False
        self._deadline = deadline
        self._log = log

    @property
    def region(self) -> str:
        """The Region that the calls go to."""
        return str(self.client.meta.region_name)

    def clean(self, text: str) -> str:
        """A text of the service's, without secrets."""
        return self._log.clean(text)

    def of(self, service: str) -> Calls:
        """The calls of another service, under the same deadline."""
        return Calls(self._clients, service, self.clock, self._deadline, self._log, self.memory, self.waiting)

    def __call__(self, operation: str, members: dict[str, Any], recover: Callable[[str], Any] | None = None) -> Output:
        """Calls an operation until it succeeds or the policy says to stop; one that writes, while CloudFormation waits.

        Before another try `recover` is told the kind of failure; when it returns something, that is the result.
        """
        self._pause(self._pace.pause(self.clock.now()))
        first_seen: dict[str, float] = {}
        started, attempt, failure = self.clock.now(), 0, None
        while True:
            if attempt:
                self.waiting.doubt()
            if not operation.startswith(READS):
                self.waiting.check()
            if not self._deadline.allows(CALL_SECONDS):
                self._give_up(operation, members, failure, attempt, started)
            attempt += 1
            output, failure = self._try(operation, members, attempt)
            if not operation.startswith(READS):
                self.wrote = self.wrote or failure is None or failure.kind == retry_policy.UNCLEAR
            if failure is None:
                return output
            now = self.clock.now()
            patience = retry_policy.retry_seconds(failure.kind, operation)
            pause = self._pace.pause(now) if failure.kind == retry_policy.THROTTLED else self.clock.pause(attempt)
            if now - first_seen.setdefault(failure.kind, now) >= patience or not self._pause(pause):
                self._give_up(operation, members, failure, attempt, started)
            recovered = recover(failure.kind) if recover else None
            if recovered is not None:
                return recovered

    def once(self, operation: str, members: dict[str, Any]) -> Output:
        """Calls an operation once, if there is time; the output is None if nothing came of it."""
        if self._deadline.allows(CALL_SECONDS) and not self.waiting.is_over():
            return self._try(operation, members, 1)[0]
        return None

    def pages(self, operation: str, items: str, members: dict[str, Any] | None = None) -> Iterator[Output]:
        """All items of an operation that lists."""
        page: dict[str, Any] = {}
        while True:
            page = self(operation, {"maxResults": PAGE_SIZE, **(members or {}), **page})
            yield from page[items]
            if not page.get("nextToken"):
                return
            page = {"nextToken": page["nextToken"]}

    def until(self, look: Callable[[], Seen], seconds: float) -> Seen:
        """Looks again and again until there is something to see; returns what the last look saw."""
        give_up = self.clock.now() + seconds
        attempt = 1
        while not (seen := look()) and self.clock.now() < give_up and self._pause(self.clock.pause(attempt)):
            attempt += 1
        return seen

    def _pause(self, seconds: float) -> bool:
        """Waits until another attempt, at most half of the time that is left for it; says whether there is any."""
        seconds = min(seconds, (self._deadline.left() - CALL_SECONDS) / 2)
        if seconds < SHORTEST_PAUSE:
            return False
        self._log("wait", seconds=round(seconds, 1))
        self.clock.sleep(seconds)
        return True

    def _try(self, operation: str, members: dict[str, Any], attempt: int) -> tuple[Output, CallFailure | None]:
        started = self.clock.now()
        output: Output = None
        failure = None
        try:
            output = getattr(self.client, xform_name(operation))(**members)
        except retry_policy.ERRORS as error:
            failure = retry_policy.diagnose(error)
        if failure is None:
            self._pace.faster()
        elif failure.kind == retry_policy.THROTTLED:
            self._pace.slower(self.clock.now())
        self._log(
            "call",
            operation=operation,
            members=sorted(members),
            attempt=attempt,
            result=failure.code if failure else "ok",
            message=self._log.clean(failure.message) if failure else None,
            request_id=failure.request_id if failure else output["ResponseMetadata"].get("RequestId"),
            milliseconds=round((self.clock.now() - started) * 1000),
        )
        return output, failure

    def _give_up(
        self, operation: str, members: dict[str, Any], failure: CallFailure | None, attempts: int, started: float
    ) -> NoReturn:
        if failure is None:
            raise Failure(f"{operation} was not called: too little time is left to do it and to answer in time")
        seconds = round(self.clock.now() - started)
        tries = f"{attempts} attempts in {seconds} s" if attempts > 1 else "1 attempt"
        told = f"{operation} failed with {failure.code} after {tries}: {self._log.clean(failure.message)}"
        if failure.request_id:
            told += f" (request id {failure.request_id})"
        facts = {
            **{member: value for member, value in members.items() if member.endswith(("Arn", "Identifier"))},
            "roleArn": members.get("outputConfig", {}).get("roleArn", ""),
            "region": self.region,
            "prefix": self.client.meta.service_model.signing_name,
        }
        advice = hint(failure.kind, operation, facts)
        raise Failure(f"{told}. {advice}" if advice else told, failure.kind)
