"""Typical use of the whole chain, that every type checker must accept. It is checked, not run."""

from __future__ import annotations

from datetime import datetime, timezone

import aws_cdk as cdk
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelGrants,
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelAssociationGrants,
    ConfiguredAudienceModelGrants,
    ConfiguredAudienceModelPolicy,
    GlueTable,
    IAudienceModel,
    IConfiguredAudienceModelAssociation,
    IConfiguredAudienceModelRef,
    ITrainingDataset,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
    TrainingDatasetGrants,
)


def take_statements(resource: iam.IResourceWithPolicyV2) -> None:
    resource.add_to_resource_policy(iam.PolicyStatement())


def define(stack: cdk.Stack, role: iam.Role, key: kms.Key, table: glue.CfnTable) -> str:
    provider = CleanRoomsMLProvider(stack)
    dataset = TrainingDataset(
        stack,
        "Dataset",
        columns=[
            TrainingColumn.user_id("user"),
            TrainingColumn.item_id("item"),
            TrainingColumn.timestamp("at"),
            TrainingColumn.of("new", "NEW_FEATURE"),
        ],
        table=GlueTable.from_table(table),
        bucket=s3.Bucket(stack, "Data"),
        encryption_key=key,
        role=role,
        tags={"team": "media"},
    )
    audience_model = AudienceModel(
        stack,
        "AudienceModel",
        training_dataset=dataset,
        training_data_start_time=datetime(2026, 1, 1, tzinfo=timezone.utc),
        encryption_key=key,
        retrained=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
        adopt="arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/by-hand",
    )
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=audience_model,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        wait_for_audience_model=cdk.Duration.minutes(5),
    )
    membership = cleanrooms.CfnMembership(
        stack, "Membership", collaboration_identifier="id", query_log_status="DISABLED"
    )
    association = ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model=model,
        membership=membership,
        manage_resource_policies=False,
        removal_policy=None,
        adopt="c0c0c0c0-0000-4000-8000-000000000001",
    )
    theirs = ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Theirs", "arn")
    ConfiguredAudienceModelPolicy(
        stack, "Policy", configured_audience_model=theirs, adopt=True, overwrite=True
    ).apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    grant: iam.Grant = model.grants.start_audience_generation(
        iam.AccountPrincipal("444455556666"), collaboration_id="id"
    )
    grant.apply_before(association)
    policy: ConfiguredAudienceModelPolicy | None = model.policy
    if policy is not None:
        policy.document.add_statements(iam.PolicyStatement(effect=iam.Effect.DENY))
    if model.add_to_resource_policy(iam.PolicyStatement()).statement_added:
        take_statements(model)
    retraining = AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=model,
        training_dataset=dataset,
        schedule=scheduler.ScheduleExpression.cron(hour="3", minute="0"),
        training_window=cdk.Duration.days(90),
        initial_audience_model=audience_model,
        encryption_key=key,
        failure_topic=sns.Topic(stack, "Topic"),
        dead_letter_queue=sqs.Queue(stack, "Missed"),
        log_group=logs.LogGroup(stack, "Log"),
    )
    rule: events.Rule = retraining.on_failure("Queue")
    rule.node.add_dependency(model)
    news: events.Rule = retraining.on_success("News", rule_name="news")
    retraining.role.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.key_arn]))
    metrics: list[cloudwatch.Metric] = [
        retraining.metric_age(statistic="Maximum", period=cdk.Duration.days(1)),
        retraining.metric_failed(label="failed"),
        retraining.metric("ExecutionThrottled", unit=cloudwatch.Unit.COUNT),
        provider.metric_failed(),
        provider.metric_errors(color=cloudwatch.Color.RED),
    ]
    metrics[0].create_alarm(stack, "Old", threshold=9, evaluation_periods=1).node.add_dependency(news)
    retraining.grant_start_execution(role).assert_success()
    monitoring = CleanRoomsMLMonitoring(
        stack, "Monitoring", retrainings=[retraining], provider=provider, alarm_topic=sns.Topic(stack, "Alarms")
    )
    alarms: list[cloudwatch.Alarm] = monitoring.alarms
    for each in alarms:
        cdk.Tags.of(each).add("stage", "beta")
    datasets: list[ITrainingDataset] = [dataset, TrainingDataset.from_training_dataset_arn(stack, "D", "arn")]
    audience_models: list[IAudienceModel] = [audience_model, AudienceModel.from_audience_model_arn(stack, "M", "arn")]
    associations: list[IConfiguredAudienceModelAssociation] = [
        association,
        ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(stack, "A", "arn"),
    ]
    for dataset_, audience_model_, association_ in zip(datasets, audience_models, associations, strict=True):
        dataset_.grants.create_audience_model(role)
        audience_model_.grants.create_configured_audience_model(role, output_role=role)
        association_.grants.manage(role)
    # What refers to one is enough, an L1 among them.
    l1 = cleanroomsml.CfnTrainingDataset(stack, "L1", name="shoppers", role_arn="arn", training_data=[])
    dataset_ref: ITrainingDatasetRef = l1
    model_ref: IConfiguredAudienceModelRef = model
    grants: ConfiguredAudienceModelGrants = ConfiguredAudienceModelGrants.from_configured_audience_model(model_ref)
    grants.start_audience_generation(iam.OrganizationPrincipal("o-1234567890"), collaboration_id="id")
    grants.start_audience_generation(iam.ArnPrincipal("arn").in_organization("o-1234567890")).assert_success()
    TrainingDatasetGrants.from_training_dataset(dataset_ref).read(role)
    AudienceModelGrants.from_audience_model(audience_model).read(iam.Group(stack, "Group"))
    ConfiguredAudienceModelAssociationGrants.from_configured_audience_model_association(association).read(
        iam.ManagedPolicy(stack, "ManagedPolicy")
    )
    return dataset.training_dataset_name + audience_model.audience_model_status + association.collaboration_identifier
