"""What ministack's CloudFormation does differently from AWS, put right.

1. A custom resource whose Create failed gets a Delete event, and a nested stack that failed is deleted.
2. The response of a custom resource is checked as AWS checks it.
3. A custom resource's function is invoked asynchronously: Lambda retries the event when the function fails. The
   ResponseURL is dated, as a presigned one is.
4. Deleting a nested stack honours its DeletionPolicies, and fails when one of its resources does.
5. What a resource depends on stays when the resource could not be deleted with its stack.
6. A bucket is encrypted with the key that its template names.
7. A resource is described as it is at each moment, in progress, too.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
import contextvars
import json
import secrets
import string
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring

import ministack.app
from ministack.core import responses
from ministack.core.concurrency import run_reentrant
from ministack.services import cloudformation, lambda_svc, s3
from ministack.services.cloudformation import changesets, custom_resource, handlers, provisioners, stacks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
NESTED_STACK = "AWS::CloudFormation::Stack"

Json = Any
"""Whatever a JSON document holds."""

_RETRY_DELAYS = (60, 120)
"""Seconds that Lambda waits before each retry of an asynchronous invocation (Lambda developer guide)."""

_RETURN_SECONDS = 5.0
"""How long a function may take to return after it has answered, before the stack goes on all the same."""

Properties = dict[str, Any]
Stack = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""A physical id, and the attributes."""


class CustomResourceFailed(RuntimeError):  # noqa: N818 - an outcome, not a mistake
    """A custom resource's operation failed.

    Args:
        reason: the text of the stack event.
        physical_id: the id that the response named, if it named a valid one.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


def install() -> None:
    """Patches ministack's CloudFormation."""
    _receive_raw_responses()
    custom_resource.invoke_custom_resource = invoke_custom_resource
    provisioners._custom_resource_create = _create_custom_resource
    provisioners._custom_resource_delete = _delete_custom_resource
    provisioners._RESOURCE_HANDLERS[CUSTOM_RESOURCE] = {"create": _create_custom_resource}
    provisioners._RESOURCE_HANDLERS[NESTED_STACK] |= {
        "create": _create_nested_stack,
        "delete": _delete_nested_stack,
    }
    provisioners._s3_apply_configurations = _with_encryption(provisioners._s3_apply_configurations)
    stacks._add_event = _recorded(stacks._add_event)
    stacks._delete_resource = _unless_needed(stacks._delete_resource)
    stacks._roll_back_operation = handlers._roll_back_operation = _with_failed_create(stacks._roll_back_operation)
    handlers._deploy_stack_async = changesets._deploy_stack_async = _without_failed_creates(stacks._deploy_stack_async)


# What DescribeStackResource says


def _recorded(add_event: Callable[..., None]) -> Callable[..., None]:
    """Keeps each resource's record at what its last event says: "ResourceStatus: current status of the resource".

    A resource has no physical id before its creation has begun (API reference, StackResourceDetail and StackEvent).
    """

    def record(
        stack_id: str,
        stack_name: str,
        logical_id: str,
        type_: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        **details: Json,
    ) -> None:
        if physical_id != stack_id:
            physical_id = _record(cloudformation._stacks[stack_name], logical_id, type_, status, reason, physical_id)
        add_event(stack_id, stack_name, logical_id, type_, status, reason, physical_id, **details)

    return record


def _record(stack: Stack, logical_id: str, type_: str, status: str, reason: str, physical_id: str) -> str:
    """Writes an event into the record of its resource, and returns the physical id that belongs into it."""
    resources = stack.setdefault("_resources", {})
    resource = resources.get(logical_id)
    # A nested stack's update takes what is there for what was there before.
    begins = ("CREATE_IN_PROGRESS",) if "ParentId" in stack else ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    if resource is None and status in begins:
        resource = resources[logical_id] = {
            "PhysicalResourceId": physical_id,
            "ResourceType": type_,
            "ResourceStatus": status,
            "LogicalResourceId": logical_id,
            "Properties": {},
            "Attributes": {},
        }
        status = "CREATE_IN_PROGRESS"
    if resource is None:
        return physical_id
    held: str = resource["PhysicalResourceId"]
    if status == "UPDATE_FAILED" and resource["ResourceStatus"].startswith("CREATE_"):
        status = "CREATE_FAILED"
    if status.endswith("_FAILED") and not held:
        del resources[logical_id]
    elif physical_id in ("", held):
        # What was replaced is deleted under the same logical id: that says nothing of what took its place.
        resource.update(ResourceStatus=status, ResourceStatusReason=reason, Timestamp=responses.now_iso())
    return physical_id or held


# The order of deletion


