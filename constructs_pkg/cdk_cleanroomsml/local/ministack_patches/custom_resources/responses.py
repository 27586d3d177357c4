"""What the function of a custom resource answers is checked as CloudFormation checks it."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import ministack.app
from ministack.services.cloudformation import custom_resource, engine

from ._failure import CustomResourceFailed
from .response_urls import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...service import CleanRoomsML

Json = Any
"""Whatever a JSON document holds."""

Created = tuple[str, dict[str, Any]]
"""A physical id, and the attributes."""


def install(service: CleanRoomsML) -> None:
    """Keeps the body of a response as it came: its size and its syntax are to be checked.

    Args:
        service: its faults say which responses are refused.
    """
    shortcuts = ministack.app._handle_post_body_shortcuts
    path_prefix = custom_resource._response_url("").removeprefix(custom_resource._gateway_url())

    async def handle(method: str, path: str, headers: Json, body: bytes, *rest: Json) -> Json:
        if method == "PUT" and path.startswith(path_prefix):
            if refusal := refused(headers, rest[0]):
                return 403, {"Content-Type": "application/xml"}, f"<Error><Code>{refusal}</Code></Error>".encode()
            if service.faults.response_statuses:
                return service.faults.response_statuses.pop(0), {"Location": custom_resource._gateway_url() + path}, b""
            # A presigned URL takes what comes, late answers included.
            custom_resource.deliver_response(path.removeprefix(path_prefix), {"body": body})
            return 200, {}, b""
        return await shortcuts(method, path, headers, body, *rest)

    ministack.app._handle_post_body_shortcuts = handle
    engine._unknown_attribute_message = partial(_no_such_attribute, engine._unknown_attribute_message)


def _no_such_attribute(message: Callable[..., str], record: Json, logical_id: str, name: str) -> str:
    if not str(record.get("ResourceType", "")).startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
        return message(record, logical_id, name)
    return f"CustomResource attribute error: Vendor response doesn't contain {name} key in object {logical_id}"


def read_response(body: bytes, event: Mapping[str, Any]) -> Created:
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
        words = "Received response status [FAILED] from custom resource. Message returned: "
        raise CustomResourceFailed(f"{words}{response['Reason']} (RequestId: {event['RequestId']})", physical_id)
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
