"""What each subcommand may be asked to do: the least policy that it runs with, and which action a refusal means."""

from __future__ import annotations

import re
from typing import Any

ML, ROOMS, STACKS, LOGS = "cleanrooms-ml", "cleanrooms", "cloudformation", "logs"

_ACTIONS = {"GetBucketEncryption": "GetEncryptionConfiguration"}
"""Actions that aren't called as their operation is (Service Authorization Reference)."""

_ANYTHING = "*"
"""A List knows no resource."""

_DATASET = f"arn:{{partition}}:{ML}:{{region}}:{{account}}:training-dataset/*"
_AUDIENCE_MODEL = f"arn:{{partition}}:{ML}:{{region}}:{{account}}:audience-model/*"
_MODEL = f"arn:{{partition}}:{ML}:{{region}}:{{account}}:configured-audience-model/*"
_MEMBERSHIP = f"arn:{{partition}}:{ROOMS}:{{region}}:{{account}}:membership/*"
_COLLABORATION = f"arn:{{partition}}:{ROOMS}:{{region}}:*:collaboration/*"
_GLUE = tuple(f"arn:{{partition}}:glue:{{region}}:{{account}}:{each}" for each in ("catalog", "database/*", "table/*"))
_ROLE = "arn:{partition}:iam::{account}:role/*"
_LOGS = f"arn:{{partition}}:{LOGS}:{{region}}:{{account}}:log-group:*"
_STACK = f"arn:{{partition}}:{STACKS}:{{region}}:{{account}}:stack/*"

Needs = dict[str, "str | tuple[str, ...]"]
"""Actions, and the resources that each is needed on."""

_LIST_MODELS: Needs = {
    f"{ML}:ListAudienceModels": _ANYTHING,
    f"{ML}:ListConfiguredAudienceModels": _ANYTHING,
    f"{ML}:GetAudienceModel": _AUDIENCE_MODEL,
    f"{ML}:GetConfiguredAudienceModel": _MODEL,
}
_SEE_USE: Needs = {
    f"{ML}:GetConfiguredAudienceModelPolicy": _MODEL,
    f"{ML}:ListAudienceGenerationJobs": _ANYTHING,
    f"{ROOMS}:ListMemberships": _ANYTHING,
    f"{ROOMS}:ListConfiguredAudienceModelAssociations": _MEMBERSHIP,
    f"{ROOMS}:ListMembers": _COLLABORATION,
    f"{ROOMS}:ListTagsForResource": _MEMBERSHIP,
}
_SEE_STACKS: Needs = {
    f"{STACKS}:DescribeStacks": _STACK,
    f"{STACKS}:ListStackResources": _STACK,
}

READS: dict[str, Needs] = {
    "list": {
        f"{ML}:ListTrainingDatasets": _ANYTHING,
        f"{ML}:GetTrainingDataset": _DATASET,
        **_LIST_MODELS,
        **_SEE_USE,
        **_SEE_STACKS,
    },
    "orphans": {**_LIST_MODELS, **_SEE_USE, **_SEE_STACKS},
    "explain": {
        **_SEE_STACKS,
        f"{STACKS}:DescribeStackEvents": _STACK,
        f"{STACKS}:ListStacks": _ANYTHING,
        f"{STACKS}:GetTemplate": _STACK,
        f"{STACKS}:ListExports": _ANYTHING,
        f"{LOGS}:FilterLogEvents": _LOGS,
    },
    "generate": {
        f"{ML}:GetTrainingDataset": _DATASET,
        f"{ML}:GetAudienceModel": _AUDIENCE_MODEL,
        f"{ML}:GetConfiguredAudienceModel": _MODEL,
        f"{ML}:GetConfiguredAudienceModelPolicy": _MODEL,
        f"{ROOMS}:ListMemberships": _ANYTHING,
        f"{ROOMS}:ListConfiguredAudienceModelAssociations": _MEMBERSHIP,
        f"{ROOMS}:ListMembers": _COLLABORATION,
        f"{ROOMS}:GetConfiguredAudienceModelAssociation": _MEMBERSHIP,
        f"{ROOMS}:ListTagsForResource": _MEMBERSHIP,
        "glue:GetTable": _GLUE,
        "s3:GetEncryptionConfiguration": "arn:{partition}:s3:::*",
    },
    "drift": {
        **_SEE_STACKS,
        f"{STACKS}:GetTemplate": _STACK,
        f"{STACKS}:ListExports": _ANYTHING,
        f"{STACKS}:ListStacks": _ANYTHING,
        f"{ML}:GetTrainingDataset": _DATASET,
        f"{ML}:GetAudienceModel": _AUDIENCE_MODEL,
        f"{ML}:GetConfiguredAudienceModel": _MODEL,
        f"{ML}:GetConfiguredAudienceModelPolicy": _MODEL,
        f"{ROOMS}:GetConfiguredAudienceModelAssociation": _MEMBERSHIP,
        f"{ROOMS}:ListTagsForResource": _MEMBERSHIP,
    },
}
"""What a subcommand needs as long as it only reads."""

