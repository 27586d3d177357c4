"""How CloudFormation's three requests are carried out for one kind of resource.

There is no idempotency token and no get-by-name, and whether a name must be unique is unknown. So a resource carries
tags that name the stack, the logical id and the request it was created for:

**A repeated request** is recognised by its age. A fresh one (see `request.FRESH_SECONDS`) creates without looking, in
one call; any other looks for what its own request has created first, and adopts it.

**Two deliveries at the same time.** One that isn't fresh, or has become suspicious (no clear answer, a conflict, lost
time), looks again after it has created: the oldest stays, and a delivery deletes only what it has just created. Two
fresh ones can't see each other with one call each. The one that CloudFormation doesn't take then goes together with the
one that it took.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from ..calls import CANCELLED, CONFLICT, NOT_FOUND, UNCLEAR
from ..protocol import (
    FAILED_MARKER,
    LOGICAL_MARKER,
    SKEW_SECONDS,
    STACK_MARKER,
    Answer,
    Failure,
    Placeholder,
    markers,
    resource_name,
)
from . import properties
from .kind import PROTECTED
from .leftovers import Leftovers
from .plan import Plan, holds, plan_update
from .replacement_protection import ReplacementProtection
from .store import SETTLE_SECONDS, ResourceState, Store

if TYPE_CHECKING:
    from ..calls import Calls
    from ..protocol import Log, Request
    from .kind import Kind

Members = dict[str, Any]


class Resource:
    """Carries out one request.

    A subclass says what kind it is, and overrides what its kind does in another way.
    """

    service: ClassVar = "cleanroomsml"
    kind: ClassVar[Kind]
    store_type: ClassVar = Store

    def __init__(self, request: Request, calls: Calls, log: Log, account: str, *, seen: bool) -> None:
        self._request = request
        self._calls = calls
        self._log = log
        self._account = account
        self._suspicious = seen
        # Whether a Create of this request may have had an effect that nobody has seen.
        self._unclear = seen or not request.is_fresh(calls.clock.now())
        self._store = self.store_type(self.kind, request, calls)
        self._leftovers = Leftovers(self._store, request, calls, log)
        self._shape = properties.with_own(
            calls.client.meta.service_model.operation_model(self.kind.create).input_shape, self.kind.own
        )

    def create(self) -> Answer:
        """Creates the resource, or adopts the one that an earlier delivery created."""
        wanted = self._wanted()
        try:
            return self._new(wanted)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    def update(self) -> Answer:
        """Updates the resource, or replaces it; one that never came to be is created."""
        wanted = self._wanted()
        arn = self._request.physical_id
        if Placeholder.read(arn):
            return self._new(wanted)
        self._check_own(arn)
        previous = properties.previous(self._shape, self._request.old_properties, self.kind.name)
        try:
            return self._update(arn, wanted, previous)
        except Failure as failure:
            if failure.kind == CANCELLED and self._calls.wrote:
                self._undo(wanted, previous)
            elif failure.kind not in ("", CANCELLED, NOT_FOUND):
                self._store.mark_failed(arn)
            raise

    def _update(self, arn: str, wanted: Members, previous: Members) -> Answer:
        state = self._store.read(arn)
        if state is None or state.is_going:
            return self._update_gone(wanted, previous)
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
        self._apply(arn, wanted, todo)
        return self._answer(state, todo.update.get(self.kind.name))

    def delete(self) -> Answer:
        """Deletes the resource, and what else the same request left behind; looks at no properties."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        if placeholder:
            self._leftovers.remove_failed(placeholder)
        elif not self._is_arn(physical_id):
            self._leftovers.remove_orphan()
        else:
            self._check_own(physical_id)
            # The ARN of what is gone never comes back: such a Delete is right whenever it comes.
            with self._calls.waiting.not_needed():
                self._delete(physical_id)
        return Answer(physical_id)

    def _delete(self, physical_id: str) -> None:
        state = self._store.look(physical_id)
        self._before_delete(state)
        if state is not None:
            # Duplicates first: after a crash the next delivery still finds the one that leads to them.
            self._leftovers.remove_duplicates(state)
            self._store.remove(state)

    def _wanted(self) -> Members:
        return properties.wanted(self._shape, self._request.properties, self.kind.name, self._problems)

    # What a kind may do in another way

    def _data(self, state: ResourceState) -> dict[str, str]:
        """The attributes."""
        return {f"{self.kind.noun}Arn": state.arn, "Name": state.name}

    def _problems(self, wanted: Members) -> list[str]:  # noqa: ARG002 - for subclasses
        """What is wrong with members of ours."""
        return []

    def _before_create(self, wanted: Members) -> None:
        """What must be so before there is any Create."""

    def _before_update(self, wanted: Members, changes: Members) -> None:
        """What must be so before members are changed in place."""

    def _before_delete(self, state: ResourceState | None) -> None:
        """What goes with a resource, or with one that is gone already."""

    def _effective(self, wanted: Members, previous: Members, state: ResourceState) -> Members:  # noqa: ARG002 - for subclasses
        """What an Update really wants, when the service may know better than the template."""
        return wanted

    def _update_gone(self, wanted: Members, previous: Members) -> Answer:  # noqa: ARG002 - for subclasses
        """What an Update does when there is nothing to update."""
        raise self._gone()

    # Create

    def _new(self, wanted: Members) -> Answer:
        """Creates the resource; what CloudFormation has stopped waiting for meanwhile is deleted again."""
        made = self._create(wanted)
        waiting = self._calls.waiting
        if waiting.is_over() and waiting.known != made.arn:
            self._log("undone", arn=made.arn)
            with waiting.not_needed():
                self._store.remove(made)
            waiting.check()
        return self._answer(made)

    def _create(self, wanted: Members) -> ResourceState:
        self._before_create(wanted)
        name = resource_name(self._request)
        adopted = None if self._is_first() else self._adopt(name)
        if adopted:
            return adopted
        members = {member: value for member, value in wanted.items() if member not in self.kind.own}
        members[self.kind.name] = name
        members["tags"] = {**wanted.get("tags", {}), **markers(self._request)}
        output = self._calls(self.kind.create, members, lambda failure_kind: self._look_again(members, failure_kind))
        if isinstance(output, ResourceState):
            return output
        made = self._store.made(output, name)
        if self.kind.name in wanted:
            self._check_made(made)
        return made if self._is_first() else self._settle(made)

    def _is_first(self) -> bool:
        return not self._suspicious and self._request.is_fresh(self._calls.clock.now())

    def _adopt(self, name: str, patience: float = 0) -> ResourceState | None:
        """What a Create of this request has made, if List shows it within so many seconds."""
        own = self._calls.until(lambda: self._leftovers.of_request(name, self._request.request_id), patience)
        if not own:
            return None
        adopted = min(own, key=lambda state: state.seniority)
        self._log("adopt", arn=adopted.arn)
        return adopted

    def _look_again(self, members: Members, failure_kind: str) -> ResourceState | None:
        """After a failed Create: it may have had its effect, or another delivery may have been faster."""
        self._suspicious = self._suspicious or failure_kind in (UNCLEAR, CONFLICT)
        self._unclear = self._unclear or failure_kind == UNCLEAR
        name = members[self.kind.name]
        # A refusal that is clear tells nothing new: no List for each.
        looks = failure_kind in (UNCLEAR, CONFLICT)
        adopted = self._adopt(name, SETTLE_SECONDS if failure_kind == UNCLEAR else 0) if looks else None
        if adopted and not adopted.tags_known and not self._unclear and self.kind.name in self._request.properties:
            # Clearly refused, and but for its name nothing says whose it is.
            adopted = None
        if not adopted and failure_kind == CONFLICT:
            self._check_conflict(members)
        return adopted

    def _check_made(self, made: ResourceState) -> None:
        """Sees to it that a name of the template has not led to what had it before: a Create may answer with that.

        Whether it does is unknown. A generated name leads nowhere else.
        """
        state = self._store.read(made.arn)
        if state is None:
            return
        if state.tags_known and not self._store.is_own(state, self._request.request_id):
            older = True
        else:
            sent_at = self._request.sent_at
            older = sent_at is not None and state.created < sent_at - SKEW_SECONDS
        if older:
            raise Failure(f"the name is taken by {state.arn}, {self._whose(state)}")

    def _check_conflict(self, members: Members) -> None:
        """Fails when it is clear what a Create is in conflict with."""
        name = members[self.kind.name]
        for state in self._leftovers.find(lambda state: state.name == name, lambda _: True):
            if self._store.is_own(state, self._request.request_id):
                # List has only now begun to show it: the next try adopts it.
                return
            raise Failure(f"the name is taken by {state.arn}, {self._whose(state)}")

    def _whose(self, state: ResourceState) -> str:
        """What a person can do about a resource that has the name."""
        if self._store.is_own(state):
            return "which another request for this resource created: change the name, or delete it if it isn't in use"
        if state.tags.get(STACK_MARKER) == self._request.stack_id:
            return (
                f"which is this stack's under the logical id {state.tags.get(LOGICAL_MARKER)} and may be in use: change"
                " the name, or remove that resource from the template in a deployment of its own"
            )
        return "which somebody else created: change the name, or delete it"

    def _settle(self, made: ResourceState) -> ResourceState:
        """Which of the request's resources stays; deletes the new one when it is another."""

        def own() -> list[ResourceState]:
            return self._leftovers.of_request(made.name, self._request.request_id)

        def look() -> list[ResourceState]:
            seen = own()
            # A List that shows the new one shows the older ones, too.
            return seen if made.arn in [state.arn for state in seen] else []

        seen = self._calls.until(look, SETTLE_SECONDS) or own()
        new = next((state for state in seen if state.arn == made.arn), None) or self._store.read(made.arn)
        stays = min([*seen, new] if new else seen, key=lambda state: state.seniority, default=new)
        if stays is None or stays.arn == made.arn:
            return made
        self._log("duplicate", deleted=made.arn, stays=stays.arn)
        with self._calls.waiting.not_needed():
            self._store.remove(made)
        return stays

    # Update

    def _apply(self, arn: str, wanted: Members, todo: Plan) -> None:
        if todo.update:
            self._before_update(wanted, todo.update)
        self._write(arn, todo)
        if self._calls.wrote:
            self._calls.waiting.check()

    def _write(self, arn: str, todo: Plan) -> None:
        # Tags first: who can't write them could not mark an update either that fails half-way.
        self._store.tag(arn, todo.tag, todo.untag)
        if todo.update:
            self._store.update(arn, todo.update, lambda failure_kind: self._holds(arn, todo.update, failure_kind))
        if todo.dirty:
            self._store.tag(arn, {}, [FAILED_MARKER])

    def _undo(self, wanted: Members, previous: Members) -> None:
        """Takes back what CloudFormation has stopped waiting for meanwhile, as its roll-back would that came too early.

        What somebody has changed since stays.
        """
        arn = self._request.physical_id
        with self._calls.waiting.not_needed():
            state = self._store.read(arn)
            if state:
                back = plan_update(self.kind, self._effective(previous, wanted, state), wanted, state.members)
                update = {
                    member: value
                    for member, value in back.update.items()
                    if value is not None and holds(self.kind, wanted, state.members, member)
                }
                now, given = state.members.get("tags") or {}, wanted.get("tags", {})
                tag = {key: value for key, value in back.tag.items() if now.get(key) == given.get(key)}
                untag = [key for key in back.untag if now.get(key) == given.get(key)]
                self._log("undone", arn=arn, update=sorted(update), tag=sorted(tag), untag=untag)
                self._write(arn, Plan(update=update, tag=tag, untag=untag))

    def _holds(self, arn: str, members: Members, failure_kind: str) -> bool | None:
        """After a failed Update: True when it had its effect all the same, None when it is to be tried again."""
        if failure_kind not in (UNCLEAR, CONFLICT):
            return None
        state = self._store.look(arn)
        if state is None:
            raise self._gone()
        return all(state.members.get(name) == value for name, value in members.items()) or None

    def _gone(self) -> Failure:
        return Failure(
            f"{self._request.physical_id} does not exist, it was deleted outside of cloudformation: remove the resource"
            " from the template and deploy, then add it again",
            NOT_FOUND,
        )

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

    def _answer(self, state: ResourceState, renamed: str | None = None) -> Answer:
        data = self._data(state)
        return Answer(state.arn, data={**data, "Name": renamed} if renamed else data)

    # Ids

    def _is_arn(self, physical_id: str) -> bool:
        return re.fullmatch(self.kind.pattern, physical_id) is not None

    def _check_own(self, physical_id: str) -> None:
        """Sees to it that no id is sent to the service that can't be one of ours."""
        if not self._is_arn(physical_id):
            raise Failure(
                f"'{self._log.clean(physical_id)}' is not the ARN of {self.kind.words}, its creation was never"
                " answered: remove the resource from the template and deploy, then add it again"
            )
        region, account = physical_id.split(":")[3:5]
        if region != self._calls.region or account != (self._account or account):
            raise Failure(
                f"{physical_id} was not created by this function, which works in account {self._account} and Region"
                f" {self._calls.region}: it is left alone"
            )
