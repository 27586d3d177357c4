"""The command against the service in process."""

from __future__ import annotations

import itertools
import json
import signal
from argparse import Namespace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from cdk_cleanroomsml.handler.protocol.request import LOGICAL_MARKER, REQUEST_MARKER, STACK_MARKER
from cdk_cleanroomsml.local.service import CleanRoomsML, client
from cdk_cleanroomsml.operators.account import RETRIES, Account
from cdk_cleanroomsml.operators.screen import Screen

from ..in_process import unsigned
from ..worlds import SETTLED
from .cloudformation import ACCOUNT, REGION, Elsewhere, FakeStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

HERE = Path(__file__).parent
PARTNER = "444455556666"
OURS = ("cleanroomsml", "cleanrooms")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Nothing here is new."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(SETTLED)


@pytest.fixture(autouse=True)
def ctrl_c_ends_all() -> Iterator[None]:
    """The command answers Ctrl-C itself; whoever runs tests means all of them."""
    before = signal.getsignal(signal.SIGINT)
    pressed: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        if callable(before):
            before(number, frame)

    if callable(before):
        signal.signal(signal.SIGINT, note)
    yield
    signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2024, 5, 1, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Now:
    """The service of the test that runs: clients take long to make, so all tests have the same."""

    service: CleanRoomsML

    def handle(self, *request: Any, **about: Any) -> Any:
        return self.service.handle(*request, **about)


NOW = Now()


@cache
def shared_client(name: str, account: str) -> Any:
    config = Config(retries=RETRIES, max_pool_connections=20)
    return unsigned(client(NOW, name, account=account, config=config))  # type: ignore[arg-type]


class World:
    """An account with Clean Rooms ML in it, and what else the command asks."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.service = CleanRoomsML(now=self.clock, sleep=self.clock.move)
        self.elsewhere = Elsewhere()
        self.answers: list[bool] = []
        self.questions: list[str] = []
        self.numbers = itertools.count(1)
        NOW.service = self.service
        self.ml: Any = shared_client("cleanroomsml", ACCOUNT)
        self.rooms: Any = shared_client("cleanrooms", ACCOUNT)
        self.partner: Any = shared_client("cleanrooms", PARTNER)

    def account(self, *, as_json: bool = False) -> Account:
        """The account, as a run of the command sees it."""
        return Account(self.make_client, REGION, Screen(as_json=as_json, ask=self._ask))

    def make_client(self, service: str) -> Any:
        if service in OURS:
            return shared_client(service, ACCOUNT)
        return self.elsewhere.client(service)

    def _ask(self, question: str) -> bool:
        self.questions.append(question)
        return self.answers.pop(0)

    def audience_model(self, name: str = "readers", **members: Any) -> str:
        dataset = self.ml.create_training_dataset(**dataset_request(f"{name} data"))["trainingDatasetArn"]
        made = self.ml.create_audience_model(name=name, trainingDatasetArn=dataset, **members)
        return str(made["audienceModelArn"])

    def model(self, name: str = "lookalikes", **members: Any) -> str:
        if "audienceModelArn" not in members:
            members["audienceModelArn"] = self.audience_model(f"{name} trained")
        request = {
            "name": name,
            "outputConfig": {
                "destination": {"s3Destination": {"s3Uri": "s3://segments/"}},
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/cleanrooms-ml-write",
            },
            "sharedAudienceMetrics": ["ALL"],
            **members,
        }
        return str(self.ml.create_configured_audience_model(**request)["configuredAudienceModelArn"])

    def membership(self, name: str = "spring") -> str:
        """A membership in a collaboration that the partner has made."""
        collaboration = self.partner.create_collaboration(
            name=name,
            description="with a partner",
            creatorDisplayName="advertiser",
            creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
            members=[{"accountId": ACCOUNT, "displayName": "publisher", "memberAbilities": []}],
            queryLogStatus="DISABLED",
        )["collaboration"]["id"]
        self.partner.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        made = self.rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        return str(made["membership"]["id"])

    def association(self, model: str, membership: str, name: str = "offer", **members: Any) -> str:
        request = {"manageResourcePolicies": True, **members}
        made = self.rooms.create_configured_audience_model_association(
            membershipIdentifier=membership,
            configuredAudienceModelArn=model,
            configuredAudienceModelAssociationName=name,
            **request,
        )
        return str(made["configuredAudienceModelAssociation"]["arn"])

    def job(self, model: str) -> str:
        self.service.objects.contents["s3://seeds/seed.jsonl"] = seed(500)  # type: ignore[attr-defined]
        made = self.ml.start_audience_generation_job(
            name=f"job-{next(self.numbers)}",
            configuredAudienceModelArn=model,
            seedAudience={
                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/seed",
                "dataSource": {"s3Uri": "s3://seeds/seed.jsonl"},
            },
        )
        return str(made["audienceGenerationJobArn"])

    def marks(self, stack: FakeStack | str, logical_id: str, request: str = "") -> dict[str, str]:
        """The markers of a stack's resource."""
        return {
            STACK_MARKER: stack if isinstance(stack, str) else stack.id,
            LOGICAL_MARKER: logical_id,
            REQUEST_MARKER: request or f"request-{next(self.numbers)}",
        }

    def operations(self) -> list[str]:
        """What Clean Rooms and Clean Rooms ML were asked since the last look."""
        seen = [call.operation for call in self.service.calls]
        self.service.calls.clear()
        return seen

    def writes(self) -> list[str]:
        return [call.operation for call in self.service.calls if call.is_write]


def dataset_request(name: str) -> dict[str, Any]:
    columns = (("user", "USER_ID"), ("item", "ITEM_ID"), ("at", "TIMESTAMP"))
    schema = [{"columnName": column, "columnTypes": [type_]} for column, type_ in columns]
    source = {"glueDataSource": {"databaseName": "shop", "tableName": "clicks"}}
    return {
        "name": name,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/cleanrooms-ml-read",
        "trainingData": [{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}],
    }


def as_cloudformation_has_it(value: Any) -> Any:
    """A request's members as properties."""
    if isinstance(value, dict):
        return {f"{name[0].upper()}{name[1:]}": as_cloudformation_has_it(each) for name, each in value.items()}
    return [as_cloudformation_has_it(each) for each in value] if isinstance(value, list) else value


def seed(users: int) -> bytes:
    return "".join(json.dumps({"user_id": f"seed-{number}"}) + "\n" for number in range(users)).encode()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def options() -> Namespace:
    """What the command line gives to a subcommand that is asked for nothing special."""
    return Namespace(delete=False, yes=False, fix=False, stack=None)


@pytest.fixture
def throttled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a test that is throttled: its clients don't wait, and no other test uses what they learn from it."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", lambda *_: True)
    yield
    shared_client.cache_clear()
