"""What contributors are told exists, and CI runs what they run."""

from __future__ import annotations

import re
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


def test_ci_runs_the_gate_on_every_python_that_is_promised(workflow: Any) -> None:
    gate = workflow["jobs"]["gate"]
    assert gate["steps"][-1]["run"] == "make test"
    promised = re.findall(r"Python :: (3\.\d+)", (REPOSITORY / "pyproject.toml").read_text())
    assert gate["strategy"]["matrix"]["python"] == promised
