"""A home that can't be written stops nothing, and one that can is used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tools.caches import replacements
from tools.set_up import Environment

ALL = {"UV_CACHE_DIR", "JSII_RUNTIME_PACKAGE_CACHE_ROOT", "npm_config_cache"}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    return tmp_path / ".venv"


@pytest.fixture
def no_folder(tmp_path: Path) -> Path:
    """In which nobody makes a folder, not even root."""
    (tmp_path / "file").touch()
    return tmp_path / "file"


def test_a_home_that_can_be_written_is_used(tmp_path: Path, environment: Path) -> None:
    assert replacements({"HOME": str(tmp_path)}, environment) == {}
    assert replacements({"HOME": str(tmp_path / "new" / "home")}, environment) == {}


def test_without_such_a_home_they_are_the_environments(no_folder: Path, environment: Path) -> None:
    for user in ({"HOME": str(no_folder / "home")}, {"HOME": str(no_folder)}, {"HOME": "."}, {"HOME": ""}, {}):
        found = replacements(user, environment)
        assert found.keys() == ALL
        assert len({*found.values()}) == len(ALL)
        assert all(environment in Path(place).parents for place in found.values())
        assert found.items() <= Environment(environment).variables(user).items()
        assert replacements(user | found, environment) == {}


@pytest.mark.parametrize("variable", [*sorted(ALL), "NPM_CONFIG_CACHE"])
def test_what_the_user_says_stays(variable: str, no_folder: Path, environment: Path) -> None:
    user = {"HOME": str(no_folder), variable: "/told"}
    assert {name.lower() for name in replacements(user, environment)} == {
        name.lower() for name in ALL if name.lower() != variable.lower()
    }
    assert Environment(environment).variables(user)[variable] == "/told"


def test_each_is_looked_at_by_itself(no_folder: Path, tmp_path: Path, environment: Path) -> None:
    (tmp_path / ".npm").symlink_to(no_folder)
    assert replacements({"HOME": str(tmp_path)}, environment).keys() == {"npm_config_cache"}
    user = {"HOME": str(no_folder), "XDG_CACHE_HOME": str(tmp_path)}
    assert replacements(user, environment).keys() == ALL - {"UV_CACHE_DIR"}


def test_a_home_that_is_there_and_read_only_or_closed(
    tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel answers who isn't root."""
    (tmp_path / ".cache").mkdir()
    for allowed in ({os.F_OK}, {os.F_OK, os.W_OK}):
        monkeypatch.setattr(os, "access", lambda _, mode, allowed=allowed: mode in allowed)
        assert replacements({"HOME": str(tmp_path)}, environment).keys() == ALL
