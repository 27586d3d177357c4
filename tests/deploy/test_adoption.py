"""A model that exists is taken over, moved and given back, with IAM enforced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import AudienceOutput

from .conftest import AUDIENCE_MODEL_ARN, Deployment, DeploymentError, define_model
from .engine_driver import publish_function, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

PREFIX = "cdk-cleanroomsml:"


class Existing:
    """A model that somebody made by hand, with a role and a bucket of his own."""

    def __init__(self, engine: Engine, orders: Path) -> None:
        engine.reset()
        publish_function(engine)
        self.engine = engine
        self.change: Callable[[dict[str, Any]], None] = lambda template: shorten(template, orders)
        self.ml = engine.client("cleanroomsml")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cleanrooms-ml.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = engine.client("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(trust))
        self.role_arn = role["Role"]["Arn"]
        engine.client("s3").create_bucket(Bucket="by-hand")
        self.arn = self.ml.create_configured_audience_model(
            name="by hand",
            audienceModelArn=AUDIENCE_MODEL_ARN,
            outputConfig={
                "destination": {"s3Destination": {"s3Uri": "s3://by-hand/segments/"}},
                "roleArn": self.role_arn,
            },
            sharedAudienceMetrics=["ALL"],
            description="by hand",
            tags={"team": "media"},
        )["configuredAudienceModelArn"]
        engine.forget_calls()

    def stack(self, name: str = "Stack") -> Deployment:
        return Deployment(self.engine, name, self.change)

    def define(
        self, id: str = "Model", *, own_output: bool = False, fails: bool = False, **parameters: Any
    ) -> Callable[[cdk.Stack], object]:
        """A stack with this model, as it is or with something else in it."""

        def define(stack: cdk.Stack) -> None:
            output = None
            if not own_output:
                bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "by-hand")
                role = iam.Role.from_role_arn(stack, "Role", self.role_arn)
                output = AudienceOutput(stack, "Output", bucket=bucket, role=role, prefix="segments")
            given = {"adopt": self.arn, "output": output, "description": "by hand", "tags": {"team": "media"}}
            model = define_model(stack, id, **{**given, **parameters})
            if fails:
                broken = cdk.CfnResource(stack, "Broken", type="AWS::IAM::Policy", properties={"PolicyName": "x"})
                broken.node.add_dependency(model)

        return define

    def held(self) -> dict[str, Any]:
        held: dict[str, Any] = self.ml.get_configured_audience_model(configuredAudienceModelArn=self.arn)
        return {name: value for name, value in held.items() if name not in ("ResponseMetadata", "updateTime")}

    def marks(self) -> dict[str, str]:
        return {key: value for key, value in self.held()["tags"].items() if key.startswith(PREFIX)}


@pytest.fixture
def existing(running_guarded_engine: Engine, tmp_path: Path) -> Existing:
    return Existing(running_guarded_engine, tmp_path / "orders.json")


def test_taken_over_changed_and_released(existing: Existing) -> None:
    before = existing.held()
    stack = existing.stack()
    stack.deploy(existing.define())
    calls = stack.calls()
    assert "CreateConfiguredAudienceModel" not in calls
    assert "UpdateConfiguredAudienceModel" not in calls
    assert existing.marks()[f"{PREFIX}logical-id"].startswith("Model")
    stack.deploy(existing.define(description="from the template", own_output=True))
    assert existing.held()["description"] == "from the template"
    assert existing.held()["outputConfig"]["roleArn"] != existing.role_arn
    stack.deploy(existing.define(adopt=None))
    stack.destroy()
    assert existing.held() == before


def test_a_failed_deployment_leaves_it_as_it_was(existing: Existing) -> None:
    before = existing.held()
    with pytest.raises(DeploymentError):
        existing.stack().deploy(
            existing.define(description="other", removal_policy=cdk.RemovalPolicy.DESTROY, fails=True)
        )
    assert existing.held() == before


def test_what_could_not_be_given_back_isnt_begun(existing: Existing) -> None:
    """The function may pass its stack's role, not the one that the model has."""
    before = existing.held()
    with pytest.raises(DeploymentError, match="outputConfig would be changed, but a roll-back couldn't change it back"):
        existing.stack().deploy(existing.define(own_output=True))
    assert existing.held() == before


def test_another_construct_id_and_another_stack(existing: Existing) -> None:
    stack, as_it_is = existing.stack(), existing.define()
    stack.deploy(as_it_is)
    with pytest.raises(DeploymentError):
        stack.deploy(existing.define("Renamed", fails=True))
    assert existing.marks()[f"{PREFIX}logical-id"].startswith("Model")
    stack.deploy(existing.define("Renamed"))
    assert existing.marks()[f"{PREFIX}logical-id"].startswith("Renamed")

    other = existing.stack("Other")
    with pytest.raises(DeploymentError, match=r"is that of the logical id Renamed\w* of .*stack/Stack/.*which has it"):
        other.deploy(as_it_is)
    other.destroy()
    stack.deploy(existing.define("Renamed", removal_policy=cdk.RemovalPolicy.RETAIN))
    stack.deploy(lambda rest: define_model(rest, "Rest"))
    other.deploy(as_it_is)
    assert "stack/Other/" in existing.marks()[f"{PREFIX}stack-id"]
    stack.destroy()
    assert "stack/Other/" in existing.marks()[f"{PREFIX}stack-id"]


def test_into_a_nested_stack_and_back_when_its_parent_fails(existing: Existing) -> None:
    """A new nested stack is deleted in the roll-back of its parent, which says nothing of a roll-back itself."""
    existing.change = lambda _: None
    before = existing.held()

    def nested(*, fails: bool) -> Callable[[cdk.Stack], object]:
        def define(stack: cdk.Stack) -> None:
            inner = cdk.NestedStack(stack, "Inner")
            existing.define(description="from the inner", removal_policy=cdk.RemovalPolicy.DESTROY)(inner)
            if fails:
                broken = cdk.CfnResource(stack, "Broken", type="AWS::IAM::Policy", properties={"PolicyName": "x"})
                broken.node.add_dependency(inner)

        return define

    with pytest.raises(DeploymentError):
        existing.stack().deploy(nested(fails=True))
    assert existing.held() == before
    existing.stack("Again").deploy(nested(fails=False))
    assert existing.held()["description"] == "from the inner"
