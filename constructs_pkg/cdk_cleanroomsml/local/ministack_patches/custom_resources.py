"""Custom resources of ministack's CloudFormation, as AWS sends their requests and reads their answers.

1. A function is invoked asynchronously: Lambda retries the event when it fails. The ResponseURL is dated, as a
   presigned one is.
2. What it answers is checked as AWS checks it.
3. Nobody waits for one that was cancelled, and its late answer is ignored.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import base64
import contextvars
import json
import secrets
import string
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import ministack.app
from ministack.core import responses
from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import custom_resource, provisioners

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..service import CleanRoomsML, Switches

CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"

Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""A physical id, and the attributes."""

_RETRY_DELAYS = (60, 120)
"""Seconds that Lambda waits before each retry of an asynchronous invocation (Lambda developer guide)."""

_RETURN_SECONDS = 5.0
"""How long a function may take to return after it has answered, before the stack goes on all the same."""

_waiting: dict[tuple[str, str], threading.Event] = {}
"""What is set when the answer of a stack's resource has come, or isn't waited for any more."""


class CustomResourceFailed(RuntimeError):  # noqa: N818 - an outcome, not a mistake
    """A custom resource's operation failed.

    Args:
        reason: the text of the stack event.
        physical_id: the id that the response named, if it named a valid one.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


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
    """Patches ministack's custom resources.

    Args:
        service: its switches and faults say how requests and answers travel.
    """
    service.redeliver = redeliver
    _receive_raw_responses(service)
    custom_resource.invoke_custom_resource = partial(invoke_custom_resource, service)
    provisioners._custom_resource_create = _create
    provisioners._custom_resource_delete = _delete
    provisioners._RESOURCE_HANDLERS[CUSTOM_RESOURCE] = {"create": _create}


def is_custom(resource_type: str) -> bool:
    """Whether a function stands behind resources of this type."""
    return resource_type.startswith("Custom::") or resource_type == CUSTOM_RESOURCE


def abandon(stack_id: str, logical_id: str) -> None:
    """Has nobody wait for an answer any more."""
    if answered := _waiting.pop((stack_id, logical_id), None):
        answered.set()


def abandon_all() -> None:
    """Has nobody wait for any answer, and forgets what was sent: it isn't tried again."""
    for sent in _sent:
        sent.forgotten = True
    _sent.clear()
    for stack_id, logical_id in list(_waiting):
        abandon(stack_id, logical_id)


def invented_id(stack_name: str, logical_id: str) -> str:
    """The physical id that CloudFormation gives to what never said its own."""
    alphabet = string.ascii_uppercase + string.digits
    return f"{stack_name}-{logical_id}-{''.join(secrets.choice(alphabet) for _ in range(13))}"


def _create(logical_id: str, props: Properties, stack_name: str, resource_type: str = CUSTOM_RESOURCE) -> Created:
    stack_id = provisioners._cr_stack_id(stack_name)
    created: Created = custom_resource.invoke_custom_resource(
        "Create", logical_id, props, stack_name, stack_id, resource_type
    )
    return created


def _delete(
    physical_id: str,
    props: Properties,
    stack_name: str | None = None,
    logical_id: str | None = None,
    resource_type: str = CUSTOM_RESOURCE,
) -> None:
    stack_id = provisioners._cr_stack_id(stack_name or "")
    custom_resource.invoke_custom_resource(
        "Delete", logical_id or "", props, stack_name or "", stack_id, resource_type, physical_id=physical_id
    )


def invoke_custom_resource(
    service: CleanRoomsML,
    request_type: str,
    logical_id: str,
    props: Properties,
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: Properties | None = None,
) -> Created:
    """Sends one event to the function behind a custom resource and waits for the response.

    Blocks, so it runs on a thread of its own. The function runs asynchronously, with Lambda's retries, which may go on
    after the response came.

    Raises:
        ValueError: the service token names no function.
        CustomResourceFailed: the response says FAILED, isn't valid, or didn't come within the service timeout.
    """
    del stack_name
    record, config, _ = lambda_svc._get_func_record_for_ref(str(props.get("ServiceToken")))
    if record is None or config is None:
        raise ValueError(f"the service token of {logical_id} names no function: {props.get('ServiceToken')}")
    token, request_id = responses.new_uuid(), responses.new_uuid()
    if service.switches.request_ids_repeat:
        request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stack_id} {request_type} {logical_id}"))
    event = {
        "RequestType": request_type,
        "RequestId": request_id,
        "StackId": stack_id,
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(props),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_props)
    answered = custom_resource.register_token(token)
    _waiting[stack_id, logical_id] = answered
    presigned = partial(_presigned, custom_resource._response_url(token), service.switches)
    sent = Sent(lambda_svc._execution_record_for_config(record, config), event, presigned, time.time())
    _sent.append(sent)
    idle = _invoke_asynchronously(sent, answered)
    in_time = answered.wait(_service_timeout(props))
    if in_time:
        # The function is about to return; what follows may delete it, or its log group.
        idle.wait(_RETURN_SECONDS)
    if _waiting.get((stack_id, logical_id)) is answered:
        del _waiting[stack_id, logical_id]
    with custom_resource._lock:
        result = (custom_resource._pending.pop(token, None) or {}).get("result")
    if not in_time or result is None:
        raise CustomResourceFailed(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your "
            "Lambda function code so that CloudFormation can attach the updated version."
        )
    return _read_response(result["body"], event)


