"""The engine's process: ministack with Clean Rooms ML in it, on a socket that it inherits.

Started by `engine.Engine`, which sets the environment, hands over a listening socket and the writing end of a pipe to
this process's standard input: when whoever started it dies, the pipe closes and the process ends itself.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import threading
from functools import cache
from typing import Any

import botocore.session

from .pins import check_installed
from .service import CleanRoomsML


def main() -> None:
    """Serves until SIGTERM, or until standard input ends."""
    check_installed()
    # Ministack has a session for each service that it answers for: what one has read, all have.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    # After the check: another version may not even import.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from .ministack_patches._all import install
    from .ministack_plugin import application, resource_types

    service = CleanRoomsML()
    # Hypercorn spells each kind of ASGI message out; ministack knows dictionaries.
    app: Any = application.install(service)
    resource_types.install(service)
    install(service)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = Config()
    config.bind = [f"fd://{sys.argv[1]}"]
    config.accesslog = None
    config.keep_alive_timeout = 75
    asyncio.run(serve(app, config))


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
