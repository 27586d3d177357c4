"""The guide's tests pass, next to the application that they test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .pages import write_files
from .shell import run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_tests_of_the_guide(tmp_path: Path) -> None:
    write_files("getting-started.md", tmp_path)
    write_files("guides/testing.md", tmp_path)
    output = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], tmp_path)
    assert "9 passed" in output
