"""Models that belong to a resource and that CloudFormation may not know of, and how to be rid of them.

A model is left behind when every delivery of a request crashed before it could answer, or when two deliveries created
one each. Nothing is deleted unless it is provably not in use:

- It was created for the very request that failed, or for the one that created the model that is being deleted.
- It is newer than the model that CloudFormation has just named as the resource's own, and older than that event.
- It is all there is of the resource, created within the last hours, while CloudFormation names no model at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import identity, search
from .failure import Failure
from .policy import DELETE, GET, NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Calls
    from .identity import Placeholder
    from .log import Log
    from .request import Request
    from .search import Model

ORPHAN_SECONDS = 6 * 3600.0
"""How old a model may be that is taken for the left-over of a request without an answer.

CloudFormation gives up within an hour, other resources of the stack may take longer. What is older with the same
markers was most likely retained on purpose (RemovalPolicy.RETAIN, and the same logical id used again).
"""

SKEW_SECONDS = 5.0
"""How far the clocks of CloudFormation and of the service may differ."""

SETTLE_SECONDS = 60.0
"""How long to wait until List shows a new model, and Get no longer shows a deleted one."""


class Leftovers:
    """Finds and deletes models of one resource.

    Args:
        request: the request that is being carried out.
        calls: how to call the service.
        log: where decisions are told.
    """

    def __init__(self, request: Request, calls: Calls, log: Log) -> None:
        self._request = request
        self._calls = calls
        self._log = log

    def of_request(self, name: str, request_id: str) -> list[Model]:
        """The models that a request created, which all have the same name."""
        return self._find(
            lambda model: model.name == name, lambda model: identity.is_own(model.tags, self._request, request_id)
        )

    def remove(self, arn: str) -> None:
        """Deletes a model and waits until it is gone.

        Raises:
            Failure: it isn't certain that it is gone.
        """
        try:
            self._calls(DELETE, {"configuredAudienceModelArn": arn})
        except Failure as failure:
            if failure.kind == NOT_FOUND:
                return
            raise
        if not self._calls.until(lambda: search.read(self._calls, arn) is None, SETTLE_SECONDS):
            raise Failure(f"{arn} was deleted, but {GET} still shows it: delete it again")

    def remove_twins(self, model: Model) -> None:
        """Deletes what other deliveries of the request created that created this model."""
        if not model.request_id:
            return
        for twin in self._find(
            lambda other: other.name == model.name and other.arn != model.arn,
            lambda other: identity.is_own(other.tags, self._request, model.request_id),
        ):
            self._remove(twin, "twin")

    def remove_failed(self, placeholder: Placeholder) -> None:
        """Deletes what a Create that answered FAILED has made."""

        def look() -> list[Model]:
            return self._find(
                lambda model: placeholder.may_be_for(model.name),
                lambda model: identity.is_own(model.tags, self._request, placeholder.request_id),
            )

        for model in self._calls.until(look, SETTLE_SECONDS if placeholder.unclear else 0):
            self._remove(model, "failed")

    def remove_orphan(self) -> None:
        """Deletes what a Create made that never answered: CloudFormation invented the id, so it can't say whose it is.

        Raises:
            Failure: there is more than one candidate.
        """
        orphans = self._find(self._is_recent, lambda model: identity.is_own(model.tags, self._request))
        if len({model.request_id for model in orphans}) > 1:
            raise Failure(
                f"{', '.join(model.arn for model in orphans)} carry the markers of this resource, and which of them is"
                " in use can't be told: delete those that are not, then delete the resource again"
            )
        for model in orphans:
            self._remove(model, "orphan")

    def remove_abandoned(self, current: Model) -> None:
        """Deletes what an update made that should have replaced the current model, and that failed."""
        for model in self._find(
            lambda model: self._is_recent(model) and model.created >= current.created and model.arn != current.arn,
            lambda model: identity.is_own(model.tags, self._request),
        ):
            self._remove(model, "abandoned")

    def _find(self, may_be: Callable[[Model], bool], is_it: Callable[[Model], bool]) -> list[Model]:
        return list(search.find(self._calls, may_be, is_it))

    def _remove(self, model: Model, why: str) -> None:
        self._log("leftover", arn=model.arn, why=why, created_by=model.request_id)
        self.remove(model.arn)

    def _is_recent(self, model: Model) -> bool:
        """Whether it was created before the event was sent, and not too long before."""
        now = self._calls.clock.now()
        sent = now - self._request.age(now)
        return sent - ORPHAN_SECONDS <= model.created <= sent + SKEW_SECONDS
