"""Wrong use, that every type checker must reject: each ignore must be needed. It is checked, not run."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import AudienceOutput, AudienceSizes, ConfiguredAudienceModel, SharedAudienceMetrics


def define(stack: cdk.Stack, bucket: s3.Bucket) -> None:
    ConfiguredAudienceModel(stack, "Nothing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ConfiguredAudienceModel(
        stack,
        "Text",
        audience_model_arn="arn",
        shared_audience_metrics="ALL",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    ConfiguredAudienceModel(
        stack,
        "Types",
        audience_model_arn="arn",
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        audience_sizes=[1, 5, 10],  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        output=bucket,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        min_matching_seed_size="100",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        tags={"team": 1},  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    )
    ConfiguredAudienceModel(
        stack,
        "Unknown",
        audience_model_arn="arn",
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        minMatchingSeedSize=100,  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    )
    AudienceOutput(stack, "Bucket", bucket="exports")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes.percentage("1%")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes.absolute(1).bins = (2,)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    model = ConfiguredAudienceModel(
        stack, "Model", audience_model_arn="arn", shared_audience_metrics=SharedAudienceMetrics.ALL
    )
    model.bucket = bucket  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    model.grants.read("everybody")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
