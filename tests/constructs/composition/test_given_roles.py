"""A role that is given gets its permissions beside what it is given to, wherever it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_cleanroomsml import (
    AudienceOutput,
    ConfiguredAudienceModel,
    GlueTable,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

from ...references import an_audience_model
from ..graph import circles

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.interfaces.aws_iam import IRoleRef

    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
WRITER = "arn:aws:iam::111122223333:role/writer"


def role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))


def output(stack: cdk.Stack, given: IRoleRef) -> None:
    ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=an_audience_model(stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=AudienceOutput(stack, "Output", role=given),
    )


def dataset(stack: cdk.Stack, given: IRoleRef) -> None:
    TrainingDataset(
        stack,
        "Dataset",
        columns=[TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")],
        table=GlueTable("shop", "purchases"),
        bucket=s3.Bucket(stack, "Data", encryption=s3.BucketEncryption.KMS),
        role=given,
    )


def of_another_stack(synth: Synth) -> tuple[cdk.Stack, cdk.Stack]:
    return cdk.Stack(synth.app, "Roles"), synth.stack


def of_the_parent(synth: Synth) -> tuple[cdk.Stack, cdk.Stack]:
    return synth.stack, cdk.NestedStack(synth.stack, "Nested")


def of_a_nested_stack(synth: Synth) -> tuple[cdk.Stack, cdk.Stack]:
    return cdk.NestedStack(synth.stack, "Nested"), synth.stack


def of_a_sibling(synth: Synth) -> tuple[cdk.Stack, cdk.Stack]:
    return cdk.NestedStack(synth.stack, "One"), cdk.NestedStack(synth.stack, "Two")


def of_the_same_stack(synth: Synth) -> tuple[cdk.Stack, cdk.Stack]:
    return synth.stack, synth.stack


def policies(stack: cdk.Stack, text: str) -> list[dict[str, Any]]:
    """The policies of a stack that allow something."""
    found = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [each["Properties"] for each in found if text in str(each["Properties"]["PolicyDocument"])]


@pytest.mark.parametrize(("define", "action"), [(output, "s3:PutObject"), (dataset, "s3:GetObject")])
@pytest.mark.parametrize(
    "places", [of_another_stack, of_the_parent, of_a_nested_stack, of_a_sibling, of_the_same_stack]
)
def test_a_role(
    synth: Synth,
    places: Callable[[Synth], tuple[cdk.Stack, cdk.Stack]],
    define: Callable[[cdk.Stack, IRoleRef], None],
    action: str,
) -> None:
    theirs, ours = places(synth)
    define(ours, role(theirs))
    synth.app.synth()
    assert len(policies(ours, action)) == 1
    if theirs is not ours:
        assert policies(theirs, action) == []
    for stack in {synth.stack, theirs, ours}:
        assert circles(Template.from_stack(stack).to_json().get("Resources", {})) == []


def test_two_stacks_give_a_role_policies_of_different_names(synth: Synth) -> None:
    """The ids below the stacks are the same, and a role has one policy of a name."""
    other = cdk.Stack(synth.app, "Other")
    for stack in (synth.stack, other):
        output(stack, iam.Role.from_role_arn(stack, "Given", WRITER))
    (one,), (two,) = (policies(stack, "s3:PutObject") for stack in (synth.stack, other))
    assert one["Roles"] == two["Roles"] == ["writer"]
    assert "AWS::StackId" in str(one["PolicyName"])
    assert "AWS::StackId" in str(two["PolicyName"])


@pytest.mark.parametrize("define", [output, dataset])
@pytest.mark.parametrize(
    "given",
    [
        lambda stack: role(stack).without_policy_updates(),
        lambda stack: iam.Role.from_role_arn(stack, "Given", WRITER, mutable=False),
    ],
    ids=["without policy updates", "imported to stay as it is"],
)
def test_a_role_that_is_not_to_be_changed_stays_as_it_is(
    synth: Synth, define: Callable[[cdk.Stack, IRoleRef], None], given: Callable[[cdk.Stack], IRoleRef]
) -> None:
    define(synth.stack, given(synth.stack))
    # Nor is there one for those who look through the constructs.
    assert [each for each in synth.stack.node.find_all() if isinstance(each, iam.Policy)] == []
    resources = synth.template.to_json()["Resources"]
    assert policies(synth.stack, "s3:") == []
    named = [each for resource in resources.values() for each in resource.get("DependsOn", [])]
    assert set(named) <= set(resources)
    assert circles(resources) == []


def test_one_role_of_many_outputs_is_passed_by_one_policy(synth: Synth) -> None:
    given = role(synth.stack)
    for number in range(3):
        ConfiguredAudienceModel(
            synth.stack,
            f"Model{number}",
            audience_model=an_audience_model(synth.stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=AudienceOutput(synth.stack, f"Output{number}", role=given, prefix=str(number)),
        )
    assert len(policies(synth.stack, "iam:PassRole")) == 1
    assert len(policies(synth.stack, "s3:PutObject")) == 3
