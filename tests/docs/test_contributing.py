"""What contributors are told exists, and CI runs what they run."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from .pages import REPOSITORY

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text()


@pytest.fixture(scope="module")
def workflow() -> Any:
    return yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())


def test_the_commands_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([\w-]+)", TEXT)) <= targets | {"and"}


def test_the_files_exist() -> None:
    package = REPOSITORY / "constructs_pkg" / "cdk_cleanroomsml"
    named = re.findall(r"`([\w./-]+\.(?:py|toml|json|txt|md|yml))`", TEXT)
    assert len(named) > 10
    # A name without a folder is that of a file that several rooms have.
    assert [name for name in named if not (REPOSITORY / name).exists() and not [*package.rglob(name)]] == []


def test_the_gate_runs_every_file_of_tests() -> None:
    command = ("make", "--dry-run", "--no-print-directory", "test")
    # Without what a make around this one tells.
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    told = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True).stdout
    asked = [words.split() for words in re.findall(r"\bpytest (.+)", told)]
    parts = {REPOSITORY / word for words in asked for word in words if (REPOSITORY / word).exists()}
    files = {path for folder in ("tests", "docs") for path in (REPOSITORY / folder).rglob("test_*.py")}
    assert [path for path in (*files, REPOSITORY / "README.md") if not {path, *path.parents} & parts] == []
    assert len([part for part in parts if part.parent == REPOSITORY / "tests"]) > 9


def test_ci_runs_the_gate_on_every_python_that_is_promised(workflow: Any) -> None:
    gate = workflow["jobs"]["gate"]
    assert gate["steps"][-1]["run"] == "make test"
    promised = re.findall(r"Python :: (3\.\d+)", (REPOSITORY / "pyproject.toml").read_text())
    assert gate["strategy"]["matrix"]["python"] == promised
