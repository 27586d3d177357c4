"""Each subcommand runs with the policy that it prints, and says which action it misses without one of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.handler.protocol.request import LOGICAL_MARKER, STACK_MARKER
from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.operators import permissions
from cdk_cleanroomsml.operators.main import main

from .conftest import dataset_request

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN, PARTNER, REGION = "111122223333", "444455556666", "us-east-1"
CALLER = f"arn:aws:iam::{OWN}:role/caller"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine that enforces IAM, with a bit of everything that a subcommand asks for."""
    with Engine(auth=True) as engine:
        fill(engine)
        yield engine


def fill(engine: Engine) -> None:
    ml, rooms, partner = (
        engine.client("cleanroomsml"),
        engine.client("cleanrooms"),
        engine.client("cleanrooms", account=PARTNER),
    )
    cloudformation = engine.client("cloudformation")
    template = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    stack = cloudformation.create_stack(StackName="Shop", TemplateBody=json.dumps(template))["StackId"]
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Shop", WaiterConfig={"Delay": 0.1})
    trust = allow(["sts:AssumeRole"], None) | {"Principal": {"Service": "cleanrooms-ml.amazonaws.com"}}
    for role in ("cleanrooms-ml-read", "cleanrooms-ml-write"):
        engine.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=document([trust]))
    dataset = ml.create_training_dataset(**dataset_request("data"))["trainingDatasetArn"]
    marks = {STACK_MARKER: stack, LOGICAL_MARKER: "Gone"}
    audience_model = ml.create_audience_model(name="readers", trainingDatasetArn=dataset)["audienceModelArn"]
    model = ml.create_configured_audience_model(
        name="left",
        audienceModelArn=audience_model,
        outputConfig={
            "destination": {"s3Destination": {"s3Uri": "s3://segments/"}},
            "roleArn": f"arn:aws:iam::{OWN}:role/cleanrooms-ml-write",
        },
        sharedAudienceMetrics=["ALL"],
        tags=marks,
    )["configuredAudienceModelArn"]
    collaboration = partner.create_collaboration(
        name="spring",
        description="with a partner",
        creatorDisplayName="advertiser",
        creatorMemberAbilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        members=[{"accountId": OWN, "displayName": "publisher", "memberAbilities": []}],
        queryLogStatus="DISABLED",
    )["collaboration"]["id"]
    membership = rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    rooms.create_configured_audience_model_association(
        membershipIdentifier=membership["membership"]["id"],
        configuredAudienceModelArn=model,
        configuredAudienceModelAssociationName="offer",
        manageResourcePolicies=True,
        tags=marks,
    )


def allow(actions: list[str], resource: str | None = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions} | ({"Resource": resource} if resource else {})


def document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def become(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the command's credentials those of a role with a policy, and nothing else."""

    def take(policy: dict[str, Any]) -> None:
        iam = engine.client("iam")
        trust = allow(["sts:AssumeRole"], None) | {"Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
        if "caller" not in [each["RoleName"] for each in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName="caller", AssumeRolePolicyDocument=document([trust]))
        iam.put_role_policy(RoleName="caller", PolicyName="policy", PolicyDocument=json.dumps(policy))
        keys = engine.client("sts").assume_role(RoleArn=CALLER, RoleSessionName="test")["Credentials"]
        for name, value in engine.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])

    return take


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [
        {**each, "Action": [name for name in each["Action"] if name != action]} for each in policy["Statement"]
    ]
    return {**policy, "Statement": [each for each in statements if each["Action"]]}


LINES = {"list": ["list"], "orphans": ["orphans"]}


@pytest.mark.parametrize("command", LINES)
def test_it_runs_with_what_it_prints_and_with_nothing_less(
    command: str, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = permissions.policy(command, writes=False, region=REGION, account=OWN)
    become(policy)
    assert main([*LINES[command], "--json"]) in (0, 2)
    json.loads(capsys.readouterr().out)
    for action in permissions.READS[command]:
        become(without(policy, action))
        assert main(LINES[command]) == 1, action
        told = capsys.readouterr().err
        assert f"'{command}' needs {action}; 'cdk-cleanroomsml {command} --permissions' prints all" in told


def test_what_deletes_runs_with_what_it_prints(
    become: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = permissions.policy("orphans", writes=True, region=REGION, account=OWN)
    monkeypatch.setattr("cdk_cleanroomsml.operators.screen._ask", lambda _: True)
    become(without(policy, "cleanrooms:DeleteConfiguredAudienceModelAssociation"))
    assert main(["orphans", "--delete"]) == 1
    assert "needs cleanrooms:DeleteConfiguredAudienceModelAssociation" in capsys.readouterr().err
    become(policy)
    assert main(["orphans", "--delete"]) == 0
