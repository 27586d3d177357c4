"""What a person is told to do: it names what it is about, for each operation, and says what no other hint says."""

from __future__ import annotations

import re

import pytest

from cdk_cleanroomsml.handler import hints, policy
from cdk_cleanroomsml.handler.hints import hint

from .virtual_lambda import client

VERB = re.compile("(Create|Get|List|Update|Delete|Tag|Untag|Put)[A-Z]")
OPERATIONS = {
    value: "cleanrooms" if "Association" in value else "cleanroomsml"
    for name, value in vars(policy).items()
    if name.isupper() and isinstance(value, str) and VERB.match(value)
}


def facts_of(operation: str) -> dict[str, str]:
    """A value for each member that names something."""
    shape = client(OPERATIONS[operation]).meta.service_model.operation_model(operation).input_shape
    named = [name for name in shape.members if name.endswith(("Arn", "Identifier"))]
    return {**{name: f"<{name}>" for name in named}, "roleArn": "<roleArn>", "region": "<region>", "prefix": "<prefix>"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_is_denied_is_told_the_action_and_on_what(operation: str) -> None:
    facts = facts_of(operation)
    said = hint(policy.DENIED, operation, facts)
    assert said.startswith(f"the function's role needs <prefix>:{operation} on ")
    required = client(OPERATIONS[operation]).meta.service_model.operation_model(operation).input_shape.required_members
    for member in facts.keys() & set(required):
        assert facts[member] in said
    if operation == policy.CREATE:
        assert "iam:PassRole on <roleArn>" in said
    if not facts.keys() & set(required):
        assert said.endswith(" on *")


def own_hints() -> list[tuple[str, str]]:
    return [key for key in hints._HINTS if key[1] in OPERATIONS]


@pytest.mark.parametrize(("kind", "operation"), own_hints())
def test_a_hint_of_its_own_is_read_and_differs_from_the_others(kind: str, operation: str) -> None:
    facts = facts_of(operation)
    said = hint(kind, operation, facts)
    assert len(said) > 20
    others = [hint(kind, other, facts_of(other)) for other in OPERATIONS if (kind, other) not in hints._HINTS]
    assert said not in others


@pytest.mark.parametrize(
    ("kind", "operation", "words"),
    [
        (policy.CONFLICT, policy.DELETE, "jobs or lookalike models still use it"),
        (policy.NOT_FOUND, policy.CREATE, "is there an audience model <audienceModelArn> in <region>"),
        (policy.NOT_FOUND, policy.UPDATE, "was its audience model deleted"),
        (policy.NOT_FOUND, policy.PUT_POLICY, "is there a configured audience model <configuredAudienceModelArn>"),
        (policy.INVALID, policy.PUT_POLICY, "does the document name principals"),
        (policy.NOT_READY, policy.PUT_POLICY, "does the document name principals"),
        (policy.NOT_FOUND, policy.CREATE_AUDIENCE_MODEL, "is there a training dataset <trainingDatasetArn>"),
        (policy.NOT_FOUND, policy.GET_AUDIENCE_MODEL, "is there an audience model <audienceModelArn>"),
        (policy.NOT_FOUND, policy.CREATE_ASSOCIATION, "a membership <membershipIdentifier> and a model <configuredA"),
        (policy.NOT_FOUND, policy.UPDATE_ASSOCIATION, "drops an association when its model is deleted"),
        (policy.NOT_READY, policy.CREATE_AUDIENCE_MODEL, "the dataset's role"),
        (policy.NOT_READY, policy.CREATE_ASSOCIATION, "read and put the resource policy"),
        (policy.NOT_READY, policy.UPDATE, "the role in outputConfig"),
        (policy.QUOTA, policy.CREATE, "one spare is needed"),
        (policy.QUOTA, policy.CREATE_AUDIENCE_MODEL, "two audience models train at a time"),
        (policy.QUOTA, policy.CREATE_ASSOCIATION, "a membership has at most so many"),
        (policy.FORBIDDEN, policy.GET, "retrying is of no use"),
        (policy.THROTTLED, policy.GET, "with fewer models at a time"),
        (policy.UNCLEAR, policy.GET, "when the service answers"),
        (policy.UNTRAINED, policy.CREATE, "when the audience model is ACTIVE"),
        (policy.UNREACHED, policy.GET, "can the function reach the service in <region>?"),
        (policy.INVALID, policy.CREATE, ""),
    ],
)
def test_what_it_says(kind: str, operation: str, words: str) -> None:
    said = hint(kind, operation, facts_of(operation))
    assert words in said if words else said == ""
