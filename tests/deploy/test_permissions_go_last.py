"""With IAM enforced: what leaves a stack, is rolled back or replaced goes before the permissions that it takes.

The engine carries operations out as CloudFormation does: a policy is changed before what left the template is deleted,
and what depends on something is deleted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    TagOnCreatePolicy,
)

from ..references import a_dataset, a_membership
from .conftest import AUDIENCE_MODEL_ARN, OTHER_AUDIENCE_MODEL_ARN, Deployment, DeploymentError, define_model
from .engine_driver import publish_function
from .test_iam import documents, without

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

PARTNER = "444455556666"

Define = Any


@pytest.fixture
def engine(running_guarded_engine: Engine) -> Engine:
    running_guarded_engine.reset()
    publish_function(running_guarded_engine)
    return running_guarded_engine


class Ground:
    """What resources refer to, of each two."""

    def __init__(self, engine: Engine) -> None:
        self._ml, self._rooms = engine.client("cleanroomsml"), engine.client("cleanrooms")
        self._role = f"arn:aws:iam::{engine.account}:role/cleanrooms-ml"
        self.datasets = [self._dataset(name) for name in ("shoppers", "viewers")]
        self.models = [self._model(name) for name in ("lent", "given")]
        self.memberships, self.collaborations = zip(*(self._membership() for _ in range(2)), strict=True)

    def left(self) -> list[Any]:
        """What is there of all that a stack may have made."""
        models = self._ml.list_configured_audience_models()["configuredAudienceModels"]
        trained = self._ml.list_audience_models()["audienceModels"]
        found = [each["configuredAudienceModelArn"] for each in models] + [each["audienceModelArn"] for each in trained]
        for membership in self.memberships:
            listed = self._rooms.list_configured_audience_model_associations(membershipIdentifier=membership)
            found += [each["arn"] for each in listed["configuredAudienceModelAssociationSummaries"]]
        known = {*self.models, AUDIENCE_MODEL_ARN, OTHER_AUDIENCE_MODEL_ARN}
        return [each for each in found if each not in known] + [arn for arn in self.models if self._is_shared(arn)]

    def _is_shared(self, arn: str) -> bool:
        try:
            self._ml.get_configured_audience_model_policy(configuredAudienceModelArn=arn)
        except self._ml.exceptions.ResourceNotFoundException:
            return False
        return True

    def _dataset(self, name: str) -> str:
        source = {"glueDataSource": {"tableName": "purchases", "databaseName": "shop"}}
        columns = [{"columnName": name, "columnTypes": [name]} for name in ("USER_ID", "ITEM_ID", "TIMESTAMP")]
        data = [{"type": "INTERACTIONS", "inputConfig": {"schema": columns, "dataSource": source}}]
        made = self._ml.create_training_dataset(name=name, roleArn=self._role, trainingData=data)
        return str(made["trainingDatasetArn"])

    def _model(self, name: str) -> str:
        made = self._ml.create_configured_audience_model(
            name=name,
            audienceModelArn=AUDIENCE_MODEL_ARN,
            outputConfig={"destination": {"s3Destination": {"s3Uri": "s3://exports/"}}, "roleArn": self._role},
            sharedAudienceMetrics=["ALL"],
        )
        return str(made["configuredAudienceModelArn"])

    def _membership(self) -> tuple[str, str]:
        collaboration = self._rooms.create_collaboration(
            name="spring",
            description="a campaign",
            creatorDisplayName="publisher",
            creatorMemberAbilities=[],
            queryLogStatus="DISABLED",
            members=[{"accountId": PARTNER, "memberAbilities": ["CAN_QUERY"], "displayName": "advertiser"}],
        )["collaboration"]["id"]
        made = self._rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        return made["membership"]["id"], collaboration


@pytest.fixture
def ground(engine: Engine) -> Ground:
    return Ground(engine)


# One of each type; another version is a replacement, of which everything that is named is another one


def model(stack: cdk.Stack, _: Ground, version: int) -> Any:
    return define_model(
        stack,
        audience_model=[AUDIENCE_MODEL_ARN, OTHER_AUDIENCE_MODEL_ARN][version],
        output=AudienceOutput(stack, f"Output{version}"),
        child_resource_tag_on_create_policy=[TagOnCreatePolicy.NONE, TagOnCreatePolicy.FROM_PARENT_RESOURCE][version],
    )


def audience_model(stack: cdk.Stack, ground: Ground, version: int) -> Any:
    destroy = cdk.RemovalPolicy.DESTROY
    arn = ground.datasets[version]
    return AudienceModel(stack, "AudienceModel", training_dataset=a_dataset(stack, arn), removal_policy=destroy)


def theirs(stack: cdk.Stack, ground: Ground, version: int) -> Any:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Theirs", ground.models[version])


def policy(stack: cdk.Stack, ground: Ground, version: int) -> Any:
    one = theirs(stack, ground, version)
    made = ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model=one)
    one.grants.start_audience_generation(iam.AccountPrincipal(PARTNER), collaboration_id=ground.collaborations[version])
    return made


def association(stack: cdk.Stack, ground: Ground, version: int) -> Any:
    return ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model=theirs(stack, ground, version),
        membership=a_membership(stack, ground.memberships[version]),
    )


def nothing(stack: cdk.Stack) -> None:
    CleanRoomsMLProvider(stack)


def failing(define: Callable[[cdk.Stack], Any]) -> Callable[[cdk.Stack], None]:
    """The same, and something after it that can't be made."""

    def define_both(stack: cdk.Stack) -> None:
        provider = CleanRoomsMLProvider(stack)
        fails = cdk.CfnResource(
            stack, "Fails", type="Custom::Unknown", properties={"ServiceToken": provider.service_token}
        )
        fails.node.add_dependency(define(stack))

    return define_both


