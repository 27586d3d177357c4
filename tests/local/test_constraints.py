"""Every constraint of the service model, at its boundary: the limits are read from the model, not written here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
from botocore.config import Config
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import client
from cdk_cleanroomsml.local.service.clean_rooms_ml import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_cleanroomsml.local.service import CleanRoomsML

MODEL = Loader().load_service_model("cleanroomsml", "service-2")
SHAPES = MODEL["shapes"]
ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333"

# One value that satisfies each pattern, such that repeating its last character still does.
EXAMPLES = {
    "AccountId": "111122223333",
    "AudienceModelArn": f"{ARN}:audience-model/x",
    "ColumnName": "column",
    "ConfiguredAudienceModelArn": f"{ARN}:configured-audience-model/x",
    "GlueDatabaseName": "database",
    "GlueTableName": "table",
    "Hash": "a" * 64,
    "IamRoleArn": "arn:aws:iam::111122223333:role/x",
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/x",
    "NameString": "name",
    "NextToken": "YWZ0ZXI6MA==",
    "ResourceDescription": "what it is",
    "ResourcePolicy": '{"Statement": []}',
    "S3Path": "s3://bucket/x",
    "TagKey": "key",
    "TagValue": "value",
    "TaggableArn": f"{ARN}:audience-model/x",
    "TrainingDatasetArn": f"{ARN}:training-dataset/x",
}

Path = tuple[str | int, ...]


class Member(NamedTuple):
    """A member of an operation's input, wherever it is nested."""

    operation: str
    path: Path
    shape: dict[str, Any]
    name: str


def valid(name: str) -> Any:
    """A value of a shape with all its members."""
    shape = SHAPES[name]
    if shape["type"] == "structure":
        return {member: valid(each["shape"]) for member, each in shape["members"].items()}
    if shape["type"] == "list":
        return [valid(shape["member"]["shape"])]
    if shape["type"] == "map":
        return {valid(shape["key"]["shape"]): valid(shape["value"]["shape"])}
    if "enum" in shape:
        return shape["enum"][0]
    return {"integer": shape.get("min", 1), "timestamp": "2024-05-01T00:00:00Z"}.get(shape["type"]) or EXAMPLES[name]


def members(operation: str) -> Iterator[Member]:
    def walk(name: str, path: Path) -> Iterator[Member]:
        shape = SHAPES[name]
        yield Member(operation, path, shape, name)
        if shape["type"] == "structure":
            for member, each in shape["members"].items():
                yield from walk(each["shape"], (*path, member))
        elif shape["type"] == "list":
            yield from walk(shape["member"]["shape"], (*path, 0))

    yield from walk(MODEL["operations"][operation]["input"]["shape"], ())


ALL = [member for operation in OPERATIONS for member in members(operation)]
INPUTS = {operation: MODEL["operations"][operation]["input"]["shape"] for operation in OPERATIONS}


def at(path: Path) -> str:
    """A place as AWS writes it."""
    return ".".join(f"{step + 1}.member" if isinstance(step, int) else step for step in path)


def changed(member: Member, value: Any) -> dict[str, Any]:
    """The operation's valid input with another value at one place."""
    whole, holder = _input_and_holder(member)
    holder[member.path[-1]] = value
    return whole


def without(member: Member) -> dict[str, Any]:
    """The operation's valid input without this member."""
    whole, holder = _input_and_holder(member)
    del holder[member.path[-1]]
    return whole


def _input_and_holder(member: Member) -> tuple[dict[str, Any], Any]:
    whole = valid(INPUTS[member.operation])
    holder = whole
    for step in member.path[:-1]:
        holder = holder[step]
    return whole, holder


def of_size(member: Member, size: int) -> Any:
    """A value of this length, or of this value if it is a number, otherwise valid."""
    kind = member.shape["type"]
    if kind == "integer":
        return size
    example = valid(member.name)
    if kind == "string":
        return (example + example[-1] * size)[:size] if size > len(example) else example[:size]
    if kind == "list":
        return example * size
    return {f"key{n}": "value" for n in range(size)}


def size_cases() -> Iterator[Any]:
    """Each member at its limits, which pass, and one beyond, which don't."""
    for member in ALL:
        for limit, beyond, words in (("min", -1, "greater than or equal to"), ("max", 1, "less than or equal to")):
            if limit not in member.shape:
                continue
            noun = "value" if member.shape["type"] == "integer" else "length"
            problem = f"at '{at(member.path)}' failed to satisfy constraint: "
            problem += f"Member must have {noun} {words} {member.shape[limit]}"
            for size, passes in ((member.shape[limit], True), (member.shape[limit] + beyond, False)):
                if size >= 0 and not _never_sent(member, size):
                    name = f"{member.operation}-{at(member.path)}-{limit}-{size}"
                    yield pytest.param(member, size, problem, passes, id=name)


def _never_sent(member: Member, size: int) -> bool:
    """An empty label or query parameter: botocore sends no request that carries one."""
    return size == 0 and "location" in SHAPES[INPUTS[member.operation]]["members"].get(member.path[0], {})


