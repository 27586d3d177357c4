"""What a kind is, and what most of them have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..account import Account

PREFIX = "cdk-cleanroomsml-live-"
"""How every name begins that any run gives; eight letters and digits of the run's id follow."""


@dataclass(frozen=True)
class Found:
    """Something that a List shows.

    Attributes:
        name: its name.
        id: what its deletion takes.
    """

    name: str
    id: str


@dataclass(frozen=True)
class Kind:
    """A kind of things.

    Attributes:
        called: what people call one.
        find: everything in an account whose name begins with a prefix.
        delete: begins to delete one; raises what the service answers.
        slow: whether it is still there for a while after its deletion was accepted: until `delete` says that there is
            no such thing. A List is no proof, as it may not show yet what was deleted before it was listed.
        leaves: the keys that stay when one is deleted, and that are found by a tag only after some minutes.
    """

    called: str
    find: Callable[[Account, str], Iterator[Found]]
    delete: Callable[[Account, Found], object]
    slow: bool = False
    leaves: Callable[[Account, Found], Iterable[Found]] = lambda *_: ()


def pages(account: Account, service: str, operation: str, items: str, **members: object) -> Iterator[dict[str, Any]]:
    """The items of all pages of a List."""
    for page in account.client(service).get_paginator(operation).paginate(**members):
        yield from page.get(items, [])


class GoneError(Exception):
    """What is to be deleted is shown as deleted."""


def is_gone(error: Exception) -> bool:
    """Whether an error says that what is to be deleted doesn't exist."""
    if isinstance(error, GoneError):
        return True
    answer = getattr(error, "response", {}).get("Error", {})
    code, message = str(answer.get("Code", "")), str(answer.get("Message", ""))
    # CloudFormation has no code of its own for that.
    missing = code == "ValidationError" and "does not exist" in message
    return missing or any(word in code for word in ("NotFound", "NoSuch", "DoesNotExist"))


def listed(service: str, operation: str, items: str, name: str, id_: str) -> Callable[[Account, str], Iterator[Found]]:
    """How a kind is found whose List tells name and id."""

    def find(account: Account, prefix: str) -> Iterator[Found]:
        for item in pages(account, service, operation, items):
            if item[name].startswith(prefix):
                yield Found(item[name], item[id_])

    return find


def deleted_by(service: str, operation: str, member: str) -> Callable[[Account, Found], object]:
    """How a kind is deleted whose Delete takes nothing but the id."""
    return lambda account, found: getattr(account.client(service), operation)(**{member: found.id})