def denied(engine: Engine) -> list[str]:
    return [call.operation for call in engine.calls() if call.outcome == "AccessDeniedException"]


def failed(deployment: Deployment) -> set[str]:
    events = deployment.cloudformation.describe_stack_events(StackName=deployment.name)["StackEvents"]
    return {event["LogicalResourceId"] for event in events if event["ResourceStatus"].endswith("_FAILED")}


@pytest.mark.parametrize("define", [model, audience_model, policy, association])
def test_the_last_of_its_type(engine: Engine, ground: Ground, tmp_path: Path, define: Define) -> None:
    """Made and rolled back, made, replaced and rolled back, replaced, removed: nothing is denied and nothing stays."""
    sent: list[dict[str, Any]] = []
    shorten = without(None, tmp_path / "orders.json")

    def change(template: dict[str, Any]) -> None:
        shorten(template)
        sent.append(template)

    deployment = Deployment(engine, change=change)
    deployment.deploy(nothing)
    assert len(documents(sent[-1])) == 1
    with pytest.raises(DeploymentError, match="Custom::Unknown"):
        deployment.deploy(failing(lambda stack: define(stack, ground, 0)))
    assert ground.left() == []
    deployment.deploy(lambda stack: define(stack, ground, 0))
    before = ground.left()
    with pytest.raises(DeploymentError, match="Custom::Unknown"):
        deployment.deploy(failing(lambda stack: define(stack, ground, 1)))
    assert ground.left() == before
    deployment.deploy(lambda stack: define(stack, ground, 1))
    assert len(ground.left()) == len(before)
    assert ground.left() != before
    deployment.deploy(nothing)
    assert ground.left() == []
    assert denied(engine) == []
    assert failed(deployment) == {"Fails", deployment.name} & failed(deployment)


def test_moving_between_outputs_and_back(engine: Engine, tmp_path: Path) -> None:
    """In place: the policy of one role leaves with it, that of the other comes; a roll-back needs the first again."""
    deployment = Deployment(engine, change=without(None, tmp_path / "orders.json"))

    def define(number: int) -> Callable[[cdk.Stack], Any]:
        return lambda stack: define_model(stack, output=AudienceOutput(stack, f"Output{number}"))

    deployment.deploy(define(0))
    before = deployment.model()["outputConfig"]["roleArn"]
    with pytest.raises(DeploymentError, match="Custom::Unknown"):
        deployment.deploy(failing(define(1)))
    assert deployment.model()["outputConfig"]["roleArn"] == before
    deployment.deploy(define(1))
    assert deployment.model()["outputConfig"]["roleArn"] != before
    deployment.destroy()
    assert deployment.models() == []
    assert denied(engine) == []


def test_a_partner_is_let_in_and_out(engine: Engine, ground: Ground, tmp_path: Path) -> None:
    deployment = Deployment(engine, change=without(None, tmp_path / "orders.json"))

    def define(stack: cdk.Stack, *, partner: bool) -> None:
        one = define_model(stack)
        if partner:
            one.grants.start_audience_generation(
                iam.AccountPrincipal(PARTNER), collaboration_id=ground.collaborations[0]
            )

    deployment.deploy(lambda stack: define(stack, partner=True))
    (arn,) = {each["configuredAudienceModelArn"] for each in deployment.models()} - set(ground.models)
    ground.models.append(arn)
    assert ground.left() == [arn]
    deployment.deploy(lambda stack: define(stack, partner=False))
    assert ground.left() == []
    assert failed(deployment) == set()
    assert denied(engine) == []
