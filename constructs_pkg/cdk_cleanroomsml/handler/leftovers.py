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

from .answer import Failure
from .kind import Change
from .request import LONGEST_SERVICE_TIMEOUT
from .store import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Calls
    from .log import Log
    from .request import Placeholder, Request
    from .store import Held, Store

ORPHAN_SECONDS = 6 * 3600.0
"""How old a left-over may be. What is older was most likely retained on purpose, and its logical id used again."""

SKEW_SECONDS = 5.0
"""How far the clocks of CloudFormation and of the service may differ."""


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
            lambda held: held.name == name, lambda held: not held.is_going and self._store.is_own(held, request_id)
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
            lambda other: self._store.is_own(other, known.request_id),
            settled,
        ):
            self._remove(twin, "twin")

    def remove_failed(self, placeholder: Placeholder) -> None:
        """Deletes what a Create that answered FAILED has made."""

        def look() -> list[Held]:
            return self.find(
                lambda held: placeholder.may_be_for(held.name),
                lambda held: self._store.is_own(held, placeholder.request_id),
            )

        for held in self._calls.until(look, SETTLE_SECONDS if placeholder.unclear else 0):
            self._remove(held, "failed")

    def remove_orphan(self) -> None:
        """Deletes what a Create made that never answered, so that CloudFormation had to invent an id."""
        orphans = self.find(self._is_recent, self._store.is_own)
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
            lambda held: self._store.is_own(held) and held.request_id != self._request.request_id,
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
        """Whether it was created before the event was sent, and not too long before."""
        now = self._calls.clock.now()
        sent = now - self._request.age(now)
        return sent - ORPHAN_SECONDS <= held.created <= sent + SKEW_SECONDS
