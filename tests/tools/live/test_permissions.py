"""With IAM enforced: a run passes with the policy that is printed, and says which of its actions it lacks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tools.live import __main__ as command
from tools.live import conduct, permissions
from tools.live.account import Account, LiveError, connect
from tools.live.belongings import Belongings
from tools.live.deployments import deploy
from tools.live.earlier import earlier_runs
from tools.live.experiments.members import empty_description
from tools.live.findings import Findings
from tools.live.masks import Masks
from tools.live.run import Inputs, Run

import cdk_cleanroomsml

from ...by_night import NIGHT
from .conftest import AUDIENCE_MODEL, OWN, PARTNER, REGION, at_night, open_inputs, passing_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdk_cleanroomsml.local.engine import Engine

ROOT = Path(cdk_cleanroomsml.__file__).parents[2]
CALLER = f"arn:aws:iam::{OWN}:role/maintainer"
BY_DAY = ("cleanrooms-ml:CreateConfiguredAudienceModel", "iam:PassRole")
"""The actions of experiments that are taken away one at a time by day; at night it is each of them."""

NOT_ASKED = {"iam:TagRole", "kms:TagResource", "states:TagResource"}
"""Actions that AWS asks for (Service Authorization Reference) and the engine doesn't."""
EVERY = sorted(
    {
        *permissions.EXPERIMENTS,
        *permissions.PARTS["membership_id"],
        *permissions.PARTS["training_dataset_arn"],
        f"{permissions.ML}:StartAudienceExportJob",
    }
    - NOT_ASKED
)
"""What comes after a job's export isn't among them: not every run of so many in one engine gets that far."""


@pytest.fixture(scope="module")
def guarded(guarded_process: Engine) -> Engine:
    """An engine that enforces IAM, empty but for an ACTIVE audience model."""
    guarded_process.reset()
    return guarded_process


@pytest.fixture(scope="module")
def account(guarded: Engine) -> Iterator[Account]:
    """The account as a role sees it that may do what `allow` gives it."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "sts:AssumeRole"}
    iam = guarded.client("iam")
    iam.create_role(RoleName="maintainer", AssumeRolePolicyDocument=json.dumps(_document([trust])))
    keys = guarded.client("sts").assume_role(RoleArn=CALLER, RoleSessionName="jane.doe")["Credentials"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in guarded.environment().items():
            patch.setenv(name, value)
        patch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        patch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        yield connect(masks=Masks())


@pytest.fixture(scope="module")
def inputs(guarded: Engine) -> Inputs:
    run = Run(None, None, Inputs(AUDIENCE_MODEL))  # type: ignore[arg-type]
    open_inputs(run, guarded, ("membership_id", "seed_s3_uri", "training_dataset_arn"))
    return run.inputs


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


@pytest.fixture
def allow(guarded: Engine, inputs: Inputs) -> Callable[[set[str]], None]:
    """Gives the caller the policy, but for some of its actions."""

    def put(without: set[str]) -> None:
        policy = permissions.policy(inputs, partition="aws", region=REGION, account=OWN)
        statements = [
            {**each, "Action": [action for action in each["Action"] if action not in without]}
            for each in policy["Statement"]
        ]
        document = json.dumps(_document([each for each in statements if each["Action"]]))
        guarded.client("iam").put_role_policy(RoleName="maintainer", PolicyName="run", PolicyDocument=document)

    return put


class Attempt:
    """A run of the API's experiments as the caller."""

    def __init__(self, account: Account, inputs: Inputs, folder: Path, engine: Engine) -> None:
        account.record = []
        self.belongings = Belongings(account, "0a1b2c3d", folder / "0a1b2c3d.json", engine.advance)
        self.run = Run(account, self.belongings, inputs, pause=engine.advance)
        self._s3 = engine.client("s3")
        self.findings = Findings()

    def go(self) -> list[str]:
        """Tries and deletes; what the caller lacks."""
        conduct.ask_everything(self.run, self.findings, str)
        self._write()
        self.left = conduct.destroy(self.belongings, str)
        return permissions.missing(self.run.account.record, self.run.inputs)

    def _write(self) -> None:
        """Nobody says that the service writes nothing into the bucket of a model."""
        for bucket in self._s3.list_buckets()["Buckets"]:
            self._s3.put_object(Bucket=bucket["Name"], Key="segments/written-by-the-service")


