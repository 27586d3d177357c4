"""A function's log goes to the stream that its context names, one for each process that runs it."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import uuid
from contextvars import ContextVar
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker
from ministack.services import lambda_svc

if TYPE_CHECKING:
    from collections.abc import Callable

Opaque = Any
"""A value of ministack's that only passes through."""

_starting: ContextVar[Opaque] = ContextVar("starting_worker", default=None)
_stream: ContextVar[str] = ContextVar("log_stream_of_the_invocation", default="")
_writing: ContextVar[str] = ContextVar("log_stream_that_is_written", default="")


def install() -> None:
    """Patches ministack's Lambda."""
    environment = partial(_environment, lambda_runtime.execution_credentials)
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = environment
    worker: Any = Worker
    worker._spawn = _spawning(worker._spawn)
    worker.invoke = _invoking(worker.invoke)
    lambda_svc.new_uuid = partial(_new_uuid, lambda_svc.new_uuid)
    lambda_svc._emit_lambda_logs = partial(_emit, lambda_svc._emit_lambda_logs)


def _environment(original: Callable[[Opaque], dict[str, str]], function: dict[str, Opaque]) -> dict[str, str]:
    """What a process finds in its environment: the name of its stream, in AWS's form, as well."""
    found, worker = original(function), _starting.get()
    if worker is None:
        return found
    worker.log_stream = uuid.uuid4().hex
    version = function.get("Version", "$LATEST")
    name = f"{datetime.now(timezone.utc):%Y/%m/%d}/[{version}]{worker.log_stream}"
    return {**found, "AWS_LAMBDA_LOG_STREAM_NAME": name}


def _spawning(original: Callable[[Opaque], None]) -> Callable[[Opaque], None]:
    def spawn(self: Opaque) -> None:
        token = _starting.set(self)
        try:
            original(self)
        finally:
            _starting.reset(token)

    return spawn


def _invoking(original: Callable[..., Opaque]) -> Callable[..., Opaque]:
    def invoke(self: Opaque, *given: Opaque, **more: Opaque) -> Opaque:
        try:
            return original(self, *given, **more)
        finally:
            _stream.set(getattr(self, "log_stream", ""))

    return invoke


def _emit(original: Callable[..., None], *given: Opaque, **more: Opaque) -> None:
    """Writes the log of an invocation, which has ended in this very thread."""
    token = _writing.set(_stream.get())
    _stream.set("")
    try:
        original(*given, **more)
    finally:
        _writing.reset(token)


def _new_uuid(original: Callable[[], str]) -> str:
    """What the name of a stream ends with, while a log is written."""
    return _writing.get() or original()
