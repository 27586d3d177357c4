"""Associations of configured audience models with memberships in Clean Rooms."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from . import collaborations, memberships, policies
from .context import named
from .errors import ServiceError, validation
from .rules import MAX_ASSOCIATIONS, tag_problems

if TYPE_CHECKING:
    from .context import Context

# What Clean Rooms does with the model's policy on the caller's behalf, whoever manages it (Service Authorization
# Reference): all three on Delete, the first two on Create.
_POLICY_ACTIONS = (
    "GetConfiguredAudienceModelPolicy",
    "PutConfiguredAudienceModelPolicy",
    "DeleteConfiguredAudienceModelPolicy",
)


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateConfiguredAudienceModelAssociation, of a model and a membership of the same account."""
    if problems := tag_problems(request.get("tags", {})):
        raise validation(problems)
    membership, collaboration = memberships.find_active(call, request["membershipIdentifier"])
    model_arn, name = request["configuredAudienceModelArn"], request["configuredAudienceModelAssociationName"]
    _authorize(call, model_arn, "GetConfiguredAudienceModel", *_POLICY_ACTIONS[:2])
    call.store.configured_audience_models.get(model_arn)
    others = _of_membership(call, membership["id"])
    if existing := _named(call, others, name):
        return {"configuredAudienceModelAssociation": existing}
    if call.switches.one_association_per_model:
        _check_model(others, model_arn)
    _check_quota(others)
    new_id = str(uuid.uuid4())
    arn = _arn(call, membership["id"], new_id)
    # On both resources; the membership was checked before.
    call.authorize("cleanrooms:CreateConfiguredAudienceModelAssociation", arn)
    call.tag_on_create(arn, request)
    association = {
        "tags": {},
        **request,
        "name": name,
        "id": new_id,
        "arn": arn,
        "membershipId": membership["id"],
        "membershipArn": membership["arn"],
        "collaborationId": collaboration["id"],
        "collaborationArn": collaborations.arn(call, collaboration),
        "createTime": call.now,
        "updateTime": call.now,
    }
    if request["manageResourcePolicies"]:
        partners = [each["accountId"] for each in collaboration["members"] if each["accountId"] != call.account]
        policies.allow_partners(call, association, partners)
    call.store.associations.add(arn, association, call.lag)
    return {"configuredAudienceModelAssociation": association}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetConfiguredAudienceModelAssociation."""
    return {"configuredAudienceModelAssociation": call.store.associations.read(_requested(call, request))}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListConfiguredAudienceModelAssociations, of one membership."""
    membership = memberships.find(call, request["membershipIdentifier"])
    page = call.store.associations.page(
        request.get("nextToken"), call.page_size(request), lambda each: each["membershipId"] == membership["id"]
    )
    return {"configuredAudienceModelAssociationSummaries": page.items, "nextToken": page.next_token}


def update(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateConfiguredAudienceModelAssociation: name and description. What is omitted stays (inferred; a switch)."""
    association = call.store.associations.get(_requested(call, request))
    changes: dict[str, Any] = {name: request[name] for name in ("name", "description") if name in request}
    others = [each for each in _of_membership(call, association["membershipId"]) if each is not association]
    if call.switches.association_names == "unique" and changes.get("name") in [each["name"] for each in others]:
        # The model of this operation lists no Conflict.
        raise validation([f"another association of this membership is named '{changes['name']}'"])
    if call.switches.update_resets:
        association.pop("description", None)
    association.update(changes, updateTime=call.now)
    return {"configuredAudienceModelAssociation": association}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteConfiguredAudienceModelAssociation; what it gave in the model's resource policy goes with it."""
    association = call.store.associations.get(_requested(call, request))
    _authorize(call, association["configuredAudienceModelArn"], *_POLICY_ACTIONS)
    if association["manageResourcePolicies"]:
        policies.take_back(call, association)
    call.store.associations.remove(association["arn"], call.lag)
    return {}


def drop(call: Context, model_arn: str) -> None:
    """Removes the associations of a configured audience model that is deleted, without a word (API)."""
    for association in call.store.associations.live():
        if association["configuredAudienceModelArn"] == model_arn:
            call.store.associations.remove(association["arn"])


def is_association(arn: str) -> bool:
    """Whether an ARN is that of an association."""
    return "/configuredaudiencemodelassociation/" in arn


def _authorize(call: Context, model_arn: str, *actions: str) -> None:
    for action in actions:
        call.authorize(f"cleanrooms-ml:{action}", model_arn)


def _arn(call: Context, membership_id: str, association_id: str) -> str:
    resource = f"membership/{membership_id}/configuredaudiencemodelassociation/{association_id}"
    return call.arn("cleanrooms", resource)


def _requested(call: Context, request: dict[str, Any]) -> str:
    return _arn(call, request["membershipIdentifier"], request["configuredAudienceModelAssociationIdentifier"])


def _of_membership(call: Context, membership_id: str) -> list[dict[str, Any]]:
    return [each for each in call.store.associations.live() if each["membershipId"] == membership_id]


def _named(call: Context, others: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    try:
        return named(others, "arn", name, call.switches.association_names)
    except ServiceError as taken:
        raise ServiceError(taken.code, taken.message, reason="ALREADY_EXISTS") from taken


def _check_model(others: list[dict[str, Any]], model_arn: str) -> None:
    for each in others:
        if each["configuredAudienceModelArn"] == model_arn:
            message = f"{model_arn} is associated with this membership already: {each['arn']}"
            raise ServiceError("ConflictException", message, reason="ALREADY_EXISTS")


def _check_quota(others: list[dict[str, Any]]) -> None:
    if len(others) >= MAX_ASSOCIATIONS:
        raise ServiceError(
            "ServiceQuotaExceededException",
            f"a membership may have {MAX_ASSOCIATIONS} configured audience model associations",
            quotaName="Configured audience model associations per membership",
            quotaValue=MAX_ASSOCIATIONS,
        )
