"""The properties of a request, cast to what the service model wants: CloudFormation makes a string of every scalar.

Types, names and required members only. Lengths, patterns and enums are the service's to judge: the SDK in the function
knows those of its release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from botocore.model import DenormalizedStructureBuilder

from ..protocol import MARKER_PREFIX, MARKERS, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# botocore has no types, and JSON has them all.
Shape = Any
Value = Any

MOST_TAGS = 50
"""Tags on one resource (API reference)."""

_FROM_CLOUDFORMATION = ("ServiceToken", "ServiceTimeout")


@dataclass(frozen=True)
class Extended:
    """A structure of the service with members of ours."""

    shape: Shape
    own: Mapping[str, Shape]
    type_name = "structure"

    @property
    def members(self) -> dict[str, Shape]:
        """All of them."""
        return {**self.shape.members, **self.own}

    @property
    def required_members(self) -> list[str]:
        """None of ours is."""
        return list(self.shape.required_members)


def with_own(shape: Shape, own: Mapping[str, str]) -> Shape:
    """A structure of the service with members of ours, by their types."""
    types = {name: {"type": type_} for name, type_ in own.items()}
    model: Shape = DenormalizedStructureBuilder().with_members(types).build_model()
    return Extended(shape, model.members)


def wanted(
    shape: Shape,
    properties: dict[str, Any],
    name: str = "name",
    check: Callable[[dict[str, Any]], list[str]] = lambda _: [],
) -> dict[str, Any]:
    """The members that the template gives; all their problems in one Failure. Its `name` may be missing."""
    problems: list[str] = []
    members = _read(shape, properties, problems, name)
    problems += check(members)
    if isinstance(members.get("tags"), dict):
        problems += _tag_problems(members["tags"])
    if problems:
        raise Failure(f"the properties are not valid: {'; '.join(problems)}")
    return members


def previous(shape: Shape, properties: dict[str, Any], name: str = "name") -> dict[str, Any]:
    """The members of the last template. What another version wrote, or what was refused, stays as it is."""
    members = _read(shape, properties, [], name)
    return {**members, "tags": members["tags"] if isinstance(members.get("tags"), dict) else {}}


def _read(shape: Shape, properties: dict[str, Any], problems: list[str], name: str) -> dict[str, Any]:
    """A missing name is none of the problems: one is generated, and so none is returned."""
    given = {member: value for member, value in properties.items() if member not in _FROM_CLOUDFORMATION}
    generated = given.get(name) is None
    members: dict[str, Any] = cast(shape, {**given, name: "generated"} if generated else given, "", problems)
    return {member: value for member, value in members.items() if not (generated and member == name)}


def _tag_problems(tags: dict[str, Any]) -> list[str]:
    problems = [
        f"tags.{key}: the prefix {MARKER_PREFIX} is reserved for the tags that mark a resource as its stack's"
        for key in tags
        if key.startswith(MARKER_PREFIX)
    ]
    room = MOST_TAGS - len(MARKERS)
    if len(tags) > room:
        problems.append(
            f"tags: {len(tags)} are given, at most {room} are allowed: the service takes {MOST_TAGS} on a resource, and"
            f" {len(MARKERS)} mark the resource as its stack's"
        )
    return problems


_BOOLEANS = {"true": True, "false": False}
_NOUNS = {
    "integer": "an integer",
    "long": "an integer",
    "boolean": "true or false",
    "timestamp": "a time in ISO 8601, such as 2027-01-31T00:00:00Z",
}


def cast(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    """Casts a value by its shape; it stays as it came where there is a problem, told without the value (NoEcho)."""
    return _CASTERS.get(shape.type_name, _scalar)(shape, value, path, problems)


def _structure(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    if not isinstance(value, dict):
        problems.append(f"{path} must be an object")
        return value
    members = shape.members
    allowed = ", ".join(sorted(members))
    unknown = sorted(set(value) - set(members))
    missing = [name for name in shape.required_members if value.get(name) is None]
    problems += [f"{_join(path, name)} is unknown, allowed are {allowed}" for name in unknown]
    problems += [f"{_join(path, name)} is missing" for name in missing]
    return {
        name: cast(members[name], item, _join(path, name), problems)
        for name, item in value.items()
        if name in members and item is not None
    }


def _timestamp(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    """A time; without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
    except ValueError:
        return _refused(shape, value, path, problems)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _list(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    if not isinstance(value, list):
        problems.append(f"{path} must be a list")
        return value
    return [cast(shape.member, item, f"{path}[{index}]", problems) for index, item in enumerate(value)]


def _map(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    if not isinstance(value, dict):
        problems.append(f"{path} must be an object")
        return value
    return {key: cast(shape.value, item, _join(path, key), problems) for key, item in value.items()}


def _scalar(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if shape.type_name in ("integer", "long"):
        if re.fullmatch("[+-]?[0-9]{1,18}", text):
            return int(text)
    elif shape.type_name == "boolean":
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
    elif isinstance(value, str):
        return value
    return _refused(shape, value, path, problems)


def _refused(shape: Shape, value: object, path: str, problems: list[str]) -> Value:
    problems.append(f"{path} must be {_NOUNS.get(shape.type_name, 'a text')}")
    return value


_CASTERS = {"structure": _structure, "list": _list, "map": _map, "timestamp": _timestamp}


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
