"""The application that a live run deploys: a model with all that comes with it, one that is adopted, and a probe.

Its context is one JSON object, `live`: `prefix`, `run_id`, `bucket`, `role`, `audience_model_arn`, `stage`, and
`adopt`, the ARN of a model to adopt, or null.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
    TagOnCreatePolicy,
)

from ..kinds import TAG
from .stages import ADOPTED, STAGES

PROBE = Path(__file__).with_name("probe.py")

_LONGEST_NAME = 63
_NAMED = {
    s3.CfnBucket: "bucket_name",
    iam.CfnRole: "role_name",
    lambda_.CfnFunction: "function_name",
    logs.CfnLogGroup: "log_group_name",
}


def build(app: cdk.App) -> cdk.App:
    """Defines what one stage of a run deploys, as the application's context says."""
    live = json.loads(app.node.get_context("live"))
    cdk.Tags.of(app).add(TAG, live["run_id"])
    for id_, define in (("Library", define_library), ("Probe", define_probe)):
        # With the credentials of whoever runs it, and a bucket of the run's: nothing need be bootstrapped.
        synthesizer = cdk.CliCredentialsStackSynthesizer(file_assets_bucket_name=live["bucket"])
        stack = cdk.Stack(app, id_, stack_name=f"{live['prefix']}-{id_.lower()}", synthesizer=synthesizer)
        define(stack, live)
        _name_all(stack, live["prefix"])
    return app


def _name_all(stack: cdk.Stack, prefix: str) -> None:
    """Names by which the run finds everything again: those that CloudFormation makes cut the stack's name."""
    for construct in stack.node.find_all():
        for type_, attribute in _NAMED.items():
            if isinstance(construct, type_):
                path = construct.node.path.lower().split("/")[1:-1]
                setattr(construct, attribute, f"{prefix}-{'-'.join(path)}"[:_LONGEST_NAME])


def define_library(stack: cdk.Stack, live: dict[str, Any]) -> None:
    """What people deploy: a model with an output of its own; and in one stage another that was there before."""
    stage, prefix = STAGES[live["stage"]], live["prefix"]
    common: dict[str, Any] = {
        "audience_model": AudienceModel.from_audience_model_arn(stack, "Readers", live["audience_model_arn"]),
        "replacement_protection": False,
    }
    ConfiguredAudienceModel(
        stack,
        "Model",
        configured_audience_model_name=f"{prefix}-{stage.name}",
        output=AudienceOutput(stack, "Output", prefix=stage.folder),
        **common,
        **_parameters(stage.members),
    ).add_arn_output()
    if live["adopt"]:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", live["bucket"])
        role = iam.Role.from_role_arn(stack, "Role", live["role"])
        ConfiguredAudienceModel(
            stack,
            "Adopted",
            adopt=live["adopt"],
            configured_audience_model_name=f"{prefix}-adopted",
            output=AudienceOutput(stack, "AdoptedOutput", bucket=bucket, role=role, prefix="segments"),
            description=ADOPTED,
            shared_audience_metrics=SharedAudienceMetrics.NONE,
            **common,
        )


def _parameters(members: dict[str, Any]) -> dict[str, Any]:
    """Members of the API in the library's words."""
    parameters: dict[str, Any] = {
        "shared_audience_metrics": SharedAudienceMetrics.of(*members["sharedAudienceMetrics"]),
        "description": members.get("description"),
        "min_matching_seed_size": members.get("minMatchingSeedSize"),
        "tags": members.get("tags"),
    }
    if sizes := members.get("audienceSizeConfig"):
        parameters["audience_sizes"] = AudienceSizes.percentage(*sizes["audienceSizeBins"])
    if policy := members.get("childResourceTagOnCreatePolicy"):
        parameters["child_resource_tag_on_create_policy"] = TagOnCreatePolicy.of(policy)
    return parameters


def define_probe(stack: cdk.Stack, live: dict[str, Any]) -> None:
    """A custom resource that writes down what CloudFormation sends it, and what its role may do by then."""
    stage, bucket = live["stage"], s3.Bucket.from_bucket_name(stack, "Bucket", live["bucket"])
    log = logs.LogGroup(stack, "Log", retention=logs.RetentionDays.ONE_DAY)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    log.grant_write(role)
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline(PROBE.read_text()),
        environment={"BUCKET": live["bucket"], "ROLE": f"{live['prefix']}-role", "POLICY": "Stage"},
        timeout=cdk.Duration.minutes(1),
        role=role,
        log_group=log,
    )
    # What changes from stage to stage; the resource depends on it as the library's resources do.
    policy = iam.Policy(
        stack,
        "Policy",
        policy_name="Stage",
        roles=[role],
        statements=[
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("probe/*")]),
            iam.PolicyStatement(actions=["iam:GetRolePolicy"], resources=[_own_role(stack, live)]),
            iam.PolicyStatement(
                sid=stage.title(),
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringEquals": {"s3:prefix": stage}},
            ),
        ],
    )
    properties = {"stage": stage}
    probe = cdk.CustomResource(
        stack,
        "Events",
        resource_type="Custom::Probe",
        service_token=function.function_arn,
        service_timeout=cdk.Duration.minutes(3),
        properties=properties,
    )
    probe.node.add_dependency(policy)


def _own_role(stack: cdk.Stack, live: dict[str, Any]) -> str:
    """By its name: its policy may not refer to it."""
    return stack.format_arn(service="iam", region="", resource="role", resource_name=f"{live['prefix']}-role")


if __name__ == "__main__":
    build(cdk.App(builtin_cloud_formation_validation=False)).synth()
