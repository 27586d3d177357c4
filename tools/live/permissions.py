"""What whoever runs this must be allowed: the least policy, and which action a refusal means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import deployment_permissions as deployments
from .kinds import PREFIX, TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .account import Answer
    from .run import Inputs

ML, ROOMS = "cleanrooms-ml", "cleanrooms"

_ANYTHING = "*"
"""A List knows no resource."""

_HERE = "{region}:{account}"
_MODELS = f"arn:{{partition}}:{ML}:{_HERE}:configured-audience-model/*"
_MEMBERSHIPS = f"arn:{{partition}}:{ROOMS}:{_HERE}:membership/*"
_ROLES = f"arn:{{partition}}:iam::{{account}}:role/{PREFIX}*"
_BUCKETS = f"arn:{{partition}}:s3:::{PREFIX}*"

Needs = dict[str, "str | tuple[str, ...]"]
"""Actions, and the resources that each is needed on. Of `{…}`, places and inputs are filled in."""

LOOK: Needs = {
    f"{ML}:ListAudienceGenerationJobs": _ANYTHING,
    f"{ML}:ListAudienceModels": _ANYTHING,
    f"{ML}:ListConfiguredAudienceModels": _ANYTHING,
    f"{ML}:ListTrainingDatasets": _ANYTHING,
    f"{ML}:GetAudienceModel": "{audience_model_arn}",
    f"{ROOMS}:ListMemberships": _ANYTHING,
    f"{ROOMS}:ListConfiguredAudienceModelAssociations": _MEMBERSHIPS,
    "cloudformation:DescribeStacks": _ANYTHING,
    "glue:GetDatabases": _ANYTHING,
    "iam:ListRoles": _ANYTHING,
    "lambda:ListFunctions": _ANYTHING,
    "logs:DescribeLogGroups": _ANYTHING,
    "s3:ListAllMyBuckets": _ANYTHING,
    "states:ListStateMachines": _ANYTHING,
    "tag:GetResources": _ANYTHING,
}
"""To see what an earlier run has left, and that this one leaves nothing."""

EXPERIMENTS: Needs = {
    f"{ML}:CreateConfiguredAudienceModel": "{audience_model_arn}",
    f"{ML}:TagResource": _MODELS,
    f"{ML}:GetConfiguredAudienceModel": _MODELS,
    f"{ML}:UpdateConfiguredAudienceModel": _MODELS,
    f"{ML}:DeleteConfiguredAudienceModel": _MODELS,
    "iam:CreateRole": _ROLES,
    "iam:DeleteRole": _ROLES,
    "iam:DeleteRolePolicy": _ROLES,
    "iam:ListAttachedRolePolicies": _ROLES,
    "iam:ListRolePolicies": _ROLES,
    "iam:PassRole": _ROLES,
    "iam:PutRolePolicy": _ROLES,
    "iam:TagRole": _ROLES,
    "s3:CreateBucket": _BUCKETS,
    "s3:DeleteBucket": _BUCKETS,
    "s3:DeleteObjectVersion": f"{_BUCKETS}/*",
    "s3:ListBucketVersions": _BUCKETS,
}
"""To make experiments, and to destroy what they made."""

PARTS: dict[str, Needs] = {}
"""What an input of `Inputs` needs besides, when it is given."""

TAGGED = (*(f"{ML}:{verb}ConfiguredAudienceModel" for verb in ("Update", "Delete")), *deployments.TAGGED)
"""Actions that need be allowed only on what carries a run's tag: no other model, and no other key, can be changed."""


def needs(inputs: Inputs) -> Needs:
    """All actions that a run with these inputs needs."""
    opened = [PARTS[name] for name in PARTS if getattr(inputs, name)]
    parts: list[Mapping[str, str | tuple[str, ...]]] = [deployments.DEPLOYMENTS, LOOK, EXPERIMENTS, *opened]
    return {action: on for part in parts for action, on in part.items()}


def policy(inputs: Inputs, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """The IAM policy that a run with these inputs needs."""
    place = {"partition": partition, "region": region, "account": account, **vars(inputs)}
    grouped: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for action, on in needs(inputs).items():
        resources = tuple(each.format_map(place) for each in ((on,) if isinstance(on, str) else on))
        grouped.setdefault((resources, action in TAGGED), []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(actions, resources, tagged) for (resources, tagged), actions in grouped.items()],
    }


def _statement(actions: Iterable[str], resources: tuple[str, ...], tagged: bool) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    if tagged:
        statement["Condition"] = {"StringLike": {f"aws:ResourceTag/{TAG}": _ANYTHING}}
    return statement


def missing(record: Iterable[Answer], inputs: Inputs) -> list[str]:
    """The actions that whoever ran this was refused, of those that the policy has."""
    refused = [answer for answer in record if "AccessDenied" in answer.code or "Unauthorized" in answer.code]
    return sorted({action for answer in refused if (action := _action_of(answer, needs(inputs)))})


def missing_action(error: Exception, inputs: Inputs) -> str | None:
    """The action that an error says the caller lacks; None if it says something else."""
    if not isinstance(error, ClientError):
        return None
    named = _NAMED.search(str(error.response.get("Error", {}).get("Message", "")))
    return named[1] if named and named[1] in needs(inputs) else None


_NAMED = re.compile(r"is not authorized to perform: ([\w-]+:\w+)")


def _action_of(answer: Answer, needed: Mapping[str, object]) -> str | None:
    """Most messages name the action; of those that don't, the operation tells."""
    if named := _NAMED.search(answer.message):
        return named[1] if named[1] in needed else None
    service, _, operation = answer.operation.partition(":")
    action = f"{_PREFIXES.get(service, service)}:{_ACTIONS.get(operation, operation)}"
    return action if action in needed and service not in _SPEAKING else None


_PREFIXES = {"cleanroomsml": ML, "stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
_ACTIONS = {"ListBuckets": "ListAllMyBuckets", "ListObjectVersions": "ListBucketVersions"}
_SPEAKING = ("cleanroomsml", "cleanrooms")
"""Services whose refusals are findings unless they name the action."""
