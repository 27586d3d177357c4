"""The configured audience model.

Whose is its `audienceModelArn`? The template's, and what somebody else made of it is drift, as with any member. With
`Retrained` it is the retraining's, from the creation on: no update writes it, and a replacement takes it over. So a
roll-back or a later deployment never points back to an audience model that is older, or gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..calls import CONFLICT, NOT_FOUND, PAGE_SIZE
from ..protocol import Failure
from ..reconciliation import ADOPT, DELETE_ADOPTED, PROTECTED, RETRAINED, Change, Kind, Removal, Resource, Store
from . import audience_model

if TYPE_CHECKING:
    from ..reconciliation import Members, ResourceState

WAIT = "WaitForAudienceModelSeconds"

LONGEST_WAIT = 780
"""Seconds: what an invocation has, without the time for the rest."""

APPEARS_SECONDS = 20.0
"""How long an audience model may take until Get shows it."""

JOBS_NAMED = 3
"""How many jobs a Reason names at most."""

_LIST_JOBS = "ListAudienceGenerationJobs"
_AUDIENCE_MODEL = "audienceModelArn"

KIND = Kind(
    noun="ConfiguredAudienceModel",
    words="a configured audience model",
    pattern=r"arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:configured-audience-model/[-a-zA-Z0-9_/.]+",
    members={
        "name": (Change.REPLACEMENT, Removal.REPLACEMENT),
        _AUDIENCE_MODEL: (Change.IN_PLACE, Removal.IMPOSSIBLE),
        "outputConfig": (Change.IN_PLACE, Removal.IMPOSSIBLE),
        # That "" clears it is inferred.
        "description": (Change.IN_PLACE, ""),
        "sharedAudienceMetrics": (Change.IN_PLACE, Removal.IMPOSSIBLE),
        # The default, says the API reference.
        "minMatchingSeedSize": (Change.IN_PLACE, 500),
        # That it can't be unset is inferred.
        "audienceSizeConfig": (Change.IN_PLACE, Removal.REPLACEMENT),
        "tags": (Change.TAGS, {}),
        "childResourceTagOnCreatePolicy": (Change.REPLACEMENT, Removal.UNKNOWN),
    },
    own={ADOPT: "string", DELETE_ADOPTED: "boolean", RETRAINED: "boolean", PROTECTED: "boolean", WAIT: "integer"},
    along=("description", "minMatchingSeedSize", "audienceSizeConfig"),
)


class ConfiguredAudienceModels(Store):
    """The configured audience models. One that jobs are on may be refused to be deleted."""

    def remove(self, state: ResourceState) -> None:
        """Deletes one; what blocks that is named."""
        try:
            super().remove(state)
        except Failure as failure:
            if failure.kind != CONFLICT:
                raise
            raise Failure(f"{failure}{self._jobs_on(state.arn)}", CONFLICT) from failure

    def _jobs_on(self, arn: str) -> str:
        """The jobs on a model, its own account's and partners'; those that run first. "" when nobody tells.

        Nobody knows whether one that has ended holds its model, too.
        """
        output = self._calls.once(_LIST_JOBS, {self.kind.arn: arn, "maxResults": PAGE_SIZE})
        jobs = output["audienceGenerationJobs"] if output else []
        if not jobs:
            return ""
        jobs.sort(key=lambda job: not _runs(job))
        named = [_named(job) for job in jobs[:JOBS_NAMED]]
        if len(jobs) > JOBS_NAMED:
            more = "or more" if output.get("nextToken") else "more"
            named.append(f"and {len(jobs) - JOBS_NAMED} {more}")
        if _runs(jobs[0]):
            advice = "wait until those that run have ended; if it is refused then, too, delete the jobs"
        else:
            advice = "all have ended, but may hold it all the same: delete the jobs"
        return f". Jobs on it are {', '.join(named)}: {advice}"


def _named(job: Members) -> str:
    arn, by = job["audienceGenerationJobArn"], job.get("startedBy", "")
    partner = f", started by {by}" if by and by != arn.split(":")[4] else ""
    return f"{arn} ({job['status']}{partner})"


def _runs(job: Members) -> bool:
    return str(job["status"]).endswith(("_PENDING", "_IN_PROGRESS"))


class ConfiguredAudienceModel(Resource):
    """Carries out one request."""

    kind: ClassVar = KIND
    store_type: ClassVar = ConfiguredAudienceModels

    def _problems(self, wanted: Members) -> list[str]:
        seconds = wanted.get(WAIT, 0)
        if isinstance(seconds, int) and not 0 <= seconds <= LONGEST_WAIT:
            return [f"{WAIT} must be from 0 to {LONGEST_WAIT}"]
        return []

    def _effective(self, wanted: Members, previous: Members, state: ResourceState) -> Members:
        # In the deployment that brings the retraining, the template still decides.
        if not wanted.get(RETRAINED) or (
            not previous.get(RETRAINED) and previous.get(_AUDIENCE_MODEL) == state.members[_AUDIENCE_MODEL]
        ):
            return wanted
        if wanted[_AUDIENCE_MODEL] != state.members[_AUDIENCE_MODEL]:
            self._log("retained", members=[_AUDIENCE_MODEL])
        return {**wanted, _AUDIENCE_MODEL: state.members[_AUDIENCE_MODEL]}

    def _before_create(self, wanted: Members) -> None:
        self._wait(wanted, wanted[_AUDIENCE_MODEL])

    def _before_update(self, wanted: Members, changes: Members) -> None:
        if _AUDIENCE_MODEL in changes:
            self._wait(wanted, changes[_AUDIENCE_MODEL])

    def _wait(self, wanted: Members, arn: str) -> None:
        """Waits until an audience model is ACTIVE, if the template says so."""
        if WAIT not in wanted:
            return
        models = Store(audience_model.KIND, self._request, self._calls)

        def decided() -> ResourceState | None:
            state = models.look(arn)
            return None if state and state.status in audience_model.TRAINING else state

        state = self._calls.until(lambda: models.look(arn), APPEARS_SECONDS)
        if state and state.status in audience_model.TRAINING:
            state = self._calls.until(decided, wanted[WAIT]) or models.look(arn)
        if state is None:
            raise Failure(f"there is no audience model {arn} in {self._calls.region}, or not any more", NOT_FOUND)
        if state.status in audience_model.TRAINING:
            raise Failure(
                f"{arn} is still {state.status} after {wanted[WAIT]} s: a training takes hours to days, deploy again"
                " when it is ACTIVE"
            )
        if state.status != audience_model.ACTIVE:
            raise Failure(
                f"{arn} is {state.status}{self._log.clean(state.details)}: only one that is ACTIVE can be configured"
            )
