"""The one function of a stack, its permissions, and the custom resources that it serves."""

from __future__ import annotations

from .adoption import SEE_STACKS, AdoptingResource, check_adopt, let_see_stacks
from .construct import PASS_ROLE, SERVICE_TIMEOUT, CleanRoomsMLProvider, provider_of
from .custom_resource import TaggedCustomResource
from .policy import Permission, Statements

__all__ = [
    "PASS_ROLE",
    "SEE_STACKS",
    "SERVICE_TIMEOUT",
    "AdoptingResource",
    "CleanRoomsMLProvider",
    "Permission",
    "Statements",
    "TaggedCustomResource",
    "check_adopt",
    "let_see_stacks",
    "provider_of",
]
