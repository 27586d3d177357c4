"""What a resource was like before it was adopted, which the roll-back of the adoption gives back.

It stands in tags of the resource, written in the one call that marks it, until the next request has shown that the
adoption stays. Their keys tell whose memory it is: giving back a resource of which an earlier owner has one, too, is
two calls, between which both are there.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..protocol import LOGICAL_MARKER, MARKER_PREFIX, STACK_MARKER, resource_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Owner = tuple[str, str]
"""A stack, and a logical id of it."""

_BEFORE = MARKER_PREFIX + "before-"
_LONGEST_VALUE = 256
"""Characters of a tag's value (API reference)."""


@dataclass(frozen=True)
class Remembered:
    """What an adoption changes.

    Attributes:
        members: those that it changes, as they were.
        tags: those that it changes or takes away, as they were, markers of an earlier owner included.
        added: the keys of the template's tags that it adds.
    """

    members: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, tags: Mapping[str, str], owner: Owner) -> Remembered:
        """What an owner's adoption has left in a resource's tags; nothing if somebody has changed them."""
        try:
            packed = "".join(tags[key] for key in sorted(memory_of(tags, owner)))
            return cls(*json.loads(zlib.decompress(base64.b64decode(packed))))
        except (ValueError, TypeError, zlib.error):
            return cls()

    def as_tags(self, owner: Owner) -> dict[str, str]:
        """As tags of the resource, for the adoption by an owner."""
        text = json.dumps([self.members, self.tags, self.added], separators=(",", ":"))
        packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
        parts = [packed[begin : begin + _LONGEST_VALUE] for begin in range(0, len(packed), _LONGEST_VALUE)]
        return {f"{_key(owner)}{number:02}": part for number, part in enumerate(parts)}

    @property
    def owner(self) -> Owner:
        """The stack and the logical id that it was marked with before."""
        return owner_in(self.tags)


def memory_of(tags: Iterable[str], owner: Owner) -> list[str]:
    """The keys of the tags that remember; none when the owner's adoption stays, or there was none."""
    return [key for key in tags if key.startswith(_key(owner))]


def owner_in(tags: Mapping[str, str]) -> Owner:
    """The stack and the logical id that a resource is marked with; empty texts where it isn't."""
    return tags.get(STACK_MARKER, ""), tags.get(LOGICAL_MARKER, "")


def _key(owner: Owner) -> str:
    return f"{_BEFORE}{resource_digest(*owner)}-"
