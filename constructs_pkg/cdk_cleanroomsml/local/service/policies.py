"""The resource policy of a configured audience model."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation
from .store import Policy

if TYPE_CHECKING:
    from .context import Context


def put(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """PutConfiguredAudienceModelPolicy, guarded by the hash of the policy that it replaces."""
    arn, text = request["configuredAudienceModelArn"], request["configuredAudienceModelPolicy"]
    call.store.configured_audience_models.get(arn)
    if not _is_policy(text):
        raise validation(["configuredAudienceModelPolicy is not a JSON object with a Statement of objects"])
    if problem := _document_problem(call, json.loads(text)):
        raise validation([problem])
    _check_current(call, request)
    policy = _keep(call, arn, text)
    return {"configuredAudienceModelPolicy": policy.text, "policyHash": policy.hash}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetConfiguredAudienceModelPolicy."""
    arn = request["configuredAudienceModelArn"]
    policy = _current(call, arn)
    return {
        "configuredAudienceModelArn": arn,
        "configuredAudienceModelPolicy": policy.text,
        "policyHash": policy.hash,
    }


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteConfiguredAudienceModelPolicy; it has no guard."""
    _current(call, request["configuredAudienceModelArn"])
    del call.store.policies[request["configuredAudienceModelArn"]]
    return {}


def allow_partners(call: Context, association: dict[str, Any], accounts: list[str]) -> None:
    """Adds what Clean Rooms writes for an association whose resource policy it manages (UG): one statement."""
    arn = association["configuredAudienceModelArn"]
    statement = {
        "Sid": _sid(association),
        "Effect": "Allow",
        "Principal": {"AWS": accounts},
        "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
        "Resource": [arn, call.arn("cleanrooms-ml", "audience-generation-job/*")],
        "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": association["collaborationId"]}},
    }
    document = _document(call, arn) or {"Version": "2012-10-17", "Statement": []}
    _keep(call, arn, json.dumps({**document, "Statement": [*document["Statement"], statement]}))


def take_back(call: Context, association: dict[str, Any]) -> None:
    """Removes what Clean Rooms wrote for an association, and the policy when nothing else is in it."""
    arn = association["configuredAudienceModelArn"]
    document = _document(call, arn)
    if document is None:
        return
    others = [each for each in document["Statement"] if each.get("Sid") != _sid(association)]
    if others:
        _keep(call, arn, json.dumps({**document, "Statement": others}))
    else:
        del call.store.policies[arn]


def _sid(association: dict[str, Any]) -> str:
    return f"Clean-Rooms-{association['id']}"


def _document(call: Context, arn: str) -> dict[str, Any] | None:
    """The policy of a model, with a list of statements."""
    policy = call.store.policies.get(arn)
    if policy is None:
        return None
    document: dict[str, Any] = json.loads(policy.text)
    statements = document["Statement"]
    return {**document, "Statement": _as_list(statements)}


def _keep(call: Context, arn: str, text: str) -> Policy:
    if call.switches.policies_are_rewritten:
        text = json.dumps(_in_other_words(json.loads(text)))
    policy = call.store.policies[arn] = Policy(text, hashlib.sha256(text.encode()).hexdigest())
    return policy


def _current(call: Context, arn: str) -> Policy:
    call.store.configured_audience_models.get(arn)
    if arn not in call.store.policies:
        raise ServiceError("ResourceNotFoundException", f"{arn} has no policy")
    return call.store.policies[arn]


def _check_current(call: Context, request: dict[str, Any]) -> None:
    current = call.store.policies.get(request["configuredAudienceModelArn"])
    condition, previous = request.get("policyExistenceCondition"), request.get("previousPolicyHash")
    error = call.switches.stale_policy_hash_error
    if condition == "POLICY_MUST_EXIST" and current is None:
        raise ServiceError(error, "policyExistenceCondition is POLICY_MUST_EXIST, but there is no policy")
    if condition == "POLICY_MUST_NOT_EXIST" and current is not None:
        raise ServiceError(error, "policyExistenceCondition is POLICY_MUST_NOT_EXIST, but there is a policy")
    if previous is not None and (current is None or previous != current.hash):
        raise ServiceError(error, "previousPolicyHash is not the hash of the current policy")


def _document_problem(call: Context, document: dict[str, Any]) -> str | None:
    """What of a document the service may refuse: nobody knows."""
    for statement in _as_list(document["Statement"]):
        asked = statement.get("Condition", {}).get("StringEquals", {})
        if call.switches.policy_needs_collaboration and statement.get("Effect") == "Allow" and _KEY not in asked:
            return f"a statement has no condition on {_KEY}"
        principal = statement.get("Principal")
        named = _as_list(principal.get("AWS", [])) if isinstance(principal, dict) else [principal]
        if call.switches.policy_principals == "accounts" and not all(_ACCOUNT.fullmatch(str(each)) for each in named):
            return f"a principal is no account: {principal}"
    return None


_KEY = "cleanrooms-ml:CollaborationId"
_ACCOUNT = re.compile(r"(arn:[^:]+:iam::)?\d{12}(:root)?")


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - any part of a document
    return value if isinstance(value, list) else [value]


def _in_other_words(value: Any) -> Any:  # noqa: ANN401 - any part of a document
    """The same document as another writer would put it."""
    if isinstance(value, dict):
        return {
            name: _as_roots(each) if name == "Principal" else _in_other_words(each)
            for name, each in sorted(value.items())
        }
    if isinstance(value, list):
        others = [_in_other_words(each) for each in reversed(value)]
        return others[0] if len(others) == 1 and isinstance(others[0], str) else others
    return value


def _as_roots(principal: Any) -> Any:  # noqa: ANN401 - any part of a document
    """A principal whose accounts are ARNs."""
    if isinstance(principal, (dict, list)):
        parts = _in_other_words(principal)
        if isinstance(parts, dict):
            return {name: _as_roots(each) for name, each in parts.items()}
        return [_as_roots(each) for each in parts] if isinstance(parts, list) else _as_roots(parts)
    return f"arn:aws:iam::{principal}:root" if re.fullmatch(r"\d{12}", str(principal)) else principal


def _is_policy(text: str) -> bool:
    try:
        document = json.loads(text)
    except ValueError:
        return False
    if not isinstance(document, dict) or "Statement" not in document:
        return False
    statements = document["Statement"]
    return all(isinstance(each, dict) for each in _as_list(statements))
