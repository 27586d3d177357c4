"""The guide's tests pass, next to the application that they test."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.testing import CdkProject, plugin

from ..deploy.conftest import bootstrap
from .pages import write_files
from .shell import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_cleanroomsml.testing.engines import Engines

ARGUMENTS = ["-q", "-p", "no:cacheprovider"]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    write_files("getting-started.md", tmp_path)
    write_files("guides/testing.md", tmp_path)
    yield tmp_path
    for name, module in [*sys.modules.items()]:
        if tmp_path in Path(getattr(module, "__file__", None) or "built-in").parents:
            del sys.modules[name]


def test_the_tests_of_the_guide(
    monkeypatch: pytest.MonkeyPatch, project: Path, engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, without what takes long and isn't the guide's: test_getting_started.py has the CLI do it."""
    monkeypatch.setattr(CdkProject, "bootstrap", lambda self: bootstrap(self.engine, self.engine.account))
    monkeypatch.setenv("CDK_METHOD", "direct")  # without a change set
    monkeypatch.setenv("CDK_APP", runpy.run_path(str(project / "app.py"))["app"].synth().directory)
    monkeypatch.setattr(plugin, "Engines", lambda: engines)
    monkeypatch.setattr(engines, "stop", lambda: None)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delitem(sys.modules, "conftest", raising=False)  # this repository's own
    monkeypatch.chdir(project)
    monkeypatch.syspath_prepend(project)
    code = pytest.main(ARGUMENTS)
    said = capsys.readouterr().out
    assert (code, "9 passed" in said) == (0, True), said


@pytest.mark.nightly("by day they run in the tests' own process, and bootstrapped without the CLI")
def test_as_a_reader_runs_them(project: Path) -> None:
    assert "9 passed" in run([sys.executable, "-m", "pytest", *ARGUMENTS], project)
