"""The entry point: an event in, exactly one answer out.

Only the standard library is imported without a net: if anything else can't be imported, that is an answer, too.
"""

from __future__ import annotations

import traceback
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .protocol import (
    Answer,
    Clock,
    Failure,
    Log,
    Memory,
    Placeholder,
    Put,
    answer_body,
    put_answer,
    read_request,
    resource_name,
    send_answer,
)

try:
    from . import dispatch
except Exception as error:
    IMPORT_ERROR: Exception | None = error
else:
    IMPORT_ERROR = None

if TYPE_CHECKING:
    from collections.abc import Callable

    from .protocol import Request

# What Lambda passes has no types.
Event = Any
Context = Any

SPARE_SECONDS = 15.0
"""What is reserved for the answer: of the invocation's time, and of CloudFormation's."""


@dataclass
class Environment:
    """What an execution environment of Lambda keeps between invocations, and what tests replace.

    Attributes:
        seen: the requests it has had. They only make it careful; nothing is ever answered from memory.
        memory: what saves calls.
    """

    client: Callable[[str], Any] | None = None
    clock: Clock = field(default_factory=Clock)
    put: Put = put_answer
    seen: deque[str] = field(default_factory=lambda: deque(maxlen=1000))
    memory: Memory = field(default_factory=Memory)


ENVIRONMENT = Environment()


def handler(event: Event, context: Context) -> None:
    """Carries out a request of CloudFormation and answers it.

    Raises:
        ValueError: there is nobody to answer to.
        NotSentError: the answer didn't get through; Lambda repeats the event.
    """
    url = _response_url(event)
    log = Log(event)
    environment = ENVIRONMENT
    place = f"{getattr(context, 'log_group_name', '')} {getattr(context, 'log_stream_name', '')}".strip()
    outcome = _outcome(event, context, environment, log)
    log("outcome", status=outcome.status, physical_id=log.clean(outcome.physical_id), reason=outcome.reason or None)
    body = answer_body(outcome, event, place)
    send_answer(url, body, put=environment.put, clock=environment.clock, remaining=lambda: _remaining(context), log=log)


def _response_url(event: object) -> str:
    url = event.get("ResponseURL") if isinstance(event, dict) else None
    if isinstance(url, str) and url.startswith(("https://", "http://")):
        return url
    raise ValueError("the event has no ResponseURL, so it isn't CloudFormation's and there is nobody to answer to")


def _outcome(event: dict[str, Any], context: Context, environment: Environment, log: Log) -> Answer:
    """The answer, whatever happens."""
    asked = None
    try:
        asked = read_request(event)
        return _perform(asked, context, environment, log)
    except Failure as failure:
        return Answer(_failed_id(event, asked, environment.clock.now(), unclear=failure.unclear), str(failure))
    except Exception as error:
        # A bug of ours must not keep CloudFormation waiting.
        log("bug", trace=log.clean(traceback.format_exc()))
        return Answer(
            _failed_id(event, asked, environment.clock.now(), unclear=True),
            f"internal error ({type(error).__name__}), the log has the details: please report it",
        )


def _failed_id(event: dict[str, Any], asked: Request | None, now: float, *, unclear: bool) -> str:
    """The id that the resource had, or else a placeholder."""
    known = event.get("PhysicalResourceId")
    if isinstance(known, str) and known and event.get("RequestType") != "Create":
        return known
    name, sent_at = (resource_name(asked), asked.sent_at) if asked else ("", None)
    return str(Placeholder.of(event, name, now, sent_at, unclear=unclear))


def _perform(asked: Request, context: Context, environment: Environment, log: Log) -> Answer:
    now = environment.clock.now()
    log(
        "request",
        type=asked.type,
        resource_type=asked.resource_type,
        stack_id=asked.stack_id,
        logical_id=asked.logical_id,
        request_id=asked.request_id,
        age=round(asked.age(now), 1) if asked.sent_at is not None else None,
    )
    if IMPORT_ERROR is not None:
        raise IMPORT_ERROR
    if asked.is_late(now):
        raise Failure(
            f"the request is {asked.age(now):.0f} s old, cloudformation waits {asked.service_timeout:.0f} s: nothing"
            " was changed"
        )
    # A later try may use an id again (aws-cdk #35957).
    sending = f"{asked.request_id} {asked.sent_at}"
    seen = sending in environment.seen
    environment.seen.append(sending)
    seconds = min(_remaining(context), asked.service_timeout - asked.age(now)) - SPARE_SECONDS
    types = dispatch  # pyright: ignore[reportPossiblyUnboundVariable] - without it, IMPORT_ERROR was raised
    client = environment.client or types.client
    account = _account(context)
    return types.perform(
        asked, environment.clock, log, client, environment.memory, seconds=seconds, account=account, seen=seen
    )


def _remaining(context: Context) -> float:
    return float(context.get_remaining_time_in_millis()) / 1000


def _account(context: Context) -> str:
    """Out of the function's ARN."""
    parts = str(getattr(context, "invoked_function_arn", "")).split(":")
    return parts[4] if len(parts) > 4 else ""
