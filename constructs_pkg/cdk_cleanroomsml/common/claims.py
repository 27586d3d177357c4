"""What an application may have once only, wherever in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .environment import KNOWN_STACK, is_dummy, known_of

if TYPE_CHECKING:
    from constructs import Construct, IConstruct

_Claims = dict[tuple[str, ...], "IConstruct"]


def claimed_by(construct: IConstruct, *what: str) -> str:
    """The path of who has claimed something; "" if nobody has."""
    claim = _claims_around(construct).get(what)
    return "" if claim is None else claim.node.path


def has_claims(construct: IConstruct) -> bool:
    """Whether anything is claimed in the application, which asks nothing of CDK."""
    return bool(_claims_around(construct))


def claim(construct: IConstruct, *what: str) -> None:
    """Claims something for a construct; what is still to be looked up nobody can."""
    if not any(is_dummy(each) for each in what):
        _claims_around(construct)[what] = construct


def _claims_around(construct: IConstruct) -> _Claims:
    """Who has claimed what in an application. It stands on the root, which all parts of the application share."""
    near: Construct | IConstruct = getattr(construct, KNOWN_STACK, construct)
    root = known_of(near, "root", lambda: near.node.root)
    claims: _Claims = known_of(root, "claims", dict)
    return claims
