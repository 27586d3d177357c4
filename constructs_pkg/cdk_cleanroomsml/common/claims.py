"""What an application may have once only, wherever in it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from constructs import Construct

from .environment import is_dummy

if TYPE_CHECKING:
    from constructs import IConstruct

_ID = "CleanRoomsMLOnce"
_PATH = "cdk-cleanroomsml:once"


def claimed_by(construct: IConstruct, *what: str) -> str:
    """The path of who has claimed something; "" if nobody has.

    It stands in the tree of the application, which all its parts share: there is no other place that they do.
    """
    claims = construct.node.root.node.try_find_child(_ID)
    claim = None if claims is None else claims.node.try_find_child(_key(what))
    return "" if claim is None else str(claim.node.get_context(_PATH))


def claim(construct: IConstruct, *what: str) -> None:
    """Claims something for a construct; what is still to be looked up nobody can."""
    if any(is_dummy(each) for each in what):
        return
    root = construct.node.root
    claims = root.node.try_find_child(_ID) or Construct(cast("Construct", root), _ID)
    Construct(cast("Construct", claims), _key(what)).node.set_context(_PATH, construct.node.path)


def _key(what: tuple[str, ...]) -> str:
    return hashlib.sha256("|".join(what).encode()).hexdigest()[:16]
