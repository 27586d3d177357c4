"""The benchmark isn't installed: it is imported from the top of the repository, as `python -m benchmarks` does."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Runs the program of a side in this process; returns the folder of its assembly, the same for the same work."""
    folders: dict[tuple[str, ...], Path] = {}

    def synthesise(program: str, *arguments: str) -> Path:
        work = (program, *arguments)
        if work not in folders:
            folders[work] = tmp_path_factory.mktemp(program)
            sys.modules.pop(program, None)  # runpy warns of a program that was imported
            with mock.patch.object(sys, "argv", [*work, "--outdir", str(folders[work])]):
                runpy.run_module(program, run_name="__main__")
        return folders[work]

    return synthesise
