"""The whole chain that exists is taken over, given back, released and moved to other stacks, with IAM enforced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    SharedAudienceMetrics,
)

from ..references import a_dataset, a_membership, an_audience_model
from .conftest import Deployment, DeploymentError, define_model
from .engine_driver import publish_function, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

PREFIX = "cdk-cleanroomsml:"
PARTNERS = ("444455556666", "777788889999")
RETAIN = cdk.RemovalPolicy.RETAIN
COLUMNS = [{"columnName": name, "columnTypes": [name]} for name in ("USER_ID", "ITEM_ID", "TIMESTAMP")]


class Chain:
    """Audience model, configured one, resource policy and association, that somebody made by hand."""

    def __init__(self, engine: Engine, orders: Path) -> None:
        engine.reset()
        publish_function(engine)
        self.engine = engine
        self.ml, self.rooms = engine.client("cleanroomsml"), engine.client("cleanrooms")
        self.change: Callable[[dict[str, Any]], None] = lambda template: shorten(template, orders)
        principal = {"Service": "cleanrooms-ml.amazonaws.com"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = engine.client("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=trust)
        self.role = role["Role"]["Arn"]
        engine.client("s3").create_bucket(Bucket="by-hand")
        source = {"glueDataSource": {"tableName": "purchases", "databaseName": "shop"}}
        data = [{"type": "INTERACTIONS", "inputConfig": {"schema": COLUMNS, "dataSource": source}}]
        self.dataset = self.ml.create_training_dataset(name="by hand", roleArn=self.role, trainingData=data)[
            "trainingDatasetArn"
        ]
        tags = {"team": "media"}
        self.audience_model = self.ml.create_audience_model(name="by hand", trainingDatasetArn=self.dataset, tags=tags)[
            "audienceModelArn"
        ]
        uri = {"s3Destination": {"s3Uri": "s3://by-hand/segments/"}}
        self.model = self.ml.create_configured_audience_model(
            name="by hand",
            audienceModelArn=self.audience_model,
            outputConfig={"destination": uri, "roleArn": self.role},
            sharedAudienceMetrics=["ALL"],
            tags=tags,
        )["configuredAudienceModelArn"]
        collaboration = self.rooms.create_collaboration(
            name="spring",
            description="a campaign",
            creatorDisplayName="publisher",
            creatorMemberAbilities=[],
            queryLogStatus="DISABLED",
            members=[{"accountId": PARTNERS[0], "memberAbilities": ["CAN_QUERY"], "displayName": "advertiser"}],
        )["collaboration"]
        self.collaboration = collaboration["id"]
        joined = self.rooms.create_membership(collaborationIdentifier=self.collaboration, queryLogStatus="DISABLED")
        self.membership = joined["membership"]["id"]
        made = self.rooms.create_configured_audience_model_association(
            membershipIdentifier=self.membership,
            configuredAudienceModelArn=self.model,
            configuredAudienceModelAssociationName="by hand",
            manageResourcePolicies=False,
            description="by hand",
            tags=tags,
        )["configuredAudienceModelAssociation"]
        self.association, self.association_id = made["arn"], made["id"]
        self.put_policy(
            {
                "Effect": "Allow",
                "Action": "cleanrooms-ml:StartAudienceGenerationJob",
                "Principal": {"AWS": f"arn:aws:iam::{PARTNERS[0]}:root"},
                "Resource": [f"{self.model.partition(':configured')[0]}:audience-generation-job/*", self.model],
                "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": self.collaboration}},
            }
        )
        engine.forget_calls()

    def put_policy(self, statement: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
        self.ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=self.model, configuredAudienceModelPolicy=document
        )

    def stack(self, name: str) -> Deployment:
        return Deployment(self.engine, name, self.change)

    def define(
        self,
        *,
        partner: str = PARTNERS[0],
        description: str = "by hand",
        fails: bool = False,
        kept: bool = False,
        rest: bool = False,
        in_turn: bool = False,
        **policy: Any,
    ) -> Callable[[cdk.Stack], object]:
        """A stack with the whole chain, and with something that stays where it is, or fails."""

        def define(stack: cdk.Stack) -> None:
            adopted = {"tags": {"team": "media"}, **({"removal_policy": RETAIN} if kept else {})}
            trained = AudienceModel(
                stack,
                "AudienceModel",
                training_dataset=a_dataset(stack, self.dataset),
                adopt=self.audience_model,
                **adopted,  # type: ignore[arg-type]
            )
            model = ConfiguredAudienceModel(
                stack,
                "Model",
                audience_model=trained,
                shared_audience_metrics=SharedAudienceMetrics.ALL,
                output=self.output(stack),
                adopt=self.model,
                **adopted,  # type: ignore[arg-type]
            )
            document = ConfiguredAudienceModelPolicy(
                stack, "Policy", configured_audience_model=model, adopt=True, **policy
            )
            model.grants.start_audience_generation(iam.AccountPrincipal(partner), collaboration_id=self.collaboration)
            association = ConfiguredAudienceModelAssociation(
                stack,
                "Association",
                configured_audience_model=model,
                membership=a_membership(stack, self.membership),
                manage_resource_policies=False,
                description=description,
                adopt=self.association_id,
                **adopted,  # type: ignore[arg-type]
            )
            if in_turn:
                # Else a refusal of the policy cancels the other one, which goes on by a clock that isn't shortened.
                document.node.add_dependency(association)
            if kept:
                document.apply_removal_policy(RETAIN)
            if rest:
                self.rest(stack)
            if fails:
                broken = cdk.CfnResource(stack, "Broken", type="AWS::IAM::Policy", properties={"PolicyName": "x"})
                broken.node.add_dependency(document, association)

        return define

    def output(self, stack: cdk.Stack) -> AudienceOutput:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "by-hand")
        role = iam.Role.from_role_arn(stack, "Role", self.role)
        return AudienceOutput(stack, "Output", bucket=bucket, role=role, prefix="segments")

    def rest(self, stack: cdk.Stack) -> None:
        """What doesn't move."""
        define_model(stack, "Rest", self.audience_model)

    def alone(self, stack: cdk.Stack) -> None:
        """The model of the chain, and nothing else of it."""
        audience_model = an_audience_model(stack, self.audience_model)
        ConfiguredAudienceModel(
            stack,
            "Model",
            audience_model=audience_model,
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=self.output(stack),
            tags={"team": "media"},
            adopt=self.model,
        )

    def held(self) -> list[dict[str, Any]]:
        """All four, as the services hold them."""
        association = self.rooms.get_configured_audience_model_association(
            membershipIdentifier=self.membership, configuredAudienceModelAssociationIdentifier=self.association_id
        )["configuredAudienceModelAssociation"]
        tags = self.rooms.list_tags_for_resource(resourceArn=self.association)["tags"]
        found = [
            self.ml.get_audience_model(audienceModelArn=self.audience_model),
            self.ml.get_configured_audience_model(configuredAudienceModelArn=self.model),
            self.ml.get_configured_audience_model_policy(configuredAudienceModelArn=self.model),
            {**association, "tags": tags},
        ]
        other = ("ResponseMetadata", "updateTime")
        return [{name: value for name, value in each.items() if name not in other} for each in found]

    def owners(self) -> list[str]:
        """The names of the stacks that have them, but for the policy, which tells none."""
        marks = [
            each.get("tags", {}).get(f"{PREFIX}stack-id", "//") for each in self.held() if "policyHash" not in each
        ]
        return [mark.split("/")[1] for mark in marks]


