"""What a person can do about a kind of failure."""

from __future__ import annotations

from .operations import (
    CREATE,
    CREATE_ASSOCIATION,
    CREATE_AUDIENCE_MODEL,
    DELETE,
    DELETE_ASSOCIATION,
    DELETE_AUDIENCE_MODEL,
    DESCRIBE_STACK_EVENTS,
    DESCRIBE_STACK_RESOURCE,
    DESCRIBE_STACK_RESOURCES,
    DESCRIBE_STACKS,
    GET_ASSOCIATION,
    GET_AUDIENCE_MODEL,
    LIST,
    LIST_ASSOCIATIONS,
    LIST_AUDIENCE_MODELS,
    LIST_STACK_RESOURCES,
    LIST_TAGS,
    PUT_POLICY,
    TAG,
    UNTAG,
    UPDATE,
    UPDATE_ASSOCIATION,
)
from .retry_policy import (
    ANY,
    CONFLICT,
    DENIED,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    NOT_READY,
    QUOTA,
    THROTTLED,
    UNCLEAR,
    UNREACHED,
    UNTRAINED,
)

_NEEDS = "the function's role needs {prefix}:{operation} on "

_NEEDS_ASSOCIATION = (
    _NEEDS + "association {configuredAudienceModelAssociationIdentifier} of membership {membershipIdentifier}"
)

_HINTS: dict[tuple[str, str], str] = {
    (CONFLICT, DELETE): "jobs or lookalike models still use it: wait for them or delete them, then delete again",
    (DENIED, CREATE): _NEEDS + "{audienceModelArn}, cleanrooms-ml:TagResource, and iam:PassRole on {roleArn}",
    (DENIED, UPDATE): _NEEDS + "{configuredAudienceModelArn}, and iam:PassRole on the role in outputConfig",
    (DENIED, LIST): _NEEDS + "*",
    (DENIED, CREATE_AUDIENCE_MODEL): _NEEDS + "{trainingDatasetArn}, and cleanrooms-ml:TagResource",
    (DENIED, GET_AUDIENCE_MODEL): _NEEDS + "{audienceModelArn}",
    (DENIED, LIST_AUDIENCE_MODELS): _NEEDS + "*",
    (DENIED, DELETE_AUDIENCE_MODEL): _NEEDS + "{audienceModelArn}",
    (DENIED, CREATE_ASSOCIATION): _NEEDS + "membership {membershipIdentifier} and on its associations,"
    " cleanrooms:TagResource, and cleanrooms-ml:GetConfiguredAudienceModel, GetConfiguredAudienceModelPolicy and"
    " PutConfiguredAudienceModelPolicy on {configuredAudienceModelArn}",
    (DENIED, GET_ASSOCIATION): _NEEDS_ASSOCIATION,
    (DENIED, LIST_ASSOCIATIONS): _NEEDS + "membership {membershipIdentifier}",
    (DENIED, UPDATE_ASSOCIATION): _NEEDS_ASSOCIATION,
    (DENIED, DELETE_ASSOCIATION): _NEEDS_ASSOCIATION + ", and cleanrooms-ml:GetConfiguredAudienceModelPolicy,"
    " PutConfiguredAudienceModelPolicy and DeleteConfiguredAudienceModelPolicy on its model",
    (DENIED, LIST_TAGS): _NEEDS + "{resourceArn}",
    (DENIED, TAG): _NEEDS + "{resourceArn}",
    (DENIED, UNTAG): _NEEDS + "{resourceArn}",
    (DENIED, DESCRIBE_STACKS): _NEEDS + "its own stack",
    (DENIED, DESCRIBE_STACK_EVENTS): _NEEDS + "its own stack",
    (DENIED, DESCRIBE_STACK_RESOURCE): _NEEDS + "the stack that the markers name",
    (DENIED, DESCRIBE_STACK_RESOURCES): _NEEDS + "the stacks of its account and Region",
    (DENIED, LIST_STACK_RESOURCES): _NEEDS + "the stack that has the resource policy",
    (DENIED, ANY): _NEEDS + "{configuredAudienceModelArn}",
    (FORBIDDEN, ANY): "retrying is of no use: the policy must allow it",
    (NOT_FOUND, CREATE): "is there an audience model {audienceModelArn} in {region}, in the account that may use it?",
    (NOT_FOUND, UPDATE): "was its audience model deleted, or itself outside of cloudformation?",
    (NOT_FOUND, PUT_POLICY): "is there a configured audience model {configuredAudienceModelArn} in {region}, in this"
    " account?",
    (INVALID, PUT_POLICY): "does the document name principals, actions and resources that the service knows?",
    (NOT_READY, PUT_POLICY): "does the document name principals, actions and resources that the service knows?",
    (NOT_FOUND, CREATE_AUDIENCE_MODEL): "is there a training dataset {trainingDatasetArn} in {region}?",
    (NOT_FOUND, GET_AUDIENCE_MODEL): "is there an audience model {audienceModelArn} in {region}?",
    (NOT_FOUND, CREATE_ASSOCIATION): "are there a membership {membershipIdentifier} and a model"
    " {configuredAudienceModelArn} in {region}, in this account?",
    (NOT_FOUND, UPDATE_ASSOCIATION): "the service drops an association when its model is deleted; or was it deleted"
    " outside of cloudformation?",
    (NOT_READY, CREATE_AUDIENCE_MODEL): "can cleanrooms-ml.amazonaws.com assume the dataset's role, and may that role"
    " read the data?",
    (NOT_READY, CREATE_ASSOCIATION): "may the function read and put the resource policy of the model?",
    (NOT_READY, ANY): "can cleanrooms-ml.amazonaws.com assume the role in outputConfig, and may that role write to"
    " the destination?",
    (QUOTA, ANY): "raise the quota or delete what isn't needed; in a replacement old and new exist at once: one spare"
    " is needed",
    (QUOTA, CREATE_AUDIENCE_MODEL): "at most two audience models train at a time: deploy again when one is done",
    (QUOTA, CREATE_ASSOCIATION): "a membership has at most so many associations: delete what isn't needed; in a"
    " replacement old and new exist at once: one spare is needed",
    (THROTTLED, ANY): "deploy again, with fewer models at a time",
    (UNCLEAR, ANY): "deploy again when the service answers",
    (UNTRAINED, ANY): "a training takes hours to days: deploy again when the audience model is ACTIVE, or let the"
    " deployment wait for it (wait_for_audience_model)",
    (UNREACHED, ANY): "can the function reach the service in {region}?",
}


def hint(kind: str, operation: str, facts: dict[str, str]) -> str:
    """What a person can do about it, if there is anything to add to the service's words."""
    template = _HINTS.get((kind, operation)) or _HINTS.get((kind, ANY), "")
    return template.format_map({**facts, "operation": operation})
