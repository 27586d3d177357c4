"""Holds answers to botocore's models: required members, types, enums, limits, formats, errors and their statuses."""

from __future__ import annotations

import base64
import binascii
import json
import re
import warnings
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from botocore.parsers import ResponseParserError, create_parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import OperationModel, Shape

Path = tuple[str, ...]

COMMON_ERRORS = {
    # API references, "Common Errors": what every operation may answer with, though its model doesn't list it.
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "InternalFailure",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ThrottlingException",
    "ValidationError",
    "ValidationException",
}

SERVICE_ERRORS = {
    # S3's model lists next to none: S3 API reference, "Error responses", and what a HEAD is left with.
    "s3": {"404", "BucketNotEmpty", "NoSuchBucket", "NoSuchPublicAccessBlockConfiguration"},
    # The API reference's name of QueueDoesNotExist under the protocol before JSON.
    "sqs": {"AWS.SimpleQueueService.NonExistentQueue"},
}

KNOWN = {
    # MiniStack answers more, or an empty text, where botocore reads past it: docs/reference/local.md says so.
    "cloudformation DescribeChangeSet: the whole has no member ChangeSetType",
    "cloudformation DescribeStackEvents: StackEvents.*.ResourceStatus is 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', ",
    "cloudformation DescribeStackEvents: StackEvents.*.ResourceStatus is 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGR",
    "cloudformation DescribeStackEvents: StackEvents.*.ResourceStatus is 'REVIEW_IN_PROGRESS', ",
    "cloudwatch DescribeAlarms: MetricAlarms.*.ExtendedStatistic is null",
    "cloudwatch DescribeAlarms: MetricAlarms.*.Unit is null",
    "cloudwatch ListDashboards: DashboardEntries.*.LastModified is '",
    "cloudformation ValidateTemplate: Parameters has no member ParameterType",
    "events ListRules: Rules.* has no member CreatedBy",
    "stepfunctions DescribeExecution: output is null",
    "stepfunctions DescribeExecution: stopDate is null",
}
EMPTY_IN_LAMBDA = re.compile(r"lambda \w+: .*(LastUpdateStatusReasonCode|StateReasonCode|RuntimeVersionArn) ")


