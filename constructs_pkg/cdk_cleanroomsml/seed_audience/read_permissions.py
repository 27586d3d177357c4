"""What the role that a seed is read with must be allowed.

Source: User Guide, "Create a service role to read seed data".
"""

from __future__ import annotations

from typing import Any

from ..common.bucket_permissions import bucket_statements
from ..common.keys import on_key


def seed_statements(
    *, bucket_arn: str, bucket_account: str, prefix: str | None, key_arn: str | None
) -> list[dict[str, Any]]:
    """The statements of an IAM policy, as JSON.

    Args:
        bucket_arn: The bucket.
        bucket_account: The account that owns it.
        prefix: The folder in it; ``None`` for the whole bucket.
        key_arn: The bucket's customer managed key, if it has one.
    """
    statements = bucket_statements(
        bucket_arn=bucket_arn,
        bucket_account=bucket_account,
        prefix=prefix,
        key_arn=key_arn,
        bucket_actions=["s3:ListBucket"],
        object_action="s3:GetObject",
        key_actions=["kms:Decrypt"],
    )
    if key_arn is not None:
        # Without the encryption context, which only what encrypts and decrypts has.
        resource, conditions = on_key(key_arn)
        statement: dict[str, Any] = {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": resource}
        statements.append(statement | ({"Condition": conditions} if conditions else {}))
    return statements
