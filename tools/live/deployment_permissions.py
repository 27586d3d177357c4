"""What whoever runs the deployments must be allowed: CloudFormation makes everything with the caller's credentials."""

from __future__ import annotations

from .kinds import PREFIX

_HERE = "{region}:{account}"
_STACKS = f"arn:{{partition}}:cloudformation:{_HERE}:stack/{PREFIX}*"
_FUNCTIONS = f"arn:{{partition}}:lambda:{_HERE}:function:{PREFIX}*"
_LOG_GROUPS = f"arn:{{partition}}:logs:{_HERE}:log-group:{PREFIX}*"
_ROLES = f"arn:{{partition}}:iam::{{account}}:role/{PREFIX}*"
_BUCKETS = f"arn:{{partition}}:s3:::{PREFIX}*"
_KEYS = f"arn:{{partition}}:kms:{_HERE}:key/*"
_NEW = "*"
"""What isn't there yet has no ARN."""

CALLS: dict[str, str] = {
    "cloudformation:CreateChangeSet": _STACKS,
    "cloudformation:DeleteChangeSet": _STACKS,
    "cloudformation:DeleteStack": _STACKS,
    "cloudformation:DescribeChangeSet": _STACKS,
    "cloudformation:DescribeEvents": _STACKS,
    "cloudformation:DescribeStackEvents": _STACKS,
    "cloudformation:DescribeStackResources": _STACKS,
    "cloudformation:ExecuteChangeSet": _STACKS,
    "cloudformation:GetTemplate": _STACKS,
    "cloudformation:ListStackResources": _STACKS,
    "cloudformation:TagResource": _STACKS,
    "kms:ScheduleKeyDeletion": _KEYS,
    "lambda:GetFunctionConfiguration": _FUNCTIONS,
    "lambda:InvokeFunction": _FUNCTIONS,
    "lambda:UpdateFunctionConfiguration": _FUNCTIONS,
    "logs:DeleteLogGroup": _LOG_GROUPS,
    "s3:DeleteObject": f"{_BUCKETS}/*",
    "s3:GetBucketLocation": _BUCKETS,
    "s3:GetEncryptionConfiguration": _BUCKETS,
    "s3:GetObject": f"{_BUCKETS}/*",
    "s3:ListBucket": _BUCKETS,
    "s3:PutObject": f"{_BUCKETS}/*",
}
"""What the CDK CLI and the run itself call."""

RESOURCES: dict[str, dict[str, str]] = {
    "AWS::IAM::Policy": {"iam:DeleteRolePolicy": _ROLES, "iam:GetRolePolicy": _ROLES, "iam:PutRolePolicy": _ROLES},
    "AWS::IAM::Role": {
        "iam:CreateRole": _ROLES,
        "iam:DeleteRole": _ROLES,
        "iam:GetRole": _ROLES,
        "iam:ListAttachedRolePolicies": _ROLES,
        "iam:ListRolePolicies": _ROLES,
        "iam:PutRolePolicy": _ROLES,
        "iam:TagRole": _ROLES,
        "iam:UntagRole": _ROLES,
        "iam:UpdateAssumeRolePolicy": _ROLES,
    },
    "AWS::KMS::Key": {
        "kms:CreateKey": _NEW,
        "kms:DescribeKey": _KEYS,
        "kms:EnableKeyRotation": _KEYS,
        "kms:GetKeyPolicy": _KEYS,
        "kms:GetKeyRotationStatus": _KEYS,
        "kms:ListResourceTags": _KEYS,
        "kms:PutKeyPolicy": _KEYS,
        "kms:TagResource": _KEYS,
    },
    "AWS::Lambda::Function": {
        "iam:PassRole": _ROLES,
        "lambda:CreateFunction": _FUNCTIONS,
        "lambda:DeleteFunction": _FUNCTIONS,
        "lambda:GetFunction": _FUNCTIONS,
        "lambda:GetFunctionCodeSigningConfig": _FUNCTIONS,
        "lambda:GetFunctionRecursionConfig": _FUNCTIONS,
        "lambda:GetRuntimeManagementConfig": _FUNCTIONS,
        "lambda:TagResource": _FUNCTIONS,
        "lambda:UntagResource": _FUNCTIONS,
        "lambda:UpdateFunctionCode": _FUNCTIONS,
        "lambda:UpdateFunctionConfiguration": _FUNCTIONS,
    },
    "AWS::Logs::LogGroup": {
        "logs:CreateLogGroup": _LOG_GROUPS,
        "logs:DeleteLogGroup": _LOG_GROUPS,
        "logs:ListTagsForResource": _LOG_GROUPS,
        "logs:PutRetentionPolicy": _LOG_GROUPS,
        "logs:TagResource": _LOG_GROUPS,
        "logs:UntagResource": _LOG_GROUPS,
    },
    "AWS::S3::Bucket": {
        "s3:CreateBucket": _BUCKETS,
        "s3:DeleteBucket": _BUCKETS,
        "s3:GetBucketAcl": _BUCKETS,
        "s3:GetBucketLogging": _BUCKETS,
        "s3:GetBucketOwnershipControls": _BUCKETS,
        "s3:GetBucketPublicAccessBlock": _BUCKETS,
        "s3:GetBucketTagging": _BUCKETS,
        "s3:GetBucketVersioning": _BUCKETS,
        "s3:GetEncryptionConfiguration": _BUCKETS,
        "s3:GetLifecycleConfiguration": _BUCKETS,
        "s3:ListBucket": _BUCKETS,
        "s3:PutBucketLogging": _BUCKETS,
        "s3:PutBucketOwnershipControls": _BUCKETS,
        "s3:PutBucketPublicAccessBlock": _BUCKETS,
        "s3:PutBucketTagging": _BUCKETS,
        "s3:PutBucketVersioning": _BUCKETS,
        "s3:PutEncryptionConfiguration": _BUCKETS,
        "s3:PutLifecycleConfiguration": _BUCKETS,
        "s3:TagResource": _BUCKETS,
    },
    "AWS::S3::BucketPolicy": {
        "s3:DeleteBucketPolicy": _BUCKETS,
        "s3:GetBucketPolicy": _BUCKETS,
        "s3:PutBucketPolicy": _BUCKETS,
    },
}
"""What CloudFormation calls for the resources of the templates: of each type's own list (its schema's `handlers`),
what the properties that are set need."""

DEPLOYMENTS: dict[str, str] = {
    action: on for part in (CALLS, *RESOURCES.values()) for action, on in part.items()
}  # fmt: skip
"""All of it."""

TAGGED = tuple(action for action, on in DEPLOYMENTS.items() if on == _KEYS and action != "kms:TagResource")
"""Actions on keys that only those need allow that carry the run's tag."""

__all__ = ["CALLS", "DEPLOYMENTS", "RESOURCES", "TAGGED"]
