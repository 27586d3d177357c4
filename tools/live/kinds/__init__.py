"""The kinds of things that a run makes: how they are found again by their names, and deleted."""

from __future__ import annotations

from .around import AROUND, STACKS, TAG
from .base import PREFIX, Found, GoneError, Kind, is_gone, pages
from .clean_rooms import CLEAN_ROOMS

__all__ = ["KINDS", "PREFIX", "TAG", "Found", "GoneError", "Kind", "is_gone", "pages"]

KINDS: dict[str, Kind] = {**STACKS, **CLEAN_ROOMS, **AROUND}
"""In the order in which they are deleted: what depends on others goes first."""
