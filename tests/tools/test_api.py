"""A change that breaks programs isn't published under a version that doesn't say so."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from tools.api import breakages, leading, main

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git isn't installed, which `make api` asks")

FIRST = """
from .model import Model
from .private import helper
__version__ = "{version}"
__all__ = ["Model"]
"""
MODEL = '''
class Model:
    """A model."""

    def __init__(self, scope, id, *, name: str, size: int = 1{more}) -> None:
        """Makes one."""

    def {method}(self) -> None:
        """Does it."""
'''


def git(repository: Path, *words: str) -> None:
    own = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *words], cwd=repository, check=True, capture_output=True)


def commit(repository: Path, version: str, model: str, private: str = "def helper(a): ...") -> None:
    package = repository / "constructs_pkg" / "cdk_cleanroomsml"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(FIRST.format(version=version))
    (package / "model.py").write_text(model)
    (package / "private.py").write_text(private)
    (repository / "docs" / "reference").mkdir(parents=True, exist_ok=True)
    (repository / "docs" / "reference" / "constructs.md").write_text("::: cdk_cleanroomsml.Model\n")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", version)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With a release, and a commit since."""
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "0.1.0", MODEL.format(method="do", more=""))
    git(tmp_path, "tag", "v0.1.0")
    return tmp_path


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (MODEL.format(method="do", more=", color: str = 'red'"), []),
        (MODEL.format(method="act", more=""), ["cdk_cleanroomsml.model.Model.do: Public object was removed"]),
        (
            MODEL.format(method="do", more=", color: str"),
            ["cdk_cleanroomsml.model.Model.__init__(color): Parameter was added as required"],
        ),
        (
            MODEL.format(method="do", more="").replace("size: int = 1", "size: int = 2"),
            ["cdk_cleanroomsml.model.Model.__init__(size): Parameter default was changed"],
        ),
    ],
)
def test_what_breaks_is_found(model: str, found: list[str], repository: Path) -> None:
    commit(repository, "0.1.1", model, private="")
    assert breakages(repository, "v0.1.0") == found
    assert main(repository) == (1 if found else 0)
    commit(repository, "0.2.0", model)
    assert main(repository) == 0


def test_before_a_first_release_there_is_nothing_to_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "0.1.0", MODEL)
    assert main(tmp_path) == 0
    assert "nothing was released yet" in capsys.readouterr().out


def test_a_tag_is_compared_with_the_release_before_it(repository: Path) -> None:
    commit(repository, "0.1.1", MODEL.format(method="act", more=""))
    git(repository, "tag", "v0.1.1")
    assert main(repository) == 1


@pytest.mark.parametrize(
    ("version", "grows"), [("0.1.9", False), ("0.2.0", True), ("1.0.0", True), ("v0.1.0", False), ("0.10.0", True)]
)
def test_which_number_says_that_programs_break(version: str, grows: bool) -> None:
    assert (leading(version) > leading("v0.1.0")) == grows


def test_after_1_0_it_is_the_first() -> None:
    assert leading("1.9.0") == leading("v1.2.3")
    assert leading("2.0.0") > leading("v1.2.3")
