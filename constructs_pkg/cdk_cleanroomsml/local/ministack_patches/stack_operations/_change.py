"""What an operation does to one resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ministack.core import responses

if TYPE_CHECKING:
    from ._stack import Opaque, Record


@dataclass
class Change:
    """What an operation does to one resource.

    Args:
        before: what the stack knew of it; None when it is created.
        properties: what the template says, resolved.
        new: the same with the stack's tags.
        old: what it has, with the tags that the stack had.
        replaced: what else is deleted when it was replaced, as ministack's handler says.
        asked: whether anybody was asked to do it.
        made: what came of it; None while it is in progress, or when it failed.
        old_id: the physical id that it had, "" for none.
    """

    logical_id: str
    type: str
    before: Record | None
    properties: dict[str, Any]
    new: dict[str, Any]
    old: Opaque
    dynamic: Opaque = None
    replaced: list[Opaque] = field(default_factory=list)
    asked: bool = False
    made: Record | None = None
    old_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.old_id = self.before["PhysicalResourceId"] if self.before else ""

    @property
    def verb(self) -> str:
        """What the statuses begin with."""
        return "CREATE" if self.before is None else "UPDATE"

    @property
    def is_replacement(self) -> bool:
        """Whether there is an old one beside the new one now."""
        if not (self.before and self.made):
            return False
        return bool(self.replaced) or self.made["PhysicalResourceId"] != self.old_id


def new_record(change: Change, physical_id: str, attributes: dict[str, Any]) -> Record:
    return {
        "PhysicalResourceId": physical_id,
        "ResourceType": change.type,
        "ResourceStatus": f"{change.verb}_IN_PROGRESS",
        "LogicalResourceId": change.logical_id,
        "Properties": change.properties,
        "Attributes": attributes,
        "Timestamp": responses.now_iso(),
    }
