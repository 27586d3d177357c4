"""CloudFormation's event."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from time import strptime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .failure import Failure

TYPES = ("Create", "Update", "Delete")

LONGEST_SERVICE_TIMEOUT = 3600.0
"""Seconds; CloudFormation's maximum, and its default."""

FRESH_SECONDS = 20.0
"""A request that is younger is taken for a first delivery.

Lambda repeats a failed asynchronous invocation a minute after it ended, so this leaves room for a slow start, and none
for a retry. What it can't tell is a duplicate that the event queue delivers within these seconds.
"""


@dataclass(frozen=True)
class Request:
    """One request of CloudFormation for one resource.

    Attributes:
        type: `Create`, `Update` or `Delete`.
        resource_type: `Custom::…`.
        request_id: the same in every delivery of the request, so it is the idempotency token.
        stack_id: the stack's ARN.
        logical_id: the resource's name in the template.
        physical_id: the id the resource has; "" on Create.
        properties: as they came; {} on a Delete whose properties are damaged, because nothing needs them there.
        old_properties: those of the last template; {} when there are none.
        sent_at: when CloudFormation sent it, seconds since the epoch; None when the ResponseURL doesn't say.
        expires_at: when the ResponseURL expires; None when it doesn't say.
    """

    type: str
    resource_type: str
    request_id: str
    stack_id: str
    logical_id: str
    physical_id: str
    properties: dict[str, Any]
    old_properties: dict[str, Any]
    sent_at: float | None
    expires_at: float | None

    @property
    def stack_name(self) -> str:
        """The stack's name, out of its ARN."""
        parts = self.stack_id.split("/")
        return parts[1] if len(parts) > 1 else self.stack_id

    @property
    def service_timeout(self) -> float:
        """How many seconds CloudFormation waits for the answer."""
        text = str(self.properties.get("ServiceTimeout", ""))
        if not re.fullmatch("[0-9]{1,4}", text):
            return LONGEST_SERVICE_TIMEOUT
        return min(float(text), LONGEST_SERVICE_TIMEOUT)

    def age(self, now: float) -> float:
        """How many seconds ago it was sent; 0 when that can't be known."""
        return max(0.0, now - self.sent_at) if self.sent_at is not None else 0.0

    def is_fresh(self, now: float) -> bool:
        """Whether this is surely not a retry. An unknown age is no evidence."""
        return self.sent_at is not None and self.age(now) < FRESH_SECONDS

    def is_late(self, now: float) -> bool:
        """Whether CloudFormation has given up on it by now, so that nothing may be changed any more."""
        expired = self.expires_at is not None and now >= self.expires_at
        return expired or self.age(now) >= self.service_timeout


def read(event: dict[str, Any]) -> Request:
    """Reads an event.

    Raises:
        Failure: the event isn't a request of CloudFormation; all problems at once.
    """
    problems: list[str] = []
    type_ = event.get("RequestType")
    if type_ not in TYPES:
        problems.append(f"RequestType must be one of {', '.join(TYPES)}")
    texts = {name: _text(event, name, problems) for name in _REQUIRED[type_ == "Create"]}
    properties = event.get("ResourceProperties")
    if not isinstance(properties, dict):
        if type_ != "Delete":
            problems.append("ResourceProperties must be an object")
        properties = {}
    if problems:
        raise Failure(f"this is not a request of a custom resource: {'; '.join(problems)}")
    old = event.get("OldResourceProperties")
    sent_at, expires_at = _dates(event.get("ResponseURL"))
    return Request(
        type=str(type_),
        resource_type=texts["ResourceType"],
        request_id=texts["RequestId"],
        stack_id=texts["StackId"],
        logical_id=texts["LogicalResourceId"],
        physical_id=texts.get("PhysicalResourceId", ""),
        properties=properties,
        old_properties=old if isinstance(old, dict) else {},
        sent_at=sent_at,
        expires_at=expires_at,
    )


_ALWAYS = ("ResourceType", "RequestId", "StackId", "LogicalResourceId")
_REQUIRED = {True: _ALWAYS, False: (*_ALWAYS, "PhysicalResourceId")}


def _text(event: dict[str, Any], name: str, problems: list[str]) -> str:
    value = event.get(name)
    if isinstance(value, str) and value:
        return value
    problems.append(f"{name} must be a text that is not empty")
    return ""


def _dates(url: object) -> tuple[float | None, float | None]:
    """When a presigned URL was signed, and when it expires.

    Signature version 4 says both; version 2 only the latter, and how long it lives then isn't documented, so that
    no age is derived from it.
    """
    try:
        query = parse_qs(urlsplit(str(url)).query)
        if "X-Amz-Date" in query:
            signed = float(timegm(strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")))
            return signed, signed + float(query["X-Amz-Expires"][0]) if "X-Amz-Expires" in query else None
        return None, float(query["Expires"][0]) if "Expires" in query else None
    except ValueError:
        return None, None
