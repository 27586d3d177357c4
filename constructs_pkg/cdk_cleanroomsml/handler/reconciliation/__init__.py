"""How a resource comes to be as its template says: create, update, replace and delete without an idempotency token."""

from __future__ import annotations

from .kind import ADOPT, DELETE_ADOPTED, PROTECTED, RETRAINED, Change, Kind, Removal
from .operation import Members
from .plan import plan_update
from .properties import MOST_TAGS, previous, with_own
from .remembered import Remembered, memory_of
from .resource import Resource
from .stacks import is_answered, is_taken_back, last_began
from .store import SETTLE_SECONDS, ResourceState, Store, unless_gone

__all__ = [
    "ADOPT",
    "DELETE_ADOPTED",
    "MOST_TAGS",
    "PROTECTED",
    "RETRAINED",
    "SETTLE_SECONDS",
    "Change",
    "Kind",
    "Members",
    "Remembered",
    "Removal",
    "Resource",
    "ResourceState",
    "Store",
    "is_answered",
    "is_taken_back",
    "last_began",
    "memory_of",
    "plan_update",
    "previous",
    "unless_gone",
    "with_own",
]
