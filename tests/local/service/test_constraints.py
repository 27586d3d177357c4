"""Every constraint of the service models, at its boundary: the limits are read from the models, not written here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import CleanRoomsML
from cdk_cleanroomsml.local.service.clean_rooms_ml import CLEAN_ROOMS_OPERATIONS, OPERATIONS
from cdk_cleanroomsml.local.service.model import SERVICES

from ...in_process import shared_client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

MODELS = {name: Loader().load_service_model(name, "service-2") for name in SERVICES}
ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
UUID = "01234567-89ab-cdef-0123-456789abcdef"

# One value that satisfies each pattern, such that repeating its last character still does.
EXAMPLES = {
    "AccountId": "111122223333",
    "AnalysisTemplateArn": "arn:aws:cleanrooms:us-east-1:111122223333:membership/x/analysistemplate/x",
    "AudienceGenerationJobArn": f"{ARN}:audience-generation-job/x",
    "AudienceModelArn": f"{ARN}:audience-model/x",
    "CleanroomsArn": "arn:aws:cleanrooms:us-east-1:111122223333:membership/x",
    "CollaborationDescription": "what it is",
    "CollaborationIdentifier": UUID,
    "CollaborationName": "name",
    "ColumnName": "column",
    "ConfiguredAudienceModelArn": f"{ARN}:configured-audience-model/x",
    "ConfiguredAudienceModelAssociationIdentifier": UUID,
    "ConfiguredAudienceModelAssociationName": "name",
    "DisplayName": "name",
    "GlueDatabaseName": "database",
    "GlueTableName": "table",
    "Hash": "a" * 64,
    "IamRoleArn": "arn:aws:iam::111122223333:role/x",
    "KeyPrefix": "x",
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/x",
    "MembershipIdentifier": UUID,
    "NameString": "name",
    "NextToken": "YWZ0ZXI6MA==",
    "ParameterName": "key",
    "ParameterValue": "value",
    "PaginationToken": "YWZ0ZXI6MA==",
    "ProtectedJobS3OutputConfigurationInputBucketString": "bucket",
    "ProtectedQueryS3OutputConfigurationBucketString": "bucket",
    "ResourceDescription": "what it is",
    "ResourcePolicy": '{"Statement": []}',
    "ProtectedQuerySQLParametersQueryStringString": "SELECT 1",
    "RoleArn": "arn:aws:iam::111122223333:role/x",
    "S3Path": "s3://bucket/x",
    "SparkPropertyKey": "key",
    "SparkPropertyValue": "value",
    "TagKey": "key",
    "TagValue": "value",
    "UUID": UUID,
    "TaggableArn": f"{ARN}:audience-model/x",
    "TrainingDatasetArn": f"{ARN}:training-dataset/x",
}

Path = tuple[str | int, ...]


class Api(NamedTuple):
    """An operation of one of the services."""

    service: Any
    operation: str

    def __str__(self) -> str:
        return f"{self.service}-{self.operation}"

    @property
    def http(self) -> dict[str, Any]:
        found: dict[str, Any] = MODELS[self.service]["operations"][self.operation]["http"]
        return found

    @property
    def input(self) -> str:
        return str(MODELS[self.service]["operations"][self.operation]["input"]["shape"])

    def shape(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = MODELS[self.service]["shapes"][name]
        return found

    def valid(self, name: str | None = None) -> Any:
        """A value of a shape with all its members; by default of the whole input."""
        name = name or self.input
        shape = self.shape(name)
        if shape["type"] == "structure":
            return {member: self.valid(each["shape"]) for member, each in shape["members"].items()}
        if shape["type"] == "list":
            return [self.valid(shape["member"]["shape"])]
        if shape["type"] == "map":
            return {self.valid(shape["key"]["shape"]): self.valid(shape["value"]["shape"])}
        if "enum" in shape:
            return shape["enum"][0]
        simple = {"boolean": True, "integer": shape.get("min", 1), "timestamp": "2024-05-01T00:00:00Z"}
        return simple.get(shape["type"]) or EXAMPLES[name]


class Member(NamedTuple):
    """A member of an operation's input, wherever it is nested."""

    api: Api
    path: Path
    shape: dict[str, Any]
    name: str

    def __str__(self) -> str:
        return f"{self.api}-{at(self.path)}"


