"""A function's errors in the engine, and those of awslambdaric, the client that runs it in Lambda, side by side."""

from __future__ import annotations

import base64
import importlib
import json
import re
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

bootstrap = pytest.importorskip("awslambdaric.bootstrap", reason="it has wheels for Linux only, as Lambda is")

CODE = """
import os, sys

def deeper():
    raise KeyError("wrong")

def handler(event, context):
    do = event["do"]
    if do == "raise":
        raise ValueError("wrong \\N{SNOWMAN}")
    if do == "empty":
        raise ValueError
    if do == "nested":
        try:
            deeper()
        except KeyError as error:
            raise RuntimeError("outer") from error
    if do == "deeper":
        deeper()
    if do == "object":
        return object()
    if do == "exit":
        sys.exit(3)
    if do == "end":
        os._exit(3)
    if do == "sleep":
        import time
        time.sleep(5)
    members = {name: getattr(context, name) for name in dir(context) if not name.startswith("_")}
    return {name: type(value).__name__ for name, value in members.items() if not callable(value)}
"""
BROKEN = {
    "no such handler": (CODE, "index.nothing"),
    "no such module": (CODE, "another.handler"),
    "an import that fails": ("import nothing_at_all", "index.handler"),
    "wrong syntax": ("def handler(", "index.handler"),
    "an error of the module's": ("raise ValueError('at the start')", "index.handler"),
}


class Functions:
    """Functions of an engine."""

    def __init__(self, engine: Engine, zipped: Callable[[str], bytes]) -> None:
        self._client = engine.client("lambda")
        self._zipped = zipped

    def make(self, code: str, handler: str = "index.handler", *, name: str = "function") -> None:
        self._client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=handler,
            Role="arn:aws:iam::111122223333:role/function",
            Code={"ZipFile": self._zipped(code)},
            Timeout=1,
        )

    def invoke(self, event: dict[str, Any], name: str = "function") -> tuple[Any, str, str]:
        """What it answers, whether it says that it failed, and its log."""
        answer = self._client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
        assert answer["StatusCode"] == 200
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        return json.load(answer["Payload"]), answer.get("FunctionError", ""), log


@pytest.fixture
def functions(engine: Engine, zipped: Callable[[str], bytes]) -> Functions:
    return Functions(engine, zipped)


def in_lambda(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str, handler: str, event: dict[str, Any]) -> Any:
    """What the runtime's client sends: the answer, or the error."""
    (folder / "index.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()
    sys.modules.pop("index", None)
    client, sink = Mock(), Mock()
    client.marshaller = importlib.import_module("awslambdaric.lambda_runtime_marshaller").LambdaMarshaller()
    try:
        found = bootstrap._get_handler(handler)
    except Exception as error:
        # A FaultException of the client's says both itself.
        kind = getattr(error, "exception_type", type(error).__name__)
        message = getattr(error, "msg", str(error))
        return {"errorType": kind, "errorMessage": message, "stackTrace": [], "requestId": ""}
    arn = "arn:aws:lambda:us-east-1:111122223333:function:function"
    bootstrap.handle_event_request(
        client, found, "request", json.dumps(event), "application/json", "", "", arn, 4_000_000_000_000, None, sink
    )
    sent = client.post_invocation_error.call_args or client.post_invocation_result.call_args
    return json.loads(sent.args[1])


def told(error: dict[str, Any]) -> dict[str, Any]:
    """An error without what differs by place and time."""
    trace = [re.sub(r'File ".*/', 'File "', line) for line in error["stackTrace"]]
    return {**error, "stackTrace": [line for line in trace if "index.py" in line], "requestId": None}


def test_each_error_is_the_clients(functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    functions.make(CODE)
    for do in ("raise", "empty", "nested", "deeper", "object"):
        said, failed, log = functions.invoke({"do": do})
        theirs = in_lambda(monkeypatch, tmp_path, CODE, "index.handler", {"do": do})
        assert told(said) == told(theirs), do
        assert failed == "Unhandled"
        assert f"[ERROR] {theirs['errorType']}: {theirs['errorMessage']}\nTraceback (most recent call last):\n" in log
        assert said["requestId"]


@pytest.mark.parametrize("name", BROKEN)
def test_what_can_not_begin(functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    code, handler = BROKEN[name]
    functions.make(code, handler)
    said, failed, log = functions.invoke({})
    theirs = in_lambda(monkeypatch, tmp_path, code, handler, {})
    assert (said["errorType"], said["errorMessage"]) == (theirs["errorType"], theirs["errorMessage"])
    assert failed == "Unhandled"
    assert f"[ERROR] {theirs['errorType']}: {theirs['errorMessage']}" in log


def test_what_lambda_itself_reports(functions: Functions) -> None:
    """Developer guide, "Troubleshoot execution issues in Lambda": what ends, and what takes too long."""
    functions.make(CODE)
    for do, kind, words in (
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        ("end", "Runtime.ExitError", "Runtime exited without providing a reason"),
        ("sleep", "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ):
        said, _, log = functions.invoke({"do": do})
        assert said["errorType"] == kind
        assert re.fullmatch(rf"RequestId: [0-9a-f-]{{36}} Error: {re.escape(words)}", said["errorMessage"])
        assert do != "sleep" or re.search(r"^\S+Z [0-9a-f-]{36} Task timed out after 1.00 seconds$", log, re.M)


def test_the_context_is_the_clients(functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Developer guide, "Using the Lambda context object to retrieve Python function information"."""
    variables = {"MEMORY_SIZE": "128", "NAME": "function", "VERSION": "$LATEST"}
    for name, value in {f"FUNCTION_{each}": value for each, value in variables.items()}.items():
        monkeypatch.setenv(f"AWS_LAMBDA_{name}", value)
    monkeypatch.setenv("AWS_LAMBDA_LOG_GROUP_NAME", "group")
    monkeypatch.setenv("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
    functions.make(CODE)
    said, failed, _ = functions.invoke({"do": "look"})
    theirs = in_lambda(monkeypatch, tmp_path, CODE, "index.handler", {"do": "look"})
    assert {name: kind.strip("_").replace("Cognito", "") for name, kind in said.items()} == {
        name: kind.replace("Cognito", "") for name, kind in theirs.items()
    }
    assert failed == ""
