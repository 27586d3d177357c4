"""The engine is the account."""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest

from cdk_cleanroomsml.local.engine import SECRET_KEY, Engine

sys.path.insert(0, str(Path(__file__).parents[3]))

from tools.live.account import Account, connect
from tools.live.belongings import Belongings
from tools.live.deployments.redelivery import AGAIN_SECONDS
from tools.live.masks import Masks
from tools.live.run import Inputs, Run

from ...memory import MEMORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OWN, PARTNER, REGION = "111122223333", "444455556666", "us-east-1"
AUDIENCE_MODEL = f"arn:aws:cleanrooms-ml:{REGION}:{OWN}:audience-model/seeded"
PROFILE = "partner"
RUN_ID = "0a1b2c3d"
"""At night everything is tried; by day, some of each kind."""
at_night = pytest.mark.nightly("a deployment by the CDK CLI takes some 20 s of a core")


def passing_time(engine: Engine) -> Callable[[float], None]:
    """Turns the engine's clock, and waits where that doesn't do: for functions, and for CloudFormation."""

    def pause(seconds: float) -> None:
        engine.advance(seconds)
        time.sleep(seconds if seconds == AGAIN_SECONDS else min(seconds, 2) / 2)

    return pause


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """What a run makes is written down a thousand times."""
    with tempfile.TemporaryDirectory(dir=MEMORY or tmp_path) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def engine_process() -> Iterator[Engine]:
    """One engine a test worker."""
    with Engine(retry_seconds=0.05, audience_models=[AUDIENCE_MODEL]) as engine:
        yield engine


@pytest.fixture(scope="session")
def guarded_process() -> Iterator[Engine]:
    """One engine a test worker that enforces IAM."""
    with Engine(auth=True, audience_models=[AUDIENCE_MODEL]) as engine:
        yield engine


@pytest.fixture
def engine(engine_process: Engine) -> Engine:
    """The worker's engine, empty but for an ACTIVE audience model."""
    engine_process.reset()
    return engine_process


@pytest.fixture(scope="session", autouse=True)
def _one_loader() -> Iterator[None]:
    """The services' models are read once, and not by each session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield


@pytest.fixture(scope="session")
def accounts() -> dict[str, Account]:
    """Clients take long to make, so all tests have the same."""
    return {}


@pytest.fixture(scope="session")
def guarded_accounts() -> dict[str, Account]:
    """The same, of the engine that enforces IAM."""
    return {}


@pytest.fixture
def connected(
    engine: Engine, accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Account]:
    """The engine's account and a partner's, found as the AWS CLI finds them, with nothing on record."""
    config = tmp_path / "config"
    config.write_text(f"[profile {PROFILE}]\naws_access_key_id = {PARTNER}\naws_secret_access_key = {SECRET_KEY}\n")
    for name, value in {**engine.environment(), "AWS_CONFIG_FILE": str(config)}.items():
        monkeypatch.setenv(name, value)
    if not accounts:
        masks = Masks()
        accounts["account"] = connect(masks=masks)
        accounts["partner"] = connect(PROFILE, masks=masks, called="partner")
    for each in accounts.values():
        each.record = []
    return accounts


@pytest.fixture
def account(connected: dict[str, Account]) -> Account:
    return connected["account"]


@pytest.fixture
def belongings(engine: Engine, connected: dict[str, Account], tmp_path: Path) -> Belongings:
    """What is made is written to a file of the test's; waiting turns the engine's clock."""
    return Belongings(connected["account"], RUN_ID, tmp_path / f"{RUN_ID}.json", engine.advance)


@pytest.fixture
def new_run(engine: Engine, connected: dict[str, Account], tmp_path: Path) -> Callable[..., Run]:
    """Makes one run after the other, with what it needs to be given."""
    numbers = itertools.count(1)
    given = Inputs(AUDIENCE_MODEL)

    def new(needs: Iterable[str] = ()) -> Run:
        nonlocal given
        run_id = f"{next(numbers):08x}"
        belongings = Belongings(connected["account"], run_id, tmp_path / ".live" / f"{run_id}.json", engine.advance)
        run = Run(connected["account"], belongings, given, connected["partner"], engine.advance)
        open_inputs(run, engine, needs)
        given = run.inputs
        return run

    return new


class Clock:
    """Passes by itself, and with an engine's when it is turned."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.turned = 0.0

    def turn(self, seconds: float) -> None:
        """Instead of waiting."""
        self.engine.advance(seconds)
        self.turned += seconds

    def time(self) -> float:
        """Seconds since some time."""
        return time.monotonic() + self.turned


@pytest.fixture
def run(engine: Engine, connected: dict[str, Account], belongings: Belongings) -> Run:
    inputs, clock = Inputs(AUDIENCE_MODEL, partner_profile=PROFILE), Clock(engine)
    return Run(connected["account"], belongings, inputs, connected["partner"], clock.turn, clock.time)


@pytest.fixture
def guarded_run(
    guarded_process: Engine, guarded_accounts: dict[str, Account], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """A run of the account's root user, where IAM is enforced."""
    guarded_process.reset()
    for name, value in guarded_process.environment().items():
        monkeypatch.setenv(name, value)
    if not guarded_accounts:
        guarded_accounts["account"] = connect(masks=Masks())
    guarded_accounts["account"].record = []
    clock = Clock(guarded_process)
    belongings = Belongings(guarded_accounts["account"], RUN_ID, tmp_path / f"{RUN_ID}.json", clock.turn)
    return Run(guarded_accounts["account"], belongings, Inputs(AUDIENCE_MODEL), None, clock.turn, clock.time)


def open_inputs(run: Run, engine: Engine, needs: Iterable[str]) -> None:
    """Makes in the engine what an experiment needs to be given, and gives it."""
    for need in needs:
        if getattr(run.inputs, need) is None:
            run.inputs = replace(run.inputs, **{need: OPENED[need](engine)})


def _membership(engine: Engine) -> str:
    collaboration = engine.client("cleanrooms", account=PARTNER).create_collaboration(
        name="spring",
        description="with a partner",
        creatorDisplayName="advertiser",
        creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        members=[{"accountId": OWN, "displayName": "publisher", "memberAbilities": []}],
        queryLogStatus="DISABLED",
    )["collaboration"]["id"]
    own, theirs = engine.client("cleanrooms"), engine.client("cleanrooms", account=PARTNER)
    theirs.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    made = own.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    return str(made["membership"]["id"])


def _training_dataset(engine: Engine) -> str:
    columns = (("user", "USER_ID"), ("item", "ITEM_ID"), ("at", "TIMESTAMP"))
    schema = [{"columnName": column, "columnTypes": [type_]} for column, type_ in columns]
    source = {"glueDataSource": {"databaseName": "shop", "tableName": "clicks"}}
    made = engine.client("cleanroomsml").create_training_dataset(
        name="clicks",
        roleArn=f"arn:aws:iam::{OWN}:role/cleanrooms-ml-read",
        trainingData=[{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}],
    )
    return str(made["trainingDatasetArn"])


def _seed(engine: Engine) -> str:
    s3, users = engine.client("s3"), (f"user-{number:05}" for number in range(1, 31))
    s3.create_bucket(Bucket="seeds")
    s3.put_object(
        Bucket="seeds", Key="known.jsonl", Body="".join(json.dumps({"user_id": each}) + "\n" for each in users)
    )
    return "s3://seeds/known.jsonl"


OPENED = {"membership_id": _membership, "training_dataset_arn": _training_dataset, "seed_s3_uri": _seed}
