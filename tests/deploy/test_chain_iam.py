"""With IAM enforced, for the rest of the chain: the synthesised permissions are enough, and none is too many."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_cleanroomsml import (
    AudienceModel,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
)
from cdk_cleanroomsml.local.service import Fault

from ..by_night import the_rest_by_night
from ..references import a_dataset, a_membership
from .conftest import AUDIENCE_MODEL_ARN, Deployment, DeploymentError
from .engine_driver import publish_function
from .test_iam import actions, statements, without

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine


PARTNERS = ("444455556666", "777788889999")
LIST_RESOURCES = "cloudformation:ListStackResources"


@dataclass
class Ground:
    """What the resources refer to.

    Attributes:
        dataset: the ARN of a training dataset.
        model: the ARN of a configured audience model.
        membership: the identifier of a membership.
        collaboration: the identifier of its collaboration.
    """

    dataset: str
    model: str
    membership: str
    collaboration: str


@pytest.fixture
def engine(running_guarded_engine: Engine) -> Engine:
    running_guarded_engine.reset()
    publish_function(running_guarded_engine)
    return running_guarded_engine


@pytest.fixture
def ground(engine: Engine) -> Ground:
    ml, rooms = engine.client("cleanroomsml"), engine.client("cleanrooms")
    role = f"arn:aws:iam::{engine.account}:role/cleanrooms-ml"
    source = {"glueDataSource": {"tableName": "purchases", "databaseName": "shop"}}
    columns = [{"columnName": name, "columnTypes": [name]} for name in ("USER_ID", "ITEM_ID", "TIMESTAMP")]
    config = {"schema": columns, "dataSource": source}
    dataset = ml.create_training_dataset(
        name="shoppers", roleArn=role, trainingData=[{"type": "INTERACTIONS", "inputConfig": config}]
    )
    model = ml.create_configured_audience_model(
        name="lent",
        audienceModelArn=AUDIENCE_MODEL_ARN,
        outputConfig={"destination": {"s3Destination": {"s3Uri": "s3://exports/"}}, "roleArn": role},
        sharedAudienceMetrics=["ALL"],
    )
    collaboration = rooms.create_collaboration(
        name="spring",
        description="a campaign",
        creatorDisplayName="publisher",
        creatorMemberAbilities=[],
        queryLogStatus="DISABLED",
        members=[{"accountId": PARTNERS[0], "memberAbilities": ["CAN_QUERY"], "displayName": "advertiser"}],
    )["collaboration"]["id"]
    membership = rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    return Ground(
        dataset["trainingDatasetArn"],
        model["configuredAudienceModelArn"],
        membership["membership"]["id"],
        collaboration,
    )


def audience_model(stack: cdk.Stack, ground: Ground, version: int) -> None:
    tags = [{"remove": "1"}, {"add": "1"}][version]
    destroy = cdk.RemovalPolicy.DESTROY
    AudienceModel(
        stack, "AudienceModel", training_dataset=a_dataset(stack, ground.dataset), tags=tags, removal_policy=destroy
    )


def policy(stack: cdk.Stack, ground: Ground, version: int, name: str = "Theirs") -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(stack, name, ground.model)
    ConfiguredAudienceModelPolicy(model.stack, f"{name}Policy", configured_audience_model=model)
    partner = iam.AccountPrincipal(PARTNERS[version])
    model.grants.start_audience_generation(partner, collaboration_id=ground.collaboration)


def association(stack: cdk.Stack, ground: Ground, version: int) -> None:
    ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
            stack, "Theirs", ground.model
        ),
        membership=a_membership(stack, ground.membership),
        description=["first", "second"][version],
        tags=[{"remove": "1"}, {"add": "1"}][version],
    )


CREATES = {
    audience_model: "CreateAudienceModel",
    policy: "PutConfiguredAudienceModelPolicy",
    association: "CreateConfiguredAudienceModelAssociation",
}
NEEDED = {
    audience_model: [
        "cleanrooms-ml:CreateAudienceModel",
        "cleanrooms-ml:DeleteAudienceModel",
        "cleanrooms-ml:GetAudienceModel",
        "cleanrooms-ml:ListAudienceModels",
        "cleanrooms-ml:TagResource",
        "cleanrooms-ml:UntagResource",
    ],
    policy: [
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
        "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
    ],
    association: [
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
        "cleanrooms-ml:GetConfiguredAudienceModel",
        "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
        "cleanrooms:CreateConfiguredAudienceModelAssociation",
        "cleanrooms:DeleteConfiguredAudienceModelAssociation",
        "cleanrooms:GetConfiguredAudienceModelAssociation",
        "cleanrooms:ListConfiguredAudienceModelAssociations",
        "cleanrooms:ListTagsForResource",
        "cleanrooms:TagResource",
        "cleanrooms:UntagResource",
        "cleanrooms:UpdateConfiguredAudienceModelAssociation",
    ],
}


def live(engine: Engine, deployment: Deployment, define: Any, ground: Ground) -> None:
    """A resource's life, in which the function needs everything that it may do."""
    engine.set_faults(Fault(CREATES[define], error="InternalServiceException", after_effect=True))
    deployment.deploy(lambda stack: define(stack, ground, 0))
    deployment.deploy(lambda stack: define(stack, ground, 1))
    deployment.destroy()


