"""What a stack exports has one owner, and stays as it is while another stack imports it."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._stack import Opaque, Stack


def check_exports(stack: Stack, before: Iterable[Opaque], outputs: Iterable[Opaque]) -> None:
    """Checks what an operation does to the exports of a stack.

    Args:
        stack: whose they are.
        before: the outputs that it had.
        outputs: those that it gets.

    Raises:
        ValueError: one belongs to another stack, or another stack imports one that would go or change.
    """
    old, new = _exported(before), _exported(outputs)
    for name in new:
        owner: str = (cloudformation._exports.get(name) or stack)["StackId"]
        if owner != stack["StackId"]:
            raise ValueError(f"Export with name {name} is already exported by stack {owner.split('/')[1]}")
    for name, value in old.items():
        if new.get(name) != value and (importer := _importer(stack, name)):
            verb = "updated" if name in new else "deleted"
            raise ValueError(f"Export {name} cannot be {verb} as it is in use by {importer}")


def set_exports(stack: Stack, outputs: Iterable[Opaque]) -> None:
    """Has a stack export what these outputs say, and nothing else."""
    for name, each in list(cloudformation._exports.items()):
        if each["StackId"] == stack["StackId"]:
            del cloudformation._exports[name]
    for name, value in _exported(outputs).items():
        cloudformation._exports[name] = {"StackId": stack["StackId"], "Name": name, "Value": value}


def _exported(outputs: Iterable[Opaque]) -> dict[str, str]:
    return {each["ExportName"]: each["OutputValue"] for each in outputs if "ExportName" in each}


def _importer(stack: Stack, export_name: str) -> str:
    for name, other in cloudformation._stacks.items():
        gone = other["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
        if other is not stack and not gone and export_name in handlers._imported_export_names(other, name):
            return str(name)
    return ""
