"""What the role that segments are written with must be allowed.

Source: User Guide, "Create a service role to write a lookalike segment", with the wildcards among its actions spelled
out.
"""

from __future__ import annotations

from typing import Any

from ..common.bucket_permissions import bucket_statements

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
    return bucket_statements(
        bucket_arn=bucket_arn,
        bucket_account=bucket_account,
        prefix=prefix,
        key_arn=key_arn,
        object_action="s3:PutObject",
        key_actions=KEY_ACTIONS,
    )
