"""What whoever runs this must be allowed: the least policy, and which action a refusal means."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
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
_ANY_MODEL = f"arn:{{partition}}:{ML}:{_HERE}:*audience-model/*"
"""Configured or not: an action is one of either."""
_MEMBERSHIPS = f"arn:{{partition}}:{ROOMS}:{_HERE}:membership/*"
"""And their associations."""
_AUDIENCE_MODELS = f"arn:{{partition}}:{ML}:{_HERE}:audience-model/*"
_JOBS = f"arn:{{partition}}:{ML}:{_HERE}:audience-generation-job/*"
_OWN = (_MODELS, _JOBS)
"""Of either kind: each action is one of one of them only."""
_COLLABORATIONS = f"arn:{{partition}}:{ROOMS}:{{region}}:*:collaboration/*"
_KEYS = f"arn:{{partition}}:kms:{_HERE}:key/*"
_MACHINES = f"arn:{{partition}}:states:{_HERE}:stateMachine:{PREFIX}*"
_EXECUTIONS = f"arn:{{partition}}:states:{_HERE}:execution:{PREFIX}*:*"
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
    f"{ML}:TagResource": _OWN,
    f"{ML}:GetConfiguredAudienceModel": _OWN,
    f"{ML}:UpdateConfiguredAudienceModel": _ANY_MODEL,
    f"{ML}:DeleteConfiguredAudienceModel": _ANY_MODEL,
    f"{ML}:GetConfiguredAudienceModelPolicy": _OWN,
    f"{ML}:PutConfiguredAudienceModelPolicy": _ANY_MODEL,
    f"{ML}:StartAudienceGenerationJob": _OWN,
    f"{ML}:GetAudienceGenerationJob": _OWN,
    f"{ML}:DeleteAudienceGenerationJob": _OWN,
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
    "s3:PutObject": f"{_BUCKETS}/seeds/*",
    "states:CreateStateMachine": _MACHINES,
    "states:DeleteStateMachine": _MACHINES,
    "states:DescribeExecution": _EXECUTIONS,
    "states:DescribeStateMachine": _MACHINES,
    "states:StartExecution": _MACHINES,
    "states:TagResource": _MACHINES,
    "sts:AssumeRole": _ROLES,
}
"""To make experiments, and to destroy what they made."""

PARTS: dict[str, Needs] = {
    "membership_id": {
        f"{ROOMS}:GetCollaboration": _COLLABORATIONS,
        f"{ROOMS}:GetMembership": _MEMBERSHIPS,
        f"{ROOMS}:CreateConfiguredAudienceModelAssociation": _MEMBERSHIPS,
        f"{ROOMS}:GetConfiguredAudienceModelAssociation": _MEMBERSHIPS,
        f"{ROOMS}:DeleteConfiguredAudienceModelAssociation": _MEMBERSHIPS,
        f"{ROOMS}:ListTagsForResource": _MEMBERSHIPS,
        f"{ROOMS}:TagResource": _MEMBERSHIPS,
        f"{ROOMS}:UntagResource": _MEMBERSHIPS,
        # What Clean Rooms does on behalf of whoever deletes an association.
        f"{ML}:DeleteConfiguredAudienceModelPolicy": _ANY_MODEL,
    },
    "seed_s3_uri": {
        f"{ML}:ListAudienceExportJobs": _ANYTHING,
        f"{ML}:StartAudienceExportJob": _OWN,
        "s3:ListBucket": _BUCKETS,
    },
    "training_dataset_arn": {
        f"{ML}:CreateAudienceModel": "{training_dataset_arn}",
        f"{ML}:CreateConfiguredAudienceModel": _AUDIENCE_MODELS,
        f"{ML}:DeleteAudienceModel": _ANY_MODEL,
        f"{ML}:GetAudienceModel": _AUDIENCE_MODELS,
        f"{ML}:TagResource": _AUDIENCE_MODELS,
        "kms:CreateKey": _ANYTHING,
        "kms:DescribeKey": _KEYS,
        "kms:ScheduleKeyDeletion": _KEYS,
        "kms:TagResource": _KEYS,
    },
}
"""What an input of `Inputs` needs besides, when it is given."""

TAGGED = (
    f"{ML}:UpdateConfiguredAudienceModel",
    f"{ML}:DeleteConfiguredAudienceModel",
    f"{ML}:DeleteConfiguredAudienceModelPolicy",
    f"{ML}:PutConfiguredAudienceModelPolicy",
    f"{ML}:DeleteAudienceModel",
    f"{ML}:DeleteAudienceGenerationJob",
    *deployments.TAGGED,
)
"""Actions that are allowed only on what carries the run's tag: no other model, and no other key, can be changed."""


def needs(inputs: Inputs) -> Needs:
    """All actions that a run with these inputs needs."""
    opened = [PARTS[name] for name in PARTS if getattr(inputs, name)]
    needed: Needs = {}
    parts: list[Mapping[str, str | tuple[str, ...]]] = [deployments.DEPLOYMENTS, LOOK, EXPERIMENTS, *opened]
    for action, on in (each for part in parts for each in part.items()):
        needed[action] = (*_resources(needed.get(action, ())), *_resources(on))
    return needed


def _resources(on: str | tuple[str, ...]) -> tuple[str, ...]:
    return (on,) if isinstance(on, str) else on


def policy(inputs: Inputs, *, partition: str, region: str, account: str) -> dict[str, Any]:
    """The IAM policy that a run with these inputs needs."""
    place = {"partition": partition, "region": region, "account": account, **vars(inputs)}
    grouped: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for action, on in needs(inputs).items():
        resources = _least(each.format_map(place) for each in _resources(on))
        grouped.setdefault((resources, action in TAGGED), []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(actions, resources, tagged) for (resources, tagged), actions in grouped.items()],
    }


def _least(resources: Iterable[str]) -> tuple[str, ...]:
    """Each once, without those that another one has in it: a policy has room for 6,144 characters."""
    found = [*dict.fromkeys(resources)]
    return tuple(each for each in found if not any(fnmatchcase(each, other) for other in found if other != each))


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
    named = _named(str(error.response.get("Error", {}).get("Message", "")))
    return named if named in needs(inputs) else None


def _named(message: str) -> str | None:
    """The action that a message says the caller lacks; a role that the run has made isn't the caller."""
    found = _NAMED.search(message)
    return found[2] if found and PREFIX not in (found[1] or "") else None


_NAMED = re.compile(r"(?:User: (\S+) )?is not authorized to perform: ([\w-]+:\w+)")


def _action_of(answer: Answer, needed: Mapping[str, object]) -> str | None:
    """Most messages name the action; of those that don't, the operation tells."""
    if _NAMED.search(answer.message):
        named = _named(answer.message)
        return named if named in needed else None
    service, _, operation = answer.operation.partition(":")
    action = f"{_PREFIXES.get(service, service)}:{_ACTIONS.get(operation, operation)}"
    return action if action in needed and service not in _SPEAKING else None


_PREFIXES = {"cleanroomsml": ML, "stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
_ACTIONS = {"ListBuckets": "ListAllMyBuckets", "ListObjectVersions": "ListBucketVersions"}
_SPEAKING = ("cleanroomsml", "cleanrooms")
"""Services whose refusals are findings unless they name the action."""
