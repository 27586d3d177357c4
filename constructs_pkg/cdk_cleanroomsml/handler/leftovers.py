"""Models that CloudFormation may not know of: every delivery of a request crashed, or two created one each.

One is deleted only if it is not in use:

- It was created for the very request that failed, or for the one that created the model that is being deleted.
- It is newer than the model that CloudFormation has just named as the resource's own, and older than that event.
- It is all there is of the resource, from the last hours, while CloudFormation names no model at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answer import Failure
from .policy import DELETE, GET, LIST, NOT_FOUND
from .request import REQUEST_MARKER, is_own

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Calls
    from .log import Log
    from .request import Placeholder, Request

ORPHAN_SECONDS = 6 * 3600.0
"""How old a left-over may be. What is older was most likely retained on purpose, and its logical id used again."""

SKEW_SECONDS = 5.0
"""How far the clocks of CloudFormation and of the service may differ."""

SETTLE_SECONDS = 60.0
"""How long to wait until List shows a new model, and Get no longer shows a deleted one."""


class Model:
    """A configured audience model as Get answers it, or List, which tells no tags."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members
        self.arn = str(members["configuredAudienceModelArn"])
        self.name = str(members["name"])
        self.created = float(members["createTime"].timestamp())
        self.tags: dict[str, str] = members.get("tags") or {}
        self.request_id = self.tags.get(REQUEST_MARKER, "")

    @property
    def seniority(self) -> tuple[float, str]:
        """The order in which the models of one request have a claim to stay: the oldest first."""
        return self.created, self.arn


def read_model(calls: Calls, arn: str) -> Model | None:
    """Reads a model; None when it doesn't exist, which is not the same as not being allowed to see it."""
    try:
        return Model(calls(GET, {"configuredAudienceModelArn": arn}))
    except Failure as failure:
        if failure.kind == NOT_FOUND:
            return None
        raise


class Leftovers:
    """Finds and deletes models of one resource."""

    def __init__(self, request: Request, calls: Calls, log: Log) -> None:
        self._request = request
        self._calls = calls
        self._log = log

    def of_request(self, name: str, request_id: str) -> list[Model]:
        """The models that a request created, which all have the same name."""
        return self.find(lambda model: model.name == name, lambda model: is_own(model.tags, self._request, request_id))

    def remove(self, arn: str) -> None:
        """Deletes a model and waits until it is gone."""
        try:
            self._calls(DELETE, {"configuredAudienceModelArn": arn})
        except Failure as failure:
            if failure.kind == NOT_FOUND:
                return
            raise
        if not self._calls.until(lambda: read_model(self._calls, arn) is None, SETTLE_SECONDS):
            raise Failure(f"{arn} was deleted, but {GET} still shows it: delete it again")

    def remove_twins(self, model: Model) -> None:
        """Deletes what other deliveries of the request created that created this model."""
        if not model.request_id:
            return
        for twin in self.find(
            lambda other: other.name == model.name and other.arn != model.arn,
            lambda other: is_own(other.tags, self._request, model.request_id),
        ):
            self._remove(twin, "twin")

    def remove_failed(self, placeholder: Placeholder) -> None:
        """Deletes what a Create that answered FAILED has made."""

        def look() -> list[Model]:
            return self.find(
                lambda model: placeholder.may_be_for(model.name),
                lambda model: is_own(model.tags, self._request, placeholder.request_id),
            )

        for model in self._calls.until(look, SETTLE_SECONDS if placeholder.unclear else 0):
            self._remove(model, "failed")

    def remove_orphan(self) -> None:
        """Deletes what a Create made that never answered, so that CloudFormation had to invent an id."""
        orphans = self.find(self._is_recent, lambda model: is_own(model.tags, self._request))
        if len({model.request_id for model in orphans}) > 1:
            raise Failure(
                f"{', '.join(model.arn for model in orphans)} carry the markers of this resource, and which of them is"
                " in use can't be told: delete those that are not, then delete the resource again"
            )
        for model in orphans:
            self._remove(model, "orphan")

    def remove_abandoned(self, current: Model) -> None:
        """Deletes what an earlier update made that should have replaced the current model, and that failed."""
        for model in self.find(
            lambda model: self._is_recent(model) and model.created >= current.created and model.arn != current.arn,
            lambda model: is_own(model.tags, self._request) and model.request_id != self._request.request_id,
        ):
            self._remove(model, "abandoned")

    def find(self, may_be: Callable[[Model], bool], is_it: Callable[[Model], bool]) -> list[Model]:
        """Finds models by their tags: List tells none, so candidates are read."""
        found = []
        for summary in self._calls.pages(LIST, "configuredAudienceModels"):
            if may_be(Model(summary)):
                model = read_model(self._calls, summary["configuredAudienceModelArn"])
                if model and is_it(model):
                    found.append(model)
        return found

    def _remove(self, model: Model, why: str) -> None:
        self._log("leftover", arn=model.arn, why=why, created_by=model.request_id)
        self.remove(model.arn)

    def _is_recent(self, model: Model) -> bool:
        """Whether it was created before the event was sent, and not too long before."""
        now = self._calls.clock.now()
        sent = now - self._request.age(now)
        return sent - ORPHAN_SECONDS <= model.created <= sent + SKEW_SECONDS