@pytest.fixture
def chain(running_guarded_engine: Engine, tmp_path: Path) -> Chain:
    return Chain(running_guarded_engine, tmp_path / "orders.json")


def test_taken_over_given_back_and_released(chain: Chain) -> None:
    before, stack = chain.held(), chain.stack("Stack")
    other = PARTNERS[1]
    with pytest.raises(DeploymentError):
        stack.deploy(chain.define(partner=other, overwrite=True, description="ours", fails=True))
    assert chain.held() == before
    stack.destroy()

    with pytest.raises(DeploymentError, match="says something else than the template: nothing was overwritten"):
        stack.deploy(chain.define(partner=other, in_turn=True))
    assert chain.held() == before
    stack.destroy()

    chain.engine.forget_calls()
    as_it_is = chain.define()
    stack.deploy(as_it_is)
    assert {call for call in stack.calls() if call.startswith(("Create", "Update", "Put", "Delete"))} == set()
    assert chain.owners() == ["Stack"] * 3
    stack.deploy(chain.define(partner=other, description="ours"))
    *_, policy, association = chain.held()
    assert other in policy["configuredAudienceModelPolicy"]
    assert association["description"] == "ours"
    stack.deploy(as_it_is)
    stack.destroy()
    # The audience model is kept by default, with its markers; what the policy says is the same in other words.
    audience_model, model, policy, association = chain.held()
    assert [model, association] == [before[1], before[3]]
    assert audience_model["tags"][f"{PREFIX}logical-id"].startswith("AudienceModel")
    assert PARTNERS[0] in policy["configuredAudienceModelPolicy"]


def test_one_leaves_a_stack_that_keeps_another_of_its_type(chain: Chain) -> None:
    """CloudFormation changes the policies of the function before it deletes what left."""
    before, stack = chain.held(), chain.stack("Stack")

    def both(defined: cdk.Stack) -> None:
        chain.rest(defined)
        chain.alone(defined)

    stack.deploy(chain.rest)
    stack.deploy(both)
    assert chain.owners()[1] == "Stack"
    stack.deploy(chain.rest)
    assert chain.held() == before
    events = stack.cloudformation.describe_stack_events(StackName="Stack")["StackEvents"]
    assert [event for event in events if event["ResourceStatus"].endswith("_FAILED")] == []


def test_a_stack_is_split_and_the_part_goes_on_to_another_app(chain: Chain) -> None:
    """Each deployment has an App of its own."""
    one, two = chain.stack("One"), chain.stack("Two")
    one.deploy(chain.define(rest=True))
    as_it_is = chain.define()
    with pytest.raises(DeploymentError) as refused:
        two.deploy(as_it_is)
    assert "stack/One/" in str(refused.value)
    assert "which has it: nothing was changed" in str(refused.value)
    two.destroy()

    # 1: retained, 2: taken out.
    one.deploy(chain.define(rest=True, kept=True))
    one.deploy(chain.rest)
    held = chain.held()
    assert chain.owners() == ["One"] * 3
    with pytest.raises(DeploymentError):
        two.deploy(chain.define(partner=PARTNERS[1], overwrite=True, description="ours", fails=True))
    assert chain.held() == held
    two.destroy()
    two.deploy(as_it_is)
    assert chain.owners() == ["Two"] * 3
    assert len(one.models()) == 2
    one.destroy()
    assert chain.owners() == ["Two"] * 3

    def without_ours(all_of_it: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**each, "tags": each.get("tags", {}).get("team")} for each in all_of_it]

    assert without_ours(chain.held()) == without_ours(held)
