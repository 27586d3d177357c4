"""What watches over retrainings and the function."""

from __future__ import annotations

from .construct import CleanRoomsMLMonitoring

__all__ = [
    "CleanRoomsMLMonitoring",
]
