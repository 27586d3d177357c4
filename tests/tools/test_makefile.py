"""The gate is green only if each of its parts has said that it is done, wherever a shell keeps its temporary files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def gate(temporary: Path, program: str) -> subprocess.CompletedProcess[str]:
    """`make unit` of two parts, with another program in the place of each of its commands."""
    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    parts = ("FOLDERS=tests/tools tests/local", "TESTS=tests/tools tests/local")
    return subprocess.run(
        ["make", "unit", f"WITH={program}", *parts],
        cwd=REPOSITORY,
        env=variables | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["plain", "a space, and one's quote"])
def test_what_failed_is_told_and_nothing_else(name: str, tmp_path: Path) -> None:
    (folder := tmp_path / name).mkdir()
    done = gate(folder, "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("each prints when it is done: tests/tools tests/local\n")
    assert done.stdout.endswith("all passed\n")
    failed = gate(folder, 'f() { case "$$*" in *tests/tools) false;; esac; }; f')
    assert failed.returncode
    assert failed.stdout.endswith("failed: tests/tools\n")
    assert not [*folder.iterdir()]


def test_it_is_not_green_when_what_is_done_cannot_be_read(tmp_path: Path) -> None:
    done = gate(tmp_path, 'f() { case "$$*" in dev) ;; *) rm -f "$$DONE"; false;; esac; }; f')
    assert done.returncode
    assert "all passed" not in done.stdout


def test_without_a_folder_for_temporary_files_it_is_not_green(tmp_path: Path) -> None:
    done = gate(tmp_path / "none", "true")
    assert done.returncode
    assert "No such file" in done.stderr


@pytest.mark.parametrize("name", ["tests/local/", "tests/local/cli", "tests/local/cli/", "tests/tools/test_lock.py"])
def test_any_folder_and_any_file_is_a_target(name: str) -> None:
    done = subprocess.run(["make", "WITH=echo", name], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.endswith(f"dev pytest -q {name.rstrip('/')}\n")
