"""No line of code that people read is wider than a column of the site: 80 letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .pages import DOCS, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 80
PAGES = [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]
_BLOCK = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def wide(text: str) -> list[str]:
    """The lines that are wider, as a linter takes them: one word alone can't be broken."""
    lines = [line.partition("  # noqa")[0] for line in text.splitlines()]
    return [line for line in lines if len(line) > WIDTH and " " in line.strip()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_blocks_fit(page: Path) -> None:
    blocks = [(indent, code) for indent, _, code in _BLOCK.findall(page.read_text())]
    assert [line for indent, code in blocks for line in wide(re.sub(f"^{indent}", "", code, flags=re.M))] == []


PROGRAMS = [*(REPOSITORY / "examples").rglob("*.py"), *(REPOSITORY / "tests" / "docs" / "comparison").rglob("*.py")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.relative_to(REPOSITORY)))
def test_programs_fit(program: Path) -> None:
    assert wide(program.read_text()) == []
