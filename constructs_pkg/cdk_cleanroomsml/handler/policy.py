"""The error policy: what kind of trouble an error is, how long each kind is worth another try, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)
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
"""For how long after its first appearance in a call a kind of trouble is retried, by operation.

`denied` and `not ready` are what a role that was made a moment ago looks like until IAM has propagated it. `unclear` is
no answer, or a 5xx: the call may have taken effect; `unreached`: it can't have. Nothing is retried beyond the deadline.
"""

_HINTS: dict[tuple[str, str], str] = {
    (CONFLICT, DELETE): "jobs or lookalike models still use it: wait until they have ended, or cancel them, and"
    " delete again",
    (DENIED, CREATE): "the function's role needs cleanrooms-ml:CreateConfiguredAudienceModel on {audienceModelArn},"
    " cleanrooms-ml:TagResource, and iam:PassRole on {roleArn}",
    (DENIED, UPDATE): "the function's role needs cleanrooms-ml:UpdateConfiguredAudienceModel on"
    " {configuredAudienceModelArn}, and iam:PassRole on the role in outputConfig",
    (DENIED, LIST): "the function's role needs cleanrooms-ml:ListConfiguredAudienceModels on *",
    (DENIED, TAG): "the function's role needs cleanrooms-ml:TagResource on {resourceArn}",
    (DENIED, UNTAG): "the function's role needs cleanrooms-ml:UntagResource on {resourceArn}",
    (DENIED, _ANY): "the function's role needs cleanrooms-ml:{operation} on {configuredAudienceModelArn}",
    (FORBIDDEN, _ANY): "a policy denies it (an explicit deny, a service control policy or a permissions boundary):"
    " retrying is of no use, the policy must allow it",
    (NOT_FOUND, CREATE): "is there an audience model {audienceModelArn} in {region}, in the account that may use it?",
    (NOT_FOUND, UPDATE): "was the audience model that audienceModelArn names deleted, or this model outside of"
    " cloudformation?",
    (NOT_READY, _ANY): "can cleanrooms-ml.amazonaws.com assume the role in outputConfig, and may that role write to"
    " the destination and use its key?",
    (QUOTA, _ANY): "raise the quota, or delete what isn't needed; in a replacement the old and the new model exist at"
    " once, so one spare is needed",
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
    """What a failed call told.

    Attributes:
        kind: one of the kinds above.
        code: the service's error code, or the name of botocore's exception.
        message: the service's, or botocore's.
        request_id: AWS's id of the call; "" when there was no answer.
    """

    kind: str
    code: str
    message: str
    request_id: str = ""


def diagnose(error: Exception) -> Trouble:
    """Says what an exception of boto3 means."""
    if isinstance(error, ClientError):
        return _answered(error.response)
    kinds = ((_UNREACHED, UNREACHED), (_UNANSWERED, UNCLEAR), (Exception, REFUSED))
    kind = next(kind for exceptions, kind in kinds if isinstance(error, exceptions))
    return Trouble(kind, type(error).__name__, str(error))


def retry_seconds(kind: str, operation: str) -> float:
    """How long a kind of trouble with an operation is worth retrying."""
    by_operation = RETRY_SECONDS[kind]
    return by_operation.get(operation, by_operation[_ANY])


def hint(kind: str, operation: str, facts: dict[str, str]) -> str:
    """What a person can do about it; "" when there is nothing to add to the service's own words.

    Args:
        kind: the kind of trouble.
        operation: the operation that failed.
        facts: ARNs of the call, and `region`.
    """
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


_UNREACHED = (ConnectTimeoutError, EndpointConnectionError)
_UNANSWERED = (HTTPClientError, ResponseParserError)

ERRORS = (ClientError, BotoCoreError, ResponseParserError)
"""Everything a call of boto3 raises on purpose."""
