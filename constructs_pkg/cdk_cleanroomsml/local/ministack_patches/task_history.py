"""An execution's history tells of a task what the service's model requires."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import responses
from ministack.services import stepfunctions

from .sdk_integrations import current_execution

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""Whatever a JSON document holds."""

_DETAILS = ("taskScheduledEventDetails", "taskSucceededEventDetails", "taskFailedEventDetails")
_INTEGRATION = "arn:aws:states:::"


def install() -> None:
    """Patches ministack's Step Functions."""
    stepfunctions._add_event = partial(_add_event, stepfunctions._add_event)
    stepfunctions._invoke_resource = partial(_invoke_resource, stepfunctions._invoke_resource)


def _add_event(original: Callable[..., Json], execution: Json, kind: str, details: Json = None) -> Json:
    for name in _DETAILS:
        if name in (details or {}):
            details = {name: details[name] | _named(details[name]["resource"])}
    return original(execution, kind, details)


def _invoke_resource(original: Callable[[str, Json], Json], resource: str, arguments: Json) -> Json:
    """What is asked stands in the event that says that it will be, and another one says that it is."""
    execution = current_execution()
    if execution is not None and resource.startswith(_INTEGRATION):
        scheduled = execution["events"][-1]
        if scheduled["type"] == "TaskScheduled":
            scheduled["taskScheduledEventDetails"] |= {
                "region": responses.get_region(),
                "parameters": json.dumps(arguments),
            }
            stepfunctions._add_event(execution, "TaskStarted", {"taskStartedEventDetails": _named(resource)})
    return original(resource, arguments)


def _named(resource: str) -> dict[str, str]:
    """`arn:aws:states:::sns:publish` is `publish` of `sns`; one of the SDK is of `aws-sdk:<service>`."""
    if not resource.startswith(_INTEGRATION):
        return {"resourceType": "lambda", "resource": resource}
    words = resource.removeprefix(_INTEGRATION).split(":")
    own = 2 if words[0] == "aws-sdk" else 1
    return {"resourceType": ":".join(words[:own]), "resource": ":".join(words[own:])}
