"""The resources of one account and Region, and what accounts of one Region share, in memory."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Stored:
    """A resource and what is known of its visibility.

    Attributes:
        members: the resource, as Get answers it.
        number: its place in Lists: the order of creation.
        unlisted: how many more Lists don't show it.
        reads_left: None while it lives; once deleted, how many more Gets answer it.
    """

    members: dict[str, Any]
    number: int
    unlisted: int = 0
    reads_left: int | None = None


@dataclass
class Page:
    """One page of a List."""

    items: list[dict[str, Any]]
    next_token: str | None


class Table:
    """All resources of one type.

    Args:
        noun: what a message calls such a resource.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._stored: dict[str, Stored] = {}
        self._created = 0

    def add(self, arn: str, members: dict[str, Any], *, unlisted: int = 0) -> None:
        """Adds a resource that the next `unlisted` Lists don't show."""
        self._created += 1
        self._stored[arn] = Stored(members, self._created, unlisted)

    def live(self) -> list[dict[str, Any]]:
        """All resources that aren't deleted, oldest first."""
        return [stored.members for stored in self._stored.values() if stored.reads_left is None]

    def __contains__(self, arn: str) -> bool:
        return arn in self._stored and self._stored[arn].reads_left is None

    def get(self, arn: str) -> dict[str, Any]:
        """The live resource with this ARN.

        Raises:
            ServiceError: `ResourceNotFoundException`.
        """
        if arn not in self:
            raise ServiceError("ResourceNotFoundException", f"{self._noun} {arn} does not exist")
        return self._stored[arn].members

    def read(self, arn: str) -> dict[str, Any]:
        """What Get sees: live resources, and deleted ones for as many reads as they have left."""
        stored = self._stored.get(arn)
        if stored is None or stored.reads_left is None:
            return self.get(arn)
        self._use_read(arn, stored)
        return stored.members

    def remove(self, arn: str, *, reads_left: int = 0) -> None:
        """Deletes a live resource; Gets go on seeing it for `reads_left` reads."""
        self.get(arn)
        self._stored[arn].reads_left = reads_left
        if not reads_left:
            del self._stored[arn]

    def page(self, token: str | None, size: int, where: Callable[[dict[str, Any]], bool] | None = None) -> Page:
        """A page of what Lists see, of those resources only for which `where` holds.

        Raises:
            ServiceError: `ValidationException` when the token isn't one of this store.
        """
        after = _decode(token) if token else 0
        asked = [stored for stored in self._stored.values() if where is None or where(stored.members)]
        visible = [stored for stored in asked if stored.number > after and not stored.unlisted]
        if token is None:
            for stored in asked:
                stored.unlisted = max(0, stored.unlisted - 1)
        shown = visible[:size]
        more = len(visible) > size
        return Page([stored.members for stored in shown], _encode(shown[-1].number) if more else None)

    def _use_read(self, arn: str, stored: Stored) -> None:
        stored.reads_left = (stored.reads_left or 0) - 1
        if not stored.reads_left:
            del self._stored[arn]


@dataclass
class Policy:
    """The resource policy of a configured audience model, and the hash that guards it."""

    text: str
    hash: str


@dataclass
class Store:
    """Everything that one account has in one Region, each resource under its ARN."""

    training_datasets: Table = field(default_factory=lambda: Table("training dataset"))
    audience_models: Table = field(default_factory=lambda: Table("audience model"))
    configured_audience_models: Table = field(default_factory=lambda: Table("configured audience model"))
    policies: dict[str, Policy] = field(default_factory=dict)
    memberships: Table = field(default_factory=lambda: Table("membership"))
    associations: Table = field(default_factory=lambda: Table("configured audience model association"))

    def resource(self, arn: str) -> dict[str, Any] | None:
        """The live resource with this ARN, whatever its type."""
        tables = (
            self.training_datasets,
            self.audience_models,
            self.configured_audience_models,
            self.memberships,
            self.associations,
        )
        return next((table.get(arn) for table in tables if arn in table), None)


@dataclass
class Shared:
    """What several accounts of one Region see, each resource under the ARN that its owner knows."""

    collaborations: Table = field(default_factory=lambda: Table("collaboration"))
    generation_jobs: Table = field(default_factory=lambda: Table("audience generation job"))
    export_jobs: Table = field(default_factory=lambda: Table("audience export job"))

    def resource(self, arn: str, account: str) -> dict[str, Any] | None:
        """What has this ARN in this account: the tags of a job are each account's own."""
        if arn in self.collaborations and self.collaborations.get(arn)["creatorAccountId"] == account:
            return self.collaborations.get(arn)
        for job in self.generation_jobs.live():
            if account in job["tags"] and arn.endswith(f":{account}:audience-generation-job/{job['id']}"):
                return {**job, "tags": job["tags"][account]}
        return None


def _encode(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode()


def _decode(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after:"))
    except ValueError as error:
        raise validation([f"Value '{token}' at 'nextToken' is not a token of this service"]) from error
