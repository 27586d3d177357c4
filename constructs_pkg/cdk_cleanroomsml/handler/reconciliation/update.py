"""Update: members and tags in place, as planned, or a replacement; what came too late is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..calls import CANCELLED, NOT_FOUND
from ..protocol import FAILED_MARKER, Answer, Failure, Placeholder, resource_name
from . import properties
from .create import Create
from .kind import ADOPT, PROTECTED
from .plan import Plan, holds, plan_update, without_replacement
from .remembered import Remembered, owner_in
from .replacement_protection import ReplacementProtection
from .stacks import is_answered, is_rolling_back
from .store import NEW_SECONDS

if TYPE_CHECKING:
    from .operation import Members
    from .store import ResourceState


class Update(Create):
    """Carries out an Update, of which a replacement is a Create."""

    def update(self) -> Answer:
        """Updates the resource, or replaces it; one that never came to be is created."""
        wanted = self._wanted()
        arn = self._request.physical_id
        if Placeholder.read(arn):
            return self._new_or_adopted(wanted)
        self._check_own(arn)
        previous = properties.previous(self._shape, self._request.old_properties, self.kind.name)
        try:
            return self._update(arn, wanted, previous)
        except Failure as failure:
            if failure.kind == CANCELLED and self._calls.wrote and not is_answered(self._calls, self._request):
                self._undo(wanted, previous)
            elif failure.kind not in ("", CANCELLED, NOT_FOUND):
                self._store.mark_failed(arn)
            raise

    def take_back_replacement(self) -> None:
        """Deletes what an earlier delivery made and its roll-back came too early to see."""
        with self._calls.waiting.not_needed():
            self._leftovers.remove_replacement(resource_name(self._request))

    def _update(self, arn: str, wanted: Members, previous: Members) -> Answer:
        state = self._store.read(arn, NEW_SECONDS)
        if state is None or state.is_going:
            return self._update_gone(wanted, previous)
        state = self._own(state, wanted, previous)
        wanted = self._effective(wanted, previous, state)
        todo = plan_update(self.kind, wanted, previous, state.members)
        if todo.replace and wanted.get(PROTECTED):
            wanted = ReplacementProtection(self._request, self._calls, self._log).without_replacement(
                wanted, previous, state, todo
            )
            todo = plan_update(self.kind, wanted, previous, state.members)
        self._tell(todo)
        if todo.refusal:
            raise Failure(todo.refusal)
        if todo.abandoned or todo.replace:
            # An earlier replacement may have made one, and never have answered.
            self._leftovers.remove_abandoned(state)
        if todo.replace:
            return self._new(wanted)
        self._apply(state, wanted, todo)
        return self._answer(state, todo.update.get(self.kind.name))

    # What was adopted, by this resource or from it

    def _own(self, state: ResourceState, wanted: Members, previous: Members) -> ResourceState:
        """Sees to it that it is this resource's. Then an adoption stays, and how it was before is forgotten."""
        adopts = wanted.get(ADOPT, state.arn)
        if adopts not in (state.arn, previous.get(ADOPT)) and not self._is_roll_back():
            raise Failure(
                f"{ADOPT} is {adopts}, but this resource has one already, {state.arn}: nothing was changed. Leave it as"
                " it was, and adopt that one under another construct id"
            )
        if self._is_anothers(state.tags):
            return self._taken_back(state)
        return self._forget(state)

    def _taken_back(self, state: ResourceState) -> ResourceState:
        """In a roll-back, what another logical id of the same stack has taken over in the same operation."""
        stack_id, logical_id = owner_in(state.tags)
        before = Remembered.read(state.tags, owner_in(state.tags))
        if before.owner != self._me or not self._is_roll_back():
            raise Failure(
                f"{state.arn} is that of the logical id {logical_id} of {stack_id} by now, which has adopted it:"
                " nothing was changed. Take this resource out of the template; that leaves it alone"
            )
        self._give_back(state, {**state.members, "tags": state.tags})
        return self._store.read(state.arn) or state

    def _is_roll_back(self) -> bool:
        """Whether CloudFormation says so."""
        try:
            return is_rolling_back(self._calls, self._request.stack_id)
        except Failure:
            return False

    # What a kind may do in another way

    def _update_gone(self, wanted: Members, previous: Members) -> Answer:  # noqa: ARG002 - for subclasses
        """What an Update does when there is nothing to update."""
        raise self._gone()

    # In place

    def _apply(self, state: ResourceState, wanted: Members, todo: Plan) -> None:
        if todo.update:
            self._before_update(wanted, todo.update)
        self._write(state, todo)
        if self._calls.wrote:
            self._calls.waiting.check()

    def _write(self, state: ResourceState, todo: Plan) -> None:
        arn = state.arn
        # Tags first: who can't write them could not mark an update either that fails half-way.
        self._store.tag(arn, todo.tag, todo.untag)
        if todo.update:
            self._store.update(state, todo.update, lambda failure_kind: self._holds(arn, todo.update, failure_kind))
        if todo.dirty:
            self._store.tag(arn, {}, [FAILED_MARKER])

    def _undo(self, wanted: Members, previous: Members) -> None:
        """Takes back what CloudFormation has stopped waiting for meanwhile, as its roll-back would that came too early.

        What somebody has changed since stays, and what only a replacement would take away.
        """
        arn = self._request.physical_id
        with self._calls.waiting.not_needed():
            state = self._store.read(arn)
            if state:
                before = self._effective(previous, wanted, state)
                stays = plan_update(self.kind, before, wanted, state.members)
                before = without_replacement(before, stays, state.members)
                back = plan_update(self.kind, before, wanted, state.members)
                update = {
                    member: value
                    for member, value in back.update.items()
                    if value is not None and holds(self.kind, wanted, state.members, member)
                }
                now, given = state.members.get("tags") or {}, wanted.get("tags", {})
                tag = {key: value for key, value in back.tag.items() if now.get(key) == given.get(key)}
                untag = [key for key in back.untag if now.get(key) == given.get(key)]
                told = {"update": sorted(update), "tag": sorted(tag), "untag": untag, "stays": stays.replace}
                self._log("undone", arn=arn, **told)
                self._write(state, Plan(update=update, tag=tag, untag=untag))

    def _tell(self, todo: Plan) -> None:
        self._log(
            "plan",
            update=sorted(todo.update),
            tag=sorted(todo.tag),
            untag=todo.untag,
            drift=todo.drift,
            replace=todo.replace,
            refusal=todo.refusal or None,
            abandoned=todo.abandoned,
        )
