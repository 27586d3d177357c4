"""Runs the commands of a page as its reader does: with the CDK CLI and this Python on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .pages import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Runs a command in a folder; fails when the command does.

    Returns:
        What it wrote, standard output and error together.
    """
    programs = [str(Path(sys.executable).parent), str(REPOSITORY / "node_modules" / ".bin"), environment["PATH"]]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PATH": os.pathsep.join(programs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
