"""A bucket, a key and a role like those of AudienceOutput, with nothing but CloudFormation's own resources."""

from __future__ import annotations

from functools import cache
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

ARNS = f"arn:{cdk.Aws.PARTITION}:cleanrooms-ml:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:configured-audience-model/*"
ACCOUNT = cdk.Aws.ACCOUNT_ID
ROOT_USER = f"arn:{cdk.Aws.PARTITION}:iam::{ACCOUNT}:root"
OWN_ACCOUNT = {"StringEquals": {"s3:ResourceAccount": ACCOUNT}}
RETAIN = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


class L1Output:
    """The destination of one model or of many."""

    def __init__(self, stack: cdk.Stack, id: str) -> None:
        key = kms.CfnKey(
            stack,
            f"{id}Key",
            description="Encrypts lookalike segments",
            enable_key_rotation=True,
            key_policy=policy(allow("kms:*", "*", Principal={"AWS": ROOT_USER})),
        )
        key_arn = key.attr_arn
        bucket = _bucket(
            stack,
            f"{id}Bucket",
            s3.CfnBucket.ServerSideEncryptionRuleProperty(
                bucket_key_enabled=True,
                server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                    sse_algorithm="aws:kms", kms_master_key_id=key_arn
                ),
            ),
            logging_configuration=s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=_access_logs(stack),
                target_object_key_format=s3.CfnBucket.TargetObjectKeyFormatProperty(
                    partitioned_prefix=s3.CfnBucket.PartitionedPrefixProperty(partition_date_source="EventTime")
                ),
            ),
        )
        arn, name = bucket.attr_arn, bucket.ref
        refusals = s3.CfnBucketPolicy(stack, f"{id}BucketPolicy", bucket=name, policy_document=policy(_tls_only(arn)))
        for resource in (key, bucket, refusals):
            resource.apply_removal_policy(RETAIN)
        role = iam.CfnRole(
            stack,
            f"{id}Role",
            description="Lets AWS Clean Rooms ML write lookalike segments",
            assume_role_policy_document=policy(_trust()),
            policies=[iam.CfnRole.PolicyProperty(policy_name="WriteSegments", policy_document=_write(arn, key_arn))],
        )
        self.role_arn = role.attr_arn
        self.s3_uri = f"s3://{name}/"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": list(statements), "Version": "2012-10-17"}


def allow(action: str | list[str], resource: str | list[str], **others: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **others}


def _bucket(
    stack: cdk.Stack,
    id: str,
    encryption: s3.CfnBucket.ServerSideEncryptionRuleProperty,
    **others: Any,  # noqa: ANN401 - CfnBucket's
) -> s3.CfnBucket:
    return s3.CfnBucket(
        stack,
        id,
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[encryption]),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
        **others,
    )


@cache
def _access_logs(stack: cdk.Stack) -> str:
    default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="AES256")
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(server_side_encryption_by_default=default)
    bucket = _bucket(stack, "AccessLogs", rule)
    logs = allow(
        "s3:PutObject",
        f"{bucket.attr_arn}/*",
        Principal={"Service": "logging.s3.amazonaws.com"},
        Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    )
    document = policy(_tls_only(bucket.attr_arn), logs)
    refusals = s3.CfnBucketPolicy(stack, "AccessLogsPolicy", bucket=bucket.ref, policy_document=document)
    for resource in (bucket, refusals):
        resource.apply_removal_policy(RETAIN)
    return bucket.ref


def _tls_only(bucket_arn: str) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Principal": {"AWS": "*"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _trust() -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "cleanrooms-ml.amazonaws.com"},
        "Condition": {
            "StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT},
            "ArnLikeIfExists": {"aws:SourceArn": ARNS},
        },
    }


def _write(bucket_arn: str, key_arn: str) -> dict[str, Any]:
    objects = f"{bucket_arn}/*"
    key_actions = [
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]
    return policy(
        allow(["s3:GetBucketLocation", "s3:ListBucket"], bucket_arn, Condition=OWN_ACCOUNT),
        allow("s3:PutObject", objects, Condition=OWN_ACCOUNT),
        allow(
            key_actions,
            key_arn,
            Condition={"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]}},
        ),
    )
