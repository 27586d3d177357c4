"""The pages as the tests read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"

_BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]*)")?\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: `sh` is run by a test, `console` is only shown.
        title: the name of a file of the reader's; "" for what isn't one.
        code: what is in it.
    """

    language: str
    title: str
    code: str


def pages() -> list[str]:
    """All pages, by their paths below docs/."""
    return sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


def blocks(page: str) -> list[Block]:
    """The blocks of a page."""
    return [
        Block(match["language"], match["title"] or "", match["code"])
        for match in _BLOCK.finditer((DOCS / page).read_text())
    ]


def commands(page: str, language: str) -> str:
    """All commands of a page in blocks of `sh` or `console`, in order."""
    return "".join(block.code for block in blocks(page) if block.language == language)


def write_files(page: str, folder: Path) -> None:
    """Does what the page tells the reader to: writes its files."""
    for block in blocks(page):
        if block.title:
            (folder / block.title).write_text(block.code)


def tables(page: str) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, without the line below the header."""
    found: list[list[list[str]]] = []
    inside = False
    for line in (DOCS / page).read_text().splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
        inside = True
        if not re.fullmatch(r"[|\- ]+", line):
            found[-1].append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def table(page: str, *first_cells: str) -> list[list[str]]:
    """The rows below a header that begins with these cells."""
    (found,) = (rows for rows in tables(page) if tuple(rows[0][: len(first_cells)]) == first_cells)
    return found[1:]