def members(api: Api) -> Iterator[Member]:
    def walk(name: str, path: Path) -> Iterator[Member]:
        shape = api.shape(name)
        yield Member(api, path, shape, name)
        if shape["type"] == "structure":
            for member, each in shape["members"].items():
                yield from walk(each["shape"], (*path, member))
        elif shape["type"] == "list":
            yield from walk(shape["member"]["shape"], (*path, 0))

    yield from walk(api.input, ())


APIS = [Api("cleanroomsml", name) for name in OPERATIONS] + [Api("cleanrooms", name) for name in CLEAN_ROOMS_OPERATIONS]
ALL = [member for api in APIS for member in members(api)]
CREATE = Api("cleanroomsml", "CreateConfiguredAudienceModel")


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
    whole = member.api.valid()
    holder = whole
    for step in member.path[:-1]:
        holder = holder[step]
    return whole, holder


def of_size(member: Member, size: int) -> Any:
    """A value of this length, or of this value if it is a number, otherwise valid."""
    kind = member.shape["type"]
    if kind == "integer":
        return size
    example = member.api.valid(member.name)
    if kind == "string":
        return (example + example[-1] * size)[:size] if size > len(example) else example[:size]
    if kind == "list":
        return example * size
    return {f"key{n}": "value" for n in range(size)}


def size_cases(api: Api) -> Iterator[tuple[Member, int, str, bool]]:
    """Each member at its limits, which pass, and one beyond, which don't."""
    for member in members(api):
        for limit, beyond, words in (("min", -1, "greater than or equal to"), ("max", 1, "less than or equal to")):
            if limit not in member.shape:
                continue
            noun = "value" if member.shape["type"] == "integer" else "length"
            problem = f"at '{at(member.path)}' failed to satisfy constraint: "
            problem += f"Member must have {noun} {words} {member.shape[limit]}"
            for size, passes in ((member.shape[limit], True), (member.shape[limit] + beyond, False)):
                if size >= 0 and not _never_sent(member, size):
                    yield member, size, problem, passes


def _never_sent(member: Member, size: int) -> bool:
    """An empty label or query parameter: botocore sends no request that carries one."""
    return size == 0 and "location" in _top_level(member)


def _top_level(member: Member) -> dict[str, Any]:
    """The member of the input that this is in, or is."""
    found: dict[str, Any] = member.api.shape(member.api.input)["members"].get(member.path[0], {})
    return found


@pytest.fixture(scope="module")
def complaint() -> Any:
    """Calls an operation as its SDK would, had it no validation of its own: what the service says, if it refuses."""
    service = CleanRoomsML()
    clients = {name: shared_client(service, name, parameter_validation=False) for name in SERVICES}

    def call(api: Api, value: dict[str, Any]) -> str:
        made = clients[api.service]
        try:
            made._make_api_call(api.operation, value)
        except made.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                return str(error.response["Error"]["Message"])
        return ""

    return call


@pytest.mark.parametrize("api", APIS, ids=str)
def test_the_examples_are_valid(complaint: Any, api: Api) -> None:
    assert "failed to satisfy constraint" not in complaint(api, api.valid())


@pytest.mark.parametrize("api", APIS, ids=str)
def test_sizes(complaint: Any, api: Api) -> None:
    for member, size, problem, passes in size_cases(api):
        message = complaint(api, changed(member, of_size(member, size)))
        assert (problem not in message) == passes, f"{member} of {size}: {message}"


def test_there_are_constraints() -> None:
    assert sum(len([*size_cases(api)]) for api in APIS) > 400
    assert min(map(len, (PATTERNED, ENUMERATED, REQUIRED))) > 25


