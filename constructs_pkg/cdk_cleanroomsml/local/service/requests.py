"""A request read by the shapes of the service model: types, required members, limits, patterns, enums.

Every problem is reported, worded as AWS words it. Where a type is wrong AWS answers differently from service
to service; here it is one more problem in the list (inferred).
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.utils import parse_timestamp

from .errors import validation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import ServiceModel, Shape

# The model writes "every supplementary character" as surrogates in a class, which no regex engine reads so.
_SURROGATES = r"\uD800\uDBFF-\uDC00\uDFFF"
_SUPPLEMENTARY = r"\U00010000-\U0010FFFF"

Json = Any
"""A value of whatever type its shape has."""

_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "double": (int, float),
    "integer": int,
    "list": list,
    "map": dict,
    "string": str,
    "structure": dict,
    "timestamp": str,
}


def read_request(
    model: ServiceModel, operation: str, labels: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> tuple[dict[str, Any], list[str]]:
    """Reads the members of an operation's input from wherever the model says they travel.

    Args:
        model: the service's.
        operation: the operation's name.
        labels: what stood in the path, decoded.
        query: the query string, each name with its values.
        body: the JSON document, or nothing.

    Returns:
        The input with the members the model knows (unknown ones are ignored, as AWS does), and the problems.

    Raises:
        ServiceError: `ValidationException` when the body is not a JSON object.
    """
    raw = _body(body)
    wanted = model.input_shape(operation)
    for name, member in wanted["members"].items():
        if member.get("location") == "uri":
            raw[name] = labels[member["locationName"]]
        elif member.get("location") == "querystring":
            raw[name] = _from_query(model.shape(member), query.get(member["locationName"], []))
    reader = _Reader(model)
    return reader.structure(wanted, raw, ""), reader.problems


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of the service model as Python reads it; AWS matches the whole value."""
    return re.compile(text.replace(_SURROGATES, _SUPPLEMENTARY))


def _body(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise validation([f"the request body is not JSON ({error})"]) from error
    if not isinstance(document, dict):
        raise validation(["the request body is not a JSON object"])
    return document


def _from_query(wanted: Shape, values: list[str]) -> object:
    if not values:
        return None
    if wanted["type"] == "list":
        return values
    if wanted["type"] == "integer" and re.fullmatch(r"-?[0-9]+", values[0]):
        return int(values[0])
    return values[0]


class _Reader:
    """Reads values by their shapes and collects what is wrong with them."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self.problems: list[str] = []

    def structure(self, wanted: Shape, value: dict[str, Any], at: str) -> dict[str, Any]:
        result = {}
        for name, member in wanted["members"].items():
            where = f"{at}.{name}" if at else name
            if value.get(name) is not None:
                result[name] = self._value(self._model.shape(member), value[name], where)
            elif name in wanted.get("required", ()):
                self.problems.append(_problem(None, where, "Member must not be null"))
        return result

    def _value(self, wanted: Shape, value: object, at: str) -> object:
        if not _has_type(wanted["type"], value):
            self.problems.append(_problem(value, at, f"Member must be of type {wanted['type']}"))
            return value
        self.problems.extend(_problem(value, at, constraint) for constraint in _broken_constraints(wanted, value))
        if isinstance(value, dict):
            read = self.structure if wanted["type"] == "structure" else self._map
            return read(wanted, value, at)
        if isinstance(value, list):
            item = self._model.shape(wanted["member"])
            return [self._value(item, each, f"{at}.{n}.member") for n, each in enumerate(value, 1)]
        if wanted["type"] == "timestamp":
            return self._timestamp(value, at)
        return value

    def _map(self, wanted: Shape, value: dict[str, Any], at: str) -> dict[str, Any]:
        for key, item in value.items():
            self._value(self._model.shape(wanted["key"]), key, f"{at}.key")
            self._value(self._model.shape(wanted["value"]), item, f"{at}.{key}")
        return value

    def _timestamp(self, value: object, at: str) -> object:
        try:
            return parse_timestamp(value)
        except ValueError:
            self.problems.append(_problem(value, at, "Member must be a timestamp in ISO 8601"))
            return value


def _has_type(type_name: str, value: object) -> bool:
    # In Python True is an integer; in JSON it isn't.
    if isinstance(value, bool):
        return type_name == "boolean"
    return isinstance(value, _PYTHON_TYPES[type_name])


def _broken_constraints(wanted: Shape, value: Json) -> list[str]:
    number = isinstance(value, (int, float))
    size, noun = (value, "value") if number else (len(value), "length")
    broken = []
    if "min" in wanted and size < wanted["min"]:
        broken.append(f"Member must have {noun} greater than or equal to {wanted['min']}")
    if "max" in wanted and size > wanted["max"]:
        broken.append(f"Member must have {noun} less than or equal to {wanted['max']}")
    if "pattern" in wanted and not pattern(wanted["pattern"]).fullmatch(value):
        broken.append(f"Member must satisfy regular expression pattern: {wanted['pattern']}")
    if "enum" in wanted and value not in wanted["enum"]:
        broken.append(f"Member must satisfy enum value set: [{', '.join(wanted['enum'])}]")
    return broken


def _problem(value: object, at: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{at}' failed to satisfy constraint: {constraint}"
