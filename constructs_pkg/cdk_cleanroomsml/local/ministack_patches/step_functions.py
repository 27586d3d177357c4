"""What ministack's Step Functions and EventBridge Scheduler do differently from AWS, put right.

1. The SDK integrations of Clean Rooms ML and Clean Rooms exist. They and those beside them in `_INTEGRATIONS` are real
   calls, with the permissions of the state machine's role when IAM is enforced.
2. Time is the service's: a Wait ends when its clock gets there, turned or not, and so does TimeoutSeconds of a state
   machine, which ministack doesn't know. Only the pauses between retries are shortened.
3. A Succeed state has its Output, an execution that ended isn't ended again, and those of a deleted state machine end.
4. A schedule fires by the same clock, in its time zone, with its own input and its role's permissions.
5. AWS::Scheduler::Schedule keeps all of its properties, and updates them.
6. IAM knows the tags of the service's resources, for aws:ResourceTag, and the namespace of metric data.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
import threading
import time
from contextvars import ContextVar
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from ministack.core import iam_actions, responses
from ministack.services import eventbridge, scheduler, stepfunctions, tagging
from ministack.services.cloudformation import provisioners

from ..ministack_plugin import roles
from ..service.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..service import CleanRoomsML

SCHEDULE = "AWS::Scheduler::Schedule"

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""An execution or a schedule, as ministack keeps it."""

_RETRY_SCALE = 0.001
"""What is left of a pause between retries."""


class _Integration(NamedTuple):
    """How the SDK of Step Functions and the one here name a service."""

    client: str
    errors: str


_INTEGRATIONS = {
    "cleanrooms": _Integration("cleanrooms", "CleanRooms"),
    "cleanroomsml": _Integration("cleanroomsml", "CleanRoomsMl"),
    "cloudwatch": _Integration("cloudwatch", "CloudWatch"),
    "sfn": _Integration("stepfunctions", "Sfn"),
    "sns": _Integration("sns", "Sns"),
}

_execution: ContextVar[Record] = ContextVar("step_functions_execution")
_waiting: ContextVar[Record | None] = ContextVar("step_functions_wait", default=None)


def install(service: CleanRoomsML) -> None:
    """Patches ministack's Step Functions, Scheduler and what they touch.

    Args:
        service: whose clock counts, and whose resources IAM asks for tags.
    """
    clock = _Clock(service)
    stepfunctions.now_iso = lambda: _iso(service.now())
    stepfunctions._register_sfn_jsonata_functions = _with_clock(
        stepfunctions._register_sfn_jsonata_functions, service.now
    )
    stepfunctions._scaled_sleep = partial(_pause, clock)
    stepfunctions._sleep_until = lambda text: _pause(clock, (_parse(text) - clock.now()).total_seconds())
    stepfunctions._execute_wait = partial(_execute_wait, stepfunctions._execute_wait)
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task, clock)
    stepfunctions._fail_execution = partial(_fail_execution, stepfunctions._fail_execution, clock)
    stepfunctions._apply_output_path = partial(_apply_output_path, stepfunctions._apply_output_path)
    stepfunctions._invoke_aws_sdk_integration = partial(
        _invoke_aws_sdk_integration, stepfunctions._invoke_aws_sdk_integration
    )
    stepfunctions.reset = partial(_reset, stepfunctions.reset, clock)
    scheduler._now = lambda: service.now().timestamp()
    scheduler._tick_schedules = partial(_fire_due_schedules, service.now)
    service.on_advance += [clock.wake, scheduler._tick_schedules]
    provisioners._RESOURCE_HANDLERS[SCHEDULE] |= {"create": _create_schedule, "update": _update_schedule}
    tagging.resource_tags = partial(_resource_tags, tagging.resource_tags, service)
    iam_actions.request_tag_context = partial(_request_context, iam_actions.request_tag_context)


# Time


class _Clock:
    """The service's clock, to wait for."""

    def __init__(self, service: CleanRoomsML) -> None:
        self._service = service
        self._turned = threading.Condition()

    def now(self) -> datetime:
        return self._service.now()

    def wake(self) -> None:
        """Has all who wait look at the clock."""
        with self._turned:
            self._turned.notify_all()

    def wait_until(self, moment: datetime, execution: Record) -> None:
        """Returns when the moment has come, or the execution has ended otherwise."""
        with self._turned:
            while execution["status"] == "RUNNING" and (left := (moment - self.now()).total_seconds()) > 0:
                self._turned.wait(left)


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _with_clock(theirs: Callable[[Json], None], now: Callable[[], datetime]) -> Callable[[Json], None]:
    def register(expression: Json) -> None:
        theirs(expression)
        expression.register_lambda("millis", lambda: int(now().timestamp() * 1000))
        expression.register_lambda("now", lambda: _iso(now()))

    return register


# Executions


def _execute_wait(theirs: Callable[..., Json], state: Properties, given: Json, context: Json) -> Json:
    token = _waiting.set(stepfunctions._executions[context["Execution"]["Id"]])
    try:
        return theirs(state, given, context)
    finally:
        _waiting.reset(token)


def _pause(clock: _Clock, seconds: float) -> None:
    """What a Wait does, and what a Retry does."""
    execution = _waiting.get()
    if execution is None:
        time.sleep(seconds * _RETRY_SCALE)
        return
    moment = clock.now() + timedelta(seconds=seconds)
    clock.wait_until(min(moment, _deadline(execution)), execution)
    _check_running(execution, clock)


