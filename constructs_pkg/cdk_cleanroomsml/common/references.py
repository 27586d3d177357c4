"""What refers to a resource and was written by a user or another library: whether it has what a reference must have."""

from __future__ import annotations

import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from .environment import is_token
from .proxies import behind, has_member

if TYPE_CHECKING:
    from collections.abc import Callable

_MAKERS = ("aws_cdk", "jsii", __name__.partition(".")[0])
_USED = ("_arn", "_identifier")
"""How those members of a reference end that are used."""


def is_foreign(value: object, member: str) -> bool:
    """Whether something has a reference that neither CDK nor this library has written.

    Args:
        value: What refers to a resource.
        member: The reference's name, ``role_ref``, say.
    """
    if behind(value):
        return False
    kind = type(value)
    # In no class is what an object was only given.
    writer = next((each for each in kind.__mro__ if member in vars(each)), kind)
    return writer.__module__.partition(".")[0] not in _MAKERS


def lacking(value: object, protocol: type, shown: Callable[[object], str]) -> str:
    """What something foreign lacks to be what an interface asks for, and what to write; "" if it has all.

    Args:
        value: What is given; it has the members that the interface adds.
        protocol: The interface, ``IRoleRef``, say.
        shown: Puts a value in words.
    """
    member, reference = _reference_of(protocol)
    if not member or not is_foreign(value, member):
        return ""
    wrong, instead = [], []
    if not has_member(value, "node"):
        wrong.append("which is no construct")
    elif _no_texts(getattr(value, "env", None), ["account", "region"]):
        wrong.append("whose env doesn't tell its account and Region")
    if wrong:
        instead.append("let it extend cdk.Resource")
    given, parts = getattr(value, member), list(inspect.signature(reference).parameters)
    used = [each for each in parts if each.endswith(_USED)]
    missing = _no_texts(given, used)
    if missing:
        without = "" if isinstance(given, str) or given is None else f" without the text {' and '.join(missing)}"
        wrong.append(f"whose {member} is {shown(given)}{without}")
        arguments = ", ".join(f"{each}=…" for each in parts)
        instead.append(f"return {reference.__module__}.{reference.__qualname__}({arguments})")
    for name in used if not missing else []:
        arn = getattr(given, name)
        if name.endswith("_arn") and not (arn.startswith("arn:") or is_token(arn)):
            wrong.append(f"whose {member}.{name} is {shown(arn)}")
            instead.append("return an ARN there")
    return f", {' and '.join(wrong)}: {' and '.join(instead)}" if wrong else ""


def is_known_to_cdk(value: object, protocol: type, member: str) -> bool:
    """Whether CDK, which runs beside Python, sees that something has a member of an interface.

    Of a class that was written in Python it sees what overrides its own, and what ``jsii.implements`` names.

    Args:
        value: What is given; it has the member.
        protocol: The interface.
        member: The member.
    """
    kind = type(value)
    named = {each.__name__ for face in getattr(kind, "__jsii_ifaces__", []) for each in face.__mro__}
    if behind(value) or protocol.__name__ in named:
        return True
    return any(hasattr(each, member) for each in kind.__mro__ if vars(each).get("__jsii_type__"))


def _no_texts(value: object, names: list[str]) -> list[str]:
    return [each for each in names if not isinstance(getattr(value, each, None), str)]


@cache
def _reference_of(protocol: type) -> tuple[str, Any]:
    """The member of an interface that is the reference, and its class; "" if it has none."""
    for each in protocol.__mro__:
        for name, member in vars(each).items():
            if name.endswith("_ref") and isinstance(member, property) and member.fget is not None:
                said = str(inspect.get_annotations(member.fget)["return"]).strip("'")
                return name, getattr(sys.modules[each.__module__], said)
    return "", None
