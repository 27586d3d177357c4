"""What the role that training data is read with must be allowed, and whom it must trust.

Source: User Guide, "Create a service role to read training data".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from ..common.bucket_permissions import bucket_statements

if TYPE_CHECKING:
    from ..common.environment import Environment
    from .glue_table import GlueTable

GLUE_ACTIONS = [
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetTable",
    "glue:GetTables",
    "glue:GetPartitions",
    "glue:GetPartition",
    "glue:BatchGetPartition",
    "glue:GetUserDefinedFunctions",
]

KEY_ACTIONS = ["kms:Decrypt"]

NEEDED = (
    f"{', '.join(GLUE_ACTIONS)} on the table, its database and catalog and the database 'default', "
    "glue:CreateDatabase on 'default', s3:ListBucket and s3:GetBucketLocation on the bucket, s3:GetObject below the "
    "prefix, and with a customer managed key kms:Decrypt"
)
"""The statements in words."""


def read_statements(
    *,
    where: Environment,
    table: GlueTable,
    bucket_arn: str,
    bucket_account: str,
    prefix: str | None,
    key_arn: str | None,
) -> list[dict[str, Any]]:
    """The statements of an IAM policy, as JSON.

    Args:
        where: Where the dataset is; the role may be of another stack.
        table: The Glue table of the training data.
        bucket_arn: The bucket that its data is in.
        bucket_account: The account that owns it.
        prefix: The folder in it; ``None`` for the whole bucket.
        key_arn: The bucket's customer managed key, if it has one.
    """
    return [
        *_catalog_statements(where, table),
        *bucket_statements(
            bucket_arn=bucket_arn,
            bucket_account=bucket_account,
            prefix=prefix,
            key_arn=key_arn,
            object_action="s3:GetObject",
            key_actions=KEY_ACTIONS,
        ),
    ]


def _catalog_statements(where: Environment, table: GlueTable) -> list[dict[str, Any]]:
    glue = f"arn:{cdk.Aws.PARTITION}:glue:{where.region}:{table.catalog_id or where.account}"
    # Training needs the database "default": it must exist, or the role be allowed to create it.
    default = f"{glue}:database/default"
    return [
        {
            "Effect": "Allow",
            "Action": GLUE_ACTIONS,
            "Resource": [
                f"{glue}:database/{table.database_name}",
                f"{glue}:table/{table.database_name}/{table.table_name}",
                f"{glue}:catalog",
                default,
            ],
        },
        {"Effect": "Allow", "Action": "glue:CreateDatabase", "Resource": default},
    ]
