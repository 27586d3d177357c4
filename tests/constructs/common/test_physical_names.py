"""Names that other accounts and Regions can be told: CDK makes them when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_cleanroomsml import (
    AudienceModel,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    SharedAudienceMetrics,
    TrainingDataset,
)
from cdk_cleanroomsml.common import limits

from ...references import a_dataset, a_membership, an_audience_model
from ..composition.test_parts import define_dataset
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable

IF_NEEDED = cdk.PhysicalName.GENERATE_IF_NEEDED
HERE = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
MEMBERSHIP = "0a1b2c3d-0000-4000-8000-00000000000a"


def audience_model(stack: cdk.Stack, name: str | None) -> Any:
    dataset = a_dataset(stack, f"{HERE}:training-dataset/clicks")
    return AudienceModel(stack, "One", training_dataset=dataset, audience_model_name=name)


def model(stack: cdk.Stack, name: str | None) -> Any:
    return ConfiguredAudienceModel(
        stack,
        "One",
        audience_model=an_audience_model(stack, f"{HERE}:audience-model/readers"),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        configured_audience_model_name=name,
    )


def association(stack: cdk.Stack, name: str | None) -> Any:
    theirs = ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Theirs", f"{HERE}:configured-audience-model/1f3d4c5b"
    )
    return ConfiguredAudienceModelAssociation(
        stack,
        "One",
        configured_audience_model=theirs,
        membership=a_membership(stack, MEMBERSHIP),
        configured_audience_model_association_name=name,
    )


CASES: list[tuple[Callable[..., Any], str, str]] = [
    (audience_model, "audience_model_name", "name"),
    (model, "configured_audience_model_name", "name"),
    (association, "configured_audience_model_association_name", "configuredAudienceModelAssociationName"),
]


def name_in(stack: cdk.Stack, member: str) -> Any:
    resources = Template.from_stack(stack).to_json()["Resources"]
    return next(v["Properties"].get(member) for k, v in resources.items() if k.startswith("One") and "Output" not in k)


@pytest.mark.parametrize(("define", "attribute", "member"), CASES)
@pytest.mark.parametrize("name", [IF_NEEDED, "of its own"], ids=["generated", "given"])
def test_another_account_is_told_it(define: Callable[..., Any], attribute: str, member: str, name: str) -> None:
    app = an_app()
    owner = cdk.Stack(app, "Owner", env=cdk.Environment(account="111122223333", region="us-east-1"))
    other = cdk.Stack(app, "Other", env=cdk.Environment(account="444455556666", region="us-east-1"))
    one = define(owner, name)
    cdk.CfnOutput(other, "Told", value=getattr(one, attribute))
    said = name_in(owner, member)
    assert Template.from_stack(other).to_json()["Outputs"]["Told"]["Value"] == said
    assert said == name or name == IF_NEEDED
    assert isinstance(said, str)
    least, most = limits.NAME_LENGTH
    assert least <= len(said) <= most


@pytest.mark.parametrize(("define", "attribute", "member"), CASES)
def test_one_that_nobody_needs_is_left_to_the_function(define: Callable[..., Any], attribute: str, member: str) -> None:
    app = an_app()
    stack = cdk.Stack(app, "Owner", env=cdk.Environment(account="111122223333", region="us-east-1"))
    one = define(stack, IF_NEEDED)
    cdk.CfnOutput(stack, "Told", value=getattr(one, attribute))
    assert name_in(stack, member) is None
    value = Template.from_stack(stack).to_json()["Outputs"]["Told"]["Value"]
    assert value["Fn::GetAtt"][1] == "Name"


def test_a_dataset_has_a_generated_name_in_any_case() -> None:
    stacks = [cdk.Stack(an_app(), "Owner") for _ in range(2)]
    for stack, name in zip(stacks, (None, IF_NEEDED), strict=True):
        dataset = define_dataset(
            stack, bucket=s3.Bucket.from_bucket_name(stack, "Data", "data"), training_dataset_name=name
        )
        assert TrainingDataset.is_training_dataset(dataset)
    one, other = (Template.from_stack(stack).to_json() for stack in stacks)
    assert one == other
