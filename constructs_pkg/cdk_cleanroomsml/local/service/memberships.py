"""Memberships of an account in collaborations of Clean Rooms: enough of them for associations."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from . import collaborations
from .errors import ServiceError, validation
from .rules import tag_problems

if TYPE_CHECKING:
    from .context import Context


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateMembership, for an account that the collaboration names."""
    if problems := tag_problems(request.get("tags", {})):
        raise validation(problems)
    collaboration = collaborations.find(call, request["collaborationIdentifier"])
    if collaboration is None:
        message = f"{call.account} is not invited to a collaboration {request['collaborationIdentifier']}"
        raise ServiceError("ResourceNotFoundException", message)
    for each in call.store.memberships.live():
        if each["collaborationId"] == collaboration["id"]:
            message = f"{call.account} has a membership in this collaboration: {each['arn']}"
            raise ServiceError("ConflictException", message, reason="ALREADY_EXISTS")
    _pass_roles(call, request)
    new_id = str(uuid.uuid4())
    arn = call.arn("cleanrooms", f"membership/{new_id}")
    call.tag_on_create(arn, request)
    specification = next(each for each in collaboration["members"] if each["accountId"] == call.account)
    membership = {
        "jobLogStatus": "DISABLED",
        "paymentConfiguration": {"queryCompute": {"isResponsible": "CAN_QUERY" in specification["memberAbilities"]}},
        "tags": {},
        **request,
        "id": new_id,
        "arn": arn,
        "collaborationId": collaboration["id"],
        "collaborationArn": collaborations.arn(call, collaboration),
        "collaborationName": collaboration["name"],
        "collaborationCreatorAccountId": collaboration["creatorAccountId"],
        "collaborationCreatorDisplayName": collaboration["creatorDisplayName"],
        "memberAbilities": specification["memberAbilities"],
        "mlMemberAbilities": specification.get("mlMemberAbilities"),
        "createTime": call.now,
        "updateTime": call.now,
    }
    call.store.memberships.add(arn, membership)
    return {"membership": _shown(call, membership)}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetMembership."""
    return {"membership": _shown(call, find(call, request["membershipIdentifier"]))}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMemberships."""

    def wanted(membership: dict[str, Any]) -> bool:
        return request.get("status") in (None, _shown(call, membership)["status"])

    page = call.store.memberships.page(request.get("nextToken"), call.page_size(request), wanted)
    return {"membershipSummaries": [_shown(call, each) for each in page.items], "nextToken": page.next_token}


def update(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateMembership: a PATCH."""
    membership = find(call, request["membershipIdentifier"])
    _pass_roles(call, request)
    changes = {name: value for name, value in request.items() if name != "membershipIdentifier"}
    payment = changes.pop("membershipPaymentConfiguration", {})
    paid = {**membership["paymentConfiguration"], **payment}
    membership.update(changes, paymentConfiguration=paid, updateTime=call.now)
    return {"membership": _shown(call, membership)}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteMembership, refused while it has associations (API); afterwards one can be created again (inferred)."""
    membership = find(call, request["membershipIdentifier"])
    for each in call.store.associations.live():
        if each["membershipId"] == membership["id"]:
            message = f"{membership['arn']} has {each['arn']}"
            raise ServiceError("ConflictException", message, reason="SUBRESOURCES_EXIST")
    call.store.memberships.remove(membership["arn"])
    return {}


def find(call: Context, identifier: str) -> dict[str, Any]:
    """The account's membership with this identifier.

    Raises:
        ServiceError: `ResourceNotFoundException`.
    """
    return call.store.memberships.get(call.arn("cleanrooms", f"membership/{identifier}"))


def find_active(call: Context, identifier: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The account's membership with this identifier, and the collaboration that it is in.

    Raises:
        ServiceError: `ResourceNotFoundException`; `ConflictException`: the collaboration is deleted.
    """
    membership = find(call, identifier)
    collaboration = collaborations.find(call, membership["collaborationId"])
    if collaboration is None:
        raise ServiceError("ConflictException", f"{membership['arn']} is COLLABORATION_DELETED", reason="INVALID_STATE")
    return membership, collaboration


def _pass_roles(call: Context, request: dict[str, Any]) -> None:
    for name in ("defaultResultConfiguration", "defaultJobResultConfiguration"):
        if role_arn := request.get(name, {}).get("roleArn"):
            call.pass_role(role_arn, to="cleanrooms.amazonaws.com")


def _shown(call: Context, membership: dict[str, Any]) -> dict[str, Any]:
    collaboration = collaborations.find(call, membership["collaborationId"])
    if collaboration is None:
        return {**membership, "status": "COLLABORATION_DELETED"}
    return {**membership, "collaborationName": collaboration["name"], "status": "ACTIVE"}
