"""The resources of one kind as the service shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from ..calls import NOT_FOUND, TAG, UNTAG
from ..protocol import FAILED_MARKER, LIST_SECONDS, REQUEST_MARKER, Failure, is_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..calls import Calls
    from ..protocol import Request
    from .kind import Kind

NEW_SECONDS = 3.0
"""For how long Get may not know what has just been created: nobody says that it does at once."""

SETTLE_SECONDS = 60.0
"""How long to wait until List shows a new resource, and Get no longer shows a deleted one."""


@dataclass(frozen=True)
class ResourceState:
    """A resource as the service holds it.

    Attributes:
        members: under the names that the operation which creates gives them.
        created: seconds since the epoch.
        tags: none in a List.
        tags_known: whether the service has told them.
    """

    arn: str
    name: str
    members: dict[str, Any]
    created: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)
    tags_known: bool = True

    @property
    def status(self) -> str:
        """An empty text where that isn't known."""
        return str(self.members.get("status", ""))

    @property
    def details(self) -> str:
        """What the service says about the status, in brackets."""
        message = (self.members.get("statusDetails") or {}).get("message")
        return f" ({message})" if message else ""

    @property
    def is_going(self) -> bool:
        """Whether it is being deleted."""
        return self.status in ("DELETE_PENDING", "DELETE_IN_PROGRESS")

    @property
    def request_id(self) -> str:
        """The request that it was created for; "" when that isn't known."""
        return self.tags.get(REQUEST_MARKER, "")

    @property
    def seniority(self) -> tuple[float, str]:
        """The order in which the resources of one request have a claim to stay: the oldest first."""
        return self.created, self.arn


class Store:
    """Reads and writes the resources of one kind."""

    def __init__(self, kind: Kind, request: Request, calls: Calls) -> None:
        self.kind = kind
        self._request = request
        self._calls = calls

    def look(self, arn: str, patience: float = 0.0) -> ResourceState | None:
        """Reads a resource; None when it doesn't exist, which is not the same as not being allowed to see it.

        With patience, that must be so for as many seconds: what is new may not be found at once.
        """
        return self._calls.until(
            lambda: unless_gone(lambda: self._state_of(self._calls(self.kind.get, self._address(arn)))), patience
        )

    def read(self, arn: str, patience: float = 0.0) -> ResourceState | None:
        """The same, and its tags are there for sure."""
        return self.look(arn, patience)

    def all(self, after: float = inf) -> list[ResourceState]:
        """All resources of this kind; without tags.

        A List of the last minute serves as well if it was asked after the time given: what the caller looks for hasn't
        come since then.
        """
        now, question = self._calls.clock.now(), self._question()
        asked, listed = self._calls.memory.lists.get(question, (0.0, []))
        if asked < max(after, now - LIST_SECONDS):
            listed = list(self._listed())
            self._calls.memory.lists[question] = now, listed
        return listed

    def made(self, output: dict[str, Any], name: str) -> ResourceState:
        """What has just been created, as far as the answer tells."""
        return ResourceState(str(output[self.kind.arn]), name, {})

    def is_own(self, state: ResourceState, request_id: str | None = None) -> bool:
        """Whether it was created for the request's resource; with a request id, for that request of it."""
        return is_own(state.tags, self._request, request_id)

    def update(self, state: ResourceState, members: dict[str, Any], recover: Callable[[str], Any]) -> None:
        """Changes members.

        That what isn't given stays as it is, is inferred. So what could be reset goes along, as it is.
        """
        along = {name: value for name in self.kind.along if (value := state.members.get(name)) not in ("", None)}
        self._calls(self.kind.update, {**self._address(state.arn), **along, **members}, recover)

    def tag(self, arn: str, tags: dict[str, str], untag: list[str]) -> None:
        """Changes tags."""
        # Removing first: at no time are there more tags than before or after.
        if untag:
            self._calls(UNTAG, {"resourceArn": arn, "tagKeys": untag})
        if tags:
            self._calls(TAG, {"resourceArn": arn, "tags": tags})

    def mark_failed(self, arn: str) -> None:
        """Marks what an update may have left half done, if that can be done at once."""
        self._calls.once(TAG, {"resourceArn": arn, "tags": {FAILED_MARKER: self._request.request_id}})

    def remove(self, state: ResourceState) -> None:
        """Deletes a resource and waits until it is gone."""
        if unless_gone(lambda: self._calls(self.kind.delete, self._address(state.arn))) is None:
            return
        if not self._calls.until(lambda: self.look(state.arn) is None, SETTLE_SECONDS):
            raise Failure(f"{state.arn} was deleted, but {self.kind.get} still shows it: delete it again")

    def _listed(self) -> Iterator[ResourceState]:
        for item in self._calls.pages(self.kind.list, self.kind.items):
            yield self._state_of(item)

    def _question(self) -> str:
        """What tells one List from another."""
        return self.kind.list

    def _address(self, arn: str) -> dict[str, Any]:
        """How an operation is told which resource is meant."""
        return {self.kind.arn: arn}

    def _state_of(self, members: dict[str, Any]) -> ResourceState:
        created = members["createTime"].timestamp()
        return ResourceState(
            members[self.kind.arn], members[self.kind.name], members, created, members.get("tags") or {}
        )


Result = TypeVar("Result")


def unless_gone(do: Callable[[], Result]) -> Result | None:
    """Does it; None when there is nothing to do it to."""
    try:
        return do()
    except Failure as failure:
        if failure.kind == NOT_FOUND:
            return None
        raise
