"""What jsii makes of an object of which only the interfaces are public: it has a class of none of them."""

from __future__ import annotations

from typing import Any


def has_member(value: object, name: str) -> bool:
    """Whether something has a property or a method, asked of its type: asking itself may take calls into CDK.

    Args:
        value: Anything, a proxy among others.
        name: The member.
    """
    interfaces = behind(value)
    if interfaces:
        return any(hasattr(type(each), name) for each in interfaces)
    return hasattr(type(value), name) or hasattr(value, name)


def member_of(value: Any, name: str) -> Any:  # noqa: ANN401 - whatever the member is
    """A member of something. A proxy itself would ask CDK twice: first whether it has it.

    Args:
        value: Anything, a proxy among others.
        name: The member.
    """
    return getattr(next((each for each in behind(value) if hasattr(type(each), name)), value), name)


def behind(value: object) -> list[object]:
    """The interfaces that a proxy stands for, the last one the nearest; none of another object."""
    if type(value).__name__ != "InterfaceDynamicProxy":
        return []
    found: list[object] = vars(value)["_delegates"]
    return found