@pytest.mark.nightly("an engine that enforces IAM and all experiments on it take 8 s of a core")
def test_it_passes_with_what_it_prints(
    account: Account, inputs: Inputs, allow: Callable[[set[str]], None], guarded: Engine, tmp_path: Path
) -> None:
    allow(set())
    attempt = Attempt(account, inputs, tmp_path, guarded)
    assert earlier_runs(account, tmp_path) == []
    assert attempt.go() == []
    lacking = [each.verdict.because for each in attempt.findings.answers if "lacks" in each.verdict.because]
    assert (lacking, attempt.left) == ([], [])


@pytest.mark.nightly("an engine that enforces IAM and all experiments on it take 8 s of a core")
def test_all_that_it_may_not_look_at_is_named_at_once(
    account: Account, inputs: Inputs, allow: Callable[[set[str]], None], tmp_path: Path
) -> None:
    assert inputs.membership_id
    allow({*permissions.LOOK} - {f"{permissions.ROOMS}:ListMemberships"})
    with pytest.raises(LiveError) as error:
        earlier_runs(account, tmp_path)
    looked = {*permissions.LOOK} - {f"{permissions.ROOMS}:ListMemberships", f"{permissions.ML}:GetAudienceModel"}
    assert [action for action in looked if f"perform: {action}" not in str(error.value)] == []
    assert "jane" not in str(error.value)
    assert OWN not in str(error.value)


@pytest.mark.nightly("an engine that enforces IAM and all experiments on it take 8 s of a core")
@pytest.mark.parametrize("action", EVERY if NIGHT else BY_DAY)
def test_it_says_which_action_is_missing(
    action: str,
    account: Account,
    inputs: Inputs,
    allow: Callable[[set[str]], None],
    guarded: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not NIGHT:
        monkeypatch.setattr(conduct, "all_experiments", lambda: [empty_description])
    allow({action})
    attempt = Attempt(account, inputs, tmp_path, guarded)
    assert attempt.go() == [action]
    allow(set())
    assert conduct.destroy(attempt.belongings, str) == []


def test_the_policy_is_printed(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "connect", lambda **_: account)
    assert command.main(["--permissions", "--audience-model-arn", AUDIENCE_MODEL]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == permissions.policy(Inputs(AUDIENCE_MODEL), partition="aws", region=REGION, account=OWN)
    assert PARTNER not in str(printed)


@pytest.fixture
def deployed(
    account: Account, inputs: Inputs, guarded: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Attempt:
    """A run whose CDK CLI is that of the repository, and has the caller's credentials."""
    here = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name, value in {**guarded.child_environment(folder=ROOT), **here}.items():
        monkeypatch.setenv(name, value)
    attempt = Attempt(account, inputs, tmp_path, guarded)
    attempt.run.pause = attempt.belongings.pause = passing_time(guarded)
    return attempt


@at_night
@pytest.mark.timeout(900)
def test_deployments_pass_with_what_is_printed(
    deployed: Attempt, allow: Callable[[set[str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(set())
    monkeypatch.setattr(conduct, "ask_everything", lambda run, findings, say: deploy(run, findings, say))
    assert deployed.go() == []
    assert [each for each in deployed.findings.checks if not each.passed] == []
    assert deployed.left == []


CLI = ("cloudformation:CreateChangeSet", "cloudformation:DeleteStack", "lambda:InvokeFunction")
"""What the engine looks at, and names: what CloudFormation calls in turn it does not, and its S3 names no action."""


@at_night
@pytest.mark.timeout(900)
@pytest.mark.parametrize("action", CLI)
def test_deployments_say_which_action_is_missing(
    action: str, deployed: Attempt, allow: Callable[[set[str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow({action})
    monkeypatch.setattr(conduct, "ask_everything", lambda run, findings, say: conduct.work(run, findings, say))
    monkeypatch.setattr(conduct, "PARTS", (deploy,))
    assert action in deployed.go()
    allow(set())
    assert conduct.destroy(deployed.belongings, str) == []
