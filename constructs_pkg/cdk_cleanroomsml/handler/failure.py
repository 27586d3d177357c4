"""What goes wrong in a way that a person can do something about."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - it is what the answer calls it: FAILED
    """Ends the request with FAILED; its text becomes the Reason.

    Args:
        message: what was wrong, what is allowed, what to change; no property values, they may be NoEcho.
        kind: for a failed service call the kind of trouble (see `policy`), else "".

    Attributes:
        unclear: whether a model may have been created all the same.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.unclear = False
