"""Finding models by their marker tags: List knows no tags, so candidates are read one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .failure import Failure
from .identity import REQUEST_MARKER
from .policy import GET, LIST, NOT_FOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .calls import Calls


@dataclass(frozen=True)
class Model:
    """A configured audience model as Get answers it."""

    members: dict[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.members["configuredAudienceModelArn"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.members["name"])

    @property
    def created(self) -> float:
        """When it was created, seconds since the epoch."""
        return float(self.members["createTime"].timestamp())

    @property
    def tags(self) -> dict[str, str]:
        """Its tags, markers included."""
        return self.members.get("tags") or {}

    @property
    def request_id(self) -> str:
        """The request that created it; "" when it has no marker."""
        return self.tags.get(REQUEST_MARKER, "")

    @property
    def seniority(self) -> tuple[float, str]:
        """The order in which the models of one request have a claim to stay: the oldest first."""
        return self.created, self.arn


def read(calls: Calls, arn: str) -> Model | None:
    """Reads a model; None when there is no such model.

    Raises:
        Failure: it could not be read. Being denied is not the same as being gone.
    """
    try:
        return Model(calls(GET, {"configuredAudienceModelArn": arn}))
    except Failure as failure:
        if failure.kind == NOT_FOUND:
            return None
        raise


def find(calls: Calls, may_be: Callable[[Model], bool], is_it: Callable[[Model], bool]) -> Iterator[Model]:
    """Finds models.

    Args:
        calls: how to call the service.
        may_be: whether what List tells of a model (everything but its tags) makes it a candidate.
        is_it: whether a candidate, with its tags, is one.
    """
    for summary in calls.pages(LIST, "configuredAudienceModels"):
        if may_be(Model(summary)):
            model = read(calls, summary["configuredAudienceModelArn"])
            if model and is_it(model):
                yield model
