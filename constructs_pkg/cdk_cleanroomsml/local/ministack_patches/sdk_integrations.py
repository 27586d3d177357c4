"""SDK integrations of Step Functions are real calls, with the permissions of the state machine's role.

Those of the services in `_INTEGRATIONS`; the others are left to ministack.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from contextvars import ContextVar
from datetime import timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from ministack.services import stepfunctions

from ..ministack_plugin import roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ..service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Record = dict[str, Any]
"""An execution, as ministack keeps it."""


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

_execution: ContextVar[Record | None] = ContextVar("step_functions_execution", default=None)


def current_execution() -> Record | None:
    """The execution whose task is carried out."""
    return _execution.get()


def install(service: CleanRoomsML) -> None:
    """Patches ministack's Step Functions.

    Args:
        service: a switch says whether the SDK tries again by itself.
    """
    stepfunctions._execute_task = partial(_execute_task, stepfunctions._execute_task)
    stepfunctions._invoke_aws_sdk_integration = partial(
        _invoke_aws_sdk_integration, stepfunctions._invoke_aws_sdk_integration, service
    )


def _execute_task(
    original: Callable[..., Json], state: Properties, given: Json, execution: Record, context: Json
) -> Json:
    _execution.set(execution)
    return original(state, given, execution, context)


def _invoke_aws_sdk_integration(
    original: Callable[[str, Json], Json], models: CleanRoomsML, resource: str, arguments: Json
) -> Json:
    """Calls the service as a client of the state machine's role."""
    service, action = resource.split(":")[-2:]
    integration = _INTEGRATIONS.get(service)
    execution = current_execution()
    if integration is None or execution is None:
        return original(resource, arguments)
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
    attempts: list[int] = []
    try:
        call = partial(getattr(client, xform_name(model.name)), **_request(arguments, model.input_shape))
        answer = _call(call, attempts, at_most=3 if models.switches.sdk_integrations_retry else 1)
    except ClientError as error:
        cause = _cause(error, integration, len(attempts))
        raise _failure(_error_name(error, integration, client), cause) from error
    except ParamValidationError as error:
        raise _failure("States.Runtime", str(error)) from error
    except BotoCoreError as error:
        raise _failure(f"{integration.errors}.SdkClientException", str(error)) from error
    return _result(answer, model.output_shape) if model.output_shape else {}


def _call(call: Callable[[], Json], attempts: list[int], *, at_most: int) -> Json:
    """Calls, and if need be again, as an SDK does by itself."""
    attempts.append(len(attempts) + 1)
    try:
        return call()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if len(attempts) == at_most or (status < 500 and status != 429):
            raise
    except BotoCoreError:
        if len(attempts) == at_most:
            raise
    return _call(call, attempts, at_most=at_most)


def _cause(error: ClientError, integration: _Integration, attempts: int) -> str:
    """What the SDK for Java makes of an error's message."""
    told = error.response["ResponseMetadata"]
    words = f"Service: {integration.errors}, Status Code: {told['HTTPStatusCode']}, Request ID: {told.get('RequestId')}"
    return f"{error.response['Error']['Message']} ({words}) (SDK Attempt Count: {attempts})"


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


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
