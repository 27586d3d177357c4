"""A stack's template with its functions resolved, as far as that can be known from outside.

CloudFormation tells nobody the properties that it sent to a custom resource. They are worked out from the processed
template, the stack's parameters, the physical ids of its resources, exports, and outputs of nested stacks. What isn't
known is said so, and never guessed.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .attributes import attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .stacks import Stack

# JSON, and Unknown in it.
Value = Any


@dataclass(frozen=True)
class Unknown:
    """A value that can't be known from here, and why."""

    why: str


NO_VALUE = Unknown("AWS::NoValue")
"""What takes a property away."""


_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-us-gov": "amazonaws.com",
}
"""What the services' names end with, by partition."""


@dataclass(frozen=True)
class Place:
    """Where a stack is, and what it may refer to.

    Attributes:
        exports: the exports of the account and Region, asked for when one is imported.
        nested: the stack with an id, for the outputs of a nested one.
    """

    account: str
    region: str
    partition: str
    exports: Callable[[], Mapping[str, str]]
    nested: Callable[[str], Stack | None]


class Template:
    """The processed template of a stack.

    Args:
        body: the template.
        stack: the stack, with its resources.
        place: where it is.
    """

    def __init__(self, body: Mapping[str, Any], stack: Stack, place: Place) -> None:
        self._body = body
        self._stack = stack
        self.place = place
        self._conditions: dict[str, bool | Unknown] = {}
        self._functions: dict[str, Callable[[Value], Value]] = {
            "Fn::Base64": self._base64,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::ImportValue": self._import_value,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": self._to_json,
            "Ref": self._ref,
        }

    def properties(self, logical_id: str) -> dict[str, Value]:
        """The properties of a resource."""
        found = self.value(self._body.get("Resources", {}).get(logical_id, {}).get("Properties", {}))
        return found if isinstance(found, dict) else {}

    def type_of(self, logical_id: str) -> str:
        """The type of a resource."""
        return str(self._body.get("Resources", {}).get(logical_id, {}).get("Type", ""))

    def value(self, node: Value) -> Value:
        """A part of the template, with all functions in it resolved."""
        if isinstance(node, list):
            items = [self.value(each) for each in node]
            return [each for each in items if each is not NO_VALUE]
        if isinstance(node, str):
            return Unknown(f"a dynamic reference, {node}") if "{{resolve:" in node else node
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), *_ = node.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name.startswith("Fn::"):
                return Unknown(name)
        members = {name: self.value(each) for name, each in node.items()}
        return {name: each for name, each in members.items() if each is not NO_VALUE}

    # Functions

    def _ref(self, name: str) -> Value:
        if name.startswith("AWS::"):
            return self._pseudo(name)
        if name in self._body.get("Parameters", {}):
            return self._parameter(name)
        return self._stack.physical_id(name) or Unknown(f"the physical id of {name}")

    def _pseudo(self, name: str) -> Value:
        place = self.place
        known: dict[str, Value] = {
            "AWS::AccountId": place.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": self._stack.described.get("NotificationARNs", []),
            "AWS::Partition": place.partition,
            "AWS::Region": place.region,
            "AWS::StackId": self._stack.id,
            "AWS::StackName": self._stack.name,
            "AWS::URLSuffix": _SUFFIXES.get(place.partition, Unknown(name)),
        }
        return known.get(name, Unknown(name))

    def _parameter(self, name: str) -> Value:
        declared = self._body["Parameters"][name]
        given = {each["ParameterKey"]: each for each in self._stack.described.get("Parameters", [])}.get(name, {})
        value = given.get("ResolvedValue", given.get("ParameterValue", declared.get("Default")))
        if str(declared.get("NoEcho", "")).lower() == "true":
            return Unknown(f"the parameter {name}, which is NoEcho")
        if value is None:
            return Unknown(f"the parameter {name}")
        is_list = declared["Type"].startswith(("CommaDelimitedList", "List<", "AWS::SSM::Parameter::Value<List<"))
        return [each.strip() for each in str(value).split(",")] if is_list or _is_list(declared["Type"]) else str(value)

    def _get_att(self, argument: Value) -> Value:
        logical_id, _, name = argument.partition(".") if isinstance(argument, str) else (argument[0], "", argument[1])
        name = self.value(name)
        unknown = Unknown(f"GetAtt {logical_id}.{name}")
        if isinstance(name, Unknown):
            return unknown
        physical_id = self._stack.physical_id(logical_id)
        if not physical_id:
            return unknown
        if name.startswith("Outputs."):
            nested = self.place.nested(physical_id)
            outputs = {
                each["OutputKey"]: each["OutputValue"]
                for each in (nested.described.get("Outputs", []) if nested else [])
            }
            return outputs.get(name.removeprefix("Outputs."), unknown)
        found = attribute(self.type_of(logical_id), name, physical_id, self.properties(logical_id), self.place)
        return unknown if found is None else found

    def _sub(self, argument: Value) -> Value:
        text, given = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
        pieces: list[Value] = []
        for literal, name in re.findall(r"((?:(?!\$\{).)+)|\$\{([^}]*)\}", text, re.S):
            if literal:
                pieces.append(literal)
            elif name.startswith("!"):
                pieces.append(f"${{{name[1:]}}}")
            elif name in given:
                pieces.append(self.value(given[name]))
            else:
                pieces.append(self._get_att(name) if "." in name else self._ref(name))
        return _joined("", pieces)

    def _join(self, argument: Value) -> Value:
        separator, pieces = self.value(argument[0]), self.value(argument[1])
        if isinstance(pieces, Unknown) or isinstance(separator, Unknown):
            return pieces if isinstance(pieces, Unknown) else separator
        return _joined(separator, pieces)

    def _split(self, argument: Value) -> Value:
        separator, text = self.value(argument[0]), self.value(argument[1])
        return text if isinstance(text, Unknown) else str(text).split(separator)

    def _select(self, argument: Value) -> Value:
        index, items = self.value(argument[0]), self.value(argument[1])
        if isinstance(index, Unknown) or isinstance(items, Unknown):
            return index if isinstance(index, Unknown) else items
        return items[int(index)] if int(index) < len(items) else Unknown("Fn::Select beyond the end of a list")

    def _if(self, argument: Value) -> Value:
        name, when, otherwise = argument
        holds = self.condition(name)
        if isinstance(holds, Unknown):
            one, other = self.value(when), self.value(otherwise)
            return one if one == other else holds
        return self.value(when if holds else otherwise)

    def _import_value(self, argument: Value) -> Value:
        name = self.value(argument)
        if isinstance(name, Unknown):
            return name
        return self.place.exports().get(name, Unknown(f"the export {name}"))

    def _find_in_map(self, argument: Value) -> Value:
        keys = [self.value(each) for each in argument[:3]]
        unknown = next((each for each in keys if isinstance(each, Unknown)), None)
        if unknown is not None:
            return unknown
        found: Value = self._body.get("Mappings", {})
        for key in keys:
            found = found.get(str(key)) if isinstance(found, dict) else None
        return Unknown(f"the mapping {'.'.join(map(str, keys))}") if found is None else found

    def _base64(self, argument: Value) -> Value:
        text = self.value(argument)
        return text if isinstance(text, Unknown) else base64.b64encode(str(text).encode()).decode()

    def _to_json(self, argument: Value) -> Value:
        document = self.value(argument)
        unknown = next(unknown_in(document), None)
        return Unknown(unknown[1]) if unknown else json.dumps(document, separators=(",", ":"))

    # Conditions

    def condition(self, name: str) -> bool | Unknown:
        """Whether a condition of the template holds."""
        if name not in self._conditions:
            # Conditions can't refer to each other in a circle.
            self._conditions[name] = self._holds(self._body.get("Conditions", {}).get(name, {}))
        return self._conditions[name]

    def _holds(self, node: Value) -> bool | Unknown:
        name, argument = next(iter(node.items())) if isinstance(node, dict) and len(node) == 1 else ("", [])
        if name == "Condition":
            return self.condition(str(argument))
        if name == "Fn::Equals":
            one, other = (self.value(each) for each in argument)
            if isinstance(one, Unknown) or isinstance(other, Unknown):
                return one if isinstance(one, Unknown) else other
            return bool(_as_text(one) == _as_text(other))
        if name in ("Fn::And", "Fn::Or"):
            return _decided([self._holds(each) for each in argument], decisive=name == "Fn::Or")
        if name == "Fn::Not":
            holds = self._holds(argument[0])
            return holds if isinstance(holds, Unknown) else not holds
        return Unknown(f"a condition with {name or 'no function'}")


def unknown_in(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Where a value has something unknown in it, and why."""
    if isinstance(value, Unknown):
        yield path, value.why
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from unknown_in(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from unknown_in(each, f"{path}[{number}]")


def _joined(separator: str, pieces: list[Value]) -> Value:
    unknown = next((each for each in pieces if isinstance(each, Unknown)), None)
    return unknown if unknown is not None else separator.join(map(_as_text, pieces))


def _as_text(value: Value) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _decided(parts: list[bool | Unknown], *, decisive: bool) -> bool | Unknown:
    """An Or, or an And, of which a part may be unknown."""
    if decisive in [each for each in parts if isinstance(each, bool)]:
        return decisive
    unknown = next((each for each in parts if isinstance(each, Unknown)), None)
    return unknown if unknown is not None else not decisive


def _is_list(type_: str) -> bool:
    return "<CommaDelimitedList>" in type_
