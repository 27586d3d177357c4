"""A dozen tasks with this library.

The page shows, and the count takes, what stands between the markers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)
from cdk_cleanroomsml.testing import configured_audience_model

if TYPE_CHECKING:
    from aws_cdk import pipelines
    from constructs import Construct

    from cdk_cleanroomsml import IAudienceModel

AUDIENCE_MODEL_ARN = (
    "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"
)
THEIR_ARN = (
    "arn:aws:cleanrooms-ml:us-east-1:444455556666:"
    "configured-audience-model/1f3d4c5b"
)
COLLABORATION = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"


def create(stack: cdk.Stack) -> ConfiguredAudienceModel:
    # --8<-- [start:create]
    readers = AudienceModel.from_audience_model_arn(
        stack, "Readers", AUDIENCE_MODEL_ARN
    )
    return ConfiguredAudienceModel(
        stack,
        "SportsReaders",
        audience_model=readers,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        audience_sizes=AudienceSizes.percentage(1, 5, 10),
        tags={"brand": "sports"},
    )
    # --8<-- [end:create]


def import_(stack: cdk.Stack) -> str:
    # --8<-- [start:import]
    theirs = ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Theirs", THEIR_ARN
    )
    # --8<-- [end:import]
    return theirs.configured_audience_model_arn


def grant(model: ConfiguredAudienceModel, analyst: iam.Role) -> None:
    # --8<-- [start:grant]
    model.grants.start_audience_generation(
        analyst, collaboration_id=COLLABORATION
    )
    # --8<-- [end:grant]


def tag(stack: cdk.Stack) -> None:
    # --8<-- [start:tag]
    cdk.Tags.of(stack).add("team", "media")
    # --8<-- [end:tag]


def retain(model: ConfiguredAudienceModel) -> None:
    # --8<-- [start:retain]
    model.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    # --8<-- [end:retain]


def bring_your_own(stack: cdk.Stack, bucket: s3.Bucket, role: iam.Role) -> None:
    readers = cast("IAudienceModel", stack.node.find_child("Readers"))
    # --8<-- [start:bring-your-own]
    output = AudienceOutput(
        stack, "Output", bucket=bucket, role=role, prefix="segments"
    )
    ConfiguredAudienceModel(
        stack,
        "Own",
        audience_model=readers,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )
    # --8<-- [end:bring-your-own]


def cross_stack(catalogue: cdk.Stack, model: ConfiguredAudienceModel) -> None:
    # --8<-- [start:cross-stack]
    ssm.StringParameter(
        catalogue,
        "SportsReaders",
        string_value=model.configured_audience_model_arn,
    )
    # --8<-- [end:cross-stack]


def nested(stack: cdk.Stack) -> cdk.NestedStack:
    # --8<-- [start:nested]
    brands = cdk.NestedStack(stack, "Brands")
    create(brands)
    # --8<-- [end:nested]
    return brands


# --8<-- [start:pipeline]
class Lookalikes(cdk.Stage):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        create(cdk.Stack(self, "Models"))


def add_stage(pipeline: pipelines.CodePipeline, app: cdk.App) -> None:
    pipeline.add_stage(Lookalikes(app, "Production"))
    # --8<-- [end:pipeline]


def validate(stack: cdk.Stack, size: int) -> None:
    ConfiguredAudienceModel(
        stack,
        "Checked",
        audience_model=AudienceModel.from_audience_model_arn(
            stack, "CheckedAudienceModel", AUDIENCE_MODEL_ARN
        ),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        # --8<-- [start:validate]
        # The constructor checks every rule of the API.
        # --8<-- [end:validate]
        min_matching_seed_size=size,
    )


def test_of(stack: cdk.Stack) -> dict[str, Any]:
    # --8<-- [start:test]
    request = configured_audience_model(Template.from_stack(stack))
    assert request["audienceSizeConfig"]["audienceSizeBins"] == [1, 5, 10]
    # --8<-- [end:test]
    return request
