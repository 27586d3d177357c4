"""What a person is told to do: it names what it is about, for each operation, and says what no other hint says."""

from __future__ import annotations

import re

import pytest

from cdk_cleanroomsml.handler.calls import hints, operations, retry_policy
from cdk_cleanroomsml.handler.calls.hints import hint

from ..simulation.virtual_lambda import client

VERB = re.compile("(Create|Get|List|Update|Delete|Tag|Untag|Put)[A-Z]")
OPERATIONS = {
    value: "cleanrooms" if "Association" in value else "cleanroomsml"
    for name, value in vars(operations).items()
    if name.isupper() and isinstance(value, str) and VERB.match(value) and "Stack" not in value
}


def facts_of(operation: str) -> dict[str, str]:
    """A value for each member that names something."""
    shape = client(OPERATIONS[operation]).meta.service_model.operation_model(operation).input_shape
    named = [name for name in shape.members if name.endswith(("Arn", "Identifier"))]
    return {**{name: f"<{name}>" for name in named}, "roleArn": "<roleArn>", "region": "<region>", "prefix": "<prefix>"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_is_denied_is_told_the_action_and_on_what(operation: str) -> None:
    facts = facts_of(operation)
    said = hint(retry_policy.DENIED, operation, facts)
    assert said.startswith(f"the function's role needs <prefix>:{operation} on ")
    required = client(OPERATIONS[operation]).meta.service_model.operation_model(operation).input_shape.required_members
    for member in facts.keys() & set(required):
        assert facts[member] in said
    if operation == operations.CREATE:
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
        (retry_policy.CONFLICT, operations.DELETE, "jobs or lookalike models still use it"),
        (retry_policy.NOT_FOUND, operations.CREATE, "is there an audience model <audienceModelArn> in <region>"),
        (retry_policy.NOT_FOUND, operations.UPDATE, "was its audience model deleted"),
        (
            retry_policy.NOT_FOUND,
            operations.PUT_POLICY,
            "is there a configured audience model <configuredAudienceModelArn>",
        ),
        (retry_policy.INVALID, operations.PUT_POLICY, "does the document name principals"),
        (retry_policy.NOT_READY, operations.PUT_POLICY, "does the document name principals"),
        (
            retry_policy.NOT_FOUND,
            operations.CREATE_AUDIENCE_MODEL,
            "is there a training dataset <trainingDatasetArn>",
        ),
        (retry_policy.NOT_FOUND, operations.GET_AUDIENCE_MODEL, "is there an audience model <audienceModelArn>"),
        (
            retry_policy.NOT_FOUND,
            operations.CREATE_ASSOCIATION,
            "a membership <membershipIdentifier> and a model <configuredA",
        ),
        (retry_policy.NOT_FOUND, operations.UPDATE_ASSOCIATION, "drops an association when its model is deleted"),
        (retry_policy.NOT_READY, operations.CREATE_AUDIENCE_MODEL, "the dataset's role"),
        (retry_policy.NOT_READY, operations.CREATE_ASSOCIATION, "read and put the resource policy"),
        (retry_policy.NOT_READY, operations.UPDATE, "the role in outputConfig"),
        (retry_policy.QUOTA, operations.CREATE, "one spare is needed"),
        (retry_policy.QUOTA, operations.CREATE_AUDIENCE_MODEL, "two audience models train at a time"),
        (retry_policy.QUOTA, operations.CREATE_ASSOCIATION, "a membership has at most so many"),
        (retry_policy.FORBIDDEN, operations.GET, "retrying is of no use"),
        (retry_policy.THROTTLED, operations.GET, "with fewer models at a time"),
        (retry_policy.UNCLEAR, operations.GET, "when the service answers"),
        (retry_policy.UNTRAINED, operations.CREATE, "when the audience model is ACTIVE"),
        (retry_policy.UNREACHED, operations.GET, "can the function reach the service in <region>?"),
        (retry_policy.INVALID, operations.CREATE, ""),
    ],
)
def test_what_it_says(kind: str, operation: str, words: str) -> None:
    said = hint(kind, operation, facts_of(operation))
    assert words in said if words else said == ""
