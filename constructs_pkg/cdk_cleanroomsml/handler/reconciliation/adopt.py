"""Adopt: a Create that takes over what exists, instead of creating.

**It changes nothing that it can't give back.** What the template says otherwise is changed in place; a member that
can't be changed in place, or not back, ends the request before anything is written. So does a change that the function
wouldn't be allowed to take back, as when it may not pass the earlier role: it is rehearsed, by writing what is there.

**Nobody's else.** Markers of a living stack's resource end the request, too. Two that take over the same at the same
time would both find it free: so each puts up a claim first, a tag under a key of its own, and looks again. Who sees
another's claim steps back; a claim goes only after the markers are there. An old claim is that of a crash.

**Marked and remembered in one call**: the markers, and how everything was before, see `release`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..calls import CANCELLED, CONFLICT, INVALID, NOT_FOUND, UNCLEAR
from ..protocol import (
    ADOPTED_MARKER,
    LOGICAL_MARKER,
    LONGEST_SERVICE_TIMEOUT,
    MARKER_PREFIX,
    STACK_MARKER,
    Failure,
    is_own,
    markers,
)
from .kind import ADOPT, Removal
from .plan import plan_adoption
from .properties import MOST_TAGS
from .release import CLAIM, MOVED, TAKEN, Release, adopted
from .remembered import Remembered, memory_of
from .stacks import Owner, is_taken_back, owner
from .store import NEW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .operation import Members
    from .plan import Plan
    from .store import ResourceState


class Adopt(Release):
    """Carries out a Create that takes over what exists."""

    def _take_over(self, wanted: Members) -> ResourceState:
        """Takes over what the template names; what CloudFormation has stopped waiting for meanwhile is given back."""
        arn = wanted[ADOPT]
        waiting = self._calls.waiting
        try:
            state = self._bring(self._there(arn), wanted)
            if waiting.is_over() and waiting.known != arn:
                waiting.check()
        except Failure as failure:
            if failure.kind == CANCELLED and self._calls.wrote:
                self._take_back(arn)
            raise
        return state

    def _take_back(self, arn: str) -> None:
        """Gives it back. If CloudFormation has it, another delivery has answered, and only a claim is to go."""
        waiting = self._calls.waiting
        self._log("undone", arn=arn)
        with waiting.not_needed():
            state = self._store.read(arn)
            is_answered = waiting.known == arn
            if state and not is_answered and self._is_just_adopted(state) and memory_of(state.tags, self._me):
                self._give_back(state, self._given())
            elif state and self._claim_key in state.tags:
                self._store.tag(arn, {}, [self._claim_key])

    def _there(self, arn: str) -> ResourceState:
        """What is to be taken over."""
        if not self._is_here(arn):
            raise Failure(
                f"{ADOPT} must be the ARN of {self.kind.words} of account {self._account} and Region"
                f" {self._calls.region}, got {self._log.clean(arn)}"
            )
        state = self._store.read(arn, NEW_SECONDS)
        if state is None or state.is_going:
            raise Failure(f"there is no {arn} to adopt, or not any more", NOT_FOUND)
        if not state.tags_known:
            raise Failure(
                f"{arn} can't be adopted: the service doesn't tell its tags, so nothing says whose it is, nor could it."
                " Refer to it by its ARN instead"
            )
        return state

    def _bring(self, state: ResourceState, wanted: Members) -> ResourceState:
        """Brings it to what the template says, and marks it, unless an earlier delivery has done all that."""
        arn = state.arn
        if self._is_just_adopted(state):
            if not memory_of(state.tags, self._me):
                return state
            plan, _ = self._plan(state, wanted)
        else:
            how = self._may_be_taken(state)
            state = self._forget(state)
            plan, problems = self._plan(state, wanted)
            marks = self._marks(state, plan, how)
            problems += self._unfit(state, marks)
            if problems:
                raise Failure(f"{arn} can't be adopted as it is, nothing was changed: {'; '.join(problems)}")
            if plan.update:
                self._before_update(wanted, plan.update)
                self._rehearse(state, plan)
            seen = self._claim(state)
            if self._is_just_adopted(seen):
                return self._bring(seen, wanted)
            self._store.tag(arn, marks, [])
            state = self._store.read(arn) or state
        if plan.update:
            self._store.update(state, plan.update, lambda kind: self._holds(arn, plan.update, kind))
        marks_now = {**markers(self._request), ADOPTED_MARKER: ""}
        stale = [
            key
            for key in state.tags
            if key.startswith(MARKER_PREFIX) and key not in marks_now and key not in memory_of(state.tags, self._me)
        ]
        self._store.tag(arn, {}, stale)
        return state

    def _plan(self, state: ResourceState, wanted: Members) -> tuple[Plan, list[str]]:
        wanted = self._effective(wanted, {}, state)
        plan, problems = plan_adoption(self.kind, wanted, state.members)
        self._log("adoption", arn=state.arn, update=sorted(plan.update), tag=sorted(plan.tag), drift=plan.drift)
        return plan, problems

    def _unfit(self, state: ResourceState, marks: Mapping[str, str]) -> list[str]:
        """Why it can't be taken over, whatever the template says."""
        kind, problems = self.kind, []
        if kind.adoptable and state.status not in kind.adoptable:
            problems.append(
                f"status is {state.status}{self._log.clean(state.details)}, and must be {' or '.join(kind.adoptable)}"
            )
        if kind.keeper in state.tags:
            problems.append(
                f"the tag {kind.keeper} says that it is that of {self._log.clean(state.tags[kind.keeper])}, which may"
                " delete it: if that is gone, take the tag away"
            )
        if len({**state.tags, **marks, self._claim_key: ""}) > MOST_TAGS:
            problems.append(f"tags are {len(state.tags)} there already: with what is added, more than {MOST_TAGS}")
        return problems

    def _is_just_adopted(self, state: ResourceState) -> bool:
        """Whether a delivery of this request has adopted it, and of no earlier one that had its id."""
        return self._has_adopted(state.tags, self._request.request_id, self._request.sent_at or 0)

    # Whose it is

    def _may_be_taken(self, state: ResourceState) -> str:
        """How it may be taken, by its markers; fails if it is somebody's, or CloudFormation doesn't tell.

        A roll-back has to ask, so that is tried here.
        """
        is_taken_back(self._calls, self._request.stack_id)
        stack_id, logical_id = state.tags.get(STACK_MARKER), state.tags.get(LOGICAL_MARKER)
        if not stack_id or not logical_id or is_own(state.tags, self._request):
            return TAKEN
        what = owner(self._calls, self._request.stack_id, stack_id, logical_id, state.arn)
        if what is Owner.GONE:
            return TAKEN
        if what is Owner.HAS_IT and stack_id == self._request.stack_id:
            return f"{TAKEN} {MOVED}" if TAKEN in adopted(state.tags)[0] else MOVED
        raise Failure(
            f"{state.arn} is that of the logical id {logical_id} of {stack_id}, which {what.value}: nothing was"
            " changed. Give it removal_policy=RETAIN there and deploy, then take it out there and deploy, then"
            " adopt it here"
        )

    def _claim(self, state: ResourceState) -> ResourceState:
        """Sees to it that nobody else takes it over, or changes it, at the same time; another delivery may have."""
        now = self._calls.clock.now()
        try:
            self._store.tag(state.arn, {self._claim_key: str(int(now))}, [])
        except Failure as failure:
            if failure.kind != INVALID:
                raise
            raise Failure(f"{state.arn} can't be adopted, as it can't be marked: {failure}", INVALID) from failure
        seen = self._store.read(state.arn)
        others = [
            key
            for key, since in (seen.tags if seen else {}).items()
            if key.startswith(CLAIM) and key != self._claim_key and _is_recent(since, now)
        ]
        if seen and self._is_just_adopted(seen):
            return seen
        if seen and not others and _unclaimed(seen.tags) == _unclaimed(state.tags) and self._same(seen, state):
            return seen
        self._store.tag(state.arn, {}, [self._claim_key])
        raise Failure(
            f"{state.arn} is being adopted or changed by somebody else at this moment: nothing was changed. Deploy"
            " again"
        )

    def _same(self, one: ResourceState, other: ResourceState) -> bool:
        """Whether nothing but tags differs; a rehearsal may have written what stands for a member that isn't set."""
        members = self.kind.members.keys() - {"tags"}
        return all(self._now(one, member) == self._now(other, member) for member in members)

    # What is written

    def _marks(self, state: ResourceState, plan: Plan, how: str) -> dict[str, str]:
        """The tags that say all at once whose it is, what the template wants, and how it was before."""
        tags = {**plan.tag, **markers(self._request)}
        kept = {
            key: value
            for key, value in state.tags.items()
            if key.startswith(MARKER_PREFIX) and not key.startswith(CLAIM)
        }
        before = Remembered(
            {member: self._now(state, member) for member in plan.update},
            {**kept, **{key: state.tags[key] for key in plan.tag if key in state.tags}},
            [key for key in plan.tag if key not in state.tags],
        )
        return {**tags, ADOPTED_MARKER: f"{how}/{int(self._calls.clock.now())}", **before.as_tags(self._me)}

    def _now(self, state: ResourceState, member: str) -> object:
        """What the service holds of a member, or what that is to say where it shows nothing."""
        removal = self.kind.members[member][1]
        now = state.members.get(member)
        return removal if now is None and not isinstance(removal, Removal) else now

    def _rehearse(self, state: ResourceState, plan: Plan) -> None:
        """Writes what is there, as a roll-back would have to."""
        members = {member: self._now(state, member) for member in plan.update}
        try:
            self._store.update(state, members, lambda _: None)
        except Failure as failure:
            raise Failure(
                f"{', '.join(sorted(plan.update))} would be changed, but a roll-back couldn't change it back:"
                f" {failure}. Nothing was changed. Give the template what is there, the role that is in use for one,"
                " and change it in a later deployment"
            ) from failure

    def _holds(self, arn: str, members: Members, failure_kind: str) -> bool | None:
        """After a failed Update: True when it had its effect all the same, None when it is to be tried again."""
        if failure_kind not in (UNCLEAR, CONFLICT):
            return None
        state = self._store.look(arn)
        if state is None:
            raise self._gone()
        return all(state.members.get(name) == value for name, value in members.items()) or None


def _is_recent(since: str, now: float) -> bool:
    return since.isdecimal() and now - float(since) < LONGEST_SERVICE_TIMEOUT


def _unclaimed(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(CLAIM)}
