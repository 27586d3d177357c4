"""A stack is found by the physical id of one of its resources."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, helpers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._stack import Opaque


def install() -> None:
    """Patches what describes the resources of a stack."""
    actions: dict[str, Opaque] = handlers._ACTION_HANDLERS
    actions["DescribeStackResources"] = _of_the_one_with(actions["DescribeStackResources"])


def _of_the_one_with(describe: Callable[[Opaque], Opaque]) -> Callable[[Opaque], Opaque]:
    """Has the stack described that a resource belongs to, where that is named and no stack is."""

    def describe_all(params: Opaque) -> Opaque:
        wanted = helpers._p(params, "PhysicalResourceId")
        if not wanted:
            return describe(params)
        for stack in list(cloudformation._stacks.values()):
            records = stack.get("_resources", {}).values()
            if any(record.get("PhysicalResourceId") == wanted for record in records):
                return describe({**params, "StackName": [stack["StackId"]]})
        return helpers._error("ValidationError", f"Stack for {wanted} does not exist")

    return describe_all
