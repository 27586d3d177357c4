"""Typical use, that every type checker must accept. It is checked, not run."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Capture, Match, Template

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    AudienceSizes,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    IConfiguredAudienceModel,
    SharedAudienceMetrics,
    TagOnCreatePolicy,
)
from cdk_cleanroomsml.testing import (
    CdkProject,
    EngineOptions,
    configured_audience_model,
    has_audience_model_retraining,
    has_configured_audience_model,
)


def define(stack: cdk.Stack, role: iam.Role, reader: iam.User, number: jsii.Number) -> str:
    audience_model = AudienceModel.from_audience_model_arn(stack, "AudienceModel", "arn")
    CleanRoomsMLProvider(
        stack,
        log_retention=logs.RetentionDays.ONE_YEAR,
        reserved_concurrent_executions=5,
        tracing=lambda_.Tracing.ACTIVE,
    )
    key = kms.Key(stack, "Key")
    created = AudienceOutput(stack, "Created", encryption_key=key, role=role)
    AudienceOutput(
        stack,
        "Named",
        bucket_name=cdk.PhysicalName.GENERATE_IF_NEEDED,
        role_name="cleanrooms-ml-named",
        removal_policy=cdk.RemovalPolicy.DESTROY,
        auto_delete_objects=True,
    )
    imported = AudienceOutput(
        stack,
        "Imported",
        bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "exports"),
        encryption_key=kms.Key.from_key_arn(stack, "ImportedKey", "arn:aws:kms:us-east-1:111122223333:key/k"),
        role=iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/writer"),
        prefix="segments",
        server_access_logs_bucket=s3.Bucket(stack, "Logs"),
    )
    list_ = cdk.CfnParameter(stack, "Sizes", type="CommaDelimitedList").value_as_list
    tokens: list[AudienceSizes] = [
        AudienceSizes.percentage(list_),
        AudienceSizes.absolute(cdk.Fn.split(",", "1000,2000")),
        AudienceSizes.of("PERCENTAGE", cdk.Token.as_number(list_)),
    ]
    least = ConfiguredAudienceModel(
        stack, "Least", audience_model=audience_model, shared_audience_metrics=SharedAudienceMetrics.NONE
    )
    model = ConfiguredAudienceModel(
        stack,
        "Most",
        audience_model=audience_model,
        shared_audience_metrics=SharedAudienceMetrics.of("ALL"),
        configured_audience_model_name="sports",
        output=imported,
        description="Readers",
        min_matching_seed_size=number,
        audience_sizes=AudienceSizes.percentage(1, 5, number) if number else tokens[0],
        child_resource_tag_on_create_policy=TagOnCreatePolicy.FROM_PARENT_RESOURCE,
        tags={"team": "media"},
        removal_policy=cdk.RemovalPolicy.RETAIN,
        adopt="arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/by-hand",
    )
    output: cdk.CfnOutput = model.add_arn_output(export_name="Arn")
    grant: iam.Grant = model.grants.start_audience_generation(reader, seed_role=role)
    grant.assert_success()
    cdk.Tags.of(model).add("stage", "beta")
    both: list[IConfiguredAudienceModel] = [
        least,
        ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Theirs", "arn"),
    ]
    for each in both:
        each.grants.read(role)
    template = Template.from_stack(stack)
    has_configured_audience_model(template, name=Capture(), sharedAudienceMetrics=["ALL"], tags=Match.absent())
    has_audience_model_retraining(template, keep=2, scheduleExpression=Match.string_like_regexp("FRI"))
    request = configured_audience_model(template)
    name: str = request["name"]
    return name + created.s3_uri + model.role.role_ref.role_arn + model.bucket.bucket_name + str(output.value)


def deploy(project: CdkProject, stack: cdk.Stack, app: cdk.App) -> dict[str, str]:
    options: EngineOptions = {"auth": True, "audience_models": ["arn"]}
    project.engine.reset(audience_models=options["audience_models"])
    project.deploy("One", app=app, options=["--method", "direct"])
    project.destroy(app=stack)
    return project.deploy(app=stack)["Stack"]
