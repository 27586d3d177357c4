"""The function of a custom resource is invoked asynchronously: Lambda retries its event, and may deliver it again."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import contextvars
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ministack.services import cloudformation, lambda_svc

from ._waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

_RETRY_DELAYS = (60, 120)
"""Seconds that Lambda waits before each retry of an asynchronous invocation (Lambda developer guide)."""


@dataclass
class Sent:
    """A request that was sent to a function.

    Attributes:
        function: ministack's record of it.
        event: the request.
        presigned: its ResponseURL as it was at a time.
        at: when it was sent.
        forgotten: whether the engine was reset since: a function of the same name is another one then.
    """

    function: dict[str, Json]
    event: dict[str, Json]
    presigned: Callable[[float], str]
    at: float
    forgotten: bool = False

    def deliver(self, *, older: float = 0) -> bool:
        """Has the function carry the request out, as one that is older by some seconds, and says whether it did."""
        event = self.event | {"ResponseURL": self.presigned(self.at - older)}
        return not lambda_svc._execute_function_with_config_scope(self.function, event).get("error")


_sent: list[Sent] = []
"""Every request since the last reset, in order."""


def install(service: CleanRoomsML) -> None:
    """Has the service deliver requests once more when it is told to.

    Args:
        service: whose administration is asked.
    """
    service.redeliver = redeliver


def send(sent: Sent, answered: threading.Event) -> threading.Event:
    """Invokes a function as Lambda does asynchronously: again when it fails, until its retries are used up.

    Lambda's minutes are shortened, so they are taken off the event's date, and off that of the resource's status: a
    function that asks how old its request is sees what it would see on AWS.
    Nor does anybody wait for the service timeout when the last attempt has failed.

    Args:
        sent: what it is invoked with.
        answered: is set when no answer can come any more.

    Returns:
        An event that is set while no attempt is running.
    """
    idle = threading.Event()
    shortened = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS / _RETRY_DELAYS[0]
    event = sent.event
    _sent.append(sent)

    def attempt() -> None:
        skipped = 0.0
        for delay in (0, *_RETRY_DELAYS[: _retries(sent.function)]):
            time.sleep(delay * shortened)
            skipped += delay * (1 - shortened)
            if waiting.get((event["StackId"], event["LogicalResourceId"])) is answered:
                _backdate(event, delay * (1 - shortened))
            gone = lambda_svc._get_func_record_for_ref(event["ResourceProperties"]["ServiceToken"])[0] is None
            if gone or sent.forgotten:
                return
            idle.clear()
            succeeded = sent.deliver(older=skipped)
            idle.set()
            if succeeded:
                return
        answered.set()

    threading.Thread(target=contextvars.copy_context().run, args=(attempt,), daemon=True).start()
    return idle


def _backdate(event: Mapping[str, Json], seconds: float) -> None:
    """Has the status of an event's resource be older than it is."""
    stack: Json = cloudformation._stacks.get(event["StackId"].split("/")[1]) or {}
    resource: Json = stack.get("_resources", {}).get(event["LogicalResourceId"])
    if resource:
        since = datetime.fromisoformat(resource["Timestamp"].replace("Z", "+00:00")) - timedelta(seconds=seconds)
        resource["Timestamp"] = since.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _retries(record: dict[str, Any]) -> int:
    config = record.get("event_invoke_config") or (record.get("event_invoke_configs") or {}).get("$LATEST") or {}
    wanted = config.get("MaximumRetryAttempts")
    return len(_RETRY_DELAYS) if wanted is None else int(wanted)


def forget_all() -> None:
    """Tries nothing again that was sent so far."""
    for sent in _sent:
        sent.forgotten = True
    _sent.clear()


def redeliver(request_type: str, logical_id: str, number: int = -1, seconds: float = 0) -> None:
    """Delivers a request once more, as an asynchronous invocation may be at any later time, and waits for its end.

    Lambda developer guide, "Asynchronous invocation": "your function might receive the same event multiple times".

    Args:
        request_type: Create, Update or Delete.
        logical_id: of the resource.
        number: which one of these, from 0 on; the last one is -1.
        seconds: by how much older it is to look.

    Raises:
        ValueError: there was no such request.
    """
    found = [
        each
        for each in _sent
        if (each.event["RequestType"], each.event["LogicalResourceId"]) == (request_type, logical_id)
    ]
    if not -len(found) <= number < len(found):
        raise ValueError(f"there are {len(found)} requests of type {request_type} for {logical_id}, no number {number}")
    found[number].deliver(older=seconds)
