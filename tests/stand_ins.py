"""Programs that stand in for others, such as the CDK CLI."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_program(path: Path, code: str) -> None:
    """Writes a program of this Python.

    The kernel takes no space in the line that names the interpreter, and on Linux not more than 127 bytes. So a shell
    starts Python, as with the programs that pip installs: for Python, what the shell reads is a string.
    """
    path.write_text(f"#!/bin/sh\n'''exec' {shlex.quote(sys.executable)} \"$0\" \"$@\"\n' '''\n{code}")
    path.chmod(0o755)
