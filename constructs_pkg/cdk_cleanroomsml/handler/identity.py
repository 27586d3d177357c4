"""Who is who: the names, markers and physical ids that say which request a model belongs to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Request

MARKER_PREFIX = "cdk-cleanroomsml:"
STACK_MARKER = MARKER_PREFIX + "stack-id"
LOGICAL_MARKER = MARKER_PREFIX + "logical-id"
REQUEST_MARKER = MARKER_PREFIX + "request-id"
MARKERS = (STACK_MARKER, LOGICAL_MARKER, REQUEST_MARKER)

_PLACEHOLDER = re.compile(r"cdk-cleanroomsml:(?P<end>failed|unclear)-create/(?P<request_id>.+)/(?P<name>[0-9a-f]{12})")


def markers(request: Request) -> dict[str, str]:
    """The tags that a model gets when it is created, and keeps: they make it possible to find it again."""
    return {
        STACK_MARKER: request.stack_id,
        LOGICAL_MARKER: request.logical_id,
        REQUEST_MARKER: request.request_id,
    }


def is_own(tags: Mapping[str, str], request: Request, request_id: str | None = None) -> bool:
    """Whether tags mark a model of the request's resource; with a request id, of that request of it."""
    wanted = markers(request)
    if request_id is None:
        del wanted[REQUEST_MARKER]
    else:
        wanted[REQUEST_MARKER] = request_id
    return wanted.items() <= tags.items()


def name(request: Request) -> str:
    """The name that a model of this request has: its own, or a generated one of at most 63 characters.

    The generated one depends on the request, so that a replacement never collides with what it replaces.
    """
    own = request.properties.get("name")
    if own is not None:
        return str(own)
    digest = _digest(request.stack_id, request.logical_id, request.request_id)
    return f"{request.stack_name[:24]}-{request.logical_id[:25]}-{digest}"


@dataclass(frozen=True)
class Placeholder:
    """The physical id of a Create that failed. It says what to look for when it is deleted.

    Attributes:
        request_id: the request that failed.
        name_digest: of the name that the model would have.
        unclear: whether there may be a model all the same.
    """

    request_id: str
    name_digest: str
    unclear: bool

    @classmethod
    def of(cls, event: Mapping[str, object], model_name: str = "", *, unclear: bool = False) -> Placeholder:
        """The placeholder for an event, which may be damaged."""
        return cls(str(event.get("RequestId") or "unknown"), _digest(model_name), unclear)

    @classmethod
    def read(cls, physical_id: str) -> Placeholder | None:
        """Reads a physical id; None when it isn't a placeholder."""
        match = _PLACEHOLDER.fullmatch(physical_id)
        return cls(match["request_id"], match["name"], match["end"] == "unclear") if match else None

    def __str__(self) -> str:
        return f"cdk-cleanroomsml:{'unclear' if self.unclear else 'failed'}-create/{self.request_id}/{self.name_digest}"

    def may_be_for(self, model_name: str) -> bool:
        """Whether it was made for a model of this name."""
        return self.name_digest == _digest(model_name)


def _digest(*texts: str) -> str:
    return hashlib.sha256("|".join(texts).encode(errors="replace")).hexdigest()[:12]
