"""The properties of a request, as members of CreateConfiguredAudienceModel."""

from __future__ import annotations

from typing import Any

from .cast import cast
from .failure import Failure
from .identity import MARKER_PREFIX, MARKERS

MOST_TAGS = 50
"""Tags on one resource (API reference)."""

_FROM_CLOUDFORMATION = ("ServiceToken", "ServiceTimeout")


def wanted(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - botocore has no types
    """The members that the template gives.

    Args:
        shape: the operation's input.
        properties: as they came.

    Raises:
        Failure: they aren't valid; all problems at once.
    """
    problems: list[str] = []
    members = _read(shape, properties, problems)
    if isinstance(members.get("tags"), dict):
        problems += _tag_problems(members["tags"])
    if problems:
        raise Failure(f"the properties are not valid: {'; '.join(problems)}")
    return members


def previous(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The members that the last template gave, which another version may have written, or which were refused.

    What can't be read is left as it is, and so differs from what is wanted.
    """
    members = _read(shape, properties, [])
    return {**members, "tags": members["tags"] if isinstance(members.get("tags"), dict) else {}}


def _read(shape: Any, properties: dict[str, Any], problems: list[str]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """A missing name is none of the problems: one is generated, and so none is returned."""
    given = {name: value for name, value in properties.items() if name not in _FROM_CLOUDFORMATION}
    generated = given.get("name") is None
    members: dict[str, Any] = cast(shape, {**given, "name": "generated"} if generated else given, "", problems)
    return {name: value for name, value in members.items() if not (generated and name == "name")}


def _tag_problems(tags: dict[str, Any]) -> list[str]:
    problems = [
        f"tags.{key}: the prefix {MARKER_PREFIX} is reserved for the tags that mark a model as its stack's"
        for key in tags
        if key.startswith(MARKER_PREFIX)
    ]
    room = MOST_TAGS - len(MARKERS)
    if len(tags) > room:
        problems.append(
            f"tags: {len(tags)} are given, at most {room} are allowed: the service takes {MOST_TAGS} on a resource, and"
            f" {len(MARKERS)} mark the model as its stack's"
        )
    return problems