@pytest.mark.parametrize("define", NEEDED)
def test_they_are_enough_and_all_of_them_are_tried(engine: Engine, ground: Ground, tmp_path: Path, define: Any) -> None:
    found: set[str] = set()
    shorten = without(None, tmp_path / "orders.json")

    def change(template: dict[str, Any]) -> None:
        found.update(each for said in statements(template) for each in actions(said))
        shorten(template)

    live(engine, Deployment(engine, change=change), define, ground)
    assert "AccessDeniedException" not in {call.outcome for call in engine.calls()}
    assert found == {
        *NEEDED[define],
        *([LIST_RESOURCES] if define is policy else []),
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStackResource",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


@pytest.mark.scenario(6, 42)
@pytest.mark.parametrize("action", [None, LIST_RESOURCES])
def test_a_policy_under_another_logical_id_is_handed_over(
    engine: Engine, ground: Ground, tmp_path: Path, action: str | None
) -> None:
    """The first delivery of its Create dies, so the second, a minute later, adopts what the old logical id has put."""
    orders = tmp_path / "orders.json"
    deployment = Deployment(engine, change=without(action, orders))
    deployment.deploy(lambda stack: policy(stack, ground, 0))
    order = {"operation": CREATES[policy], "times": 1, "after_effect": False, "skip": 0}
    orders.write_text(json.dumps([order]))
    deployment.deploy(lambda stack: policy(stack, ground, 0, "Renamed"))
    assert json.loads(orders.read_text())[0]["times"] == 0
    ml = engine.client("cleanroomsml")
    if action:
        # What it is for.
        with pytest.raises(ml.exceptions.ResourceNotFoundException):
            ml.get_configured_audience_model_policy(configuredAudienceModelArn=ground.model)
        return
    assert (
        PARTNERS[0]
        in ml.get_configured_audience_model_policy(configuredAudienceModelArn=ground.model)[
            "configuredAudienceModelPolicy"
        ]
    )
    deployment.destroy()
    with pytest.raises(ml.exceptions.ResourceNotFoundException):
        ml.get_configured_audience_model_policy(configuredAudienceModelArn=ground.model)


EACH = [(define, action) for define, needed in NEEDED.items() for action in needed]


@pytest.mark.parametrize(
    ("define", "action"), the_rest_by_night(EACH, EACH[:1], "that the policies say exactly these is asserted by day")
)
def test_none_is_too_many(engine: Engine, ground: Ground, tmp_path: Path, define: Any, action: str) -> None:
    deployment = Deployment(engine, change=without(action, tmp_path / "orders.json"))
    with pytest.raises(DeploymentError, match="AccessDenied"):
        live(engine, deployment, define, ground)