def _execute_task(
    theirs: Callable[..., Json], clock: _Clock, state: Properties, given: Json, execution: Record, context: Json
) -> Json:
    _check_running(execution, clock)
    _execution.set(execution)
    return theirs(state, given, execution, context)


def _check_running(execution: Record, clock: _Clock) -> None:
    if execution["status"] == "RUNNING" and execution["stateMachineArn"] not in stepfunctions._state_machines:
        execution["status"] = "ABORTED"
    if execution["status"] != "RUNNING" or clock.now() >= _deadline(execution):
        raise _EndedError


class _EndedError(Exception):
    """An execution ends here, whatever its states catch."""


def _deadline(execution: Record) -> datetime:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    if seconds is None:
        return datetime.max.replace(tzinfo=timezone.utc)
    return _parse(execution["startDate"]) + timedelta(seconds=seconds)


def _fail_execution(theirs: Callable[..., None], clock: _Clock, execution: Record, error: str, cause: str) -> None:
    if execution["status"] != "RUNNING":
        return
    if clock.now() < _deadline(execution):
        theirs(execution, error, cause)
        return
    execution |= {"status": "TIMED_OUT", "error": "States.Timeout", "stopDate": stepfunctions.now_iso()}
    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    stepfunctions._emit_execution_status_event(execution)


def _apply_output_path(theirs: Callable[..., Json], state: Properties, data: Json, context: Json = None) -> Json:
    if state.get("Type") == "Succeed" and "Output" in state:
        return stepfunctions._apply_jsonata_output(state, data, context)
    return theirs(state, data, context)


def _reset(theirs: Callable[[], None], clock: _Clock) -> None:
    for execution in list(stepfunctions._executions._data.values()):
        execution["status"] = "ABORTED"
    theirs()
    clock.wake()


# SDK integrations


def _invoke_aws_sdk_integration(theirs: Callable[[str, Json], Json], resource: str, arguments: Json) -> Json:
    """Calls the service as a client of the state machine's role."""
    service, action = resource.split(":")[-2:]
    integration = _INTEGRATIONS.get(service)
    if integration is None:
        return theirs(resource, arguments)
    execution = _execution.get()
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    try:
        client = roles.client(
            integration.client,
            machine["roleArn"],
            principal="states.amazonaws.com",
            source_arn=machine["stateMachineArn"],
        )
    except roles.NotTrustedError as error:
        raise _failure("States.TaskFailed", str(error)) from error
    model = client.meta.service_model.operation_model(action[:1].upper() + action[1:])
    try:
        answer = getattr(client, xform_name(model.name))(**_request(arguments, model.input_shape))
    except ClientError as error:
        raise _failure(_error_name(error, integration, client), error.response["Error"]["Message"]) from error
    except ParamValidationError as error:
        raise _failure("States.Runtime", str(error)) from error
    except BotoCoreError as error:
        raise _failure(f"{integration.errors}.SdkClientException", str(error)) from error
    return _result(answer, model.output_shape) if model.output_shape else {}


def _failure(error: str, cause: str) -> Exception:
    failure: Exception = stepfunctions._ExecutionError(error, cause)
    return failure


def _error_name(error: ClientError, integration: _Integration, client: Json) -> str:
    """The class that the SDK for Java has for an error: its own, or the service's when the model lacks it."""
    code: str = error.response["Error"]["Code"]
    known = code in {shape.error_code for shape in client.meta.service_model.error_shapes}
    name = code.removesuffix("Exception") if known else integration.errors
    return f"{integration.errors}.{name}Exception"


def _request(value: Json, shape: Json) -> Json:
    """Arguments with the service's own member names; the keys of a map are data."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {_pascal(name): name for name in shape.members}
        if unknown := sorted(set(value) - set(names)):
            raise _failure("States.Runtime", f"{shape.name} has no {unknown}; it has {sorted(names)}")
        return {names[name]: _request(each, shape.members[names[name]]) for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_request(each, shape.member) for each in value]
    return value


def _result(value: Json, shape: Json) -> Json:
    """A result as Step Functions shows it."""
    if shape.type_name == "structure":
        members = shape.members
        return {_pascal(name): _result(each, members[name]) for name, each in value.items() if name in members}
    if shape.type_name == "list":
        return [_result(each, shape.member) for each in value]
    return _iso(value) if shape.type_name == "timestamp" else value


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


# Schedules


_fired: dict[tuple[str, float], datetime] = {}
"""When a schedule fired last, by its ARN and its creation: there may be another one of that name."""

_firing = threading.Lock()


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


# IAM


def _resource_tags(theirs: Callable[[str], Json], service: CleanRoomsML, arn: str) -> Json:
    if arn.split(":")[2:3] not in (["cleanrooms-ml"], ["cleanrooms"]):
        return theirs(arn)
    try:
        return service.resource(arn).get("tags")
    except (ServiceError, ValueError):
        return None


def _request_context(theirs: Callable[..., Json], service: str, action: str, body: bytes, params: Json) -> Json:
    context: Properties = theirs(service, action, body, params)
    if action == "cloudwatch:PutMetricData":
        # A client of today sends JSON, an older one a form.
        named = json.loads(body) if body.startswith(b"{") else params
        (namespace,) = [named["Namespace"]] if isinstance(named["Namespace"], str) else named["Namespace"]
        context |= {"cloudwatch:namespace": namespace}
    return context