WRITES: dict[str, Needs] = {
    "drift": {
        f"{ML}:UpdateConfiguredAudienceModel": _MODEL,
        f"{ML}:PutConfiguredAudienceModelPolicy": _MODEL,
        f"{ML}:TagResource": (_DATASET, _AUDIENCE_MODEL, _MODEL),
        f"{ML}:UntagResource": (_DATASET, _AUDIENCE_MODEL, _MODEL),
        f"{ROOMS}:UpdateConfiguredAudienceModelAssociation": _MEMBERSHIP,
        f"{ROOMS}:TagResource": _MEMBERSHIP,
        f"{ROOMS}:UntagResource": _MEMBERSHIP,
        "iam:PassRole": _ROLE,
    },
    "orphans": {
        f"{ML}:DeleteAudienceModel": _AUDIENCE_MODEL,
        f"{ML}:DeleteConfiguredAudienceModel": _MODEL,
        f"{ROOMS}:DeleteConfiguredAudienceModelAssociation": _MEMBERSHIP,
        f"{ML}:DeleteConfiguredAudienceModelPolicy": _MODEL,
        f"{ML}:PutConfiguredAudienceModelPolicy": _MODEL,
    },
}
"""What it needs besides when it is asked to change something."""


def policy(command: str, *, writes: bool, region: str | None = None, account: str = _ANYTHING) -> dict[str, Any]:
    """The IAM policy that a subcommand needs.

    Args:
        command: the subcommand.
        writes: whether it is asked to change something.
        region: the Region that it works in; by default any.
        account: the account; by default any.
    """
    needs = READS[command] | (WRITES.get(command, {}) if writes else {})
    place = {"partition": partition(region), "region": region or _ANYTHING, "account": account}
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, on in needs.items():
        resources = (on,) if isinstance(on, str) else on
        actions.setdefault(tuple(each.format_map(place) for each in resources), []).append(action)
    statements = [
        {"Effect": "Allow", "Action": sorted(of_them), "Resource": list(resources)}
        for resources, of_them in actions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def action_of(command: str, operation: str, message: str) -> str:
    """The IAM action that a subcommand was refused.

    Args:
        command: the subcommand.
        operation: what it called; of a passed role, and of what two services have, only the message tells.
        message: the service's words.
    """
    needed = [*READS[command], *WRITES.get(command, {})]
    named = next((action for action in needed if re.search(rf"\b{action}\b", message)), "")
    name = _ACTIONS.get(operation, operation)
    return named or next((action for action in needed if action.endswith(f":{name}")), operation)


def partition(region: str | None) -> str:
    """The partition of a Region; without one, AWS's own."""
    if region is None:
        return "aws"
    return next((name for start, name in _PARTITIONS if region.startswith(start)), "aws")


_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
)
