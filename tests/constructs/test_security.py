"""What cdk-nag says of a stack with models: nothing but what is intrinsic. Others do in composition/test_chain.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import cdk_nag
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics

from ..references import an_audience_model

if TYPE_CHECKING:
    from .conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def define_models(stack: cdk.Stack) -> None:
    shared = AudienceOutput(stack, "Shared", prefix="segments")
    for name, output in (("Own", None), ("One", shared), ("Two", shared)):
        ConfiguredAudienceModel(
            stack,
            name,
            audience_model=an_audience_model(stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=output,
            tags={"team": "media"},
        ).add_arn_output(export_name=name)


def findings(app: cdk.App) -> dict[str, set[str]]:
    """The rules that cdk-nag's AwsSolutions finds broken, and where."""
    return {
        str(violation.rule_name): {str(resource.construct_path) for resource in violation.violating_resources}
        for violation in cdk_nag.AwsSolutionsChecks(app).validate_scope(app).violations
    }


def test_nag_finds_only_wildcards_that_nobody_can_name(synth: Synth) -> None:
    define_models(synth.stack)
    own, shared = (
        synth.stack.get_logical_id(bucket)
        for bucket in (
            synth.stack.node.find_child("Own").node.find_child("Output").node.find_child("Bucket").node.default_child,
            synth.stack.node.find_child("Shared").node.find_child("Bucket").node.default_child,
        )
        if isinstance(bucket, cdk.CfnElement)
    )
    provider = {"Stack/CleanRoomsMLProvider/ConfiguredAudienceModel"}
    models = "arn:<AWS::Partition>:cleanrooms-ml:<AWS::Region>:<AWS::AccountId>:configured-audience-model/*"
    assert findings(synth.app) == {
        # Objects below the prefix: their keys are the service's to choose.
        f"AwsSolutions-IAM5[Resource::<{own}.Arn>/*]": {"Stack/Own/Output/Role/Resource"},
        f"AwsSolutions-IAM5[Resource::<{shared}.Arn>/segments/*]": {"Stack/Shared/Role/Resource"},
        # Models: their ARNs don't exist before they do, and List can't be allowed on less than everything.
        f"AwsSolutions-IAM5[Resource::{models}]": provider,
        "AwsSolutions-IAM5[Resource::*]": provider,
    }


def test_nag_would_find_more_if_there_was_more(synth: Synth) -> None:
    s3.Bucket(synth.stack, "Careless")
    assert {"AwsSolutions-S1", "AwsSolutions-S10"} <= set(findings(synth.app))
