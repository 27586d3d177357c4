"""The answer to CloudFormation: a document of at most 4096 bytes, sent exactly once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clock import Clock
    from .log import Log

# Bytes; CloudFormation's limit.
LONGEST_BODY = 4096
# An attempt to send takes so long at most, and leaves so much of the invocation's time.
PUT_SECONDS = 5.0
LAST_SECONDS = 2.0
MOST_PUTS = 8
# The status that says that nobody waits for an answer at this URL any more. Any other refusal may pass.
EXPIRED = 403

Put = Callable[[str, bytes, float], int]
"""Sends a body to a URL within a time-out; returns the HTTP status or raises OSError or HTTPException."""

# Bytes of JSON for each member that is echoed. Real ones are shorter; a damaged event must not prevent the answer.
_ROOM = {"PhysicalResourceId": 1026, "StackId": 700, "LogicalResourceId": 300, "RequestId": 200}


class Failure(Exception):  # noqa: N818 - it is what the answer calls it: FAILED
    """Ends the request with FAILED. Its text becomes the Reason: no property values, they may be NoEcho."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        # Whether a model may have been created all the same.
        self.unclear = False


class NotSentError(Exception):
    """The answer didn't get through; Lambda then delivers the event again."""


@dataclass(frozen=True)
class Answer:
    """What CloudFormation is told; without a reason it is SUCCESS."""

    physical_id: str
    reason: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`SUCCESS` or `FAILED`."""
        return "FAILED" if self.reason else "SUCCESS"


def answer_body(answer: Answer, event: Mapping[str, object], log_place: str) -> bytes:
    """The body: valid JSON in UTF-8, not longer than CloudFormation takes."""
    if not answer.reason:
        body = _encode(answer, event, "")
        if len(body) <= LONGEST_BODY:
            return body
        answer = Answer(answer.physical_id, f"the answer takes {len(body)} bytes, at most {LONGEST_BODY} are allowed")
    head, tail = answer.reason, f" (log: {log_place})"
    body = _encode(answer, event, head + tail)
    while len(body) > LONGEST_BODY:
        head = head[: -1 - (len(body) - LONGEST_BODY) // 6]
        body = _encode(answer, event, f"{head}…{tail}")
    return body


def send_answer(url: str, body: bytes, *, put: Put, clock: Clock, remaining: Callable[[], float], log: Log) -> None:
    """Sends a body until it has arrived, or is refused for good (403: the URL has expired).

    Raises:
        NotSentError: every attempt failed.
    """
    for attempt in range(1, MOST_PUTS + 1):
        timeout = min(PUT_SECONDS, remaining() - LAST_SECONDS)
        if timeout <= 0:
            break
        outcome = _try(url, body, put, timeout)
        log("answer", attempt=attempt, outcome=outcome, bytes=len(body))
        if outcome == EXPIRED or (isinstance(outcome, int) and 200 <= outcome < 300):
            return
        clock.sleep(max(0.0, min(clock.pause(attempt), remaining() - PUT_SECONDS - LAST_SECONDS)))
    raise NotSentError("the answer could not be delivered; the function will be run again with the same event")


def put_answer(url: str, body: bytes, timeout: float) -> int:
    """One PUT. The URL's signature covers no content type, so it must be sent empty."""
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - main lets only http and https pass
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310 - as above
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _encode(answer: Answer, event: Mapping[str, object], reason: str) -> bytes:
    echoed = {name: event.get(name) for name in ("StackId", "RequestId", "LogicalResourceId")}
    echoed["PhysicalResourceId"] = answer.physical_id
    said: dict[str, Any] = {"Status": answer.status}
    said.update({name: _clipped(value, _ROOM[name]) for name, value in echoed.items()})
    if reason:
        said["Reason"] = reason
    if answer.data:
        said["Data"] = dict(answer.data)
    return _json(said)


def _json(value: object) -> bytes:
    # A lone surrogate has no UTF-8.
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _clipped(value: object, room: int) -> str:
    text = value if isinstance(value, str) and value else "unknown"
    while len(_json(text)) > room:
        text = text[: -1 - (len(_json(text)) - room) // 6]
    return text


def _try(url: str, body: bytes, put: Put, timeout: float) -> int | str:
    """The HTTP status, or the name of the error."""
    try:
        return put(url, body, timeout)
    except (OSError, HTTPException) as error:
        return type(error).__name__
