"""CloudFormation's event, and the names, markers and physical ids that tell whose a resource is."""

from __future__ import annotations

import hashlib
import re
from calendar import timegm
from dataclasses import dataclass
from math import ceil, inf
from time import strptime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .answer import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = ("Create", "Update", "Delete")

LONGEST_SERVICE_TIMEOUT = 3600.0
"""Seconds; CloudFormation's maximum, and its default."""

URL_SECONDS = 7200.0
"""For how long CloudFormation signs a ResponseURL."""

SKEW_SECONDS = 5.0
"""How far the clocks of CloudFormation, the function and the service may differ."""

FRESH_SECONDS = 20.0
"""A younger request is taken for a first delivery: Lambda retries a minute after the end of an invocation.

What it can't tell is a duplicate that Lambda's event queue delivers within these seconds.
"""


@dataclass(frozen=True)
class Request:
    """One request for one resource; its id is the same in every delivery, so it is the idempotency token.

    Attributes:
        physical_id: "" on Create.
        sent_at: seconds since the epoch; None when the ResponseURL doesn't say.
        expires_at: of the ResponseURL, likewise.
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
        """Out of the stack's ARN."""
        parts = self.stack_id.split("/")
        return parts[1] if len(parts) > 1 else self.stack_id

    @property
    def service_timeout(self) -> float:
        """Seconds that CloudFormation waits for the answer."""
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
        """Whether CloudFormation has given up on it, so that nothing may be changed any more."""
        expired = self.expires_at is not None and now >= self.expires_at
        return expired or self.age(now) >= self.service_timeout


def read_request(event: dict[str, Any]) -> Request:
    """Reads an event; all its problems in one Failure."""
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

    Signature version 2 says only the latter, and that is two hours later (observed in public records).
    """
    try:
        query = parse_qs(urlsplit(str(url)).query)
        if "X-Amz-Date" in query:
            signed = float(timegm(strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")))
            return signed, signed + float(query["X-Amz-Expires"][0]) if "X-Amz-Expires" in query else None
        if "Expires" in query:
            expires = float(query["Expires"][0])
            return expires - URL_SECONDS, expires
    except ValueError:
        pass
    return None, None


MARKER_PREFIX = "cdk-cleanroomsml:"
STACK_MARKER = MARKER_PREFIX + "stack-id"
LOGICAL_MARKER = MARKER_PREFIX + "logical-id"
REQUEST_MARKER = MARKER_PREFIX + "request-id"
MARKERS = (STACK_MARKER, LOGICAL_MARKER, REQUEST_MARKER)
FAILED_MARKER = MARKER_PREFIX + "failed-update"
"""What a failed update leaves until one succeeds: its last template may not be what the service holds."""

ADOPTED_MARKER = MARKER_PREFIX + "adopted"
"""On what a request has taken over: whether from somebody else or from its own stack, and when."""

_PLACEHOLDER = re.compile(
    r"cdk-cleanroomsml:(?P<end>failed|unclear)-create/(?P<request_id>.+)/(?P<name>[0-9a-f]{12})"
    r"(?:/(?P<since>\d+)-(?P<until>\d+))?"
)


_NAMES = {"Custom::CleanRoomsConfiguredAudienceModelAssociation": "configuredAudienceModelAssociationName"}
"""The property that names a resource, where it isn't `name`."""


def markers(request: Request) -> dict[str, str]:
    """The tags that a resource is created with, and found by."""
    return {
        STACK_MARKER: request.stack_id,
        LOGICAL_MARKER: request.logical_id,
        REQUEST_MARKER: request.request_id,
    }


def is_own(tags: Mapping[str, str], request: Request, request_id: str | None = None) -> bool:
    """Whether tags mark what was created for the request's resource; with a request id, of that request of it."""
    wanted = markers(request)
    if request_id is None:
        del wanted[REQUEST_MARKER]
    else:
        wanted[REQUEST_MARKER] = request_id
    return wanted.items() <= tags.items()


def resource_name(request: Request) -> str:
    """The name given, or one of at most 63 characters that depends on the request: a replacement never collides."""
    own = request.properties.get(_NAMES.get(request.resource_type, "name"))
    if own is not None:
        return str(own)
    return generated_name(request, request.request_id)


def generated_name(request: Request, request_id: str) -> str:
    """The name that a request of this resource generates: two hashes, of the resource and of the request.

    An id can be used again, but not to replace the same resource: what is replaced tells two replacements apart.
    """
    is_replacement = request.type == "Update" and request_id == request.request_id
    replaced = [request.physical_id] if is_replacement else []
    return _name_start(request) + _digest(request.stack_id, request.logical_id, request_id, *replaced)[:6]


def is_generated(name: str, request: Request, request_id: str | None = None) -> bool:
    """Whether a name was generated for the request's resource; with a request id, by that request of it."""
    if request_id is not None:
        return name == generated_name(request, request_id)
    return re.fullmatch(re.escape(_name_start(request)) + "[0-9a-f]{6}", name) is not None


def resource_digest(stack_id: str, logical_id: str) -> str:
    """What stands for a resource of a stack in a few characters."""
    return _digest(stack_id, logical_id)


def _name_start(request: Request) -> str:
    digest = _digest(request.stack_id, request.logical_id)[:6]
    return f"{request.stack_name[:24]}-{request.logical_id[:25]}-{digest}"


@dataclass(frozen=True)
class Placeholder:
    """The physical id of a Create that failed: what to look for when it is deleted.

    Attributes:
        since: when the request was sent, in seconds since the epoch; 0 when that isn't known.
        until: when it was answered. A later try may use its id again (aws-cdk #35957).
    """

    request_id: str
    name_digest: str
    unclear: bool
    since: int
    until: float

    @classmethod
    def of(
        cls, event: Mapping[str, object], name: str, now: float, sent_at: float | None, *, unclear: bool
    ) -> Placeholder:
        """For an event, which may be damaged."""
        request_id = str(event.get("RequestId") or "unknown")
        return cls(request_id, _digest(name), unclear, int(sent_at or 0), ceil(now))

    @classmethod
    def read(cls, physical_id: str) -> Placeholder | None:
        """From a physical id; None when it is another."""
        match = _PLACEHOLDER.fullmatch(physical_id)
        if match is None:
            return None
        unclear = match["end"] == "unclear"
        return cls(match["request_id"], match["name"], unclear, int(match["since"] or 0), float(match["until"] or inf))

    def __str__(self) -> str:
        end = "unclear" if self.unclear else "failed"
        return f"cdk-cleanroomsml:{end}-create/{self.request_id}/{self.name_digest}/{self.since}-{self.until:.0f}"

    def may_be_for(self, name: str, created: float) -> bool:
        """Whether the Create that failed can have made a resource of this name at this time."""
        return self.name_digest == _digest(name) and (self.since - SKEW_SECONDS <= created <= self.until + SKEW_SECONDS)


def _digest(*texts: str) -> str:
    return hashlib.sha256("|".join(texts).encode(errors="replace")).hexdigest()[:12]
