"""The same tasks with `AwsCustomResource`, as well as it can do them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from aws_cdk import custom_resources as cr
from aws_cdk.assertions import Template

if TYPE_CHECKING:
    from aws_cdk import pipelines
    from constructs import Construct

AUDIENCE_MODEL_ARN = (
    "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"
)
THEIR_ARN = (
    "arn:aws:cleanrooms-ml:us-east-1:444455556666:"
    "configured-audience-model/1f3d4c5b"
)
COLLABORATION = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"

# --8<-- [start:create]
ARN = "configuredAudienceModelArn"
MODELS = (
    f"arn:{cdk.Aws.PARTITION}:cleanrooms-ml:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:"
    "configured-audience-model/*"
)


def model_resource(
    scope: Construct,
    id: str,
    *,
    s3_uri: str,
    role: iam.IRole,
    removal_policy: cdk.RemovalPolicy | None = None,
) -> cr.AwsCustomResource:
    members = {
        "audienceModelArn": AUDIENCE_MODEL_ARN,
        "outputConfig": {
            "destination": {"s3Destination": {"s3Uri": s3_uri}},
            "roleArn": role.role_arn,
        },
        "sharedAudienceMetrics": ["ALL"],
        "audienceSizeConfig": {
            "audienceSizeType": "PERCENTAGE",
            "audienceSizeBins": [1, 5, 10],
        },
    }
    itself = {ARN: cr.PhysicalResourceIdReference()}
    passed = {
        "StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}
    }
    changes = [
        f"cleanrooms-ml:{action}"
        for action in (
            "UpdateConfiguredAudienceModel",
            "DeleteConfiguredAudienceModel",
        )
    ]
    resource = cr.AwsCustomResource(
        scope,
        id,
        install_latest_aws_sdk=False,
        on_create=cr.AwsSdkCall(
            service="CleanRoomsML",
            action="CreateConfiguredAudienceModel",
            parameters={**members, "name": id, "tags": {"brand": "sports"}},
            physical_resource_id=cr.PhysicalResourceId.from_response(ARN),
        ),
        on_update=cr.AwsSdkCall(
            service="CleanRoomsML",
            action="UpdateConfiguredAudienceModel",
            parameters={**members, **itself},
            physical_resource_id=cr.PhysicalResourceId.from_response(ARN),
        ),
        on_delete=cr.AwsSdkCall(
            service="CleanRoomsML",
            action="DeleteConfiguredAudienceModel",
            parameters=itself,
            # After a failed Create, the id is the name of a log stream.
            ignore_error_codes_matching="ResourceNotFoundException|ValidationException",
        ),
        policy=cr.AwsCustomResourcePolicy.from_statements(
            [
                iam.PolicyStatement(
                    actions=["iam:PassRole"],
                    resources=[role.role_arn],
                    conditions=passed,
                ),
                iam.PolicyStatement(
                    actions=["cleanrooms-ml:CreateConfiguredAudienceModel"],
                    resources=[AUDIENCE_MODEL_ARN],
                ),
                iam.PolicyStatement(
                    actions=[*changes, "cleanrooms-ml:TagResource"],
                    resources=[MODELS],
                ),
            ]
        ),
        removal_policy=removal_policy,
    )
    resource.node.add_dependency(role)
    return resource


def allow_writing(
    role: iam.IRole, bucket: s3.IBucket, key: kms.IKey | None, prefix: str = ""
) -> None:
    own = {"StringEquals": {"s3:ResourceAccount": cdk.Aws.ACCOUNT_ID}}
    objects = bucket.arn_for_objects(f"{prefix}*")
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket", "s3:GetBucketLocation"],
            resources=[bucket.bucket_arn],
            conditions=own,
        )
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=["s3:PutObject"], resources=[objects], conditions=own
        )
    )
    if key:
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                resources=[key.key_arn],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:s3:arn": [
                            bucket.bucket_arn,
                            objects,
                        ]
                    }
                },
            )
        )


def sports_readers(scope: Construct) -> cr.AwsCustomResource:
    logs = s3.Bucket(
        scope,
        "Logs",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        versioned=True,
    )
    key = kms.Key(scope, "Key", enable_key_rotation=True)
    bucket = s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        versioned=True,
        server_access_logs_bucket=logs,
    )
    trusted = iam.ServicePrincipal(
        "cleanrooms-ml.amazonaws.com",
        conditions={
            "StringEqualsIfExists": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
            "ArnLikeIfExists": {"aws:SourceArn": MODELS},
        },
    )
    role = iam.Role(scope, "Role", assumed_by=trusted)
    allow_writing(role, bucket, key)
    return model_resource(
        scope, "SportsReaders", s3_uri=bucket.s3_url_for_object(""), role=role
    )


# --8<-- [end:create]


def create(stack: cdk.Stack) -> cr.AwsCustomResource:
    return sports_readers(stack)


def import_(stack: cdk.Stack) -> str:
    del stack
    # --8<-- [start:import]
    return THEIR_ARN
    # --8<-- [end:import]


def grant(model: cr.AwsCustomResource, analyst: iam.Role) -> None:
    # --8<-- [start:grant]
    iam.Grant.add_to_principal(
        grantee=analyst,
        actions=["cleanrooms-ml:StartAudienceGenerationJob"],
        resource_arns=[model.get_response_field(ARN)],
        conditions={
            "StringEquals": {"cleanrooms-ml:CollaborationId": COLLABORATION}
        },
    )
    # --8<-- [end:grant]


def tag(stack: cdk.Stack, model: cr.AwsCustomResource) -> None:
    # --8<-- [start:tag]
    tags = {"team": "media"}
    cdk.Tags.of(stack).add("team", tags["team"])
    set_tags = cr.AwsSdkCall(
        service="CleanRoomsML",
        action="TagResource",
        parameters={"resourceArn": model.get_response_field(ARN), "tags": tags},
        physical_resource_id=cr.PhysicalResourceId.of("tags"),
    )
    cr.AwsCustomResource(
        stack,
        "Tags",
        install_latest_aws_sdk=False,
        on_create=set_tags,
        on_update=set_tags,
        policy=cr.AwsCustomResourcePolicy.from_statements(
            [
                iam.PolicyStatement(
                    actions=["cleanrooms-ml:TagResource"], resources=[MODELS]
                )
            ]
        ),
    )
    # --8<-- [end:tag]


def retain(stack: cdk.Stack, role: iam.IRole) -> None:
    model_resource(
        stack,
        "Retained",
        s3_uri="s3://exports/",
        role=role,
        # --8<-- [start:retain]
        removal_policy=cdk.RemovalPolicy.RETAIN,
        # --8<-- [end:retain]
    )


def bring_your_own(
    stack: cdk.Stack, bucket: s3.IBucket, role: iam.IRole
) -> None:
    # --8<-- [start:bring-your-own]
    allow_writing(role, bucket, bucket.encryption_key, "segments/")
    model_resource(
        stack,
        "OwnOutput",
        s3_uri=bucket.s3_url_for_object("segments/"),
        role=role,
    )
    # --8<-- [end:bring-your-own]


def cross_stack(catalogue: cdk.Stack, model: cr.AwsCustomResource) -> None:
    # --8<-- [start:cross-stack]
    ssm.StringParameter(
        catalogue, "SportsReaders", string_value=model.get_response_field(ARN)
    )
    # --8<-- [end:cross-stack]


def nested(stack: cdk.Stack) -> cdk.NestedStack:
    # --8<-- [start:nested]
    brands = cdk.NestedStack(stack, "Brands")
    sports_readers(brands)
    # --8<-- [end:nested]
    return brands


# --8<-- [start:pipeline]
class Lookalikes(cdk.Stage):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        sports_readers(cdk.Stack(self, "Models"))


def add_stage(pipeline: pipelines.CodePipeline, app: cdk.App) -> None:
    pipeline.add_stage(Lookalikes(app, "Production"))
    # --8<-- [end:pipeline]


# --8<-- [start:validate]
def validate(members: dict[str, Any]) -> None:
    problems = []
    if not re.fullmatch(
        r"arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:audience-model/.+",
        members["audienceModelArn"],
    ):
        problems.append("audienceModelArn must be the ARN of an audience model")
    if not 1 <= len(members["name"].strip()) <= 63:
        problems.append("name must have 1 to 63 characters")
    if len(members.get("description", "")) > 255:
        problems.append("description must have at most 255 characters")
    if not 25 <= members.get("minMatchingSeedSize", 500) <= 500_000:
        problems.append("minMatchingSeedSize must be from 25 to 500000")
    sizes = members.get(
        "audienceSizeConfig",
        {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1]},
    )
    most = 100 if sizes["audienceSizeType"] == "PERCENTAGE" else 20_000_000
    if not 1 <= len(sizes["audienceSizeBins"]) <= 25:
        problems.append("audienceSizeBins must have 1 to 25 sizes")
    if not all(1 <= size <= most for size in sizes["audienceSizeBins"]):
        problems.append(f"each of audienceSizeBins must be from 1 to {most}")
    if len(members.get("tags", {})) > 50 or any(
        key.lower().startswith("aws:") for key in members.get("tags", {})
    ):
        problems.append(
            "tags must be at most 50, and no key may start with aws:"
        )
    if problems:
        raise ValueError("; ".join(problems))
    # --8<-- [end:validate]


def test_of(stack: cdk.Stack) -> dict[str, Any]:
    # --8<-- [start:test]
    # The request is a text in which CloudFormation fills in what is only
    # known at deployment.
    (resource,) = (
        Template.from_stack(stack).find_resources("Custom::AWS").values()
    )
    parts = resource["Properties"]["Create"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "token" for part in parts)
    request: dict[str, Any] = json.loads(text)["parameters"]
    assert request["audienceSizeConfig"]["audienceSizeBins"] == [1, 5, 10]
    # --8<-- [end:test]
    return request
