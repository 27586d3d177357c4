"""Python functions of Lambda start by a fork of a process that has the SDK imported: a fork server, _fork_server.py.

Importing the SDK is most of what a start takes. What a function can tell apart isn't forked: one with layers, with
variables that the interpreter reads when it starts, or with a module of its own that the fork server has imported.
Unpacking and compiling is most of the rest, so functions of the same package have one unpacked copy of it.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import hashlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Opaque = Any
"""A value of ministack's that only passes through."""

_READ_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "OPENSSL_", "HOME", "_LAMBDA_LAYERS_DIRS")
_SERVICES = ("cleanroomsml", "cleanrooms", "cloudformation")
"""Whose clients come soon: those that the library's function makes."""

_NOTHING = b"PK\5\6" + bytes(18)
"""A package without a file."""

_package: ContextVar[bytes] = ContextVar("package_of_the_function_that_starts", default=b"")
_unpacking = threading.Lock()


def install() -> None:
    """Patches ministack's Lambda; only on Linux, as macOS forbids its frameworks after a fork."""
    if sys.platform == "linux":
        module: Any = lambda_runtime
        module.subprocess = _Subprocess()
        worker: Any = Worker
        worker._spawn = _without_unpacking(worker._spawn)


def _without_unpacking(spawn: Callable[[Opaque], None]) -> Callable[[Opaque], None]:
    """Has a worker unpack nothing when it starts a Python function: its folder becomes a link, below."""

    def spawn_python(self: Opaque) -> None:
        if not str(self.config.get("Runtime", "")).startswith("python"):
            spawn(self)
            return
        code, self.code_zip = self.code_zip, _NOTHING
        token = _package.set(code)
        try:
            spawn(self)
        finally:
            _package.reset(token)
            self.code_zip = code

    return spawn_python


def _unpacked(package: bytes) -> Path:
    """The folder with what is in a package: one for all, as nothing is ever written there on AWS."""
    place = Path(tempfile.gettempdir(), f"package-{hashlib.sha256(package).hexdigest()}")
    with _unpacking:
        if not place.exists():
            new = Path(tempfile.mkdtemp(prefix="unpacking-"))
            with zipfile.ZipFile(io.BytesIO(package)) as archive:
                archive.extractall(new / "code")
            new.rename(place)
    return place / "code"


class _Subprocess:
    """The module `subprocess` for ministack, with one function of it changed."""

    def __init__(self) -> None:
        self._fork_server: ForkServer | None = None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> object:
        return getattr(subprocess, name)

    def Popen(self, command: Sequence[str], **options: Opaque) -> Opaque:  # noqa: N802 - as it is called there
        if package := _package.get():
            folder = Path(options["cwd"])
            folder.rmdir()
            folder.symlink_to(_unpacked(package))
        if command[0] == sys.executable and len(command) == 2 and _starts_alike(options["env"]):
            with self._lock:
                self._fork_server = self._fork_server or ForkServer()
                if not self._fork_server.loaded & _modules(Path(options["cwd"])):
                    return self._fork_server.start(command[1], options["cwd"], options["env"])
        return subprocess.Popen(command, **options)  # noqa: S603 - ministack's


def _starts_alike(environment: Mapping[str, str]) -> bool:
    names = [name for name in {*environment, *os.environ} if name.startswith(_READ_AT_THE_START)]
    return all(environment.get(name) == os.environ.get(name) for name in names)


def _modules(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.iterdir()}


class ForkServer:
    """Starts processes, one after another.

    Attributes:
        loaded: the top-level modules that they have imported.
    """

    def __init__(self) -> None:
        self._connection, child_ends = socket.socketpair()
        with child_ends:
            script, descriptor = Path(__file__).with_name("_fork_server.py"), str(child_ends.fileno())
            command = [sys.executable, str(script), descriptor, *_SERVICES]
            subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[child_ends.fileno()])  # noqa: S603 - our own
        self.loaded = set(json.loads(self._read(int.from_bytes(self._read(4), "big"))))

    def start(self, script: str, folder: str, environment: Mapping[str, str]) -> Child:
        """Starts a Python script."""
        document = json.dumps({"script": script, "folder": folder, "environment": dict(environment)}).encode()
        pipes = [os.pipe() for _ in range(4)]
        child_ends = [pipes[0][0], *(write for _, write in pipes[1:])]
        parent_ends = [pipes[0][1], *(read for read, _ in pipes[1:])]
        socket.send_fds(self._connection, [len(document).to_bytes(4, "big")], child_ends)
        self._connection.sendall(document)
        for descriptor in child_ends:
            os.close(descriptor)
        return Child(int.from_bytes(self._read(4), "big"), *parent_ends)

    def _read(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            received = self._connection.recv(length - len(found))
            if not received:
                raise RuntimeError("the fork server has ended")
            found += received
        return found


class Child:
    """What ministack uses of `subprocess.Popen`, for a process that isn't this one's child.

    Attributes:
        pid: its id.
        stdin: its standard input, as text.
        stdout: its standard output.
        stderr: its standard error.
    """

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, life: int) -> None:
        self.pid = pid
        self.stdin = os.fdopen(stdin, "w", buffering=1)
        self.stdout = os.fdopen(stdout)
        self.stderr = os.fdopen(stderr)
        self._life = os.fdopen(life, "rb", buffering=0)
        self._end = select.poll()
        self._end.register(self._life)

    def poll(self) -> int | None:
        """0 when it has ended, with whatever code."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end.

        Raises:
            TimeoutExpired: it goes on.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def terminate(self) -> None:
        """Asks it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _ended(self, timeout: float | None) -> int | None:
        """Its end of the pipe is closed when it ends, and never written to."""
        ready = self._end.poll(None if timeout is None else timeout * 1000)
        return 0 if ready else None
