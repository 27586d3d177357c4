"""A bucket, a key and a role like those of AudienceOutput, with the CDK's own L2 constructs.

As somebody writes them who knows what a message to the jsii kernel costs: what is the same for all is made once.
"""

from __future__ import annotations

from functools import cache
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

ACCOUNT = cdk.Aws.ACCOUNT_ID
KEPT = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
NO_PUBLIC_ACCESS = s3.BlockPublicAccess.BLOCK_ALL
ARNS = f"arn:{cdk.Aws.PARTITION}:cleanrooms-ml:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:configured-audience-model/*"
KEY_ACTIONS = [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]


class L2Output(Construct):
    """The destination of one model or of many."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        key = kms.Key(
            self, "Key", description="Encrypts lookalike segments", enable_key_rotation=True, removal_policy=KEPT
        )
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=cast("kms.IKey", key),
            bucket_key_enabled=True,
            enforce_ssl=True,
            block_public_access=NO_PUBLIC_ACCESS,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            removal_policy=KEPT,
        )
        _keep_policy(bucket)
        resource = cast("s3.CfnBucket", bucket.node.default_child)
        resource.logging_configuration = logged_in(scope if isinstance(scope, cdk.Stack) else cdk.Stack.of(scope))
        role = iam.Role(
            self,
            "Role",
            assumed_by=_clean_rooms_ml(),
            description="Lets AWS Clean Rooms ML write lookalike segments",
            inline_policies={"WriteSegments": _write(bucket.bucket_arn, key.key_arn)},
        )
        self.role_arn = role.role_arn
        self.s3_uri = f"s3://{bucket.bucket_name}/"


@cache
def logged_in(stack: cdk.Stack) -> s3.CfnBucket.LoggingConfigurationProperty:
    """Logs to the one bucket of a stack for that.

    `server_access_logs_bucket` would add a statement a bucket to the policy of that one, which is full at some 60.
    """
    return s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=_access_logs(stack).bucket_name,
        target_object_key_format=s3.CfnBucket.TargetObjectKeyFormatProperty(
            partitioned_prefix=s3.CfnBucket.PartitionedPrefixProperty(partition_date_source="EventTime")
        ),
    )


def _access_logs(stack: cdk.Stack) -> s3.Bucket:
    bucket = s3.Bucket(
        stack,
        "AccessLogs",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=NO_PUBLIC_ACCESS,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        removal_policy=KEPT,
    )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[cast("iam.IPrincipal", iam.ServicePrincipal("logging.s3.amazonaws.com"))],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        )
    )
    _keep_policy(bucket)
    return bucket


def _keep_policy(bucket: s3.Bucket) -> None:
    """A bucket that is kept is kept with what it refuses."""
    if bucket.policy:
        bucket.policy.apply_removal_policy(KEPT)


@cache
def _clean_rooms_ml() -> iam.IPrincipal:
    principal = iam.ServicePrincipal(
        "cleanrooms-ml.amazonaws.com",
        conditions={
            "StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT},
            "ArnLikeIfExists": {"aws:SourceArn": ARNS},
        },
    )
    return cast("iam.IPrincipal", principal)


def _write(bucket_arn: str, key_arn: str) -> iam.PolicyDocument:
    own_bucket = {"StringEquals": {"s3:ResourceAccount": ACCOUNT}}
    objects = f"{bucket_arn}/*"
    context = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]}}
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                actions=["s3:ListBucket", "s3:GetBucketLocation"], resources=[bucket_arn], conditions=own_bucket
            ),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[objects], conditions=own_bucket),
            iam.PolicyStatement(actions=KEY_ACTIONS, resources=[key_arn], conditions=context),
        ]
    )
