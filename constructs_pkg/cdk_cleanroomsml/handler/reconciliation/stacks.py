"""What CloudFormation says of stacks: who has a resource, since when, and whether an operation is being taken back."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..calls import DESCRIBE_STACK_EVENTS, DESCRIBE_STACK_RESOURCE, DESCRIBE_STACKS, REFUSED
from ..protocol import Failure

if TYPE_CHECKING:
    from ..calls import Calls
    from ..protocol import Request

_STACK = r"arn:aws[-a-z]*:cloudformation:([-a-z0-9]+):([0-9]{12}):stack/[-A-Za-z0-9]+/[-A-Za-z0-9]+"


class Owner(Enum):
    """What has become of the resource of a stack that a mark names."""

    HAS_IT = "has it"
    BUSY = "is being created, changed or deleted"
    GONE = "has it no more"


def owner(calls: Calls, own_stack: str, stack_id: str, logical_id: str, arn: str) -> Owner:
    """Whether the resource that a mark names still is that of its stack.

    Raises:
        Failure: CloudFormation doesn't tell.
    """
    match = re.fullmatch(_STACK, stack_id)
    own_region, own_account = own_stack.split(":")[3:5]
    if match is None or match.groups() != (own_region, own_account):
        # No stack that can have it: tags are copied with ease.
        return Owner.GONE
    asked = {"StackName": stack_id, "LogicalResourceId": logical_id}
    try:
        seen = calls.of("cloudformation")(DESCRIBE_STACK_RESOURCE, asked)["StackResourceDetail"]
    except Failure as failure:
        if failure.kind == REFUSED and "does not exist" in str(failure):
            return Owner.GONE
        raise
    status, known = str(seen["ResourceStatus"]), seen.get("PhysicalResourceId")
    if status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
        return Owner.GONE
    if known == arn and not status.startswith("DELETE"):
        return Owner.HAS_IT
    if known == arn or not status.endswith("_COMPLETE"):
        return Owner.BUSY
    # Another one has replaced it. Until the end of that operation it may come back.
    ended = stack_id == own_stack or not _stack(calls, stack_id)["StackStatus"].endswith("_IN_PROGRESS")
    return Owner.GONE if ended else Owner.BUSY


def is_rolling_back(calls: Calls, stack_id: str) -> bool:
    """Whether what a stack does is a roll-back.

    Raises:
        Failure: CloudFormation doesn't tell.
    """
    return "ROLLBACK" in _stack(calls, stack_id)["StackStatus"]


def is_taken_back(calls: Calls, stack_id: str) -> bool:
    """Whether a Delete is part of a roll-back: of the stack, or of the one that it is nested in, which deletes it then.

    Raises:
        Failure: CloudFormation doesn't tell.
    """
    stack = _stack(calls, stack_id)
    root = stack.get("RootId", stack_id)
    return "ROLLBACK" in stack["StackStatus"] or (root != stack_id and is_rolling_back(calls, root))


def is_answered(calls: Calls, request: Request) -> bool:
    """Whether CloudFormation has the success of an Update that it no longer waits for: another delivery has answered.

    Then it has begun nothing newer with the resource. If nobody tells, the Update was cancelled, which is more common.
    """
    if calls.waiting.status != "UPDATE_COMPLETE":
        return False
    try:
        return calls.waiting.may_be_this(last_began(calls, "UPDATE", request.stack_id, request.logical_id))
    except Failure:
        return False


def last_began(calls: Calls, what: str, stack_id: str, logical_id: str) -> float:
    """When CloudFormation last began to `CREATE` or `UPDATE` a resource, in seconds since the epoch; 0 if it never did.

    Raises:
        Failure: CloudFormation doesn't tell.
    """
    page = {"StackName": stack_id}
    while page:
        # Newest first.
        output = calls.of("cloudformation")(DESCRIBE_STACK_EVENTS, page)
        for event in output["StackEvents"]:
            if event["LogicalResourceId"] == logical_id and event["ResourceStatus"] == f"{what}_IN_PROGRESS":
                began: float = event["Timestamp"].timestamp()
                return began
        page = {**page, "NextToken": output["NextToken"]} if output.get("NextToken") else {}
    return 0.0


def _stack(calls: Calls, stack_id: str) -> dict[str, Any]:
    found: dict[str, Any] = calls.of("cloudformation")(DESCRIBE_STACKS, {"StackName": stack_id})["Stacks"][0]
    return found
