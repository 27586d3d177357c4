"""Where access to the output buckets of a stack is logged."""

from __future__ import annotations

from functools import cache
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from .surroundings import account

_ID = "CleanRoomsMLAccessLogs"


@cache
def no_public_access() -> s3.BlockPublicAccess:
    """Every way to make a bucket public, closed."""
    return s3.BlockPublicAccess.BLOCK_ALL


def logged_to(bucket: s3.IBucket) -> s3.CfnBucket.LoggingConfigurationProperty:
    """Logs to a bucket, to keys that begin with the account, the Region and the name of the logged bucket.

    Said on the logged bucket's own resource, because `s3.Bucket` would add a statement to the target's policy for each
    bucket that it logs, and that is full at some sixty.

    Args:
        bucket: Where the logs go.
    """
    return s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=bucket.bucket_name,
        target_object_key_format=s3.CfnBucket.TargetObjectKeyFormatProperty(
            partitioned_prefix=s3.CfnBucket.PartitionedPrefixProperty(partition_date_source="EventTime")
        ),
    )


@cache
def logged_in(stack: cdk.Stack) -> s3.CfnBucket.LoggingConfigurationProperty:
    """Logs to the one bucket that a stack has for all its outputs.

    Args:
        stack: The stack of the outputs.
    """
    existing = stack.node.try_find_child(_ID)
    return logged_to(_create_bucket(stack) if existing is None else cast("s3.IBucket", existing))


def _create_bucket(stack: cdk.Stack) -> s3.Bucket:
    bucket = s3.Bucket(
        stack,
        _ID,
        # S3 can't deliver access logs to a bucket with a customer managed key (S3 User Guide).
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=no_public_access(),
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[cast("iam.IPrincipal", iam.ServicePrincipal("logging.s3.amazonaws.com"))],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"StringEquals": {"aws:SourceAccount": account()}},
        )
    )
    return bucket
