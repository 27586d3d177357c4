"""A nested stack tells which stack it is nested in."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._stack import Opaque


def install() -> None:
    """Patches what describes stacks."""
    actions: dict[str, Opaque] = handlers._ACTION_HANDLERS
    actions["DescribeStacks"] = _with_ids(actions["DescribeStacks"])


def _with_ids(describe: Callable[[Opaque], Opaque]) -> Callable[[Opaque], Opaque]:
    """Has the answer name the parent and the root of each nested stack."""

    def describe_all(params: Opaque) -> Opaque:
        status, headers, body = describe(params)
        for stack in list(cloudformation._stacks.values()):
            if stack.get("RootId"):
                own = f"<StackId>{stack['StackId']}</StackId>".encode()
                more = f"<ParentId>{stack['ParentId']}</ParentId><RootId>{stack['RootId']}</RootId>".encode()
                body = body.replace(own, own + more)
        return status, headers, body

    return describe_all