class Recorder:
    """Every answer that some clients get, and what is wrong with it.

    Attributes:
        answered: the operations that succeeded.
        problems: what isn't as the model says, without what is known.
    """

    def __init__(self) -> None:
        self.answered: set[tuple[str, str]] = set()
        self.problems: list[str] = []
        self._seen: set[tuple[str, int, bytes]] = set()

    def watch(self, client: Any) -> Any:
        """Looks at each answer before botocore reads it, which forgives much; nobody else does any more."""
        client.meta.events.unregister("before-parse", unique_id="conformance")
        client.meta.events.register("before-parse", self._look, unique_id="conformance")
        return client

    def _look(self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
        name = operation_model.service_model.service_name, operation_model.name
        if response_dict["status_code"] < 300:
            self.answered.add(name)
        answer = (operation_model.name, response_dict["status_code"], response_dict["body"])
        if answer in self._seen:
            return
        self._seen.add(answer)
        found = (f"{name[0]} {name[1]}: {each}" for each in problems(operation_model, response_dict))
        self.problems += [each for each in found if not _is_known(each)]


def _is_known(problem: str) -> bool:
    return problem.startswith(tuple(KNOWN)) or bool(EMPTY_IN_LAMBDA.match(problem))


def problems(operation: OperationModel, answer: dict[str, Any]) -> Iterator[str]:
    """What an answer has that its operation's model hasn't, or the other way round."""
    protocol = operation.service_model.resolved_protocol
    if answer["status_code"] >= 300:
        yield from _of_an_error(operation, answer, protocol)
        return
    wanted = operation.http.get("responseCode", answer["status_code"])
    # Lambda answers 202 and 204, too (API reference, Invoke and DeleteFunction).
    if answer["status_code"] != wanted and operation.service_model.service_name != "lambda":
        yield f"the status is {answer['status_code']}, not {wanted}"
    shape = operation.output_shape
    if shape is None:
        return
    try:
        parsed = create_parser(protocol).parse(answer, shape)
    except (ResponseParserError, ValueError) as error:
        yield f"botocore can't read it: {error}"
        return
    parsed.pop("ResponseMetadata", None)
    if "payload" not in shape.serialization:
        yield from _of_the_body(operation, answer["body"], protocol)
    yield from _within_limits(shape, parsed, ())


def _of_an_error(operation: OperationModel, answer: dict[str, Any], protocol: str) -> Iterator[str]:
    error = create_parser(protocol).parse(answer, operation.output_shape)["Error"]
    code, status = error["Code"], answer["status_code"]
    shapes = {shape.error_code: shape for shape in operation.error_shapes}
    others = COMMON_ERRORS | SERVICE_ERRORS.get(operation.service_model.service_name, set())
    if code not in shapes and code not in others:
        yield f"{code} is none of its errors"
    wanted = shapes[code].metadata.get("error", {}).get("httpStatusCode") if code in shapes else None
    if wanted and wanted != status:
        yield f"{code} has the status {status}, not {wanted}"
    if not error.get("Message"):
        yield f"{code} says nothing"
    if protocol == "rest-json" and code not in answer["headers"].get("x-amzn-errortype", ""):
        yield f"{code} isn't in the header x-amzn-errortype"


def _of_the_body(operation: OperationModel, body: bytes, protocol: str) -> Iterator[str]:
    """What botocore's parser drops or turns."""
    shape = operation.output_shape
    if protocol in ("json", "rest-json"):
        yield from _json(shape, json.loads(body or b"{}"), ())
    elif protocol in ("query", "rest-xml") and body:
        root = ET.fromstring(body)  # noqa: S314 - the engine's own
        if protocol == "query":
            wrapper = shape.serialization.get("resultWrapper")
            root = next((each for each in root if _name(each) == wrapper), ET.Element("nothing"))
        yield from _elements(shape, root, ())


def _json(shape: Shape, value: Any, path: Path) -> Iterator[str]:
    types: dict[str, Any] = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "blob": str}
    types |= {"integer": int, "long": int, "float": (int, float), "double": (int, float)}
    kind = shape.type_name
    if value is None:
        yield f"{_at(path)} is null"
    elif kind in types and (not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield f"{_at(path)} is {value!r}, not of type {kind}"
    elif kind in _JSON:
        yield from _JSON[kind](shape, value, path)


def _json_structure(shape: Shape, value: dict[str, Any], path: Path) -> Iterator[str]:
    members = {each.serialization.get("name", name): each for name, each in shape.members.items()}
    for name, each in value.items():
        if name not in members or "location" in members[name].serialization:
            yield f"{_at(path)} has no member {name}"
        else:
            yield from _json(members[name], each, (*path, name))


def _json_list(shape: Shape, value: list[Any], path: Path) -> Iterator[str]:
    for each in value:
        yield from _json(shape.member, each, (*path, "*"))


def _json_map(shape: Shape, value: dict[str, Any], path: Path) -> Iterator[str]:
    for each in value.values():
        yield from _json(shape.value, each, (*path, "*"))


def _json_timestamp(shape: Shape, value: Any, path: Path) -> Iterator[str]:
    if shape.serialization.get("timestampFormat") == "iso8601":
        try:
            datetime.fromisoformat(value.replace("Z", "+00:00"))
        except (AttributeError, ValueError):
            yield f"{_at(path)} is {value!r}, not ISO 8601"
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{_at(path)} is {value!r}, not seconds since the epoch"


def _json_blob(shape: Shape, value: str, path: Path) -> Iterator[str]:
    del shape
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        yield f"{_at(path)} isn't base64"


_JSON: dict[str, Callable[..., Iterator[str]]] = {
    "structure": _json_structure,
    "list": _json_list,
    "map": _json_map,
    "timestamp": _json_timestamp,
    "blob": _json_blob,
}


def _elements(shape: Shape, element: ET.Element, path: Path) -> Iterator[str]:
    """Elements that the model doesn't know."""
    if shape.type_name == "list":
        for child in element:
            yield from _elements(shape.member, child, path)
    if shape.type_name != "structure":
        return
    known = {_element_name(name, member): member for name, member in shape.members.items()}
    for child in element:
        member = known.get(_name(child))
        if member is None:
            yield f"{_at(path)} has no member {_name(child)}"
        elif not member.serialization.get("flattened"):
            yield from _elements(member, child, (*path, _name(child)))
        elif member.type_name == "list":
            yield from _elements(member.member, child, (*path, _name(child)))


def _element_name(name: str, member: Shape) -> str:
    own = member.serialization.get("name", name)
    if member.type_name == "list" and member.serialization.get("flattened"):
        own = member.member.serialization.get("name", own)
    return str(own).rpartition(":")[2]


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _within_limits(shape: Shape, value: Any, path: Path) -> Iterator[str]:
    """What is missing, or outside of its limits, of what botocore has read."""
    if shape.type_name == "structure":
        yield from (f"{_at(path)} lacks {name}" for name in shape.required_members if name not in value)
        for name, member in shape.members.items():
            if name in value:
                yield from _within_limits(member, value[name], (*path, name))
    elif shape.type_name == "list":
        yield from _size(shape, len(value), path)
        for each in value:
            yield from _within_limits(shape.member, each, (*path, "*"))
    elif shape.type_name == "map":
        for name, each in value.items():
            yield from _within_limits(shape.key, name, (*path, "key"))
            yield from _within_limits(shape.value, each, (*path, "*"))
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _text(shape, value, path)
    elif isinstance(value, (int, float)):
        yield from _size(shape, value, path)


def _text(shape: Shape, value: str, path: Path) -> Iterator[str]:
    yield from _size(shape, len(value), path)
    pattern = shape.metadata.get("pattern")
    if shape.enum and value not in shape.enum:
        yield f"{_at(path)} is {value!r}, none of {', '.join(shape.enum)}"
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"{_at(path)} is {value!r}, not {pattern}"


def _size(shape: Shape, size: float, path: Path) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        yield f"{_at(path)} has {size}, not {low} to {high}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Java's pattern, as Python writes it."""
    classes = {"L": "a-zA-Z\u00c0-\uffff", "Z": r"\s", "N": r"\d", "M": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(re.sub(r"\\p\{(\w)\}", lambda found: classes[found[1]], pattern))


def _at(path: Path) -> str:
    return ".".join(path) or "the whole"
