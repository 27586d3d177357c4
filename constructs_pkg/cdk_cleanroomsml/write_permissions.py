"""What the role that segments are written with must be allowed.

Source: User Guide, "Create a service role to write a lookalike segment", with the wildcards among its actions spelled
out.
"""

from __future__ import annotations

from typing import Any

KEY_ACTIONS = [
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]

NEEDED = (
    "s3:ListBucket and s3:GetBucketLocation on the bucket, s3:PutObject below the prefix, and with a customer managed"
    f" key {', '.join(KEY_ACTIONS)}"
)
"""The statements in words."""


def write_statements(
    *, bucket_arn: str, bucket_account: str, prefix: str | None, key_arn: str | None
) -> list[dict[str, Any]]:
    """The statements of an IAM policy, as JSON.

    Args:
        bucket_arn: The bucket.
        bucket_account: The account that owns it.
        prefix: The folder in it; ``None`` for the whole bucket.
        key_arn: The bucket's customer managed key, if it has one.
    """
    objects = f"{bucket_arn}/{prefix}/*" if prefix else f"{bucket_arn}/*"
    own_bucket = {"StringEquals": {"s3:ResourceAccount": bucket_account}}
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": bucket_arn,
            "Condition": own_bucket,
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects, "Condition": own_bucket},
    ]
    if key_arn is not None:
        # With S3 Bucket Keys the encryption context names the bucket, without them the object.
        context = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]}}
        statements.append({"Effect": "Allow", "Action": KEY_ACTIONS, "Resource": key_arn, "Condition": context})
    return statements
