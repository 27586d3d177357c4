"""Resources that CloudFormation may not know of: every delivery of a request crashed, or two created one each.

One is deleted only if it is not in use:

- It was created for the very request that failed, or for the one that created the resource that is being deleted.
- It is newer than the one that CloudFormation has just named as the resource's own, and older than that event.
- It was created by an update whose repeated delivery finds that CloudFormation has gone back to what was before.
- It is all there is of the resource, from the last hours, while CloudFormation names none at all.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import inf
from typing import TYPE_CHECKING

from ..protocol import ADOPTED_MARKER, LONGEST_SERVICE_TIMEOUT, SKEW_SECONDS, Failure, is_generated
from .kind import Change
from .store import NEW_SECONDS, SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import Calls
    from ..protocol import Log, Placeholder, Request
    from .store import ResourceState, Store

ORPHAN_SECONDS = 6 * 3600.0
"""How old a left-over may be. What is older was most likely retained on purpose, and its logical id used again."""


class Leftovers:
    """Finds and deletes what was created for one resource of a stack."""

    def __init__(self, store: Store, request: Request, calls: Calls, log: Log) -> None:
        self._store = store
        self._request = request
        self._calls = calls
        self._log = log
        self._began = calls.clock.now()

    def of_request(self, name: str, request_id: str) -> list[ResourceState]:
        """What a request created, all under the same name."""
        return self.find(
            lambda state: state.name == name,
            lambda state: not state.is_going and self._is_this_requests(state, request_id),
        )

    def remove_duplicates(self, state: ResourceState) -> None:
        """Deletes what other deliveries of the request created that created this one."""
        if state.tags_known and not state.request_id:
            return
        # Later no delivery creates any more, and List shows all that they have created.
        settled = min(self._began, state.created + LONGEST_SERVICE_TIMEOUT + SETTLE_SECONDS + SKEW_SECONDS)
        if not any(self._may_be_duplicate(other, state) for other in self._store.all(settled)):
            return
        known = self._store.read(state.arn)
        if not known or not known.request_id:
            return
        for duplicate in self.find(
            lambda other: self._may_be_duplicate(other, state),
            lambda other: (
                self._store.is_own(other, known.request_id) and (other.name == state.name or self._is_named(other))
            ),
            settled,
        ):
            self._remove(duplicate, "duplicate")

    def remove_failed(self, placeholder: Placeholder) -> None:
        """Deletes what a Create that answered FAILED has made."""

        def look() -> list[ResourceState]:
            return self.find(
                lambda state: placeholder.may_be_for(state.name, state.created),
                lambda state: self._store.is_own(state, placeholder.request_id),
            )

        for state in self._calls.until(look, SETTLE_SECONDS if placeholder.unclear else 0):
            self._remove(state, "failed")

    def remove_orphan(self) -> None:
        """Deletes what a Create made that never answered, so that CloudFormation had to invent an id.

        It may have been cancelled and still be running, or List not show it yet.
        """
        age = self._request.age(self._calls.clock.now())
        orphans = self._calls.until(lambda: self.find(self._is_recent, self._is_own), SETTLE_SECONDS - age)
        if self._are_of_several_requests(orphans):
            raise Failure(
                f"{', '.join(state.arn for state in orphans)} carry the markers of this resource, and which of them is"
                " in use can't be told: delete those that are not, then delete the resource again"
            )
        for state in orphans:
            self._remove(state, "orphan")

    def _are_of_several_requests(self, orphans: list[ResourceState]) -> bool:
        """Whether not one request can have made all: an id may be used again, but no later than it is waited for."""
        ids = {state.request_id or state.name for state in orphans}
        return len(ids) > 1 or not all(self._are_of_one_time(*pair) for pair in combinations(orphans, 2))

    def _are_of_one_time(self, one: ResourceState, other: ResourceState) -> bool:
        """Whether CloudFormation may have waited for one answer while both were created."""
        return abs(one.created - other.created) <= self._request.service_timeout + SKEW_SECONDS

    def remove_abandoned(self, current: ResourceState | None) -> None:
        """Deletes what an earlier update made that should have replaced the current one, and that failed."""
        since, known = (current.created, current.arn) if current else (0.0, "")
        for state in self.find(
            lambda state: self._is_recent(state) and state.created >= since and state.arn != known,
            lambda state: self._is_own(state) and not self.is_this_requests(state),
        ):
            self._remove(state, "abandoned")

    def remove_replacement(self, name: str) -> None:
        """Deletes what this update made that CloudFormation doesn't wait for any more, and that it took back.

        It names what was to be replaced. What is under way may have this request's id: ids are used again.
        """
        waiting, current = self._calls.waiting, self._request.physical_id
        if waiting.known != current or waiting.status.endswith("_IN_PROGRESS"):
            return
        for state in self.of_request(name, self._request.request_id):
            if state.arn != current and state.tags_known:
                self._remove(state, "cancelled")

    def find(
        self, may_be: Callable[[ResourceState], bool], is_it: Callable[[ResourceState], bool], after: float = inf
    ) -> list[ResourceState]:
        """Finds resources by their tags: List tells none, so candidates are read.

        What an earlier invocation has read and is another's by its tags isn't read again: markers don't change.
        """
        known = self._calls.memory.tags
        found = []
        for listed in self._store.all(after):
            if not may_be(listed) or (
                listed.arn in known and not is_it(replace(listed, tags=known[listed.arn], tags_known=True))
            ):
                continue
            state = self._store.read(listed.arn, NEW_SECONDS)
            if state and state.tags_known:
                known[state.arn] = state.tags
            if state and ADOPTED_MARKER not in state.tags and is_it(state):
                found.append(state)
        return found

    def _remove(self, state: ResourceState, why: str) -> None:
        if self._calls.waiting.has(state.arn):
            self._log("retained", arn=state.arn)
            return
        self._log("leftover", arn=state.arn, why=why, created_by=state.request_id)
        self._store.remove(state)

    def _may_be_duplicate(self, other: ResourceState, state: ResourceState) -> bool:
        """Whether a List doesn't tell that it isn't one: what can't change in place is the same, and the time."""
        members = self._store.kind.members
        return (
            other.arn != state.arn
            and self._are_of_one_time(other, state)
            and all(
                state.members.get(member) == value
                for member, value in other.members.items()
                if members.get(member, (None,))[0] is Change.REPLACEMENT
            )
        )

    def _is_recent(self, state: ResourceState) -> bool:
        """Whether it was created not too long before the event was sent, and no newer request can have created it.

        While CloudFormation waits for this one, there is none.
        """
        newest = self._sent() + SKEW_SECONDS
        if state.created > newest and self._calls.waiting.look() and not self._calls.waiting.is_over():
            newest = inf
        return self._sent() - ORPHAN_SECONDS <= state.created <= newest

    def _is_own(self, state: ResourceState) -> bool:
        """Whether it carries this resource's markers, and a name that fits: tags alone are copied with ease."""
        return self._store.is_own(state) and self._is_named(state)

    def _is_named(self, state: ResourceState) -> bool:
        """Whether it has a name that the templates give, or one that was generated for this resource."""
        names = [
            properties.get(self._store.kind.name)
            for properties in (self._request.properties, self._request.old_properties)
        ]
        return state.name in names or is_generated(state.name, self._request)

    def is_this_requests(self, state: ResourceState) -> bool:
        """Whether the request that is carried out created it, and no earlier one that had its id."""
        return self._is_this_requests(state, self._request.request_id)

    def _is_this_requests(self, state: ResourceState, request_id: str) -> bool:
        """Whether a request created it, and this one if it has this one's id: ids are used again by a later try."""
        this = request_id == self._request.request_id and self._request.sent_at is not None
        return self._store.is_own(state, request_id) and not (this and state.created < self._sent() - SKEW_SECONDS)

    def _sent(self) -> float:
        now = self._calls.clock.now()
        return now - self._request.age(now)
