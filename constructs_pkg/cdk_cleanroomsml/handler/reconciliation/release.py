"""What was adopted: given back as it was when the adoption is rolled back, and released when it leaves its stack.

**The marker decides.** What carries another resource's markers is that one's, whatever CloudFormation knows under an
old logical id: its Delete leaves it alone. What carries none, and no name that was generated for the resource, is
nobody's: it has been released before, or somebody took the markers away.

**What a stack has not created it doesn't delete.** A Delete takes the markers away, unless the template asks for more.
What has come from another logical id of the same stack, that stack has created.

**Which Delete is it?** As long as the resource remembers how it was, the Delete may be the roll-back of the adoption:
CloudFormation is asked. A move inside of a stack is settled by the clean-up Delete of the old logical id; a Delete of
the new one before that gives the resource back to the old one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ..protocol import (
    ADOPTED_MARKER,
    LOGICAL_MARKER,
    MARKER_PREFIX,
    MARKERS,
    SKEW_SECONDS,
    STACK_MARKER,
    Failure,
    is_generated,
    is_own,
    resource_digest,
)
from . import properties, stacks
from .kind import ADOPT, DELETE_ADOPTED
from .operation import Operation
from .plan import holds
from .remembered import Remembered, memory_of, owner_in
from .stacks import is_taken_back, last_began, owner
from .store import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..protocol import Placeholder
    from .operation import Members
    from .remembered import Owner
    from .store import ResourceState

CLAIM = MARKER_PREFIX + "claim-"

TAKEN, MOVED = "taken", "moved"
"""From somebody else; from another logical id of the same stack. What was taken and then moved is both."""


class Release(Operation):
    """What a request does with what was adopted."""

    def _is_anothers(self, tags: Mapping[str, str]) -> bool:
        """Whether the markers are another resource's."""
        return STACK_MARKER in tags and not is_own(tags, self._request)

    def _keeps(self, state: ResourceState) -> bool:
        """Whether a Delete must not delete it: then all that is to be done has been done."""
        tags, request = state.tags, self._request
        if not state.tags_known:
            return request.properties.get(ADOPT) == state.arn
        if self._is_anothers(tags):
            self._log("foreign", arn=state.arn, why=_whose(tags))
            self._settle_move(state)
            self._end_giving_back(state)
            return True
        if STACK_MARKER not in tags:
            kept = request.properties.get(ADOPT) == state.arn or not is_generated(state.name, request)
            if kept:
                self._log("foreign", arn=state.arn, why="no markers: left alone")
            return kept
        how, since = adopted(tags)
        if request.sent_at is not None and request.sent_at < since - SKEW_SECONDS:
            self._log("foreign", arn=state.arn, why="adopted after this request was sent: left alone")
            return True
        if self._is_given_back(tags):
            self._log("foreign", arn=state.arn, why="given back before: left alone")
            return True
        if memory_of(tags, self._me) and self._goes_back(state, how):
            self._give_back(state, self._given())
            return True
        if TAKEN not in how or self._deletes():
            return False
        self._log("released", arn=state.arn)
        self._store.tag(state.arn, {}, _ours(tags))
        return True

    def _deletes(self) -> bool:
        """Whether the template asks to delete what was adopted; nobody who is being rolled back does."""
        given = self._request.properties
        if str(given.get(DELETE_ADOPTED)).lower() != "true":
            return False
        # Somebody may have updated it between the adoption and its roll-back.
        return ADOPT not in given or not is_taken_back(self._calls, self._request.stack_id)

    def _goes_back(self, state: ResourceState, how: str) -> bool:
        """Whether this Delete is the roll-back of the adoption, or ends a move whose old logical id still has it."""
        stack_id = self._request.stack_id
        if is_taken_back(self._calls, stack_id):
            return True
        before = Remembered.read(state.tags, self._me).owner
        return MOVED in how and (
            not all(before) or owner(self._calls, stack_id, *before, state.arn) is not stacks.Owner.GONE
        )

    def _given(self) -> Members:
        """What the template gives, as far as it can be read."""
        return properties.previous(self._shape, self._request.properties, self.kind.name)

    def _give_back(self, state: ResourceState, given: Members) -> None:
        """Makes it as it was before its owner adopted it, who gave this; what somebody has changed since stays."""
        now, me = state.tags, owner_in(state.tags)
        before = Remembered.read(now, me)
        members = {
            member: value
            for member, value in before.members.items()
            if holds(self.kind, given, state.members, member) and state.members.get(member) != value
        }
        tags = {
            key: value
            for key, value in before.tags.items()
            if key.startswith(MARKER_PREFIX) or now.get(key) == given["tags"].get(key)
        }
        added = [key for key in before.added if key in now and now[key] == given["tags"].get(key)]
        # What its owner had before, too, keeps the memory: a Delete that comes again sees that all is done.
        kept = memory_of(now, me) if before.owner == me else []
        untag = [key for key in _ours(now) if key not in tags and key not in kept]
        self._log("given back", arn=state.arn, update=sorted(members), tag=sorted(tags), untag=sorted([*added, *untag]))
        if members:
            self._store.update(state, members, lambda _: None)
        # The memory goes last: until then, another delivery begins anew.
        self._store.tag(state.arn, {}, added)
        self._store.tag(state.arn, tags, [])
        self._store.tag(state.arn, {}, untag)

    def _settle_move(self, state: ResourceState) -> None:
        """Has a move stay whose old logical id goes: this one. A roll-back settles nothing."""
        tags = state.tags
        if Remembered.read(tags, owner_in(tags)).owner == self._me:
            with suppress(Failure):
                if not is_taken_back(self._calls, self._request.stack_id):
                    self._store.tag(state.arn, {}, memory_of(tags, owner_in(tags)))

    def _end_giving_back(self, state: ResourceState) -> None:
        """Takes away what is left where giving it back was interrupted before its end."""
        tags, mine = state.tags, memory_of(state.tags, self._me)
        if mine:
            kept = Remembered.read(tags, self._me).tags
            self._store.tag(state.arn, {}, [key for key in (*mine, ADOPTED_MARKER) if key in tags and key not in kept])

    def _give_back_failed(self, arn: str, placeholder: Placeholder | None) -> None:
        """Gives back what a Create took over that failed, or never answered, and may still be running.

        What CloudFormation has by now is a newer Create's.
        """
        if not self._is_here(arn) or self._calls.waiting.has(arn):
            return

        def look() -> ResourceState | None:
            state = self._store.read(arn)
            return state if state and self._is_to_be_given_back(state.tags, placeholder) else None

        age = self._request.age(self._calls.clock.now())
        patience = 0 if placeholder and not placeholder.unclear else SETTLE_SECONDS - age
        state = self._calls.until(look, patience)
        if state:
            self._give_back(state, self._given())
            return
        state = self._store.read(arn)
        if state and self._is_anothers(state.tags):
            self._end_giving_back(state)
        if state and self._claim_key in state.tags:
            self._store.tag(arn, {}, [self._claim_key])

    def _is_to_be_given_back(self, tags: Mapping[str, str], placeholder: Placeholder | None) -> bool:
        """Whether the Create that failed has adopted it, and not an earlier one of what has been retained since.

        When one was sent that never answered, CloudFormation tells.
        """
        if not memory_of(tags, self._me) or self._is_given_back(tags):
            return False
        if placeholder:
            return self._has_adopted(tags, placeholder.request_id, placeholder.since)
        return self._has_adopted(tags, None, last_began(self._calls, "CREATE", *self._me))

    def _has_adopted(self, tags: Mapping[str, str], request_id: str | None, sent_at: float) -> bool:
        """Whether a request for this resource has adopted it that was sent then, or later."""
        _, since = adopted(tags)
        return ADOPTED_MARKER in tags and is_own(tags, self._request, request_id) and since >= sent_at - SKEW_SECONDS

    def _is_given_back(self, tags: Mapping[str, str]) -> bool:
        """Whether it has the markers again that this very resource had left on it when it was retained."""
        before = Remembered.read(tags, self._me)
        return before.owner == self._me and all(
            before.tags.get(marker) == tags.get(marker) for marker in (*MARKERS, ADOPTED_MARKER)
        )

    def _forget(self, state: ResourceState) -> ResourceState:
        """Has an adoption of this resource's stay: how it was before is forgotten."""
        memory = memory_of(state.tags, self._me)
        self._store.tag(state.arn, {}, memory)
        return replace(state, tags={key: value for key, value in state.tags.items() if key not in memory})

    @property
    def _claim_key(self) -> str:
        return CLAIM + resource_digest(*self._me)

    @property
    def _me(self) -> Owner:
        """The resource that the request is about."""
        return self._request.stack_id, self._request.logical_id


def adopted(tags: Mapping[str, str]) -> tuple[str, float]:
    """How a resource was adopted, and when; nothing, and long ago, if it was created."""
    how, _, since = tags.get(ADOPTED_MARKER, "").partition("/")
    return how, float(since) if since.isdecimal() else 0.0


def _ours(tags: Mapping[str, str]) -> list[str]:
    return [key for key in tags if key.startswith(MARKER_PREFIX)]


def _whose(tags: Mapping[str, str]) -> str:
    return f"{tags.get(LOGICAL_MARKER)} of {tags.get(STACK_MARKER)} has it: left alone"
