"""Runs a function's handler for one model, again and again: `python -m benchmarks.invoke library|provider_framework N`.

It calls the service that the environment points at, and prints the seconds of each request as JSON, by its type. The
answer to CloudFormation isn't sent: the handler of the Provider framework has no part in that, either.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .work import RESOURCE_TYPE, Model, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cases import Json

ROLE_ARN = "arn:aws:iam::111122223333:role/cleanrooms-ml-writer"
STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/Models/0"
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 900_000,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:Function",
    log_group_name="group",
    log_stream_name="stream",
)

Invoke = Any
"""Takes an event, returns the physical id."""


def main() -> None:
    _, side, repetitions = sys.argv
    invoke = _library() if side == "library" else _on_event()
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(int(repetitions)):
        before = _properties(number, 500)
        after = _properties(number, 1000)
        physical_id = _timed(invoke, seconds, "Create", number, {"ResourceProperties": before})
        others = {"PhysicalResourceId": physical_id, "ResourceProperties": after}
        _timed(invoke, seconds, "Update", number, {**others, "OldResourceProperties": before})
        _timed(invoke, seconds, "Delete", number, others)
    print(json.dumps(seconds))


def _timed(invoke: Invoke, seconds: dict[str, list[float]], kind: str, number: int, event: dict[str, Json]) -> str:
    whole = {
        "RequestType": kind,
        "RequestId": f"{kind}-{number}",
        "ResponseURL": f"http://127.0.0.1/unused?X-Amz-Date={time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}",
        "StackId": STACK_ID,
        "LogicalResourceId": f"Model{number}",
        "ResourceType": RESOURCE_TYPE,
        **event,
    }
    started = time.perf_counter()
    physical_id: str = invoke(whole)
    seconds[kind].append(time.perf_counter() - started)
    return physical_id


def _library() -> Callable[[dict[str, Json]], str]:
    main = importlib.import_module("handler.main")
    answers: list[Json] = []

    def put(url: str, body: bytes, timeout: float) -> int:
        del url, timeout
        answers.append(json.loads(body))
        return 200

    main.ENVIRONMENT.put = put

    def invoke(event: dict[str, Json]) -> str:
        main.handler(event, CONTEXT)
        if answers[-1]["Status"] != "SUCCESS":
            sys.exit(answers[-1]["Reason"])
        return str(answers[-1]["PhysicalResourceId"])

    return invoke


def _on_event() -> Callable[[dict[str, Json]], str]:
    index = importlib.import_module("index")
    return lambda event: str(index.on_event(event, CONTEXT).get("PhysicalResourceId"))


def _properties(number: int, min_matching_seed_size: int) -> dict[str, Json]:
    """As CloudFormation sends them: every scalar is a string."""
    model = Model(f"model-{number}", min_matching_seed_size)
    properties: dict[str, Json] = _strings(request(model, s3_uri="s3://bucket/", role_arn=ROLE_ARN))
    return {"ServiceToken": CONTEXT.invoked_function_arn, **properties}


def _strings(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _strings(each) for name, each in value.items()}
    return [_strings(each) for each in value] if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main()
