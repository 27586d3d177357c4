"""AWS::Scheduler::Schedule has all of its properties, and an update changes them."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.services import scheduler
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEDULE = "AWS::Scheduler::Schedule"

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]


def install() -> None:
    """Patches ministack's CloudFormation."""
    provisioners._RESOURCE_HANDLERS[SCHEDULE] |= {"create": _create_schedule, "update": _update_schedule}


def _create_schedule(logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
    name = props.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=64)
    return _put_schedule(scheduler._create_schedule, name, props)


def _update_schedule(physical_id: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, Properties]:
    if (old.get("Name"), old.get("GroupName")) != (new.get("Name"), new.get("GroupName")):
        return _create_schedule(physical_id, new, stack_name)
    return _put_schedule(scheduler._update_schedule, physical_id, new)


def _put_schedule(call: Callable[..., Json], name: str, props: Properties) -> tuple[str, Properties]:
    status, _, body = call(name, props)
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f"{answer['Message']} (Service: Scheduler, Status Code: {status})")
    return name, {"Arn": answer["ScheduleArn"]}
