"""A process that has the SDK imported, and forks into what starts a Python function of ministack's Lambda.

`python _fork_server.py FD SERVICE …`, with a socket: for each request, four file descriptors (standard input, output,
error, and one that is open for as long as the function's process lives) and a JSON document; the answer is the
process's id. What the SDK reads for clients of the services has been read then, and a script is compiled once. It knows
nothing of this package, and ends when the other end of the socket is closed.
"""

from __future__ import annotations

import array
import gc
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import cache, partial
from types import CodeType, ModuleType
from typing import Any

# Not this file's folder, whose modules are nobody's business.
del sys.path[0]

import boto3.s3.inject  # noqa: E402 - for those who are forked
import botocore.handlers  # noqa: E402
import botocore.session  # noqa: E402


def main() -> None:
    """Serves until nobody asks any more."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    # It leans on what the SDK doesn't promise: without it, functions only start slower.
    with suppress(AttributeError):
        _read_models(sys.argv[2:])
    compile_script = cache(partial(compile, filename="_worker.py", mode="exec", dont_inherit=True))
    loaded = json.dumps(sorted({name.partition(".")[0] for name in sys.modules})).encode()
    connection.sendall(len(loaded).to_bytes(4, "big") + loaded)
    # Who is gone leaves nothing behind.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        length, descriptors = _receive(connection)
        if not length:
            return
        request = json.loads(_read(connection, int.from_bytes(length, "big")))
        with open(request["script"]) as script:  # noqa: PTH123 - pathlib isn't imported for a function
            code = compile_script(script.read())
        child = os.fork()
        if not child:
            connection.close()
            _become(request, code, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        connection.sendall(child.to_bytes(4, "big"))


def _read_models(services: list[str]) -> None:
    """Has each session begin with what a client of each service takes: the models, the endpoints, the partitions."""
    session = boto3.Session("none", "none", region_name="us-east-1")
    for service in services:
        session.client(service)
    read, create = session._loader._cache, botocore.session.create_loader  # noqa: SLF001

    def create_loader(search_path: str | None = None) -> Any:  # noqa: ANN401 - botocore's
        loader = create(search_path)
        if search_path is None:
            loader._cache |= read  # noqa: SLF001
        return loader

    botocore.session.create_loader = create_loader


def _become(request: dict[str, Any], code: CodeType, descriptors: list[int]) -> None:
    """Runs a script as `python SCRIPT` does, and ends with it."""
    for number, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    script = request["script"]
    sys.argv[:] = [script]
    sys.path.insert(0, os.path.dirname(script))  # noqa: PTH120 - pathlib isn't imported for a function
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    exec(code, vars(module))  # noqa: S102 - ministack's
    sys.exit()


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    descriptors = array.array("i")
    length, ancillary, *_ = connection.recvmsg(4, socket.CMSG_LEN(4 * descriptors.itemsize), socket.MSG_CMSG_CLOEXEC)
    for _level, _type, data in ancillary:
        descriptors.frombytes(data)
    return length, list(descriptors)


def _read(connection: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        found += connection.recv(length - len(found))
    return found


if __name__ == "__main__":
    main()
