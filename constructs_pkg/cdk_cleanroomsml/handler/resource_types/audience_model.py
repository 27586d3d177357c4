"""The audience model: creating one starts a training of hours to days, which no request waits for.

With `Retrained` a retraining may have deleted it, as the newer ones that it makes take over: then there is nothing to
update, and nothing wrong. What such a one was like only the last template tells. `RetrainedBy` is the tag of those
newer ones, which go with it when it goes for good.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from ..calls import CONFLICT, UNCLEAR
from ..protocol import Answer, Failure
from ..reconciliation import (
    ADOPT,
    DELETE_ADOPTED,
    RETRAINED,
    Change,
    Kind,
    Removal,
    Resource,
    ResourceState,
    Store,
    plan_update,
    unless_gone,
)

if TYPE_CHECKING:
    from ..reconciliation import Members

RETRAINED_BY = "RetrainedBy"
RETRAINING_MARKER = "cdk-cleanroomsml:retraining"

ACTIVE = "ACTIVE"
TRAINING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")

DELETE_SECONDS = 600.0
"""How long to wait until one that is being deleted is gone."""

REFUSED_SECONDS = 60.0
"""How long a refusal must last until it means that something needs one: what did may have gone just before."""

KIND = Kind(
    noun="AudienceModel",
    words="an audience model",
    pattern=r"arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:audience-model/[-a-zA-Z0-9_/.]+",
    members={
        "name": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "trainingDatasetArn": (Change.REPLACEMENT, Removal.IMPOSSIBLE),
        "trainingDataStartTime": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "trainingDataEndTime": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "kmsKeyArn": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "description": (Change.REPLACEMENT, Removal.REPLACEMENT),
        "tags": (Change.TAGS, {}),
    },
    own={ADOPT: "string", DELETE_ADOPTED: "boolean", RETRAINED: "boolean", RETRAINED_BY: "string"},
    # One whose training failed, or whose deletion did, is nothing to configure a model with.
    adoptable=(*TRAINING, ACTIVE),
    keeper=RETRAINING_MARKER,
)


class AudienceModels(Store):
    """Audience models: they are deleted some time after the call."""

    _last_seen: ResourceState | None = None

    def remove(self, state: ResourceState) -> None:
        """Deletes one and waits until it is gone."""
        arn = state.arn
        if not state.is_going:
            try:
                started = unless_gone(
                    lambda: self._calls(
                        self.kind.delete, self._address(arn), lambda failure_kind: self._goes(arn, failure_kind)
                    )
                )
            except Failure as failure:
                raise self._explained(failure, arn) from failure
            if started is None:
                return
        self._await_end(arn)

    def remove_unless_refused(self, state: ResourceState) -> bool:
        """Deletes one and waits until it is gone, unless something needs it; says whether it is gone."""
        patient_until = self._calls.clock.now() + REFUSED_SECONDS

        def recover(failure_kind: str) -> bool | None:
            gone = self._goes(state.arn, failure_kind)
            return False if failure_kind == CONFLICT and not gone and self._calls.clock.now() > patient_until else gone

        if unless_gone(lambda: self._calls(self.kind.delete, self._address(state.arn), recover)) is False:
            return False
        self._await_end(state.arn)
        return True

    def _await_end(self, arn: str) -> None:
        if not self._calls.until(lambda: self._is_gone(arn), DELETE_SECONDS):
            raise Failure(f"{arn} is still being deleted: delete it again")

    def _goes(self, arn: str, failure_kind: str) -> bool | None:
        """After a failed Delete: True when it, or another one, has had its effect."""
        if failure_kind not in (UNCLEAR, CONFLICT):
            return None
        self._last_seen = state = self.look(arn)
        return state is None or state.is_going or None

    def _is_gone(self, arn: str) -> bool:
        state = self.look(arn)
        if state and state.status == "DELETE_FAILED":
            raise Failure(f"{arn} is DELETE_FAILED{self._calls.clean(state.details)}: delete it again")
        return state is None

    def _explained(self, failure: Failure, arn: str) -> Failure:
        """A refusal, with the reason that the model's status tells."""
        if failure.kind != CONFLICT:
            return failure
        state = self._last_seen
        # There may be no time left to look.
        with suppress(Failure):
            state = self.look(arn)
        if state is None:
            return failure
        if state.status in TRAINING:
            why = (
                f"it is still training (status {state.status}), which takes hours to days: delete again when it is done"
            )
        else:
            why = "a configured audience model still uses it: delete that, or give it another one, then delete again"
        return Failure(f"{failure}. {why}", failure.kind)


class AudienceModel(Resource):
    """Carries out one request."""

    kind: ClassVar = KIND
    store_type: ClassVar = AudienceModels
    _store: AudienceModels

    def _before_delete(self, state: ResourceState | None) -> None:
        """Deletes what a retraining has trained in its place, newest first, and what is still training at the end.

        If one is in use, the retraining goes on. So it does if only this one goes: because another takes its place in
        the template, or because the deployment that made it, after those, is taken back.
        """
        retraining = self._request.properties.get(RETRAINED_BY)
        waiting = self._calls.waiting
        if not retraining or (waiting.look() and waiting.known not in ("", self._request.physical_id)):
            return

        def is_successor(other: ResourceState) -> bool:
            later = state is None or other.created > state.created
            return later and other.tags.get(RETRAINING_MARKER) == retraining

        others = self._leftovers.find(self._is_another, lambda other: self._store.is_own(other) or is_successor(other))
        if any(self._store.is_own(other) for other in others):
            return
        training = []
        for other in sorted(others, key=lambda other: (other.status not in TRAINING, other.seniority), reverse=True):
            self._log("leftover", arn=other.arn, why="successor", created_by=retraining)
            if self._store.remove_unless_refused(other):
                continue
            if other.status not in TRAINING:
                self._log("retained", arn=other.arn)
                return
            training.append(other.arn)
        if training:
            raise Failure(
                f"{', '.join(training)}, which a retraining made, is still training, which takes hours to days: delete"
                " again when it is done",
                CONFLICT,
            )

    def _is_another(self, state: ResourceState) -> bool:
        return state.arn != self._request.physical_id

    def _data(self, state: ResourceState) -> dict[str, str]:
        return {**super()._data(state), "Status": state.status or TRAINING[0]}

    def _update_gone(self, wanted: Members, previous: Members) -> Answer:
        # With the one deployment that takes the retraining out, too.
        if not (wanted.get(RETRAINED) or previous.get(RETRAINED)):
            return super()._update_gone(wanted, previous)
        name = str(previous.get(self.kind.name) or self._request.physical_id.rpartition("/")[2])
        todo = plan_update(self.kind, wanted, previous, {**previous, self.kind.name: name})
        self._tell(todo)
        if todo.replace:
            self._leftovers.remove_abandoned(None)
            return self._new(wanted)
        self._log("gone", arn=self._request.physical_id)
        return self._answer(ResourceState(self._request.physical_id, name, {"status": "DELETED"}))
