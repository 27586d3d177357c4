"""The partner's own users, of whom more are wanted: where they are, and the role that they are read with."""

from __future__ import annotations

from .construct import SeedAudience

__all__ = ["SeedAudience"]
