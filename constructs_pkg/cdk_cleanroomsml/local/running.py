"""An engine that runs, as other programs reach it: over HTTP, by its address."""

from __future__ import annotations

import http.client
import json
import os
from typing import Any
from urllib.parse import urlsplit

from .pins import EngineError

Json = Any
"""Whatever a JSON document holds."""

_SECONDS = 60.0


def request(url: str, method: str, path: str, document: object = None, *, longer: float = 0) -> Json:
    """Asks the engine for what no AWS service does.

    Args:
        url: the engine's address.
        method: the HTTP method.
        path: what is asked for.
        document: what is told.
        longer: for how many more seconds than usual the answer may be waited for.

    Raises:
        EngineError: the engine refuses; the message is its own.
        OSError: nothing answers there.
    """
    body = None if document is None else json.dumps(document, default=str)
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_SECONDS + longer)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        answer: Json = json.load(response)
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise EngineError(answer["message"])
    return answer


class RunningEngine:
    """The engine that the environment points at, as in a shell that was started in one."""

    def __init__(self) -> None:
        self.url = os.environ.get("AWS_ENDPOINT_URL", "")
        if not self.url.startswith("http://127.0.0.1:"):
            raise EngineError(
                "no engine is found: AWS_ENDPOINT_URL doesn't point at one. Start a shell in one, with"
                " 'python -m cdk_cleanroomsml.local -- bash', or run the export lines that it prints without a command"
            )

    def __call__(self, method: str, path: str, document: object = None) -> Json:
        """Asks its administration; see `request`.

        Raises:
            EngineError: it refuses, or it isn't there any more.
        """
        try:
            return request(self.url, method, f"/_cleanroomsml/{path}", document)
        except (OSError, ValueError) as error:
            raise EngineError(f"no engine answers at {self.url} any more ({error}): start it again") from error