@pytest.fixture
def complaint(service: CleanRoomsML) -> Any:
    """Calls an operation as its SDK would, had it no validation of its own: what the service says, if it refuses."""
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    made = client(service, config=config)

    def call(operation: str, value: dict[str, Any]) -> str:
        try:
            made._make_api_call(operation, value)
        except made.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                return str(error.response["Error"]["Message"])
        return ""

    return call


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_examples_are_valid(complaint: Any, operation: str) -> None:
    assert "failed to satisfy constraint" not in complaint(operation, valid(INPUTS[operation]))


@pytest.mark.parametrize(("member", "size", "problem", "passes"), list(size_cases()))
def test_size(complaint: Any, member: Member, size: int, problem: str, passes: bool) -> None:
    message = complaint(member.operation, changed(member, of_size(member, size)))
    assert (problem not in message) == passes


PATTERNED = [member for member in ALL if "pattern" in member.shape]


@pytest.mark.parametrize("member", PATTERNED, ids=lambda member: f"{member.operation}-{at(member.path)}")
def test_pattern(complaint: Any, member: Member) -> None:
    damaged = changed(member, f"\x00{EXAMPLES[member.name]}")
    problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must satisfy regular expression pattern"
    assert problem in complaint(member.operation, damaged)


@pytest.mark.parametrize("text", ["name", "a b\tc", "Zürich", "顧客", "\U0001f600 \U0010ffff", "\ue000\ufffd"])
def test_a_name_may_be_in_any_script(complaint: Any, text: str) -> None:
    value = valid(INPUTS["CreateConfiguredAudienceModel"]) | {"name": text}
    assert "'name'" not in complaint("CreateConfiguredAudienceModel", value)


@pytest.mark.parametrize("text", [" ", "\t", "two\nlines", "\ufffe", "bell\x07"])
def test_a_name_may_not_be_blank_or_hold_control_characters(complaint: Any, text: str) -> None:
    value = valid(INPUTS["CreateConfiguredAudienceModel"]) | {"name": text}
    assert "at 'name' failed" in complaint("CreateConfiguredAudienceModel", value)


def test_a_description_may_have_lines(complaint: Any) -> None:
    value = valid(INPUTS["CreateConfiguredAudienceModel"]) | {"description": "two\r\nlines"}
    assert "'description'" not in complaint("CreateConfiguredAudienceModel", value)


ENUMERATED = [member for member in ALL if "enum" in member.shape]


@pytest.mark.parametrize("member", ENUMERATED, ids=lambda member: f"{member.operation}-{at(member.path)}")
def test_enum(complaint: Any, member: Member) -> None:
    problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must satisfy enum value set"
    for value in member.shape["enum"]:
        assert problem not in complaint(member.operation, changed(member, value))
    assert problem in complaint(member.operation, changed(member, member.shape["enum"][0].lower()))


REQUIRED = [
    Member(member.operation, (*member.path, name), SHAPES[member.shape["members"][name]["shape"]], name)
    for member in ALL
    if member.shape["type"] == "structure"
    for name in member.shape.get("required", [])
    if member.shape["members"][name].get("location") != "uri"
]


@pytest.mark.parametrize("member", REQUIRED, ids=lambda member: f"{member.operation}-{at(member.path)}")
def test_required(complaint: Any, member: Member) -> None:
    incomplete = without(member)
    problem = f"Value null at '{at(member.path)}' failed to satisfy constraint: Member must not be null"
    assert problem in complaint(member.operation, incomplete)


IN_BODY = [
    member
    for member in ALL
    if len(member.path) > 0 and "location" not in SHAPES[INPUTS[member.operation]]["members"][member.path[0]]
]


@pytest.mark.parametrize("member", IN_BODY, ids=lambda member: f"{member.operation}-{at(member.path)}")
@pytest.mark.parametrize("wrong", [True, {"no": "such"}, 1.5], ids=type)
def test_type(service: CleanRoomsML, member: Member, wrong: Any) -> None:
    kind = member.shape["type"]
    if isinstance(wrong, dict) and kind in ("structure", "map"):
        wrong = [wrong]
    body, path = _on_the_wire(changed(member, wrong), member.operation)
    http = MODEL["operations"][member.operation]["http"]
    response = service.handle(http["method"], path, {}, {}, body, account="111122223333", region="us-east-1")
    problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must be of type {kind}"
    assert response.status == 400
    assert problem in response.body.decode()


def _on_the_wire(value: dict[str, Any], operation: str) -> tuple[bytes, str]:
    path = MODEL["operations"][operation]["http"]["requestUri"]
    for name in [each for each in value if f"{{{each}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(value.pop(name), safe=""))
    return json.dumps(value).encode(), path


def test_all_problems_at_once(complaint: Any) -> None:
    value = valid(INPUTS["CreateConfiguredAudienceModel"])
    value |= {"name": "", "minMatchingSeedSize": 1, "sharedAudienceMetrics": ["SOME"]}
    message = complaint("CreateConfiguredAudienceModel", value)
    assert message.startswith("4 validation errors detected: ")
    for place in ("name", "minMatchingSeedSize", "sharedAudienceMetrics.1.member"):
        assert f"at '{place}'" in message
