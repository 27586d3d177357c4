"""Resources of templates, written so that sides can be compared."""

from __future__ import annotations

import json
from typing import Any

Resource = dict[str, Any]


def of_type(resources: dict[str, Resource], *types: str) -> list[Resource]:
    return [resource for resource in resources.values() if resource["Type"] in types]


def without_ids(value: Any, resources: dict[str, Resource]) -> Any:
    """A value with the types of resources in the place of their ids, and lists of actions in order."""
    if isinstance(value, dict):
        return {name: without_ids(each, resources) for name, each in value.items()}
    if isinstance(value, list):
        return [without_ids(each, resources) for each in value]
    return resources[value]["Type"] if isinstance(value, str) and value in resources else value


def spelled_out(call: Any) -> Any:
    """The parameters of an AwsCustomResource's call: text with the references to resources in between."""
    pieces = call["Fn::Join"][1]
    text = "".join(piece if isinstance(piece, str) else reference(piece) for piece in pieces)
    return json.loads(text)["parameters"]


def reference(value: Any) -> str:
    return f"<{json.dumps(value, separators=(',', ':'))}>".replace('"', "'")


def flat(value: Any) -> Any:
    """Joins and references written as in the text of a call, so that both can be compared."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(piece if isinstance(piece, str) else reference(piece) for piece in value["Fn::Join"][1])
    if isinstance(value, dict) and set(value) <= {"Ref", "Fn::GetAtt"}:
        return reference(value)
    if isinstance(value, dict):
        return {name: flat(each) for name, each in value.items()}
    return [flat(each) for each in value] if isinstance(value, list) else value
