"""Collaborations of Clean Rooms, seen by all their members: enough of them for memberships."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation
from .rules import tag_problems
from .store import Table

if TYPE_CHECKING:
    from .context import Context


def create(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """CreateCollaboration: its creator is a member that has yet to create its membership, as all others have."""
    accounts = [member["accountId"] for member in request["members"]]
    problems = tag_problems(request.get("tags", {}))
    if len({*accounts, call.account}) <= len(accounts):
        problems.append("members names an account twice, or the creator")
    if problems:
        raise validation(problems)
    new_id = str(uuid.uuid4())
    arn = call.arn("cleanrooms", f"collaboration/{new_id}")
    call.tag_on_create(arn, request)
    creator = {
        "accountId": call.account,
        "displayName": request["creatorDisplayName"],
        "memberAbilities": request["creatorMemberAbilities"],
        "mlMemberAbilities": request.get("creatorMLMemberAbilities"),
        "paymentConfiguration": request.get("creatorPaymentConfiguration"),
    }
    collaboration = {
        "jobLogStatus": "DISABLED",
        "analyticsEngine": "SPARK",
        "tags": {},
        **request,
        "id": new_id,
        "arn": arn,
        "creatorAccountId": call.account,
        "members": [creator, *request["members"]],
        "createTime": call.now,
        "updateTime": call.now,
    }
    call.shared.collaborations.add(arn, collaboration)
    return {"collaboration": _shown(call, collaboration)}


def get(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """GetCollaboration, for its members."""
    return {"collaboration": _shown(call, _visible(call, request))}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListCollaborations: those that the account is a member of."""

    def wanted(collaboration: dict[str, Any]) -> bool:
        status = request.get("memberStatus")
        return is_member(call, collaboration) and status in (None, _shown(call, collaboration)["memberStatus"])

    page = call.shared.collaborations.page(request.get("nextToken"), call.page_size(request), wanted)
    return {"collaborationList": [_shown(call, each) for each in page.items], "nextToken": page.next_token}


def list_members(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListMembers, for its members: who is in, and who is invited."""
    collaboration = _visible(call, request)
    members = Table("member")
    for each in collaboration["members"]:
        members.add(each["accountId"], _member(call, collaboration, each))
    page = members.page(request.get("nextToken"), call.page_size(request))
    return {"memberSummaries": page.items, "nextToken": page.next_token}


def update(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateCollaboration, for its creator: a PATCH."""
    collaboration = _own(call, request)
    changes = {name: value for name, value in request.items() if name != "collaborationIdentifier"}
    collaboration.update(changes, updateTime=call.now)
    return {"collaboration": _shown(call, collaboration)}


def delete(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteCollaboration, for its creator; the memberships stay, as COLLABORATION_DELETED."""
    call.shared.collaborations.remove(_own(call, request)["arn"])
    return {}


def find(call: Context, identifier: str) -> dict[str, Any] | None:
    """The collaboration with this identifier, if the account is a member of it."""
    found = (each for each in call.shared.collaborations.live() if each["id"] == identifier)
    return next((each for each in found if is_member(call, each)), None)


def arn(call: Context, collaboration: dict[str, Any]) -> str:
    """The ARN of a collaboration, as this account sees it."""
    if call.switches.collaboration_arn_account == "creator":
        return str(collaboration["arn"])
    return call.arn("cleanrooms", f"collaboration/{collaboration['id']}")


def is_member(call: Context, collaboration: dict[str, Any]) -> bool:
    """Whether the caller's account is one of the members."""
    return any(member["accountId"] == call.account for member in collaboration["members"])


def _visible(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    # The model of these operations lists no ResourceNotFound.
    found = find(call, request["collaborationIdentifier"])
    if found is None:
        message = f"{call.account} is no member of a collaboration {request['collaborationIdentifier']}"
        raise ServiceError("AccessDeniedException", message)
    return found


def _own(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    found = _visible(call, request)
    if found["creatorAccountId"] != call.account:
        message = f"only its creator, {found['creatorAccountId']}, may change collaboration {found['id']}"
        raise ServiceError("AccessDeniedException", message)
    return found


def _shown(call: Context, collaboration: dict[str, Any]) -> dict[str, Any]:
    collaboration = {**collaboration, "arn": arn(call, collaboration)}
    of_this = (each for each in call.store.memberships.live() if each["collaborationId"] == collaboration["id"])
    membership = next(of_this, None)
    if membership is None:
        return {**collaboration, "memberStatus": "INVITED"}
    ids = {"membershipId": membership["id"], "membershipArn": membership["arn"]}
    return {**collaboration, **ids, "memberStatus": "ACTIVE"}


def _member(call: Context, collaboration: dict[str, Any], specification: dict[str, Any]) -> dict[str, Any]:
    memberships = call.store_of(specification["accountId"]).memberships.live()
    membership = next((each for each in memberships if each["collaborationId"] == collaboration["id"]), None)
    joined = {"membershipId": membership["id"], "membershipArn": membership["arn"]} if membership else {}
    abilities = specification["memberAbilities"]
    payment = specification.get("paymentConfiguration") or {"queryCompute": {"isResponsible": "CAN_QUERY" in abilities}}
    return {
        "accountId": specification["accountId"],
        "displayName": specification["displayName"],
        "abilities": abilities,
        "mlAbilities": specification.get("mlMemberAbilities"),
        "paymentConfiguration": payment,
        "status": "ACTIVE" if membership else "INVITED",
        "createTime": collaboration["createTime"],
        "updateTime": (membership or collaboration)["updateTime"],
        **joined,
    }
