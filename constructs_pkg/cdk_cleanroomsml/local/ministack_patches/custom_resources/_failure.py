"""How the operation of a custom resource fails."""

from __future__ import annotations


class CustomResourceFailed(RuntimeError):  # noqa: N818 - an outcome, not a mistake
    """A custom resource's operation failed.

    Args:
        reason: the text of the stack event.
        physical_id: the id that the response named, if it named a valid one.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


class CustomResourceNotAsked(RuntimeError):  # noqa: N818 - an outcome, not a mistake
    """A custom resource's operation failed before its function was sent anything, so there is nothing to undo."""
