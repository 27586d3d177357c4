"""What a stack had before it was deleted or rolled back can still be looked at."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services.cloudformation import handlers, helpers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._stack import Opaque, Stack


def install() -> None:
    """Patches what describes the resources of a stack."""
    actions: dict[str, Opaque] = handlers._ACTION_HANDLERS
    for action in ("DescribeStackResource", "DescribeStackResources", "ListStackResources"):
        actions[action] = _with_deleted(actions[action])


def _with_deleted(describe: Callable[[Opaque], Opaque]) -> Callable[[Opaque], Opaque]:
    """Has a stack that is being deleted or was rolled back tell of the resources that are gone, too."""

    def describe_all(params: Opaque) -> Opaque:
        stack: Stack | None = handlers._resolve_stack(helpers._p(params, "StackName"))
        if stack is None:
            return describe(params)
        present = stack.get("_resources", {})
        if stack["StackStatus"].startswith(("DELETE_", "ROLLBACK_")):
            stack["_resources"] = {**stack.get("_deleted", {}), **present}
        try:
            return describe(params)
        finally:
            stack["_resources"] = present

    return describe_all
