"""The error policy: what kind of trouble an error is, how long each kind is worth another try, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import Any

from botocore import exceptions
from botocore.parsers import ResponseParserError

CREATE = "CreateConfiguredAudienceModel"
UPDATE = "UpdateConfiguredAudienceModel"
DELETE = "DeleteConfiguredAudienceModel"
GET = "GetConfiguredAudienceModel"
LIST = "ListConfiguredAudienceModels"
TAG = "TagResource"
UNTAG = "UntagResource"

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

_ANY = "*"

RETRY_SECONDS: dict[str, dict[str, float]] = {
    CONFLICT: {CREATE: 120, UPDATE: 300, DELETE: 600, _ANY: 60},
    DENIED: {_ANY: 90},
    FORBIDDEN: {_ANY: 0},
    INVALID: {_ANY: 0},
    NOT_FOUND: {CREATE: 20, _ANY: 0},
    NOT_READY: {_ANY: 90},
    QUOTA: {_ANY: 0},
    REFUSED: {_ANY: 0},
    THROTTLED: {_ANY: inf},
    UNCLEAR: {_ANY: inf},
    UNREACHED: {_ANY: inf},
}
"""For how many seconds after its first appearance in a call a kind of trouble is retried, at most until the deadline.

`denied` and `not ready`: a new role looks so until IAM has propagated it. `unclear`: no answer, or a 5xx; the call may
have taken effect. `unreached`: it can't have.
"""

_NEEDS = "the function's role needs cleanrooms-ml:{operation} on "

_HINTS: dict[tuple[str, str], str] = {
    (CONFLICT, DELETE): "jobs or lookalike models still use it: wait for them or cancel them, then delete again",
    (DENIED, CREATE): _NEEDS + "{audienceModelArn}, cleanrooms-ml:TagResource, and iam:PassRole on {roleArn}",
    (DENIED, UPDATE): _NEEDS + "{configuredAudienceModelArn}, and iam:PassRole on the role in outputConfig",
    (DENIED, LIST): _NEEDS + "*",
    (DENIED, TAG): _NEEDS + "{resourceArn}",
    (DENIED, UNTAG): _NEEDS + "{resourceArn}",
    (DENIED, _ANY): _NEEDS + "{configuredAudienceModelArn}",
    (FORBIDDEN, _ANY): "retrying is of no use: the policy must allow it",
    (NOT_FOUND, CREATE): "is there an audience model {audienceModelArn} in {region}, in the account that may use it?",
    (NOT_FOUND, UPDATE): "was its audience model deleted, or itself outside of cloudformation?",
    (NOT_READY, _ANY): "can cleanrooms-ml.amazonaws.com assume the role in outputConfig, and may that role write to"
    " the destination?",
    (QUOTA, _ANY): "raise the quota or delete what isn't needed; in a replacement old and new exist at once: one spare"
    " is needed",
    (THROTTLED, _ANY): "deploy again, with fewer models at a time",
    (UNCLEAR, _ANY): "deploy again when the service answers",
    (UNREACHED, _ANY): "can the function reach the service in {region}?",
}

_CODES = {
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "ConflictException": CONFLICT,
    "ResourceNotFoundException": NOT_FOUND,
    "ServiceQuotaExceededException": QUOTA,
    "UnrecognizedClientException": DENIED,
    "ValidationException": INVALID,
}

_STATUSES = {408: UNCLEAR, 429: THROTTLED}

_MESSAGES = (
    (DENIED, FORBIDDEN, r"explicit deny|service control polic|permissions boundar"),
    (INVALID, INVALID, r"failed to satisfy constraint"),
    (INVALID, NOT_READY, r"\b(roles?|assumed?|trust(ed)?|permissions?|authorized|s3|bucket|kms)\b"),
)
"""Kinds that a message makes more precise: the kind by code, the kind that it is, what the message says."""


@dataclass(frozen=True)
class Trouble:
    """What a failed call told: the service's words, or those of botocore's exception."""

    kind: str
    code: str
    message: str
    request_id: str = ""


def diagnose(error: Exception) -> Trouble:
    """Says what an exception of boto3 means."""
    if isinstance(error, exceptions.ClientError):
        return _answered(error.response)
    kinds = ((_UNREACHED, UNREACHED), (_UNANSWERED, UNCLEAR), (Exception, REFUSED))
    kind = next(kind for types, kind in kinds if isinstance(error, types))
    return Trouble(kind, type(error).__name__, str(error))


def retry_seconds(kind: str, operation: str) -> float:
    """See `RETRY_SECONDS`."""
    by_operation = RETRY_SECONDS[kind]
    return by_operation.get(operation, by_operation[_ANY])


def hint(kind: str, operation: str, facts: dict[str, str]) -> str:
    """What a person can do about it, if there is anything to add to the service's words."""
    template = _HINTS.get((kind, operation)) or _HINTS.get((kind, _ANY), "")
    return template.format_map({**facts, "operation": operation}) if template else ""


def _answered(response: dict[str, Any]) -> Trouble:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    status = metadata.get("HTTPStatusCode", 0)
    kind = _CODES.get(code) or _STATUSES.get(status) or (UNCLEAR if status >= 500 else REFUSED)
    if "Throttl" in code or code == "TooManyRequestsException":
        kind = THROTTLED
    kind = next((to for of, to, text in _MESSAGES if of == kind and re.search(text, message, re.I)), kind)
    if "quotaName" in response:
        message += f" (quotaName {response['quotaName']}, quotaValue {response.get('quotaValue')})"
    return Trouble(kind, code, message, str(metadata.get("RequestId", "")))


_UNREACHED = (exceptions.ConnectTimeoutError, exceptions.EndpointConnectionError, exceptions.ProxyConnectionError)
_UNANSWERED = (exceptions.HTTPClientError, exceptions.ConnectionError, ResponseParserError)

ERRORS = (exceptions.ClientError, exceptions.BotoCoreError, ResponseParserError)
"""Everything a call of boto3 raises on purpose."""
