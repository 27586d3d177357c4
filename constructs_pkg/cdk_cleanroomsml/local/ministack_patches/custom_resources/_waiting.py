"""Which requests to custom resources somebody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

waiting: dict[tuple[str, str], threading.Event] = {}
"""What is set when the answer of a stack's resource has come, or isn't waited for any more."""


def abandon(stack_id: str, logical_id: str) -> None:
    """Has nobody wait for an answer any more."""
    if answered := waiting.pop((stack_id, logical_id), None):
        answered.set()
