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
    return [line for line in text.splitlines() if len(line) > WIDTH]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_blocks_fit(page: Path) -> None:
    blocks = [(indent, code) for indent, language, code in _BLOCK.findall(page.read_text()) if language != "python"]
    assert [line for indent, code in blocks for line in wide(re.sub(f"^{indent}", "", code, flags=re.M))] == []
