"""The tags of any resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import validation
from .rules import tag_key_problems, tag_problems

if TYPE_CHECKING:
    from .context import Context


def tag(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """TagResource: adds tags and overwrites those with the same key."""
    tags = call.resource(request["resourceArn"])["tags"]
    if problems := tag_problems(request["tags"], tags):
        raise validation(problems)
    tags.update(request["tags"])
    return {}


def untag(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """UntagResource: a key that isn't there is no error."""
    tags = call.resource(request["resourceArn"])["tags"]
    if problems := tag_key_problems(request["tagKeys"]):
        raise validation(problems)
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_(call: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": call.resource(request["resourceArn"])["tags"]}
