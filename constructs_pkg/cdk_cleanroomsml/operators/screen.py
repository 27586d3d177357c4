"""What is shown: tables as wide as the terminal, records where it is narrow, whole lines when piped, or JSON.

Data goes to standard output; questions, progress and errors to standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from .outcome import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NARROW = 100
"""A terminal with fewer columns shows records instead of tables."""

_PIPED_WIDTH = 100_000
_LONGEST_CELL = 60


class Screen:
    """The terminal, or what stands for it.

    Args:
        as_json: whether one JSON document is all that goes to standard output.
        ask: asks a question and says whether the answer is yes; by default at the terminal.
    """

    def __init__(self, *, as_json: bool = False, ask: Callable[[str], bool] | None = None) -> None:
        self.as_json = as_json
        self._ask = ask or _ask
        self._out = _console(piped=not sys.stdout.isatty())
        self._err = _console(stderr=True, piped=not sys.stderr.isatty())

    def document(self, document: object) -> None:
        """The whole answer as JSON."""
        sys.stdout.write(json.dumps(document, indent=2, default=_text, ensure_ascii=False) + "\n")

    def say(self, text: str = "") -> None:
        """A line of the answer; not with JSON."""
        if not self.as_json:
            self._out.print(visible(text), soft_wrap=not self._out.is_terminal)

    def note(self, text: str) -> None:
        """A line that isn't part of the answer."""
        self._err.print(visible(text), soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line above what follows."""
        if not self.as_json:
            self._out.print(visible(text), style="bold", soft_wrap=True)

    def ask(self, question: str) -> bool:
        """Asks; everything but yes is no."""
        return self._ask(visible(question))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows of texts; columns that are empty all the way down are left out."""
        if self.as_json or not rows:
            return
        used = [number for number in range(len(columns)) if any(row[number] for row in rows)]
        names = [columns[number] for number in used]
        cells = [[visible(row[number]) for number in used] for row in rows]
        if self._out.is_terminal and self._out.width < NARROW:
            self._records(names, cells)
        elif self._out.is_terminal:
            self._out.print(_table(names, cells))
        else:
            for line in _lines(names, cells):
                self._out.print(line, soft_wrap=True)

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names with a text each, one below the other; empty ones are left out."""
        cells = [(name, visible(text)) for name, text in pairs if text]
        if self.as_json or not cells:
            return
        if self._out.is_terminal:
            self._out.print(_names_and_values(cells))
        else:
            for name, text in cells:
                self._out.print(f"{name}  {' '.join(text.splitlines())}", soft_wrap=True)

    @contextlib.contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """A line that says how far something is, at a terminal, and only there."""
        if not self._err.is_terminal or total <= 1:
            yield lambda: None
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn())
        with Progress(*columns, console=self._err, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)

    def _records(self, names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
        """One below the other, each value beside its column's name."""
        for row in cells:
            pairs = [(name, value) for name, value in zip(names, row, strict=True) if value]
            self._out.print(Padding(_names_and_values(pairs), (0, 0, 1, 0)))


def visible(text: str) -> str:
    """A text with what a terminal would obey, or not show, spelled out; it may be anybody's name or description."""
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)


def _text(value: object) -> str:
    """A time as the APIs write it."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _ask(question: str) -> bool:
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask at: nothing was changed; --yes answers beforehand")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _console(*, piped: bool, stderr: bool = False) -> Console:
    width = _PIPED_WIDTH if piped else None
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def _names_and_values(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(name, value)
    return table


def _table(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return table


def _lines(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line a row, for `grep` and `awk`: columns apart by two spaces, no line broken, short columns aligned."""
    rows = [list(names), *[[" ".join(cell.split("\n")) for cell in row] for row in cells]]
    widths = [min(_LONGEST_CELL, max(len(row[number]) for row in rows)) for number in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
