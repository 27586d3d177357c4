"""A schedule fires once when it is due, in its time zone, with its own input and its role's permissions.

It goes by the service's clock, so it can be turned forward.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError
from ministack.core import responses
from ministack.services import eventbridge, scheduler

from ..ministack_plugin import roles

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""A schedule, as ministack keeps it."""

_fired: dict[tuple[str, float], datetime] = {}
"""When a schedule fired last, by its ARN and its creation: there may be another one of that name."""

_firing = threading.Lock()


def install(service: CleanRoomsML) -> None:
    """Patches ministack's EventBridge Scheduler.

    Args:
        service: whose clock counts.
    """
    scheduler._now = lambda: service.now().timestamp()
    scheduler._tick_schedules = partial(_fire_due_schedules, service.now)
    service.on_advance.append(scheduler._tick_schedules)


def _fire_due_schedules(now: Callable[[], datetime]) -> None:
    account, region = responses.get_account_id(), responses.get_region()
    try:
        for (owner, place, _), schedule in list(scheduler._schedules._data.items()):
            if _take_turn(schedule, now()):
                responses.set_request_account_id(owner)
                responses.set_request_region(place)
                _fire(schedule)
    finally:
        responses.set_request_account_id(account)
        responses.set_request_region(region)


def _take_turn(schedule: Record, now: datetime) -> bool:
    """Whether a schedule is due; however often it was in the meantime, it fires once."""
    if schedule["State"] != "ENABLED":
        return False
    created = datetime.fromtimestamp(schedule["CreationDate"], timezone.utc)
    start, end = _moment(schedule.get("StartDate")), _moment(schedule.get("EndDate"))
    key = (schedule["Arn"], schedule["CreationDate"])
    with _firing:
        turn = _next(schedule, _fired.get(key), start or created)
        if turn is None or turn > now or (end is not None and turn > end):
            return False
        _fired[key] = now
        return True


def _next(schedule: Record, last: datetime | None, start: datetime) -> datetime | None:
    """When a schedule fires next, after its last time and not before its start; a rate begins with that."""
    after = last or datetime.fromtimestamp(schedule["CreationDate"], timezone.utc)
    expression = schedule["ScheduleExpression"]
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    if expression.startswith("at("):
        once = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone)
        return once if once > after else None
    interval = eventbridge._parse_rate_seconds(expression)
    if interval is not None and last is None:
        return start
    if interval is not None:
        passed = (after - start).total_seconds() // interval
        return start + timedelta(seconds=interval * (passed + 1))
    # It knows UTC only: the zone's own time is called that.
    local = max(after, start).astimezone(zone).replace(tzinfo=timezone.utc)
    turn: datetime | None = eventbridge._cron_next_fire(eventbridge._parse_cron_fields(expression), local)
    return None if turn is None else turn.replace(tzinfo=zone)


def _moment(value: Json) -> datetime | None:
    seconds = scheduler._to_epoch(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def _fire(schedule: Record) -> None:
    """Starts an execution as the schedule's role may; other targets are left to ministack, which asks no role."""
    target = schedule["Target"]
    try:
        if target["Arn"].split(":")[2] != "states":
            eventbridge._invoke_target(target, _event(schedule), schedule)
            return
        group = scheduler._group_arn(schedule["GroupName"])
        client = roles.client("stepfunctions", target["RoleArn"], principal="scheduler.amazonaws.com", source_arn=group)
        client.start_execution(stateMachineArn=target["Arn"], input=target.get("Input", "{}"))
    except (ClientError, roles.NotTrustedError):
        scheduler.logger.exception("%s did not reach its target", schedule["Arn"])


def _event(schedule: Record) -> Properties:
    return {
        "EventId": responses.new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": scheduler._now(),
        "Resources": [schedule["Arn"]],
        "Account": responses.get_account_id(),
        "Region": responses.get_region(),
    }
