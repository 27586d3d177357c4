"""Wrong use, that every type checker must reject: each ignore must be needed. It is checked, not run."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelGrants,
    AudienceModelRetraining,
    AudienceOutput,
    AudienceSizes,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    IAudienceModel,
    ITrainingDataset,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
    TrainingDatasetGrants,
)
from cdk_cleanroomsml.testing import CdkProject, EngineOptions, has_audience_model


def define(stack: cdk.Stack, bucket: s3.Bucket, audience_model: IAudienceModel, membership: IMembershipRef) -> None:
    ConfiguredAudienceModel(stack, "Nothing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ConfiguredAudienceModel(
        stack,
        "Text",
        audience_model=audience_model,
        shared_audience_metrics="ALL",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    ConfiguredAudienceModel(
        stack,
        "Types",
        audience_model=audience_model,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        audience_sizes=[1, 5, 10],  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        output=bucket,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        min_matching_seed_size="100",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        adopt=bucket,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        tags={"team": 1},  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    )
    ConfiguredAudienceModel(
        stack,
        "Unknown",
        audience_model=audience_model,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        minMatchingSeedSize=100,  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    )
    AudienceOutput(stack, "Bucket", bucket="exports")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes.percentage("1%")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes.percentage(*cdk.Fn.split(",", "1,5"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes("PERCENTAGE", (1,))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceSizes.absolute(1).bins = (2,)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    model = ConfiguredAudienceModel(
        stack, "Model", audience_model=audience_model, shared_audience_metrics=SharedAudienceMetrics.ALL
    )
    model.bucket = bucket  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    model.grants.read("everybody")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    TrainingDatasetGrants.from_training_dataset(model)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceModelGrants.from_audience_model("arn")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModelPolicy(stack, "Taken", configured_audience_model=model, adopt="arn")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model="arn")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    model.grants.start_audience_generation("444455556666", collaboration_id="id")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    model.add_to_resource_policy({"Effect": "Allow"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model="arn",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        membership=membership,
    )


def define_training(stack: cdk.Stack, dataset: ITrainingDataset) -> None:
    TrainingDataset(
        stack,
        "Dataset",
        columns=["user"],  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
        table="table",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        bucket="bucket",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    TrainingColumn.user_id("user").name = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    AudienceModel(stack, "Nothing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AudienceModel(
        stack,
        "Text",
        training_dataset=dataset,
        training_data_start_time="2026-01-01",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model="arn",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        training_dataset=dataset,
        schedule="rate(7 days)",  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    CleanRoomsMLProvider(stack).metric_failed(period=300)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CleanRoomsMLProvider(stack).metric_errors(colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def assert_something(template: Template) -> None:
    has_audience_model(template, trainingDataset="arn")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    has_audience_model("template", name="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def deploy(project: CdkProject, stack: cdk.Stack) -> None:
    project.deploy(stack)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _: EngineOptions = {"port": 4566}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
