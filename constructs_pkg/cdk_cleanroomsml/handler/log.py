"""One JSON object a step on standard output, and what must not stand in it.

Our own words name members, never their values: any may be NoEcho. Words of others are cleaned.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any

_MASK = "***"
_SHORTEST_SECRET = 4
_ADDRESSES = ("arn:", "s3://")
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Log:
    """Writes the log of one request."""

    def __init__(self, event: object) -> None:
        self._secrets = sorted(set(_secrets(event)), key=len, reverse=True)

    def __call__(self, step: str, **fields: object) -> None:
        """Writes one step."""
        line = {"step": step, **{name: value for name, value in fields.items() if value is not None}}
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()

    def clean(self, text: str) -> str:
        """A text of somebody else, without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def _secrets(event: object) -> Iterator[str]:
    for value in _values(event):
        for shown in (value, repr(value)[1:-1], json.dumps(value)[1:-1]):
            if len(shown) >= _SHORTEST_SECRET:
                yield shown


def _values(event: object) -> Iterator[str]:
    yield from (os.environ.get(name, "") for name in _CREDENTIALS)
    if not isinstance(event, dict):
        return
    yield from _query(str(event.get("ResponseURL") or ""))
    for properties in ("ResourceProperties", "OldResourceProperties"):
        yield from (leaf for leaf in _leaves(event.get(properties)) if not leaf.startswith(_ADDRESSES))


def _query(url: str) -> Iterator[str]:
    _, _, query = url.partition("?")
    yield query
    yield from (part.partition("=")[2] for part in query.split("&"))
    yield from (value for _, value in parse_qsl(query))


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
