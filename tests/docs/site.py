"""Builds the site as `make docs` does, in another folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from .pages import DOCS, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = "zensical.toml"


def build(folder: Path, docs: Path = DOCS) -> Path:
    """The folder with the pages; fails with what Zensical says if there is anything to say."""
    shutil.copytree(docs, folder / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("constructs_pkg", "tests"):
        (folder / name).symlink_to(REPOSITORY / name)
    shutil.copy(REPOSITORY / CONFIGURATION, folder)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False
    )
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert done.returncode == 0, said
    assert "No issues found" in said, said
    return folder / "site"
