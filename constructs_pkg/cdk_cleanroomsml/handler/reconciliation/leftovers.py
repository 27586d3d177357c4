"""Resources that CloudFormation may not know of: every delivery of a request crashed, or two created one each.

One is deleted only if it is not in use:

- It was created for the very request that failed, or for the one that created the resource that is being deleted.
- It is newer than the one that CloudFormation has just named as the resource's own, and older than that event.
- It is all there is of the resource, from the last hours, while CloudFormation names none at all.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ..protocol import LONGEST_SERVICE_TIMEOUT, SKEW_SECONDS, Failure, is_generated
from .kind import Change
from .store import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import Calls
    from ..protocol import Log, Placeholder, Request
    from .store import Held, Store

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

    def of_request(self, name: str, request_id: str) -> list[Held]:
        """What a request created, all under the same name."""
        return self.find(
            lambda held: held.name == name, lambda held: not held.is_going and self._is_this_requests(held, request_id)
        )

    def remove_twins(self, held: Held) -> None:
        """Deletes what other deliveries of the request created that created this one."""
        if held.tags_known and not held.request_id:
            return
        # Later no delivery creates any more, and List shows all that they have created.
        settled = min(self._began, held.created + LONGEST_SERVICE_TIMEOUT + SETTLE_SECONDS + SKEW_SECONDS)
        if not any(self._may_be_twin(other, held) for other in self._store.all(settled)):
            return
        known = self._store.read(held.arn)
        if not known or not known.request_id:
            return
        for twin in self.find(
            lambda other: self._may_be_twin(other, held),
            lambda other: (
                self._store.is_own(other, known.request_id) and (other.name == held.name or self._is_named(other))
            ),
            settled,
        ):
            self._remove(twin, "twin")

    def remove_failed(self, placeholder: Placeholder) -> None:
        """Deletes what a Create that answered FAILED has made."""

        def look() -> list[Held]:
            return self.find(
                lambda held: placeholder.may_be_for(held.name, held.created),
                lambda held: self._store.is_own(held, placeholder.request_id),
            )

        for held in self._calls.until(look, SETTLE_SECONDS if placeholder.unclear else 0):
            self._remove(held, "failed")

    def remove_orphan(self) -> None:
        """Deletes what a Create made that never answered, so that CloudFormation had to invent an id.

        It may have been cancelled and still be running, or List not show it yet.
        """
        age = self._request.age(self._calls.clock.now())
        orphans = self._calls.until(lambda: self.find(self._is_recent, self._is_own), SETTLE_SECONDS - age)
        if len({held.request_id or held.name for held in orphans}) > 1:
            raise Failure(
                f"{', '.join(held.arn for held in orphans)} carry the markers of this resource, and which of them is"
                " in use can't be told: delete those that are not, then delete the resource again"
            )
        for held in orphans:
            self._remove(held, "orphan")

    def remove_abandoned(self, current: Held | None) -> None:
        """Deletes what an earlier update made that should have replaced the current one, and that failed."""
        since, known = (current.created, current.arn) if current else (0.0, "")
        for held in self.find(
            lambda held: self._is_recent(held) and held.created >= since and held.arn != known,
            lambda held: self._is_own(held) and not self._is_this_requests(held, self._request.request_id),
        ):
            self._remove(held, "abandoned")

    def find(self, may_be: Callable[[Held], bool], is_it: Callable[[Held], bool], after: float = inf) -> list[Held]:
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
            held = self._store.read(listed.arn)
            if held and held.tags_known:
                known[held.arn] = held.tags
            if held and is_it(held):
                found.append(held)
        return found

    def _remove(self, held: Held, why: str) -> None:
        waiting = self._calls.waiting
        if waiting.look() and waiting.known == held.arn:
            self._log("kept", arn=held.arn)
            return
        self._log("leftover", arn=held.arn, why=why, created_by=held.request_id)
        self._store.remove(held)

    def _may_be_twin(self, other: Held, held: Held) -> bool:
        """Whether a List doesn't tell that it isn't one: what can't change in place is the same, and the hour."""
        members = self._store.kind.members
        return (
            other.arn != held.arn
            and abs(other.created - held.created) <= LONGEST_SERVICE_TIMEOUT
            and all(
                held.members.get(member) == value
                for member, value in other.members.items()
                if members.get(member, (None,))[0] is Change.REPLACEMENT
            )
        )

    def _is_recent(self, held: Held) -> bool:
        """Whether it was created not too long before the event was sent, and no newer request can have created it.

        While CloudFormation waits for this one, there is none.
        """
        newest = self._sent() + SKEW_SECONDS
        if held.created > newest and self._calls.waiting.look() and not self._calls.waiting.is_over():
            newest = inf
        return self._sent() - ORPHAN_SECONDS <= held.created <= newest

    def _is_own(self, held: Held) -> bool:
        """Whether it carries this resource's markers, and a name that fits: tags alone are copied with ease."""
        return self._store.is_own(held) and self._is_named(held)

    def _is_named(self, held: Held) -> bool:
        """Whether it has a name that the templates give, or one that was generated for this resource."""
        names = [
            properties.get(self._store.kind.name)
            for properties in (self._request.properties, self._request.old_properties)
        ]
        return held.name in names or is_generated(held.name, self._request)

    def _is_this_requests(self, held: Held, request_id: str) -> bool:
        """Whether a request created it, and this one if it has this one's id: ids are used again by a later try."""
        this = request_id == self._request.request_id and self._request.sent_at is not None
        return self._store.is_own(held, request_id) and not (this and held.created < self._sent() - SKEW_SECONDS)

    def _sent(self) -> float:
        now = self._calls.clock.now()
        return now - self._request.age(now)
