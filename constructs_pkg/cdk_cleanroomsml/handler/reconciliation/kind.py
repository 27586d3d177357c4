"""What tells the resource types apart that the service creates, lists and tags in one and the same manner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Change(Enum):
    """What the API can do with a member of a resource that exists."""

    IN_PLACE = "the operation that updates takes it"
    TAGS = "TagResource and UntagResource"
    REPLACEMENT = "only a new resource can have it"


class Removal(Enum):
    """What stands for a member that the template no longer gives, where it isn't a value."""

    IMPOSSIBLE = "it is required"
    GENERATED = "one is generated"
    REPLACEMENT = "only a new resource can do without it"
    UNKNOWN = "only a new resource can do without it, and what that has instead isn't known"


RETRAINED = "Retrained"
"""Our member that says that a retraining takes over from the template."""

PROTECTED = "ReplacementProtection"
"""Our member that says that a replacement isn't wanted, see `protection`."""

ADOPT = "Adopt"
"""Our member that names what the Create takes over instead of creating."""

DELETE_ADOPTED = "DeleteAdopted"
"""Our member that says that what was taken over is deleted like what was created, not released."""

Table = Mapping[str, tuple[Change, Any]]
"""Each member of the operation that creates: how it changes, and what it is reset to when removed."""


@dataclass(frozen=True)
class Kind:
    """One resource type.

    Attributes:
        noun: what its operations are called after: `Create…`, `Get…`, `List…s`, `Update…`, `Delete…`.
        words: what messages call it.
        pattern: of its ARN, which is the physical id.
        members: how it changes.
        name: the member that names it.
        own: members that the template may give and the service doesn't know: their types.
        adoptable: in which statuses one that exists is taken over; in any if there are none.
        keeper: the tag of what is something else's than a stack's, which may delete it.
        along: members that every update gives as they are, because what it leaves out might be reset.
    """

    noun: str
    words: str
    pattern: str
    members: Table
    name: str = "name"
    own: Mapping[str, str] = field(default_factory=dict)
    adoptable: tuple[str, ...] = ()
    keeper: str = ""
    along: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The member that holds its ARN."""
        return self.noun[0].lower() + self.noun[1:] + "Arn"

    @property
    def items(self) -> str:
        """The member of the operation that lists which holds the list."""
        return self.noun[0].lower() + self.noun[1:] + "s"

    @property
    def create(self) -> str:
        """The operation that creates one."""
        return f"Create{self.noun}"

    @property
    def get(self) -> str:
        """The operation that reads one."""
        return f"Get{self.noun}"

    @property
    def list(self) -> str:
        """The operation that lists them."""
        return f"List{self.noun}s"

    @property
    def update(self) -> str:
        """The operation that updates one."""
        return f"Update{self.noun}"

    @property
    def delete(self) -> str:
        """The operation that deletes one."""
        return f"Delete{self.noun}"