PATTERNED = [member for member in ALL if "pattern" in member.shape]


def test_patterns(complaint: Any) -> None:
    for member in PATTERNED:
        damaged = changed(member, f"\x00{EXAMPLES[member.name]}")
        problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must satisfy regular expression pattern"
        assert problem in complaint(member.api, damaged), str(member)


@pytest.mark.parametrize("text", ["name", "a b\tc", "Zürich", "顧客", "\U0001f600 \U0010ffff", "\ue000\ufffd"])
def test_a_name_may_be_in_any_script(complaint: Any, text: str) -> None:
    value = CREATE.valid() | {"name": text}
    assert "'name'" not in complaint(CREATE, value)


@pytest.mark.parametrize("text", [" ", "\t", "two\nlines", "\ufffe", "bell\x07"])
def test_a_name_may_not_be_blank_or_hold_control_characters(complaint: Any, text: str) -> None:
    value = CREATE.valid() | {"name": text}
    assert "at 'name' failed" in complaint(CREATE, value)


def test_a_description_may_have_lines(complaint: Any) -> None:
    value = CREATE.valid() | {"description": "two\r\nlines"}
    assert "'description'" not in complaint(CREATE, value)


ENUMERATED = [member for member in ALL if "enum" in member.shape]


def test_enums(complaint: Any) -> None:
    for member in ENUMERATED:
        problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must satisfy enum value set"
        for value in member.shape["enum"]:
            assert problem not in complaint(member.api, changed(member, value)), str(member)
        assert problem in complaint(member.api, changed(member, member.shape["enum"][0].swapcase())), str(member)


REQUIRED = [
    Member(member.api, (*member.path, name), member.api.shape(member.shape["members"][name]["shape"]), name)
    for member in ALL
    if member.shape["type"] == "structure"
    for name in member.shape.get("required", [])
    if member.shape["members"][name].get("location") != "uri"
]


def test_required(complaint: Any) -> None:
    for member in REQUIRED:
        problem = f"Value null at '{at(member.path)}' failed to satisfy constraint: Member must not be null"
        assert problem in complaint(member.api, without(member)), str(member)


IN_BODY = [member for member in ALL if len(member.path) > 0 and "location" not in _top_level(member)]


@pytest.mark.parametrize("api", sorted({member.api for member in IN_BODY}), ids=str)
def test_types(service: CleanRoomsML, api: Api) -> None:
    for member in (each for each in IN_BODY if each.api == api):
        for wrong in (True, {"no": "such"}, 1.5):
            is_refused(service, member, wrong)


def is_refused(service: CleanRoomsML, member: Member, wrong: Any) -> None:
    kind = member.shape["type"]
    if isinstance(wrong, dict) and kind in ("structure", "map"):
        wrong = [wrong]
    elif kind == "boolean":
        wrong = str(wrong)
    body, path = _on_the_wire(changed(member, wrong), member.api)
    where: Any = {"account": "111122223333", "region": "us-east-1", "service": member.api.service}
    response = service.handle(member.api.http["method"], path, {}, {}, body, **where)
    problem = f"at '{at(member.path)}' failed to satisfy constraint: Member must be of type {kind}"
    assert response.status == 400, f"{member} of {wrong!r}"
    assert problem in response.body.decode(), f"{member} of {wrong!r}"


def _on_the_wire(value: dict[str, Any], api: Api) -> tuple[bytes, str]:
    path = api.http["requestUri"]
    for name in [each for each in value if f"{{{each}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(value.pop(name), safe=""))
    return json.dumps(value).encode(), path


def test_all_problems_at_once(complaint: Any) -> None:
    value = CREATE.valid()
    value |= {"name": "", "minMatchingSeedSize": 1, "sharedAudienceMetrics": ["SOME"]}
    message = complaint(CREATE, value)
    assert message.startswith("4 validation errors detected: ")
    for place in ("name", "minMatchingSeedSize", "sharedAudienceMetrics.1.member"):
        assert f"at '{place}'" in message