def _unless_needed(delete: Callable[..., None]) -> Callable[..., None]:
    """Keeps a function, say, as long as a custom resource that needs it to be deleted is there."""

    def keep_or_delete(type_: str, physical_id: str, props: Properties, stack_name: str, logical_id: str) -> None:
        stack: Stack = cloudformation._stacks.get(stack_name) or {}
        if stack.get("StackStatus") == "DELETE_IN_PROGRESS":
            resources = stack["_resources"]
            failed = {name for name, each in resources.items() if each.get("ResourceStatus") == "DELETE_FAILED"}
            failed -= {logical_id}
            definitions = stack["_template"]["Resources"]
            if logical_id in stacks._with_dependencies(failed, definitions, set(resources)):
                raise RuntimeError(f"{', '.join(sorted(failed))} could not be deleted and depends on it")
        delete(type_, physical_id, props, stack_name, logical_id)

    return keep_or_delete


# A custom resource's request and response


def invoke_custom_resource(
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
    event = {
        "RequestType": request_type,
        "RequestId": request_id,
        "ResponseURL": custom_resource._response_url(token),
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
    idle = _invoke_asynchronously(lambda_svc._execution_record_for_config(record, config), event, answered)
    in_time = answered.wait(_service_timeout(props))
    if in_time:
        # The function is about to return; what follows may delete it, or its log group.
        idle.wait(_RETURN_SECONDS)
    with custom_resource._lock:
        result = (custom_resource._pending.pop(token, None) or {}).get("result")
    if not in_time or result is None:
        raise CustomResourceFailed(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your "
            "Lambda function code so that CloudFormation can attach the updated version."
        )
    return _read_response(result["body"], event)


def _invoke_asynchronously(record: dict[str, Any], event: dict[str, Any], waiting: threading.Event) -> threading.Event:
    """Invokes a function as Lambda does asynchronously: again when it fails, until its retries are used up.

    Lambda's minutes are shortened, so they are taken off the event's date: a function that asks how old its request is
    sees what it would see on AWS. Nor does anybody wait for the service timeout when the last attempt has failed.

    Args:
        record: the function.
        event: what it is invoked with.
        waiting: is set when no answer can come any more.

    Returns:
        An event that is set while no attempt is running.
    """
    idle = threading.Event()
    shortened = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS / _RETRY_DELAYS[0]
    sent = time.time()

    def attempt() -> None:
        skipped = 0.0
        for delay in (0, *_RETRY_DELAYS[: _retries(record)]):
            time.sleep(delay * shortened)
            skipped += delay * (1 - shortened)
            if lambda_svc._get_func_record_for_ref(event["ResourceProperties"]["ServiceToken"])[0] is None:
                return
            idle.clear()
            dated = event | {"ResponseURL": _presigned(event["ResponseURL"], sent - skipped)}
            failed = lambda_svc._execute_function_with_config_scope(record, dated).get("error")
            idle.set()
            if not failed:
                return
        waiting.set()

    threading.Thread(target=contextvars.copy_context().run, args=(attempt,), daemon=True).start()
    return idle


def _retries(record: dict[str, Any]) -> int:
    config = record.get("event_invoke_config") or (record.get("event_invoke_configs") or {}).get("$LATEST") or {}
    wanted = config.get("MaximumRetryAttempts")
    return len(_RETRY_DELAYS) if wanted is None else int(wanted)


def _presigned(url: str, sent: float) -> str:
    """A response URL with the query of one that S3 presigned at that time; nobody checks the signature."""
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(sent)),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": "7200",
        "X-Amz-Signature": secrets.token_hex(32),
    }
    return f"{url}?{urlencode(query)}"


def _service_timeout(props: Properties) -> float:
    try:
        return float(props.get("ServiceTimeout", 3600))
    except (TypeError, ValueError):
        return 3600


def _receive_raw_responses() -> None:
    """Keeps the body of a response as it came: its size and its syntax are to be checked."""
    shortcuts = ministack.app._handle_post_body_shortcuts
    path_prefix = custom_resource._response_url("").removeprefix(custom_resource._gateway_url())

    async def handle(method: str, path: str, headers: Json, body: bytes, *rest: Json) -> Json:
        if method == "PUT" and path.startswith(path_prefix):
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


# Failed creates: the stack keeps the resource, so that the rollback deletes it


def _create_custom_resource(
    logical_id: str, props: Properties, stack_name: str, resource_type: str = CUSTOM_RESOURCE
) -> Created:
    try:
        return invoke_custom_resource(
            "Create", logical_id, props, stack_name, provisioners._cr_stack_id(stack_name), resource_type
        )
    except CustomResourceFailed as failure:
        physical_id = failure.physical_id or _invented_id(stack_name, logical_id)
        _keep_failed(stack_name, logical_id, resource_type, physical_id, props)
        raise


