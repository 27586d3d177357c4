"""Clean Rooms ML as botocore's service model describes it: operations, routes, shapes, errors."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from botocore.loaders import Loader

Shape = dict[str, Any]
"""A shape as the model writes it: `type`, `members`, `required`, `min`, `max`, `pattern`, `enum`, …"""


class Route(NamedTuple):
    """How a request finds its operation."""

    method: str
    path: re.Pattern[str]
    operation: str


@cache
def model() -> dict[str, Any]:
    """The whole model of `cleanroomsml`, read once."""
    document: dict[str, Any] = Loader().load_service_model("cleanroomsml", "service-2")
    return document


def operations() -> dict[str, dict[str, Any]]:
    """All operations of the service, by name."""
    named: dict[str, dict[str, Any]] = model()["operations"]
    return named


def input_shape(operation: str) -> Shape:
    """The shape of an operation's input."""
    return shape(operations()[operation]["input"])


def output_shape(operation: str) -> Shape:
    """The shape of an operation's output; a structure without members when it has none."""
    output = operations()[operation].get("output")
    return shape(output) if output else {"type": "structure", "members": {}}


def shape(reference: Shape) -> Shape:
    """The shape that a reference names, with what the reference says itself, such as its `location`."""
    return {**model()["shapes"][reference["shape"]], **reference}


@cache
def routes() -> tuple[Route, ...]:
    """One route an operation; a label `{name}` is one segment of the path, percent-encoded."""
    return tuple(
        Route(http["method"], re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", http["requestUri"])), name)
        for name, operation in operations().items()
        for http in [operation["http"]]
    )


def find_operation(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation that serves this request, and its labels, decoded.

    Args:
        method: the HTTP method.
        path: the path as it was sent, still percent-encoded (an ARN's slashes arrive as `%2F`).

    Returns:
        The operation's name and its labels, or None when there is no such route.
    """
    for route in routes():
        if method == route.method and (match := route.path.fullmatch(path)):
            return route.operation, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def error_status(code: str) -> int | None:
    """The HTTP status of an error, or None when the model has no such error."""
    status: int | None = model()["shapes"].get(code, {}).get("error", {}).get("httpStatusCode")
    return status
