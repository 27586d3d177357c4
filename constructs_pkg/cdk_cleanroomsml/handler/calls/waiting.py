"""Whether CloudFormation still waits for the answer to a request: a look at the own resource in its stack.

CloudFormation stops waiting when another resource fails, or somebody cancels, and sends the roll-back beside the
delivery that still runs; a queue delivers a request again long after its end. One rule holds for all of it: **a request
writes only while CloudFormation waits for it.** Its view of the resource says so (documented: the statuses; observed: a
cancelled resource has failed at once, and its roll-back comes two seconds later; inferred: that the time of the status
is that of the request's sending, and changes with nothing but the next status):

- Create, Update: the resource is in progress, not being deleted, and since no later than the request was sent.
- Delete: it is being deleted likewise; or it is complete and has another id, and this is the clean-up of the old one;
  or its creation has failed under this very id: that view is older than the Delete.

For some seconds after the sending, and after each look, that is taken for granted. If there is nothing to be seen (no
permission, no way out of a VPC, too many calls) the request goes on as if CloudFormation waited, and the log says so.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

from ..protocol import SKEW_SECONDS, Failure
from .retry_policy import ERRORS, diagnose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..protocol import Clock, Log, Request

SENT_SECONDS = 5.0
LOOKED_SECONDS = 1.0
"""For how long after the sending, and after a look, it is taken for granted that CloudFormation waits: the width of the
race that is left."""

BLIND_SECONDS = 60.0
"""How long nobody looks again after a look that showed nothing."""

CANCELLED = "cancelled"
"""The kind of a Failure that ends what CloudFormation no longer waits for."""

Describe = Any


class Waiting:
    """CloudFormation's view of one request.

    Attributes:
        known: the physical id that CloudFormation last named as the resource's own; "" when it hasn't been asked.
        status: what it was at then; "" when it wasn't there, or nobody has asked.
    """

    def __init__(self, request: Request, clock: Clock, describe: Callable[..., Describe], log: Log) -> None:
        self.known = ""
        self.status = ""
        self._request = request
        self._clock = clock
        self._describe = describe
        self._log = log
        self._over = False
        self._needed = True
        # Whether nothing but the sending says that CloudFormation waits.
        self._fresh = True
        self._certain_until = -inf if request.sent_at is None else request.sent_at + SENT_SECONDS
        # When it was sent, at the latest.
        self._sent_by = clock.now() if request.sent_at is None else request.sent_at

    def is_over(self) -> bool:
        """Whether CloudFormation has stopped waiting; asked only when that isn't certain."""
        if self._needed and self._clock.now() > self._certain_until:
            self.look()
        return self._needed and self._over

    def doubt(self) -> None:
        """Takes the sending for no evidence: there was time in between, or another delivery."""
        if self._needed and self._fresh:
            self._certain_until = -inf

    def check(self) -> None:
        """Sees to it that nothing is written that CloudFormation doesn't wait for.

        Raises:
            Failure: it has stopped waiting.
        """
        if self.is_over():
            raise Failure(
                "cloudformation no longer waits for this request, it was cancelled or answered before: nothing more was"
                " changed",
                CANCELLED,
            )

    @contextmanager
    def not_needed(self) -> Iterator[None]:
        """For what is right whether CloudFormation waits or not, such as undoing what it didn't wait for."""
        before, self._needed = self._needed, False
        yield
        self._needed = before

    def look(self) -> bool:
        """Asks CloudFormation; says whether it has answered."""
        request, self._fresh = self._request, False
        try:
            output = self._describe(StackName=request.stack_id, LogicalResourceId=request.logical_id)
            seen = output["StackResourceDetail"]
        except ERRORS as error:
            failure = diagnose(error)
            if failure.code != "ValidationError" or "does not exist" not in failure.message:
                self._log("unseen", result=failure.code, message=self._log.clean(failure.message))
                self._certain_until = self._clock.now() + BLIND_SECONDS
                return False
            seen = {}
        self.known = seen.get("PhysicalResourceId", "")
        self.status = str(seen.get("ResourceStatus", ""))
        self._over = not self._waits(seen)
        self._certain_until = self._clock.now() + LOOKED_SECONDS
        self._log("look", status=self.status or "none", waits=not self._over)
        return True

    def has(self, *physical_ids: str) -> bool:
        """Whether CloudFormation names one of them as the resource's own, now."""
        return self.look() and self.known in physical_ids

    def may_be_this(self, began: float) -> bool:
        """Whether what CloudFormation began at a time is this request, and no newer one."""
        return began <= self._sent_by + SKEW_SECONDS

    def _waits(self, seen: dict[str, Any]) -> bool:
        status, deletes = self.status, self._request.type == "Delete"
        if deletes and status.endswith("_COMPLETE") and not status.startswith("DELETE"):
            return self.known != self._request.physical_id
        if deletes and status == "CREATE_FAILED":
            return self.known == self._request.physical_id
        if not status.endswith("_IN_PROGRESS") or status.startswith("DELETE") != deletes:
            return False
        return self.may_be_this(seen["LastUpdatedTimestamp"].timestamp())
