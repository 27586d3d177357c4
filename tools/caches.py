"""Where uv, npm and jsii keep what they have fetched: in the user's home, and if they can't, with the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def replacements(user: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables that move a cache out of a home where it can't be written.

    Args:
        user: the user's environment; a cache that has its variable there stays as it is.
        folder: of the environment.
    """
    told = {name.lower() for name in user}  # npm takes its variables in any case
    return {
        variable: str(folder / "caches" / variable.lower())
        for variable, place in _usual(user).items()
        if variable.lower() not in told and not _can_be_written(place)
    }


def _usual(user: Mapping[str, str]) -> dict[str, Path]:
    """Where each of them is by default, by the variable that says otherwise."""
    home = Path(user.get("HOME", ""))
    general = Path(user.get("XDG_CACHE_HOME") or home / ".cache")
    jsii = "Library/Caches/com.amazonaws.jsii" if sys.platform == "darwin" else ".cache/aws/jsii"
    return {
        "UV_CACHE_DIR": general / "uv",
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": home / jsii / "package-cache",
        "npm_config_cache": home / ".npm",
    }


def _can_be_written(folder: Path) -> bool:
    """Whether files can be made there, or it can be made."""
    there = next((each for each in (folder, *folder.parents) if os.access(each, os.F_OK)), folder)
    return folder.is_absolute() and there.is_dir() and os.access(there, os.W_OK | os.X_OK)
