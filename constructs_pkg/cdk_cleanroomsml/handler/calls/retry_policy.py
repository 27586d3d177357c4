"""The error policy: what kind of failure an error means, and how long each kind is worth another try."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import Any

from botocore import exceptions
from botocore.parsers import ResponseParserError

from .operations import CREATE, UPDATE

CONFLICT = "conflict"
DENIED = "denied"
FORBIDDEN = "forbidden"
INVALID = "invalid"
NOT_FOUND = "not found"
NOT_READY = "not ready"
QUOTA = "quota"
REFUSED = "refused"
THROTTLED = "throttled"
UNCLEAR = "unclear"
UNREACHED = "unreached"
UNTRAINED = "untrained"

ANY = "*"
"""Operations that aren't named."""

RETRY_SECONDS: dict[str, dict[str, float]] = {
    CONFLICT: {"Create": 120, "Update": 300, "Delete": 600, ANY: 60},
    DENIED: {ANY: 90},
    FORBIDDEN: {ANY: 0},
    INVALID: {ANY: 0},
    NOT_FOUND: {"Create": 20, "Put": 20, "Delete": 3, ANY: 0},
    NOT_READY: {ANY: 90},
    QUOTA: {ANY: 0},
    REFUSED: {ANY: 0},
    THROTTLED: {ANY: inf},
    UNCLEAR: {"Describe": 60, ANY: inf},
    UNREACHED: {"Describe": 60, ANY: inf},
    UNTRAINED: {ANY: 0},
}
"""For how many seconds after its first appearance in a call a kind of failure is retried, at most until the deadline.

By the verb that the operation's name begins with. `denied` and `not ready`: a new role looks so until IAM has
propagated it. `unclear`: no answer, or a 5xx; the call may have taken effect. `unreached`: it can't have. `untrained`:
the audience model isn't ACTIVE, and a training takes hours.
"""

_CODES = {
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "ConflictException": CONFLICT,
    "InternalServerException": UNCLEAR,
    "InternalServiceException": UNCLEAR,
    "ResourceNotFoundException": NOT_FOUND,
    "ServiceQuotaExceededException": QUOTA,
    "UnrecognizedClientException": DENIED,
    "ValidationException": INVALID,
}

_STATUSES = {408: UNCLEAR, 429: THROTTLED}

_CONFIGURING = (CREATE, UPDATE)
_NOT_ACTIVE = r"CREATE_PENDING|CREATE_IN_PROGRESS|\bnot (yet )?ACTIVE\b|\btraining\b"

_MESSAGES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (DENIED, FORBIDDEN, r"explicit deny|service control polic|permissions boundar", ()),
    (INVALID, INVALID, r"failed to satisfy constraint", ()),
    # Which of the two the service answers for an audience model in training is unknown, and so are its words.
    (INVALID, UNTRAINED, _NOT_ACTIVE, _CONFIGURING),
    (CONFLICT, UNTRAINED, _NOT_ACTIVE, _CONFIGURING),
    (INVALID, NOT_READY, r"\b(roles?|assumed?|trust(ed)?|permissions?|authorized|s3|bucket|kms)\b", ()),
    # No number and no quotation: it says nothing of what was given, and may be the role.
    (INVALID, NOT_READY, r"""^[^0-9'"]*$""", _CONFIGURING),
)
"""Kinds that a message makes more precise: the kind by code, the kind that it is, what the message says, and of which
operations, if not of any."""


@dataclass(frozen=True)
class CallFailure:
    """How a call failed: the service's words, or those of botocore's exception."""

    kind: str
    code: str
    message: str
    request_id: str = ""


def diagnose(error: Exception) -> CallFailure:
    """Says what an exception of boto3 means."""
    if isinstance(error, exceptions.ClientError):
        return _answered(error.response, error.operation_name)
    kinds = ((_UNREACHED, UNREACHED), (_UNANSWERED, UNCLEAR), (Exception, REFUSED))
    kind = next(kind for types, kind in kinds if isinstance(error, types))
    return CallFailure(kind, type(error).__name__, str(error))


def retry_seconds(kind: str, operation: str) -> float:
    """See `RETRY_SECONDS`."""
    by_verb = RETRY_SECONDS[kind]
    return next((seconds for verb, seconds in by_verb.items() if operation.startswith(verb)), by_verb[ANY])


def _answered(response: dict[str, Any], operation: str = "") -> CallFailure:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    status = metadata.get("HTTPStatusCode", 0)
    kind = _CODES.get(code) or _STATUSES.get(status) or (UNCLEAR if status >= 500 else REFUSED)
    if "Throttl" in code or code == "TooManyRequestsException":
        kind = THROTTLED
    for of, to, text, operations in _MESSAGES:
        if of == kind and operation in (operations or (operation,)) and re.search(text, message, re.I):
            kind = to
            break
    if "quotaName" in response:
        message += f" (quotaName {response['quotaName']}, quotaValue {response.get('quotaValue')})"
    return CallFailure(kind, code, message, str(metadata.get("RequestId", "")))


_UNREACHED = (exceptions.ConnectTimeoutError, exceptions.EndpointConnectionError, exceptions.ProxyConnectionError)
_UNANSWERED = (exceptions.HTTPClientError, exceptions.ConnectionError, ResponseParserError)

ERRORS = (exceptions.ClientError, exceptions.BotoCoreError, ResponseParserError)
"""Everything a call of boto3 raises on purpose."""
