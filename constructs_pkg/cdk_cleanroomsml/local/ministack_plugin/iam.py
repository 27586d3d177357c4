"""What ministack's IAM knows of Clean Rooms ML and Clean Rooms: actions, resources, condition keys, refusals."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import ministack.app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import tagging

from ..service import Caller, ServiceError
from ..service.model import find_operation
from .exchange import SERVICES, Answer, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..service import CleanRoomsML

Opaque = Any
"""A value of ministack's that only passes through."""

# The operations that IAM authorises on a resource that the body names (Service Authorization Reference).
_RESOURCE_IN_BODY = {
    "CreateConfiguredAudienceModel": "audienceModelArn",
    "CreateAudienceModel": "trainingDatasetArn",
    "StartAudienceExportJob": "audienceGenerationJobArn",
    "StartAudienceGenerationJob": "configuredAudienceModelArn",
}


def install(service: CleanRoomsML) -> None:
    """Teaches ministack's IAM which action a request is, on which resource, and how to word a refusal.

    Args:
        service: whose resources have tags, for aws:ResourceTag.
    """
    tagging.resource_tags = partial(_resource_tags, tagging.resource_tags, service)
    for key, name in SERVICES.items():
        iam_actions.SERVICE_TO_IAM_NAMESPACE[key] = key
        # From here it learns which operations carry tags, for aws:RequestTag and aws:TagKeys.
        iam_actions._BOTOCORE_SERVICE_MAP[key] = [name]
    iam_evaluator._resource_policy = partial(_resource_policy, iam_evaluator._resource_policy, service)
    _override("extract_iam_action", lambda service, method, *_: f"{service}:{_operation(service, method)[0]}")
    _override("extract_resource_arn", partial(_resource, service))
    iam_actions.request_tag_context = partial(_request_context, iam_actions.request_tag_context)
    access_denied_response = iam_actions.access_denied_response

    def access_denied(service: str, action: str, principal: str, request_id: str, **details: Opaque) -> Answer:
        if service in SERVICES and not details.get("message"):
            explicit = details.get("explicit_deny", False)
            resource = details.get("resource_arn", "*")
            details["message"] = iam_actions.identity_denial_message(action, principal, resource, explicit)
        response: Answer = access_denied_response(service, action, principal, request_id, **details)
        return response

    iam_actions.access_denied_response = access_denied


def _override(name: str, own: Callable[..., str]) -> None:
    """Has one of ministack's functions of a request answer for these services by another one."""
    original = getattr(iam_actions, name)

    def either(service: str, *request: Opaque) -> Opaque:
        return (own if service in SERVICES else original)(service, *request)

    setattr(iam_actions, name, either)


def _operation(service: str, method: str) -> tuple[str, dict[str, str]]:
    return find_operation(method, exchange.get().raw_path, SERVICES[service]) or ("Unknown", {})


def _resource(
    models: CleanRoomsML, service: str, method: str, path: str, headers: dict[str, str], body: bytes, *_: object
) -> str:
    del path, headers
    operation, labels = _operation(service, method)
    if operation in _RESOURCE_IN_BODY:
        return str(iam_actions._safe_json_field(body, _RESOURCE_IN_BODY[operation]) or "*")
    if "resourceArn" in labels or service == "cleanrooms-ml":
        return next(iter(labels.values()), "*")
    account = models.collaboration_account(labels.get("collaborationIdentifier", ""), responses.get_region())
    return _clean_rooms_resource(labels, account or responses.get_account_id())


def _clean_rooms_resource(labels: dict[str, str], account: str) -> str:
    """The ARN of what the labels of a path identify."""
    parts = [
        f"{kind}/{labels[label]}"
        for kind, label in (
            ("collaboration", "collaborationIdentifier"),
            ("membership", "membershipIdentifier"),
            ("configuredaudiencemodelassociation", "configuredAudienceModelAssociationIdentifier"),
        )
        if label in labels
    ]
    where = f"{responses.get_region()}:{account}"
    return f"arn:aws:cleanrooms:{where}:{'/'.join(parts)}" if parts else "*"


def _resource_tags(original: Callable[[str], Opaque], service: CleanRoomsML, arn: str) -> Opaque:
    if arn.split(":")[2:3] not in (["cleanrooms-ml"], ["cleanrooms"]):
        return original(arn)
    try:
        return service.resource(arn).get("tags")
    except (ServiceError, ValueError):
        return None


def _resource_policy(original: Callable[..., Opaque], models: CleanRoomsML, service: str, arn: str) -> Opaque:
    """The policy of a model and its owner; in the owner's account it alone lets in whom it names.

    A partner's call is checked by the service, on the job, too.
    """
    own = f":{responses.get_account_id()}:configured-audience-model/"
    if service != "cleanrooms-ml" or own not in arn:
        return original(service, arn)
    policy = models.policy(arn, responses.get_account_id(), responses.get_region())
    return (policy, responses.get_account_id()) if policy else None


def _request_context(original: Callable[..., Opaque], service: str, action: str, body: bytes, params: Opaque) -> Opaque:
    """The condition keys of a request; ministack's own are those of tags."""
    context: dict[str, Opaque] = original(service, action, body, params)
    if action == "cleanrooms-ml:StartAudienceGenerationJob":
        collaboration: str | None = iam_actions._safe_json_field(body, "collaborationId")
        context |= {"cleanrooms-ml:CollaborationId": collaboration} if collaboration else {}
    return context


def caller(headers: dict[str, str], query: dict[str, list[str]]) -> Caller:
    """Whose call a request is. Without IAM everybody is the root of an account."""
    account = responses.get_account_id()
    organization = iam_evaluator._principal_org_id(account)
    keys = {"aws:principalaccount": account, **({"aws:principalorgid": organization} if organization else {})}
    if not ministack.app.AUTH:
        return Caller(keys=keys)
    principal = iam_evaluator.resolve_principal(router.extract_access_key_id(headers, query), account)
    if isinstance(principal, iam_evaluator.AuthError):
        return Caller(keys=keys)
    # A policy names a role; who has assumed it has the ARN of a session.
    role = re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", principal.arn)
    tags = {key: value for key, value in principal.keys.items() if key.startswith("aws:principaltag/")}
    return Caller(frozenset({principal.arn, role}), {**keys, **tags, "aws:principalarn": role})


def authorize(
    headers: dict[str, str],
    query: dict[str, list[str]],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> None:
    """Checks one more action of the caller of this request, when ministack checks any."""
    if not ministack.app.AUTH:
        return
    if action == "iam:PassRole" and resource.split(":")[4] != responses.get_account_id():
        raise ServiceError("AccessDeniedException", "Cross-account pass role is not allowed.")
    denied = iam_evaluator.enforce(
        router.extract_access_key_id(headers, query),
        action,
        action.partition(":")[0],
        responses.get_region(),
        resource_arn=resource,
        service_context=dict(context or {}),
    )
    if isinstance(denied, iam_evaluator.AuthError):
        raise ServiceError("AccessDeniedException", denied.message)
    if denied:
        explicit = denied.decision == "Deny"
        message = iam_actions.identity_denial_message(action, denied.principal_arn, resource, explicit)
        raise ServiceError("AccessDeniedException", message)
