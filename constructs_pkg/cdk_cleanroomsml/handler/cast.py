"""Properties as CloudFormation sends them, cast to what the service model wants: every scalar arrives as a string.

Only types, required members and names of members are looked at. Lengths, patterns and enums are the service's
to judge: it knows its limits of today, the SDK in the function those of its release.
"""

from __future__ import annotations

import re
from typing import Any

_BOOLEANS = {"true": True, "false": False}
_NOUNS = {"integer": "an integer", "long": "an integer", "boolean": "true or false"}


def cast(shape: Any, value: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401 - botocore's shapes have no types, and JSON has them all
    """Casts a value by its shape.

    Args:
        shape: botocore's.
        value: what came.
        path: where it stands in the properties; "" is the top.
        problems: takes a line for each problem, without the value, which may be NoEcho.

    Returns:
        The value as boto3 takes it; where there was a problem, as it came.
    """
    return _CASTERS.get(shape.type_name, _scalar)(shape, value, path, problems)


def _structure(shape: Any, value: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401 - as above
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


def _list(shape: Any, value: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401 - as above
    if not isinstance(value, list):
        problems.append(f"{path} must be a list")
        return value
    return [cast(shape.member, item, f"{path}[{index}]", problems) for index, item in enumerate(value)]


def _map(shape: Any, value: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401 - as above
    if not isinstance(value, dict):
        problems.append(f"{path} must be an object")
        return value
    return {key: cast(shape.value, item, _join(path, key), problems) for key, item in value.items()}


def _scalar(shape: Any, value: object, path: str, problems: list[str]) -> Any:  # noqa: ANN401 - as above
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if shape.type_name in ("integer", "long"):
        if re.fullmatch("[+-]?[0-9]{1,18}", text):
            return int(text)
    elif shape.type_name == "boolean":
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
    elif isinstance(value, str):
        return value
    problems.append(f"{path} must be {_NOUNS.get(shape.type_name, 'a text')}")
    return value


_CASTERS = {"structure": _structure, "list": _list, "map": _map}


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
