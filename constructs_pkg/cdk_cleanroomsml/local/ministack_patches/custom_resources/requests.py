"""A request to a custom resource: its function answers in time, or nobody waits for it any more.

A stack that is cancelled, rolled back or deleted doesn't wait; a late answer is ignored.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import re
import secrets
import string
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import responses
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource, provisioners

from . import retries
from ._failure import CustomResourceFailed, CustomResourceNotAsked
from ._waiting import abandon, waiting
from .response_urls import presigned
from .responses import read_response

if TYPE_CHECKING:
    from ...service import CleanRoomsML

CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]
"""A physical id, and the attributes."""

LONGEST_TYPE = 60
"""Characters of a custom resource's type (template reference, `AWS::CloudFormation::CustomResource`)."""

_LONGEST_TIMEOUT = 3600
"""Seconds of the longest ServiceTimeout, which is the default (the same page)."""

_RETURN_SECONDS = 5.0
"""How long a function may take to return after it has answered, before the stack goes on all the same."""


def install(service: CleanRoomsML) -> None:
    """Patches ministack's custom resources.

    Args:
        service: its switches say how requests travel.
    """
    custom_resource.invoke_custom_resource = partial(invoke_custom_resource, service)
    provisioners._custom_resource_create = _create
    provisioners._custom_resource_delete = _delete
    provisioners._RESOURCE_HANDLERS[CUSTOM_RESOURCE] = {"create": _create}


def is_custom(resource_type: str) -> bool:
    """Whether a function stands behind resources of this type."""
    return resource_type.startswith("Custom::") or resource_type == CUSTOM_RESOURCE


def abandon_all() -> None:
    """Has nobody wait for any answer, and forgets what was sent: it isn't tried again."""
    retries.forget_all()
    for stack_id, logical_id in list(waiting):
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
        CustomResourceNotAsked: the request can't be sent.
        CustomResourceFailed: the response says FAILED, isn't valid, or didn't come within the service timeout.
    """
    del stack_name
    if old_props is not None and old_props.get("ServiceToken") != props.get("ServiceToken"):
        raise CustomResourceNotAsked("Modifying service token is not allowed.")
    seconds = _service_timeout(props)
    record, config = _function(props, logical_id)
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
    waiting[stack_id, logical_id] = answered
    url = partial(presigned, custom_resource._response_url(token), service.switches)
    sent = retries.Sent(lambda_svc._execution_record_for_config(record, config), event, url, time.time())
    idle = retries.send(sent, answered)
    in_time = answered.wait(seconds)
    if in_time:
        # The function is about to return; what follows may delete it, or its log group.
        idle.wait(_RETURN_SECONDS)
    if waiting.get((stack_id, logical_id)) is answered:
        del waiting[stack_id, logical_id]
    with custom_resource._lock:
        result = (custom_resource._pending.pop(token, None) or {}).get("result")
    if not in_time or result is None:
        raise CustomResourceFailed(
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
            f"requestId [{request_id}]. If you are using the Python cfn-response module, you may need to update your "
            "Lambda function code so that CloudFormation can attach the updated version."
        )
    return read_response(result["body"], event)


def _service_timeout(props: Properties) -> int:
    text = str(props.get("ServiceTimeout", _LONGEST_TIMEOUT))
    if not (re.fullmatch("[0-9]{1,4}", text) and 1 <= int(text) <= _LONGEST_TIMEOUT):
        raise CustomResourceNotAsked(f"ServiceTimeout must be an integer from 1 to {_LONGEST_TIMEOUT}, got '{text}'")
    return int(text)


def _function(props: Properties, logical_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What ministack knows of the function that the service token names."""
    token = props.get("ServiceToken")
    if not token:
        raise CustomResourceNotAsked(f"the custom resource {logical_id} has no ServiceToken, which is required")
    service, region = [*str(token).split(":"), *[""] * 4][2:4]
    if service == "sns":
        raise CustomResourceNotAsked(f"the engine sends no custom resource's requests to a topic of SNS: {token}")
    if region != responses.get_region():
        raise CustomResourceNotAsked(f"the service token of {logical_id} must be of the stack's Region: {token}")
    record, config, _ = lambda_svc._get_func_record_for_ref(str(token))
    if record is None or config is None:
        raise CustomResourceNotAsked(f"the service token of {logical_id} names no function: {token}")
    return record, config
