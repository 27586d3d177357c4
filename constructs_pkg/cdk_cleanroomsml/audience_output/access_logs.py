"""Where access to the output buckets of a stack is logged."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ..common.environment import account, known_of, node_of
from ..common.removal_policy import let_policy_follow

if TYPE_CHECKING:
    from ..common.problems import Problems

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


def logged_in(stack: cdk.Stack) -> s3.CfnBucket.LoggingConfigurationProperty:
    """Logs to the one bucket that a stack has for all its outputs.

    Args:
        stack: The stack of the outputs.
    """
    existing = node_of(stack).try_find_child(_ID)
    bucket = _create_bucket(stack) if existing is None else cast("s3.IBucket", existing)
    return known_of(bucket, "logging", lambda: logged_to(bucket))


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
        removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    bucket.add_to_resource_policy(_delivery(bucket))
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    let_policy_follow(stack, resource, bucket.policy, cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return bucket


def _delivery(bucket: s3.IBucket) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[_log_delivery()],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects("*")],
        conditions={"StringEquals": {"aws:SourceAccount": account()}},
    )


@cache
def _log_delivery() -> iam.IPrincipal:
    return cast("iam.IPrincipal", iam.ServicePrincipal("logging.s3.amazonaws.com"))


def let_logs_in(output: Construct, bucket: s3.IBucket) -> None:
    """Lets S3 deliver to a bucket that was given, once for all outputs of this account.

    Args:
        output: Whose access is logged; it carries the warning if that isn't possible.
        bucket: Where the logs go.
    """
    if bucket.node.try_find_child(_ID) is not None:
        return
    if bucket.add_to_resource_policy(_delivery(bucket)).statement_added:
        # Another statement for each output would fill the policy.
        Construct(cast("Construct", bucket), _ID)
    else:
        cdk.Annotations.of(output).add_warning_v2(
            "cdk-cleanroomsml:accessLogsPolicyNotAdded",
            "the policy of the given server_access_logs_bucket can't be changed from here; it must let "
            "logging.s3.amazonaws.com put objects for this account (aws:SourceAccount)",
        )


def check_logs_bucket(problems: Problems, bucket: s3.IBucket, stack: cdk.Stack) -> None:
    """Checks that S3 would deliver to a bucket.

    Source: S3 User Guide, "Logging requests with server access logging": the same account and Region, default
    encryption with keys that S3 manages, and no default retention of Object Lock.

    Args:
        problems: Where to say what is wrong.
        bucket: Where the logs are to go.
        stack: The stack of what is logged.
    """
    resource = bucket.node.default_child
    said = isinstance(resource, s3.CfnBucket) and "aws:kms" in str(stack.resolve(resource.bucket_encryption))
    if said or bucket.encryption_key is not None:
        problems.found.append(
            "server_access_logs_bucket is encrypted with a key of KMS, and S3 delivers access logs to none that is: use"
            " a bucket with BucketEncryption.S3_MANAGED"
        )
    if isinstance(resource, s3.CfnBucket) and "efaultRetention" in str(
        stack.resolve(resource.object_lock_configuration)
    ):
        problems.found.append(
            "server_access_logs_bucket locks its objects by default, and S3 delivers access logs to none that does: use"
            " a bucket without a default retention of Object Lock"
        )
