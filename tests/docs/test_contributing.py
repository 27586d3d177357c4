"""What contributors are told exists, and CI runs what they run."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from ..clone import left_out
from .pages import REPOSITORY

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text()


@pytest.fixture(scope="module")
def workflow() -> Any:
    return yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())


def test_the_commands_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([\w-]+)", TEXT)) <= targets | {"and", "tests"}


@left_out(".github")
def test_the_files_exist() -> None:
    package = REPOSITORY / "constructs_pkg" / "cdk_cleanroomsml"
    named = re.findall(r"`([\w./-]+\.(?:py|toml|json|txt|md|yml))`", TEXT)
    assert len(named) > 10
    # A name without a folder is that of a file that several rooms have.
    assert [name for name in named if not (REPOSITORY / name).exists() and not [*package.rglob(name)]] == []


def test_the_gate_runs_every_file_of_tests() -> None:
    make = ("make", "--dry-run", "--no-print-directory", "test")
    # Without what a make around this one tells.
    environment = {"PATH": os.environ["PATH"]}
    told = subprocess.run(make, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True).stdout
    commands = [re.findall(r"(--ignore )?(\S+)", words) for words in re.findall(r"\bpytest (.+)", told)]
    left = {path for folder in ("tests", "docs") for path in (REPOSITORY / folder).rglob("test_*.py")}
    for command in commands:
        ignored, asked = (
            {REPOSITORY / word for option, word in command if option == flag} for flag in ("--ignore ", "")
        )
        left -= {path for path in left if {path, *path.parents} & asked and not {path, *path.parents} & ignored}
    assert left == {REPOSITORY / "tests" / "docs" / "test_screens.py"}, "which `make site-test` runs"
    assert {("", "docs"), ("", "README.md")} <= {word for command in commands for word in command}


@left_out(".github")
def test_ci_runs_the_gate_on_every_python_that_is_promised(workflow: Any) -> None:
    gate = workflow["jobs"]["gate"]
    assert gate["steps"][-1]["run"] == "make test"
    promised = re.findall(r"Python :: (3\.\d+)", (REPOSITORY / "pyproject.toml").read_text())
    assert gate["strategy"]["matrix"]["python"] == promised