def _invoke_asynchronously(sent: Sent, waiting: threading.Event) -> threading.Event:
    """Invokes a function as Lambda does asynchronously: again when it fails, until its retries are used up.

    Lambda's minutes are shortened, so they are taken off the event's date, and off that of the resource's status: a
    function that asks how old its request is sees what it would see on AWS.
    Nor does anybody wait for the service timeout when the last attempt has failed.

    Args:
        sent: what it is invoked with.
        waiting: is set when no answer can come any more.

    Returns:
        An event that is set while no attempt is running.
    """
    idle = threading.Event()
    shortened = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS / _RETRY_DELAYS[0]
    event = sent.event

    def attempt() -> None:
        skipped = 0.0
        for delay in (0, *_RETRY_DELAYS[: _retries(sent.function)]):
            time.sleep(delay * shortened)
            skipped += delay * (1 - shortened)
            if _waiting.get((event["StackId"], event["LogicalResourceId"])) is waiting:
                _backdate(event, delay * (1 - shortened))
            gone = lambda_svc._get_func_record_for_ref(event["ResourceProperties"]["ServiceToken"])[0] is None
            if gone or sent.forgotten:
                return
            idle.clear()
            succeeded = sent.deliver(older=skipped)
            idle.set()
            if succeeded:
                return
        waiting.set()

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


def _presigned(url: str, switches: Switches, sent: float) -> str:
    """A response URL with the query of one that S3 presigned at that time; nobody checks the signature."""
    if switches.response_url_signature == "v2":
        query = {
            "AWSAccessKeyId": f"AKIA{secrets.token_hex(8).upper()}",
            "Expires": str(int(sent) + switches.response_url_seconds),
            "Signature": base64.b64encode(secrets.token_bytes(20)).decode(),
        }
    else:
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(sent)),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(switches.response_url_seconds),
            "X-Amz-Signature": secrets.token_hex(32),
        }
    return f"{url}?{urlencode(query)}"


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


def _service_timeout(props: Properties) -> float:
    try:
        return float(props.get("ServiceTimeout", 3600))
    except (TypeError, ValueError):
        return 3600


def _receive_raw_responses(service: CleanRoomsML) -> None:
    """Keeps the body of a response as it came: its size and its syntax are to be checked."""
    shortcuts = ministack.app._handle_post_body_shortcuts
    path_prefix = custom_resource._response_url("").removeprefix(custom_resource._gateway_url())

    async def handle(method: str, path: str, headers: Json, body: bytes, *rest: Json) -> Json:
        if method == "PUT" and path.startswith(path_prefix):
            if service.faults.response_statuses:
                return service.faults.response_statuses.pop(0), {"Location": custom_resource._gateway_url() + path}, b""
            # A presigned URL takes what comes, late answers included.
            custom_resource.deliver_response(path.removeprefix(path_prefix), {"body": body})
            return 200, {}, b""
        return await shortcuts(method, path, headers, body, *rest)

    ministack.app._handle_post_body_shortcuts = handle


def _read_response(body: bytes, event: Mapping[str, Any]) -> Created:
    """Checks a response (its documented limits; where AWS's own wording is known, in that wording)."""
    if len(body) > 4096:
        raise CustomResourceFailed("Response object is too long.")
    try:
        response = json.loads(body)
    except ValueError as error:
        raise CustomResourceFailed(f"Invalid response: it is not JSON ({error})") from error
    if not isinstance(response, dict):
        raise CustomResourceFailed("Invalid response: it is not a JSON object")
    physical_id = response.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not 0 < len(physical_id.encode()) <= 1024:
        raise CustomResourceFailed("Invalid PhysicalResourceId")
    if problems := _response_problems(response, event):
        raise CustomResourceFailed(f"Invalid response: {'; '.join(problems)}", physical_id)
    if response["Status"] == "FAILED":
        raise CustomResourceFailed(response["Reason"], physical_id)
    return physical_id, {name: _attribute(value) for name, value in (response.get("Data") or {}).items()}


def _response_problems(response: Mapping[str, Any], event: Mapping[str, Any]) -> list[str]:
    problems = [
        f"{name} is {response.get(name)!r}, the request's is {event[name]!r}"
        for name in ("StackId", "RequestId", "LogicalResourceId")
        if response.get(name) != event[name]
    ]
    status, reason = response.get("Status"), response.get("Reason")
    if status not in ("SUCCESS", "FAILED"):
        problems.append(f"Status is {status!r}, it must be SUCCESS or FAILED")
    if status == "FAILED" and not (isinstance(reason, str) and reason):
        problems.append("Reason is missing, it is required when Status is FAILED")
    if not isinstance(response.get("Data") or {}, dict):
        problems.append("Data is not an object")
    return problems


def _attribute(value: object) -> object:
    """Fn::GetAtt gives strings: scalars are written as one."""
    return json.dumps(value) if isinstance(value, (bool, int, float)) else value