def _delete_custom_resource(
    physical_id: str,
    props: Properties,
    stack_name: str | None = None,
    logical_id: str | None = None,
    resource_type: str = CUSTOM_RESOURCE,
) -> None:
    stack_id = provisioners._cr_stack_id(stack_name or "")
    invoke_custom_resource(
        "Delete", logical_id or "", props, stack_name or "", stack_id, resource_type, physical_id=physical_id
    )


def _create_nested_stack(logical_id: str, props: Properties, stack_name: str) -> Created:
    before = set(cloudformation._stacks)
    try:
        created: Created = provisioners._cfn_nested_stack_create(logical_id, props, stack_name)
    except Exception:
        parent_id = cloudformation._stacks[stack_name]["StackId"]
        for name in set(cloudformation._stacks) - before:
            child = cloudformation._stacks[name]
            if child.get("ParentId") == parent_id:
                _keep_failed(stack_name, logical_id, NESTED_STACK, child["StackId"], props)
        raise
    return created


def _delete_nested_stack(physical_id: str, props: Properties) -> None:
    """Deletes a child stack the way that a stack of one's own is deleted."""
    del props
    name = provisioners._nested_stack_lookup_name(physical_id)
    child = cloudformation._stacks.get(name)
    if child is None:
        return
    asyncio.run(stacks._delete_stack_async(name, child["StackId"]))
    if child["StackStatus"] == "DELETE_FAILED":
        raise RuntimeError(child["StackStatusReason"])


def _keep_failed(stack_name: str, logical_id: str, resource_type: str, physical_id: str, props: Properties) -> None:
    cloudformation._stacks[stack_name].setdefault("_resources", {})[logical_id] = {
        "PhysicalResourceId": physical_id,
        "ResourceType": resource_type,
        "ResourceStatus": "CREATE_FAILED",
        "LogicalResourceId": logical_id,
        "Properties": props,
        "Attributes": {},
        "Timestamp": responses.now_iso(),
    }


def _with_failed_create(original: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Has a rollback delete the resource whose create failed, too."""

    async def roll_back(stack_name: str, stack_id: str, stack: Stack, operation: dict[str, Any], *rest: object) -> None:
        failed = operation.get("failed_logical_id")
        created = operation["created"] + ([failed] if failed in _failed_creates(stack) else [])
        await original(stack_name, stack_id, stack, {**operation, "created": created}, *rest)

    return roll_back


def _without_failed_creates(original: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Has an update delete what a create without rollback left failed, so that it is created anew."""

    async def deploy(stack_name: str, stack_id: str, *rest: object, **options: Json) -> None:
        stack = cloudformation._stacks[stack_name]
        for logical_id, record in _failed_creates(stack).items():
            await run_reentrant(
                provisioners._delete_resource,
                record["ResourceType"],
                record["PhysicalResourceId"],
                record["Properties"],
                stack_name,
                logical_id,
            )
            for known in (stack, options["previous_stack"]):
                known["_resources"].pop(logical_id, None)
        await original(stack_name, stack_id, *rest, **options)

    return deploy


def _failed_creates(stack: Stack) -> dict[str, dict[str, Any]]:
    resources = stack.get("_resources", {})
    return {name: each for name, each in resources.items() if each["ResourceStatus"] == "CREATE_FAILED"}


def _invented_id(stack_name: str, logical_id: str) -> str:
    alphabet = string.ascii_uppercase + string.digits
    return f"{stack_name}-{logical_id}-{''.join(secrets.choice(alphabet) for _ in range(13))}"


# Buckets


def _with_encryption(original: Callable[..., None]) -> Callable[..., None]:
    """Keeps the default encryption of a bucket with a key; ministack knows none with the key that AWS manages."""

    def apply(name: str, props: Properties, *rest: Json) -> None:
        original(name, props, *rest)
        rules = props.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        s3._bucket_encryption.pop(name, None)
        for rule in rules:
            by_default = rule.get("ServerSideEncryptionByDefault", {})
            if "KMSMasterKeyID" in by_default:
                s3._bucket_encryption[name] = _encryption(by_default, bucket_key=rule.get("BucketKeyEnabled", False))

    return apply


def _encryption(by_default: Properties, *, bucket_key: Json) -> str:
    document = Element("ServerSideEncryptionConfiguration")
    rule = SubElement(document, "Rule")
    applied = SubElement(rule, "ApplyServerSideEncryptionByDefault")
    for member, value in by_default.items():
        SubElement(applied, member).text = value
    SubElement(rule, "BucketKeyEnabled").text = str(bucket_key).lower()
    return tostring(document, encoding="unicode")
