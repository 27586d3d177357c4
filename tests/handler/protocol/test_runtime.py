"""The function run by awslambdaric, the client that runs it in Lambda: from the event that it polls to the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

import cdk_cleanroomsml
from cdk_cleanroomsml.local.service import CleanRoomsML

from ...worlds import USUAL
from ..simulation.cloudformation import TYPE, problems
from ..simulation.resource_types import ACCOUNT, AUDIENCE_MODEL, MINIMAL, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="awslambdaric has wheels for Linux only, as Lambda is"),
    USUAL,
]

PACKAGE = Path(cdk_cleanroomsml.__file__).parent
RUNTIME = "/2018-06-01/runtime"
GROUP = "Stack-LogGroup"
STREAM = "2027/01/15/[$LATEST]01"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"


class Surroundings(BaseHTTPRequestHandler):
    """The Runtime API with some invocations, the presigned URL, and the service: whatever the function speaks to.

    AWS Lambda developer guide, "Lambda runtime API": next, response, error, init/error, and the headers of each.
    """

    protocol_version = "HTTP/1.1"
    events: list[dict[str, Any]]
    seconds: float
    put_statuses: list[int]
    service: CleanRoomsML
    answers: list[bytes]
    results: list[tuple[str, bytes]]
    over: threading.Event

    def do_GET(self) -> None:
        if self.path != f"{RUNTIME}/invocation/next":
            self._serve()
        elif len(self.results) == len(self.events):
            # There is nothing more: Lambda would freeze the process here.
            self.over.set()
            self.close_connection = True
        else:
            headers = {
                "Lambda-Runtime-Aws-Request-Id": f"request-{len(self.results)}",
                "Lambda-Runtime-Deadline-Ms": str(round((time.time() + self.seconds) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": ARN,
                "Content-Type": "application/json",
            }
            self._answer(200, json.dumps(self.events[len(self.results)]).encode(), headers)

    def do_POST(self) -> None:
        if self.path.startswith(RUNTIME):
            self.results.append((self.path.removeprefix(RUNTIME), self._body()))
            self._answer(202, b"{}")
            if self.path.endswith("/init/error"):
                self.over.set()
        else:
            self._serve()

    def do_PUT(self) -> None:
        self.answers.append(self._body())
        self._answer(self.put_statuses.pop(0) if self.put_statuses else 200, b"")

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


class Run:
    """The function in a process of the runtime client."""

    def __init__(self, address: str, kind: type[Surroundings]) -> None:
        self.kind = kind
        self.said = ""
        self._address = address

    def event(self, **changes: Any) -> dict[str, Any]:
        """A Create of CloudFormation's."""
        return {
            "RequestType": "Create",
            "RequestId": "r",
            "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Demo/1",
            "LogicalResourceId": "Model",
            "ResourceType": TYPE,
            "ResponseURL": f"http://{self._address}/answer?X-Amz-Signature=secret",
            "ResourceProperties": {"ServiceToken": ARN, "ServiceTimeout": "1200", **MINIMAL},
            **changes,
        }

    def __call__(self, *events: dict[str, Any], handler: str = "handler.main.handler", **variables: str) -> None:
        self.kind.events = list(events)
        # "Defined runtime environment variables" of the developer guide.
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIDOFTHEFUNCTION",
            "AWS_ENDPOINT_URL": f"http://{self._address}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_NAME": "provider",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": GROUP,
            "AWS_LAMBDA_LOG_STREAM_NAME": STREAM,
            "AWS_LAMBDA_RUNTIME_API": self._address,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_SECRET_ACCESS_KEY": "secretOfTheFunction",
            "LAMBDA_TASK_ROOT": str(PACKAGE),
            "NO_PROXY": "127.0.0.1",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PACKAGE),
            **variables,
        }
        command = [sys.executable, "-m", "awslambdaric", handler]
        process = subprocess.Popen(
            command, env=environment, cwd=PACKAGE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            over = self.kind.over.wait(60)
        finally:
            process.kill()
            self.said, _ = process.communicate()
        assert over, self.said

    def told(self) -> list[dict[str, Any]]:
        """The lines of the function's own."""
        lines = [json.loads(line) for line in self.said.splitlines() if line.startswith("{")]
        return [line for line in lines if "step" in line]


@pytest.fixture
def run() -> Iterator[Run]:
    service = CleanRoomsML()
    service.seed_audience_model(AUDIENCE_MODEL)
    own: dict[str, Any] = {"service": service, "answers": [], "results": [], "put_statuses": [], "seconds": 900}
    kind = type("Fresh", (Surroundings,), own | {"over": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Run(f"127.0.0.1:{server.server_port}", kind)
    server.shutdown()
    server.server_close()


@pytest.mark.scenario(1, 46)
def test_events_that_the_runtime_client_polls(run: Run) -> None:
    """One process, two invocations; under the log format JSON, as a function with it would be."""
    first = run.event()
    again = run.event(RequestId="s", LogicalResourceId="Other", ResourceProperties={"ServiceToken": ARN})
    run(first, again, AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="INFO")
    kind = run.kind
    assert kind.results == [("/invocation/request-0/response", b"null"), ("/invocation/request-1/response", b"null")]
    for body, event in zip(kind.answers, [first, again], strict=True):
        assert problems(body, event) == []
    made, refused = map(json.loads, kind.answers)
    assert made["Status"] == "SUCCESS", made["Reason"]
    (model,) = kind.service._stores[ACCOUNT, REGION].configured_audience_models.live()
    assert made["PhysicalResourceId"] == model["configuredAudienceModelArn"]
    assert [call.operation for call in kind.service.calls].count("CreateConfiguredAudienceModel") == 1
    # The context's names of the log are in what failed, for whoever reads the event.
    assert refused["Status"] == "FAILED"
    assert refused["Reason"].endswith(f"(log: {GROUP} {STREAM})")
    assert "secret" not in run.said
    # What the function prints stays as it is: one JSON object a line.
    assert [line["step"] for line in run.told()].count("request") == 2
    assert [line["status"] for line in run.told() if line["step"] == "outcome"] == ["SUCCESS", "FAILED"]


def test_the_deadline_is_the_invocations(run: Run) -> None:
    """Lambda-Runtime-Deadline-Ms: nothing is begun that can't be answered in time."""
    run.kind.seconds = 10
    run(run.event())
    (answer,) = map(json.loads, run.kind.answers)
    assert answer["Status"] == "FAILED"
    assert run.kind.results == [("/invocation/request-0/response", b"null")]
    assert "CreateConfiguredAudienceModel" not in [call.operation for call in run.kind.service.calls]


def test_an_answer_that_does_not_get_through_is_an_error_of_the_invocation(run: Run) -> None:
    """`/invocation/…/error`: Lambda repeats the event then. Neither this nor the log names the URL's key."""
    run.kind.seconds = 3
    run.kind.put_statuses = [503] * 100
    run(run.event())
    ((path, body),) = run.kind.results
    assert path == "/invocation/request-0/error"
    error = json.loads(body)
    assert (error["errorType"], error["requestId"]) == ("NotSentError", "request-0")
    assert "[ERROR] NotSentError" in run.said
    for text in (body.decode(), run.said):
        assert "X-Amz-Signature" not in text
        assert "secret" not in text


def test_an_event_of_somebody_elses_is_an_error_of_the_invocation(run: Run) -> None:
    run({"hello": "world"})
    ((path, body),) = run.kind.results
    assert (path, json.loads(body)["errorType"]) == ("/invocation/request-0/error", "ValueError")
    assert run.kind.answers == []


def test_a_sdk_that_can_not_be_imported_is_an_answer(run: Run, tmp_path: Path) -> None:
    """It would be an error of the initialisation, which answers nobody: CloudFormation would wait an hour."""
    (tmp_path / "botocore").mkdir()
    (tmp_path / "botocore" / "__init__.py").write_text("raise ImportError('no SDK here')")
    run(run.event(), PYTHONPATH=os.pathsep.join([str(tmp_path), str(PACKAGE)]))
    (answer,) = map(json.loads, run.kind.answers)
    assert answer["Status"] == "FAILED"
    assert "ImportError" in answer["Reason"]
    assert run.kind.results == [("/invocation/request-0/response", b"null")]


def test_a_handler_that_is_not_there_is_an_error_of_the_initialisation(run: Run) -> None:
    """`/init/error`: what a function with a wrong `Handler` would look like; the template's is proved by the others."""
    run(run.event(), handler="handler.main.nothing")
    ((path, body),) = run.kind.results
    assert path == "/init/error"
    assert json.loads(body)["errorType"] == "Runtime.HandlerNotFound"
