"""Answers in the wire format of the service's protocol (restJson1)."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ServiceError
    from .model import ServiceModel, Shape

# Errors the model doesn't list, yet every AWS service can answer.
_UNMODELLED_STATUS = {
    "InternalServiceException": 500,
    "NotImplemented": 501,
    "ServiceUnavailable": 503,
    "UnknownOperationException": 404,
}


@dataclass(frozen=True)
class Response:
    """An HTTP answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(model: ServiceModel, operation: str, output: dict[str, Any]) -> Response:
    """The answer to a call that succeeded, by the operation's output shape."""
    status: int = model.operations[operation]["http"]["responseCode"]
    return _json(status, _write(model, model.output_shape(operation), output))


def error_answer(model: ServiceModel, error: ServiceError) -> Response:
    """The answer to a call that failed; a code that the model doesn't know is a client's error (400)."""
    status = model.error_status(error.code) or _UNMODELLED_STATUS.get(error.code, 400)
    document = {"__type": error.code, "message": error.message, **error.members}
    return _json(status, document, {"x-amzn-errortype": error.code})


def _json(status: int, document: object, headers: dict[str, str] | None = None) -> Response:
    identity = {"content-type": "application/json", "x-amzn-requestid": str(uuid.uuid4())}
    return Response(status, identity | (headers or {}), json.dumps(document).encode())


def _write(model: ServiceModel, wanted: Shape, value: object) -> object:
    if isinstance(value, dict) and wanted["type"] == "structure":
        members = wanted["members"]
        known = {name: each for name, each in value.items() if name in members and each is not None}
        return {name: _write(model, model.shape(members[name]), each) for name, each in known.items()}
    if isinstance(value, list):
        return [_write(model, model.shape(wanted["member"]), each) for each in value]
    if isinstance(value, datetime):
        return _timestamp(wanted, value)
    return value


def _timestamp(wanted: Shape, value: datetime) -> str | float:
    if wanted.get("timestampFormat") == "iso8601":
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.timestamp()
