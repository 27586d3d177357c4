"""Properties, cast by the service model."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.model import DenormalizedStructureBuilder
from hypothesis import given
from hypothesis import strategies as st

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.protocol import request
from cdk_cleanroomsml.handler.protocol.answer import Failure
from cdk_cleanroomsml.handler.reconciliation import properties
from cdk_cleanroomsml.handler.reconciliation.properties import cast

from ..simulation.cloudformation import wire_format
from ..simulation.deliveries import create_event
from ..simulation.simulator import MAXIMAL, MINIMAL, Simulator
from ..simulation.virtual_lambda import client

SHAPE = client().meta.service_model.operation_model(operations.CREATE).input_shape


def values(shape: Any) -> st.SearchStrategy[Any]:
    """Values of a shape, by the shape: right types, any size."""
    if shape.type_name == "structure":
        members = {name: values(member) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if shape.type_name == "list":
        return st.lists(values(shape.member), max_size=4)
    if shape.type_name == "map":
        return st.dictionaries(st.text(min_size=1, max_size=8), values(shape.value), max_size=4)
    return st.integers(-(10**15), 10**15) if shape.type_name == "integer" else st.text(max_size=20)


@pytest.mark.scenario(2, 3)
@given(values(SHAPE))
def test_what_cloudformation_makes_strings_of_comes_back(members: dict[str, Any]) -> None:
    sent = {"ServiceToken": "arn:…", "ServiceTimeout": "1200", **wire_format(members)}
    assert properties.wanted(SHAPE, sent) == members


TYPES = DenormalizedStructureBuilder().with_members(
    {
        "integer": {"type": "integer"},
        "long": {"type": "long"},
        "boolean": {"type": "boolean"},
        "timestamp": {"type": "timestamp"},
        "string": {"type": "string"},
        "map": {"type": "map", "key": {"type": "string"}, "value": {"type": "string"}},
    }
)


@pytest.mark.scenario(2)
@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("integer", "100", 100),
        ("integer", "-1", -1),
        ("integer", " 7 ", 7),
        ("integer", 7, 7),
        ("long", "100", 100),
        ("boolean", "true", True),
        ("boolean", "False", False),
        ("boolean", True, True),
        ("timestamp", "2027-01-15T00:00:00Z", datetime(2027, 1, 15, tzinfo=timezone.utc)),
        ("timestamp", " 2027-01-15T01:30:00+01:30 ", datetime(2027, 1, 15, tzinfo=timezone.utc)),
        ("timestamp", "2027-01-15", datetime(2027, 1, 15, tzinfo=timezone.utc)),
        ("string", "100", "100"),
        ("string", "", ""),
        ("map", {}, {}),
    ],
)
def test_casting(member: str, value: object, expected: object) -> None:
    problems: list[str] = []
    result = cast(TYPES.build_model(), {member: value}, "", problems)
    assert problems == []
    assert result == {member: expected}
    assert type(result[member]) is type(expected)


@pytest.mark.scenario(2)
@pytest.mark.parametrize(
    ("member", "value", "problem"),
    [
        ("integer", "1.5", "integer must be an integer"),
        ("integer", "", "integer must be an integer"),
        ("integer", "9" * 5000, "integer must be an integer"),
        ("integer", ["1"], "integer must be an integer"),
        ("boolean", "yes", "boolean must be true or false"),
        ("string", 5, "string must be a text"),
        ("string", {"a": "b"}, "string must be a text"),
        ("timestamp", "1800000000", "timestamp must be a time in ISO 8601, such as 2027-01-31T00:00:00Z"),
        ("timestamp", {}, "timestamp must be a time in ISO 8601, such as 2027-01-31T00:00:00Z"),
        ("map", "a", "map must be an object"),
        ("map", {"a": ["b"]}, "map.a must be a text"),
    ],
)
def test_what_can_not_be_cast(member: str, value: object, problem: str) -> None:
    problems: list[str] = []
    assert cast(TYPES.build_model(), {member: value}, "", problems) == {member: value}
    assert problems == [problem]


@pytest.mark.scenario(2, 5)
def test_problems_name_their_place() -> None:
    sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": "10"}
    with pytest.raises(Failure) as failure:
        properties.wanted(
            SHAPE, {**MINIMAL, "outputConfig": {"destination": {"s3Destination": {}}}, "audienceSizeConfig": sizes}
        )
    for problem in (
        "outputConfig.roleArn is missing",
        "outputConfig.destination.s3Destination.s3Uri is missing",
        "audienceSizeConfig.audienceSizeBins must be a list",
    ):
        assert problem in str(failure.value)


@pytest.mark.scenario(29)
@pytest.mark.parametrize(("count", "fine"), [(47, True), (48, False)])
def test_three_tags_are_ours(count: int, fine: bool, world: Simulator) -> None:
    tags = {f"key{number}": "x" for number in range(count)}
    result = world.deploy(Model={**MINIMAL, "tags": tags})
    assert result.status == ("COMPLETE" if fine else "ROLLBACK_COMPLETE")
    if not fine:
        assert "48 are given, at most 47 are allowed: the service takes 50" in result.reason
        assert world.writes() == []
    # Swapping all of them never needs more room than there is.
    if fine:
        assert world.deploy(Model={**MINIMAL, "tags": {f"new{n}": "x" for n in range(count)}}).status == "COMPLETE"


@pytest.mark.scenario(29)
def test_markers_are_not_for_the_user(world: Simulator) -> None:
    result = world.deploy(Model={**MINIMAL, "tags": {"cdk-cleanroomsml:stack-id": "mine"}})
    assert "the prefix cdk-cleanroomsml: is reserved" in result.reason
    assert world.writes() == []


@pytest.mark.parametrize("old", [{"tags": "no"}, {"name": ["x"]}, {"outputConfig": 3, "typo": {}}, {}])
def test_the_last_template_may_be_anything(old: dict[str, Any]) -> None:
    assert isinstance(properties.previous(SHAPE, old)["tags"], dict)


@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
def test_generated_names_fit_and_differ(stack: str, logical_id: str) -> None:
    world = Simulator()
    names = set()
    for _ in range(2):
        event = create_event(world)
        event.update(
            StackId=f"arn:aws:cloudformation:us-east-1:111122223333:stack/{stack}/x", LogicalResourceId=logical_id
        )
        names.add(request.resource_name(request.read_request(event)))
    assert len(names) == 2
    assert all(1 <= len(name) <= 63 for name in names)


def test_an_id_that_is_used_again_names_another_replacement_otherwise(world: Simulator) -> None:
    event = create_event(world) | {"RequestType": "Update", "OldResourceProperties": {}}
    replaced = [event | {"PhysicalResourceId": arn} for arn in ("first", "second", "second")]
    one, other, again = (request.resource_name(request.read_request(each)) for each in replaced)
    assert one != other
    assert other == again


def test_a_name_of_ones_own_is_kept(world: Simulator) -> None:
    world.deploy(Model=MAXIMAL)
    assert world.model()["name"] == MAXIMAL["name"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1200", 1200),
        (1200, 1200),
        ("99999", 3600),
        ("5000", 3600),
        ("-1", 3600),
        ("x", 3600),
        (None, 3600),
        ({}, 3600),
    ],
)
def test_service_timeout(world: Simulator, text: Any, seconds: float) -> None:
    event = create_event(world)
    event["ResourceProperties"]["ServiceTimeout"] = text
    assert request.read_request(event).service_timeout == seconds
