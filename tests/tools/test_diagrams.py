"""Each diagram is what its source says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from tools.diagrams import updates

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
FOLDER = DOCS / "diagrams"
TOOLS = REPOSITORY / "tools" / "diagrams"
SOURCES = sorted(path.stem for path in FOLDER.glob("*.d2") if path.name != "classes.d2")


@pytest.mark.parametrize("name", SOURCES)
def test_the_picture_was_drawn_from_this_source(name: str) -> None:
    """D2 draws the same each time, so it needn't be drawn here: `make diagrams` takes npm and ten seconds."""
    parts = [FOLDER / f"{name}.d2", FOLDER / "classes.d2", TOOLS / "draw.mjs", TOOLS / "package-lock.json"]
    digest = hashlib.sha256("\0".join(part.read_text() for part in parts).encode()).hexdigest()
    picture = (FOLDER / f"{name}.svg").read_text()
    assert picture.endswith(f"<!-- docs/diagrams/{name}.d2, sha256 {digest} -->\n"), "make diagrams"


def test_the_source_of_updates_is_what_the_function_decides_by() -> None:
    assert updates.FILE.read_text() == updates.source(), "make diagrams"


def test_each_diagram_has_a_source_and_is_shown() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.svg")) == SOURCES
    shown = {
        name
        for page in [REPOSITORY / "README.md", *DOCS.rglob("*.md")]
        for name in re.findall(r"diagrams/(\w+)\.svg\)", page.read_text())
    }
    assert shown == set(SOURCES)
