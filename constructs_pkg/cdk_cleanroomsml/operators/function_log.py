"""The function's log, an invocation at a time: each line that it writes is a JSON object, see the operators' page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .account import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .account import Account, Members

PLACE = re.compile(r"\(log: (?P<group>\S+) (?P<stream>[^)]+)\)\s*$")
"""Where a Reason says that the log is."""

_RETURNED = re.compile(
    r"Received response status \[FAILED\] from custom resource\. Message returned: (.*?)(?: \(RequestId: [^)]*\))?\s*",
    re.S,
)
"""CloudFormation's words around a Reason, in the event of the resource."""

_LAMBDA_SAYS = re.compile(r"Task timed out|Runtime exited|Runtime\.\w+|errorMessage|Traceback|signal: killed")


@dataclass
class Invocation:
    """What the function did about one request.

    Attributes:
        stream: the log stream that it is in.
        steps: its own lines, each with its `time`.
        lambda_says: what Lambda wrote about how it ended.
    """

    request: Members
    stream: str
    steps: list[Members] = field(default_factory=list)
    lambda_says: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> Members:
        """How it ended; empty if it never got that far."""
        return next((each for each in self.steps if each["step"] == "outcome"), {})


def reason_of(event: Members) -> str:
    """What an event says of its resource: the Reason as the function gave it, if it gave one."""
    said = str(event.get("ResourceStatusReason", ""))
    returned = _RETURNED.fullmatch(said)
    return returned[1] if returned else said


def invocations(
    account: Account, group: str, streams: list[str], since: datetime, until: datetime
) -> list[Invocation] | None:
    """The invocations in streams of a log group between two times; None when there is no such group any more."""
    window = {"startTime": _milliseconds(since), "endTime": _milliseconds(until)}
    of_streams = {"logStreamNames": streams} if streams else {}
    try:
        events = list(account.pages("logs", "filter_log_events", "events", logGroupName=group, **window, **of_streams))
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    by_stream: dict[str, list[Members]] = {}
    for event in events:
        by_stream.setdefault(event["logStreamName"], []).append(event)
    return [each for stream in by_stream.values() for each in _split(stream)]


def _split(events: Iterable[Members]) -> Iterable[Invocation]:
    """The invocations of one stream, which come one after another."""
    found: list[Invocation] = []
    for event in events:
        step = _step(event)
        if step and step["step"] == "request":
            found.append(Invocation(step, event["logStreamName"]))
        elif found and step:
            found[-1].steps.append(step)
        elif found and _LAMBDA_SAYS.search(event["message"]):
            found[-1].lambda_says.append(event["message"].strip())
    return found


def _step(event: Members) -> dict[str, Any] | None:
    """A line of ours; None for Lambda's."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(line, dict) or "step" not in line:
        return None
    return {**line, "time": datetime.fromtimestamp(event["timestamp"] / 1000, timezone.utc)}


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
