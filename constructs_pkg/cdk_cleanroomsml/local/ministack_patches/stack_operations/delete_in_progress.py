"""A stack that is being updated or rolled back isn't deleted; one that is being deleted already goes on."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services.cloudformation import handlers, helpers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._stack import Opaque, Stack


def install() -> None:
    """Patches DeleteStack."""
    actions: dict[str, Opaque] = handlers._ACTION_HANDLERS
    actions["DeleteStack"] = _unless_busy(actions["DeleteStack"])


def _unless_busy(delete_stack: Callable[[Opaque], Opaque]) -> Callable[[Opaque], Opaque]:
    def delete_unless_busy(params: Opaque) -> Opaque:
        stack: Stack = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
        status: str = stack.get("StackStatus", "")
        if status == "DELETE_IN_PROGRESS":
            return handlers._xml(200, "DeleteStackResponse", "")
        if status.endswith("_IN_PROGRESS") and status not in ("CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"):
            message = f"Stack [{stack['StackId']}] cannot be deleted while in status {status}"
            return handlers._error("ValidationError", message)
        return delete_stack(params)

    return delete_unless_busy
