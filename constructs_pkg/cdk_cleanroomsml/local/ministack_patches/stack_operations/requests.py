"""What the API starts: the operations of a stack, carried out as CloudFormation does and ministack's own loop doesn't.

* Creations and updates go [side by side](apply.py), and are cancelled when one fails, or by CancelUpdateStack or
  DeleteStack.
* What failed is [rolled back](roll_back.py), what left the template or was replaced is [deleted](deletion.py), and a
  [nested stack](nested_stack.py) is part of its parent's operation.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

import ministack.app
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, helpers, stacks

from ..custom_resources import requests
from ._stack import Opaque, Stack, operations
from .deletion import delete
from .roll_back import StackOperation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...service import CleanRoomsML


def install(service: CleanRoomsML) -> None:
    """Puts these operations into the place of ministack's.

    Args:
        service: is told which of them are under way.
    """
    service.under_way.append(_under_way)
    handlers._deploy_stack_async = changesets._deploy_stack_async = deploy
    stacks._delete_stack_async = handlers._delete_stack_async = delete
    handlers._roll_back_operation = roll_back
    handlers._continue_update_rollback_async = continue_update_rollback
    actions: dict[str, Opaque] = handlers._ACTION_HANDLERS
    actions["CancelUpdateStack"] = _cancelling(actions["CancelUpdateStack"])
    reset = ministack.app._reset_all_state

    def forget_and_reset() -> None:
        for operation in operations.values():
            operation.forget()
        operations.clear()
        requests.abandon_all()
        reset()

    ministack.app._reset_all_state = forget_and_reset


async def deploy(
    stack_name: str,
    stack_id: str,
    template: Opaque,
    parameters: Opaque,
    disable_rollback: bool,
    tags: Opaque,
    is_update: bool = False,
    previous_stack: Stack | None = None,
    retain_except_on_create: bool = False,
    imports: Opaque = None,
) -> None:
    """Creates or updates a stack."""
    del stack_id, tags
    previous = (previous_stack or {}) if is_update else None
    operation = StackOperation(cloudformation._stacks[stack_name], template, parameters, previous, imports=imports)
    operation.retain_except_on_create = retain_except_on_create
    if operation.is_invalid(disable_rollback=disable_rollback):
        return
    operations[operation.id] = operation
    try:
        await operation.apply()
        if operation.deleted or operation.forgotten:
            return
        if not operation.reason:
            await operation.clean_up()
        elif disable_rollback:
            operation.fail()
        else:
            await operation.roll_back()
    finally:
        operation.over.set()


async def roll_back(stack_name: str, stack_id: str, stack: Stack, failed: Opaque, reason: str = "") -> None:
    """RollbackStack: of a stack whose operation failed without a roll-back."""
    del stack_name, stack_id
    operation: StackOperation = failed["operation"]
    operation.retain_except_on_create = failed.get("retain_except_on_create", operation.retain_except_on_create)
    stack.pop("_failed_operation", None)
    await operation.roll_back(reason)


async def continue_update_rollback(stack_name: str, stack_id: str, skipped: Iterable[str]) -> None:
    """ContinueUpdateRollback: what couldn't be sent back is tried again, or left as it is."""
    del stack_id
    operation = operations[cloudformation._stacks[stack_name]["StackId"]]
    await operation.continue_roll_back(set(skipped))


def _under_way() -> list[str]:
    # A stack under review has no operation yet: its first change set isn't executed.
    return [
        f"the stack {stack['StackName']} ({stack['StackStatus']})"
        for stack in list(cloudformation._stacks._data.values())
        if stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    ]


def _cancelling(cancel: Callable[[Opaque], Opaque]) -> Callable[[Opaque], Opaque]:
    """Has CancelUpdateStack cancel at once what is in progress."""

    def cancel_update(params: Opaque) -> Opaque:
        answer = cancel(params)
        stack: Stack | None = handlers._resolve_stack(helpers._p(params, "StackName"))
        if stack and stack.get("_cancel_requested"):
            stack["_cancel_requested"] = False
            operation = operations[stack["StackId"]]
            operation.user_initiated = True
            operation.stop()
        return answer

    return cancel_update
