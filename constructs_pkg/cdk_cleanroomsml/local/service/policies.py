"""The resource policy of a configured audience model."""

from __future__ import annotations

import hashlib
import json
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
        raise validation(["configuredAudienceModelPolicy is not a JSON object with a Statement"])
    _check_current(call, request)
    policy = Policy(text, hashlib.sha256(text.encode()).hexdigest())
    call.store.policies[arn] = policy
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


def _is_policy(text: str) -> bool:
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and "Statement" in document
