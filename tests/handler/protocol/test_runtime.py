"""Once by awslambdaric, the client that runs a function in Lambda: from the event that it polls to the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

import cdk_cleanroomsml
from cdk_cleanroomsml.local.service import CleanRoomsML

from ..simulation.cloudformation import TYPE, problems
from ..simulation.resource_types import ACCOUNT, AUDIENCE_MODEL, MINIMAL, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(cdk_cleanroomsml.__file__).parent
RUNTIME = "/2018-06-01/runtime/invocation"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"


class Surroundings(BaseHTTPRequestHandler):
    """The Runtime API with one invocation, the presigned URL, and the service: whatever the function speaks to."""

    protocol_version = "HTTP/1.1"
    event: dict[str, Any]
    service: CleanRoomsML
    answers: list[bytes]
    results: list[tuple[str, bytes]]
    over: threading.Event

    def do_GET(self) -> None:
        if self.path != f"{RUNTIME}/next":
            self._serve()
        elif self.results:
            # There is nothing more: Lambda would freeze the process here.
            self.over.set()
            self.close_connection = True
        else:
            headers = {
                "Lambda-Runtime-Aws-Request-Id": "request",
                "Lambda-Runtime-Deadline-Ms": str(4_000_000_000_000),
                "Lambda-Runtime-Invoked-Function-Arn": ARN,
                "Content-Type": "application/json",
            }
            self._answer(200, json.dumps(self.event).encode(), headers)

    def do_POST(self) -> None:
        if self.path.startswith(RUNTIME):
            self.results.append((self.path.rpartition("/")[2], self._body()))
            self._answer(202, b"{}")
        else:
            self._serve()

    def do_PUT(self) -> None:
        self.answers.append(self._body())
        self._answer(200, b"")

    def _serve(self) -> None:
        url = urlsplit(self.path)
        query, headers = parse_qs(url.query), dict(self.headers)
        response = self.service.handle(
            self.command, url.path, query, headers, self._body(), account=ACCOUNT, region=REGION
        )
        self._answer(response.status, response.body, dict(response.headers))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def surroundings() -> Iterator[tuple[str, type[Surroundings]]]:
    service = CleanRoomsML()
    service.seed_audience_model(AUDIENCE_MODEL)
    own: dict[str, Any] = {"service": service, "answers": [], "results": [], "over": threading.Event()}
    kind = type("Fresh", (Surroundings,), own)
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", kind
    server.shutdown()
    server.server_close()


@pytest.mark.scenario(1, 46)
@pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric has wheels for Linux only, as Lambda is")
def test_an_event_that_the_runtime_client_polls(surroundings: tuple[str, type[Surroundings]]) -> None:
    address, kind = surroundings
    kind.event = {
        "RequestType": "Create",
        "RequestId": "r",
        "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Demo/1",
        "LogicalResourceId": "Model",
        "ResourceType": TYPE,
        "ResponseURL": f"http://{address}/answer?X-Amz-Signature=secret",
        "ResourceProperties": {"ServiceToken": ARN, "ServiceTimeout": "1200", **MINIMAL},
    }
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIDOFTHEFUNCTION",
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_LAMBDA_FUNCTION_NAME": "provider",
        "AWS_LAMBDA_LOG_GROUP_NAME": "Stack-LogGroup",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2027/01/15/[$LATEST]01",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "secretOfTheFunction",
        "LAMBDA_TASK_ROOT": str(PACKAGE),
        "NO_PROXY": "127.0.0.1",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PACKAGE),
    }
    command = [sys.executable, "-m", "awslambdaric", "handler.main.handler"]
    process = subprocess.Popen(
        command, env=environment, cwd=PACKAGE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        over = kind.over.wait(60)
    finally:
        process.kill()
        said, _ = process.communicate()
    assert over, said
    assert kind.results == [("response", b"null")]
    (body,) = kind.answers
    assert problems(body, kind.event) == []
    answer = json.loads(body)
    assert answer["Status"] == "SUCCESS", answer["Reason"]
    (model,) = kind.service._stores[ACCOUNT, REGION].configured_audience_models.live()
    assert answer["PhysicalResourceId"] == model["configuredAudienceModelArn"]
    assert [call.operation for call in kind.service.calls].count("CreateConfiguredAudienceModel") == 1
    assert "secret" not in said
