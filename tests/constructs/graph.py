"""What waits for what in a template, as CloudFormation reads it."""

from __future__ import annotations

import re
from typing import Any


def waits_for(resources: dict[str, Any]) -> dict[str, set[str]]:
    """What each resource of a template waits for directly."""
    return {name: _named_in(resource, set(resources)) for name, resource in resources.items()}


def everything_before(name: str, edges: dict[str, set[str]]) -> set[str]:
    """All that a resource waits for, however indirectly."""
    found: set[str] = set()
    pending = [name]
    while pending:
        new = edges[pending.pop()] - found
        found |= new
        pending += new
    return found


def circles(resources: dict[str, Any]) -> list[str]:
    """The resources that wait for themselves."""
    edges = waits_for(resources)
    return sorted(name for name in edges if name in everything_before(name, edges))


def _named_in(value: Any, known: set[str]) -> set[str]:
    if isinstance(value, list):
        return set().union(*(_named_in(each, known) for each in value))
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, inner in value.items():
        if key == "DependsOn":
            found |= {inner} if isinstance(inner, str) else set(inner)
        elif key == "Ref" and isinstance(inner, str):
            found.add(inner)
        elif key == "Fn::GetAtt":
            found.add(inner.partition(".")[0] if isinstance(inner, str) else inner[0])
        elif key == "Fn::Sub":
            text = inner if isinstance(inner, str) else inner[0]
            found |= {match.partition(".")[0] for match in re.findall(r"\$\{([^!}]+)}", text)}
            found |= _named_in(inner, known)
        else:
            found |= _named_in(inner, known)
    return found & known
