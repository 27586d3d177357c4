"""What a role must be allowed to reach the objects of a bucket, below a prefix and with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from .keys import on_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct


def bucket_statements(
    *,
    bucket_arn: str,
    bucket_account: str,
    prefix: str | None,
    key_arn: str | None,
    object_action: str,
    key_actions: Sequence[str],
    bucket_actions: Sequence[str] = ("s3:ListBucket", "s3:GetBucketLocation"),
) -> list[dict[str, Any]]:
    """The statements of an IAM policy, as JSON.

    Args:
        bucket_arn: The bucket.
        bucket_account: The account that owns it.
        prefix: The folder in it; ``None`` for the whole bucket.
        key_arn: The bucket's customer managed key or its alias, if it has one.
        object_action: What is done with objects.
        key_actions: What that takes of the key.
        bucket_actions: What that takes of the bucket.
    """
    objects = f"{bucket_arn}/{prefix}/*" if prefix else f"{bucket_arn}/*"
    own_bucket = {"StringEquals": {"s3:ResourceAccount": bucket_account}}
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": list(bucket_actions),
            "Resource": bucket_arn,
            "Condition": own_bucket,
        },
        {"Effect": "Allow", "Action": object_action, "Resource": objects, "Condition": own_bucket},
    ]
    if key_arn is not None:
        # With S3 Bucket Keys the encryption context names the bucket, without them the object.
        context = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]}}
        actions = key_actions[0] if len(key_actions) == 1 else list(key_actions)
        resource, conditions = on_key(key_arn)
        statements.append(
            {"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": {**context, **conditions}}
        )
    return statements


def warn_of_unknown_key(construct: Construct, bucket: s3.IBucket, key: IKeyRef | None) -> None:
    """Warns where a bucket of this application has another encryption than its users are told.

    Args:
        construct: The construct that the bucket was given to; it carries the warning.
        bucket: The bucket.
        key: Its key, as far as it is known.
    """
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket) or bucket.encryption_key is not None:
        return
    said = str(cdk.Stack.of(resource).resolve(resource.bucket_encryption))
    has_key = "kmsMasterKeyId" in said or "KMSMasterKeyID" in said
    if key is None and has_key:
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:bucketKeyUnknown",
            "the given bucket has a key of KMS that isn't known here, so the role may not use it: give it as "
            "encryption_key",
        )
    if key is not None and not has_key:
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:bucketHasNoKey",
            "the given bucket isn't known to be encrypted with encryption_key, which doesn't change that: give the key"
            " to the bucket, or leave encryption_key out",
        )
