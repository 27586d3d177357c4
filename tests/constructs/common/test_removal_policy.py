"""What becomes of what leaves its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    SharedAudienceMetrics,
)

from ...references import a_dataset, a_membership, an_audience_model
from ..composition.test_parts import DATASET, MODEL, define_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth


KEPT = ("RetainExceptOnCreate", "Retain")
AUDIENCE_MODEL = "Custom::CleanRoomsMLAudienceModel"
TRAINING_DATASET = "AWS::CleanRoomsML::TrainingDataset"


def model(stack: cdk.Stack, **parameters: Any) -> Any:
    arn = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
    metrics = SharedAudienceMetrics.ALL
    return ConfiguredAudienceModel(
        stack, "Model", audience_model=an_audience_model(stack, arn), shared_audience_metrics=metrics, **parameters
    )


def audience_model(stack: cdk.Stack, **parameters: Any) -> Any:
    return AudienceModel(stack, "AudienceModel", training_dataset=a_dataset(stack, DATASET), **parameters)


def association(stack: cdk.Stack, **parameters: Any) -> Any:
    return ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Model", MODEL),
        membership=a_membership(stack, "0a1b2c3d-0000-4000-8000-00000000000a"),
        **parameters,
    )


def dataset(stack: cdk.Stack, **parameters: Any) -> Any:
    return define_dataset(stack, bucket=s3.Bucket(stack, "Bucket"), **parameters)


@pytest.mark.parametrize("define", [model, audience_model, association, dataset])
def test_there_are_no_snapshots(synth: Synth, define: Callable[..., Any]) -> None:
    problem = "must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT"
    with pytest.raises(ValueError, match=problem):
        define(synth.stack, removal_policy=cdk.RemovalPolicy.SNAPSHOT)
    with pytest.raises(ValueError, match=problem):
        define(cdk.Stack(synth.app, "Other")).apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)


@pytest.mark.parametrize("define", [model, dataset])
def test_what_is_no_removal_policy_is_refused(synth: Synth, define: Callable[..., Any]) -> None:
    """CDK would take `None` for `RETAIN`, and refuses a text without saying what to write."""
    made = define(synth.stack)
    for given, said in (("RETAIN", r"got 'RETAIN': write cdk\.RemovalPolicy\.RETAIN"), (None, "got None")):
        with pytest.raises(ValueError, match=said):
            made.apply_removal_policy(given)


def test_all_of_an_output_is_retained_unless_it_was_just_created(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output")
    for type_ in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"):
        assert {_policies(each) for each in synth.resources(type_).values()} == {KEPT}


@pytest.mark.parametrize("define", [audience_model, dataset])
def test_what_takes_days_to_train_is_retained_unless_it_was_just_created(
    synth: Synth, define: Callable[..., Any]
) -> None:
    define(synth.stack)
    kept = {each["Type"] for each in synth.template.to_json()["Resources"].values() if _policies(each) == KEPT}
    assert kept >= {"audience_model": {AUDIENCE_MODEL}, "dataset": {TRAINING_DATASET}}[define.__name__]


@pytest.mark.parametrize("define", [model, association])
def test_what_can_be_deployed_again_goes_with_its_stack(synth: Synth, define: Callable[..., Any]) -> None:
    resource: Any = define(synth.stack).node.find_child("Resource")
    assert _policies(synth.template.to_json()["Resources"][synth.stack.get_logical_id(resource)]) == (None, None)


def test_a_scope_can_be_told_to_destroy_all(synth: Synth) -> None:
    dataset(synth.stack)
    audience_model(synth.stack)
    cdk.RemovalPolicies.of(synth.stack).destroy()
    assert {_policies(each) for each in synth.template.to_json()["Resources"].values()} == {("Delete", "Delete")}


def _policies(resource: dict[str, Any]) -> tuple[Any, Any]:
    return resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")
