"""What nobody has said is left out of CloudFormation's answers, not answered as an empty text."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.services.cloudformation import changesets, handlers

if TYPE_CHECKING:
    from collections.abc import Callable

_EMPTY = re.compile("<(Description|ResourceStatusReason|StackStatusReason|StatusReason)></\\1>")

Opaque = Any
"""A value of ministack's that only passes through."""


def install() -> None:
    """Patches what writes the answers."""
    for module in (handlers, changesets):
        named: Opaque = module
        named._xml = partial(_without_empty_texts, named._xml)


def _without_empty_texts(write: Callable[..., Opaque], status: int, name: str, content: str) -> Opaque:
    return write(status, name, _EMPTY.sub("", content))
