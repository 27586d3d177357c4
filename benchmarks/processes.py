"""Programs run as processes of their own, with what they took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_cleanroomsml.local.programs import search_path

from .work import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProgramError(Exception):
    """A program of the benchmark failed."""


@dataclass(frozen=True)
class Took:
    """What a program took.

    Attributes:
        seconds: from its start to its end.
        cpu_seconds: of all its processes.
        peak_bytes: of memory, of the largest of its processes.
        output: what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def environment(**others: str) -> dict[str, str]:
    """The environment of every program: Node from beside this Python."""
    path = search_path(ROOT, os.environ.get("PATH", ""))
    return {**os.environ, "PATH": path, **others}


def python(*arguments: str, env: Mapping[str, str] | None = None) -> Took:
    """Runs Python to its end.

    Raises:
        ProgramError: it failed; the message has what it said.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ProgramError(f"{' '.join(arguments)} failed:\n{output}")
    # Linux counts kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Took(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, output)
