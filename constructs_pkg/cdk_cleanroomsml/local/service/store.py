"""The resources of one account and Region, and what accounts of one Region share, in memory."""

from __future__ import annotations

import base64
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from .errors import ServiceError, validation

if TYPE_CHECKING:
    from collections.abc import Callable


_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Lag:
    """How late others see what has changed.

    Attributes:
        lists: how many Lists don't show what is new.
        listed: after which time Lists do.
        found: after which time it is found by its ARN.
        reads: how many Gets still answer what is deleted.
        gone: after which time they don't.
    """

    lists: int = 0
    listed: timedelta = timedelta()
    found: timedelta = timedelta()
    reads: int = 0
    gone: timedelta = timedelta()


NO_LAG = Lag()


@dataclass
class Stored:
    """A resource and what is known of its visibility.

    Attributes:
        members: the resource, as Get answers it.
        number: its place in Lists: the order of creation.
        unlisted: how many more Lists don't show it.
        listed_from: when Lists show it.
        found_from: when it is found by its ARN.
        reads_left: None while it lives; once deleted, how many more Gets answer it.
        shown_until: once deleted, until when Gets answer it, however many there are.
    """

    members: dict[str, Any]
    number: int
    unlisted: int = 0
    listed_from: datetime = _LONG_AGO
    found_from: datetime = _LONG_AGO
    reads_left: int | None = None
    shown_until: datetime = _LONG_AGO


@dataclass
class Page:
    """One page of a List."""

    items: list[dict[str, Any]]
    next_token: str | None


class Table:
    """All resources of one type.

    Args:
        noun: what a message calls such a resource.
        now: the clock.
    """

    def __init__(self, noun: str, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        self._noun = noun
        self._now = now
        self._stored: dict[str, Stored] = {}
        self._created = 0

    def add(self, arn: str, members: dict[str, Any], lag: Lag = NO_LAG) -> None:
        """Adds a resource that others see late."""
        self._created += 1
        now = self._now()
        self._stored[arn] = Stored(members, self._created, lag.lists, now + lag.listed, now + lag.found)

    def live(self) -> list[dict[str, Any]]:
        """All resources that aren't deleted, oldest first."""
        return [stored.members for stored in self._stored.values() if stored.reads_left is None]

    def __contains__(self, arn: str) -> bool:
        return self.peek(arn) is not None and self._stored[arn].found_from <= self._now()

    def peek(self, arn: str) -> dict[str, Any] | None:
        """The live resource with this ARN, if there is one, even if others don't find it yet."""
        stored = self._stored.get(arn)
        return stored.members if stored and stored.reads_left is None else None

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
        self._forget()
        stored = self._stored.get(arn)
        if stored is None or stored.reads_left is None:
            return self.get(arn)
        stored.reads_left = max(0, stored.reads_left - 1)
        return stored.members

    def remove(self, arn: str, lag: Lag = NO_LAG) -> None:
        """Deletes a live resource; others go on seeing it for a while."""
        self._stored[arn].reads_left = lag.reads
        self._stored[arn].shown_until = self._now() + lag.gone
        self._forget()

    def page(self, token: str | None, size: int, where: Callable[[dict[str, Any]], bool] | None = None) -> Page:
        """A page of what Lists see, of those resources only for which `where` holds.

        Raises:
            ServiceError: `ValidationException` when the token isn't one of this store.
        """
        after = _decode(token) if token else 0
        self._forget()
        now = self._now()
        asked = [stored for stored in self._stored.values() if where is None or where(stored.members)]
        visible = [each for each in asked if each.number > after and not each.unlisted and each.listed_from <= now]
        if token is None:
            for stored in asked:
                stored.unlisted = max(0, stored.unlisted - 1)
        shown = visible[:size]
        more = len(visible) > size
        return Page([stored.members for stored in shown], _encode(shown[-1].number) if more else None)

    def _forget(self) -> None:
        """What is deleted and seen by nobody any more."""
        now = self._now()
        for arn, stored in list(self._stored.items()):
            if stored.reads_left == 0 and stored.shown_until <= now:
                del self._stored[arn]


@dataclass
class Policy:
    """The resource policy of a configured audience model, and the hash that guards it."""

    text: str
    hash: str


@dataclass
class Store:
    """Everything that one account has in one Region, each resource under its ARN."""

    now: InitVar[Callable[[], datetime]]
    training_datasets: Table = field(init=False)
    audience_models: Table = field(init=False)
    configured_audience_models: Table = field(init=False)
    policies: dict[str, Policy] = field(default_factory=dict)
    memberships: Table = field(init=False)
    associations: Table = field(init=False)

    def __post_init__(self, now: Callable[[], datetime]) -> None:
        """Gives each table the clock."""
        self.training_datasets = Table("training dataset", now)
        self.audience_models = Table("audience model", now)
        self.configured_audience_models = Table("configured audience model", now)
        self.memberships = Table("membership", now)
        self.associations = Table("configured audience model association", now)

    @property
    def tables(self) -> tuple[Table, ...]:
        """What has an ARN."""
        return (
            self.training_datasets,
            self.audience_models,
            self.configured_audience_models,
            self.memberships,
            self.associations,
        )

    def resource(self, arn: str) -> dict[str, Any] | None:
        """The live resource with this ARN, whatever its type."""
        return next((table.get(arn) for table in self.tables if arn in table), None)


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
