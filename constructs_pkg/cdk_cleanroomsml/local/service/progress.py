"""How far something is that takes its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

# The part of it that is spent waiting for it to begin.
_PENDING = 0.1


def progress(began: datetime, now: datetime, seconds: float) -> Literal["PENDING", "IN_PROGRESS"] | None:
    """Whether it still waits, or runs; None once it is over.

    Args:
        began: when it was asked for.
        now: the time.
        seconds: how long it takes from being asked for to its end.
    """
    duration = timedelta(seconds=seconds)
    if now - began < duration * _PENDING:
        return "PENDING"
    return "IN_PROGRESS" if now - began < duration else None
