"""Create: a new resource, or the one that an earlier delivery of the request has created.

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

from typing import TYPE_CHECKING

from ..calls import CONFLICT, UNCLEAR
from ..protocol import LOGICAL_MARKER, SKEW_SECONDS, STACK_MARKER, Answer, Failure, markers, resource_name
from .adopt import Adopt
from .kind import ADOPT
from .store import SETTLE_SECONDS, ResourceState

if TYPE_CHECKING:
    from .operation import Members


class Create(Adopt):
    """Carries out a Create."""

    def create(self) -> Answer:
        """Creates the resource, or adopts the one that an earlier delivery created."""
        wanted = self._wanted()
        try:
            return self._new_or_adopted(wanted)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    # What a kind may do in another way

    def _before_create(self, wanted: Members) -> None:
        """What must be so before there is any Create."""

    def _new_or_adopted(self, wanted: Members) -> Answer:
        return self._answer(self._take_over(wanted)) if ADOPT in wanted else self._new(wanted)

    # A new one

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

    # One that is there already

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

    # A name that is taken

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
            if self._leftovers.is_this_requests(state):
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
