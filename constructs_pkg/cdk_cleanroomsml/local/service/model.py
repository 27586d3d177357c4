"""The two services as botocore's service models describe them: operations, routes, shapes, errors."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from botocore.loaders import Loader

ServiceName = Literal["cleanroomsml", "cleanrooms"]
"""A service as boto3 names it: Clean Rooms ML, or Clean Rooms itself."""

SERVICES: tuple[ServiceName, ...] = ("cleanroomsml", "cleanrooms")

Shape = dict[str, Any]
"""A shape as the model writes it: `type`, `members`, `required`, `min`, `max`, `pattern`, `enum`, …"""


class Route(NamedTuple):
    """How a request finds its operation."""

    method: str
    path: re.Pattern[str]
    operation: str


class ServiceModel:
    """The whole model of one service.

    Args:
        name: the service.
        unlimited: shapes whose `max` doesn't count.
    """

    def __init__(self, name: ServiceName, unlimited: frozenset[str] = frozenset()) -> None:
        self.name = name
        self._unlimited = unlimited
        self._document: dict[str, Any] = Loader().load_service_model(name, "service-2")

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        """All operations of the service, by name."""
        named: dict[str, dict[str, Any]] = self._document["operations"]
        return named

    def input_shape(self, operation: str) -> Shape:
        """The shape of an operation's input."""
        return self.shape(self.operations[operation]["input"])

    def output_shape(self, operation: str) -> Shape:
        """The shape of an operation's output; a structure without members when it has none."""
        output = self.operations[operation].get("output")
        return self.shape(output) if output else {"type": "structure", "members": {}}

    def shape(self, reference: Shape) -> Shape:
        """The shape that a reference names, with what the reference says itself, such as its `location`."""
        name = reference["shape"]
        found: Shape = {**self._document["shapes"][name], **reference}
        if name in self._unlimited:
            del found["max"]
        return found

    @cached_property
    def errors(self) -> list[str]:
        """The names of all errors of the service."""
        return [name for name, shape in self._document["shapes"].items() if shape.get("exception")]

    def error_status(self, code: str) -> int | None:
        """The HTTP status of an error, or None when the model has no such error."""
        status: int | None = self._document["shapes"].get(code, {}).get("error", {}).get("httpStatusCode")
        return status

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """One route an operation; a label `{name}` is one segment of the path, percent-encoded."""
        return tuple(
            Route(http["method"], re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", http["requestUri"])), name)
            for name, operation in self.operations.items()
            for http in [operation["http"]]
        )

    def find_operation(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """The operation that serves this request, and its labels, decoded.

        Args:
            method: the HTTP method.
            path: the path as it was sent, still percent-encoded (an ARN's slashes arrive as `%2F`).

        Returns:
            The operation's name and its labels, or None when there is no such route.
        """
        for route in self.routes:
            if method == route.method and (match := route.path.fullmatch(path)):
                return route.operation, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


@cache
def service_model(name: ServiceName, unlimited: frozenset[str] = frozenset()) -> ServiceModel:
    """The model of a service, read once."""
    return ServiceModel(name, unlimited)


def find_operation(method: str, path: str, service: ServiceName = "cleanroomsml") -> tuple[str, dict[str, str]] | None:
    """The operation of a service that serves this request, and its labels: see `ServiceModel.find_operation`."""
    return service_model(service).find_operation(method, path)
