"""What is shown: tables where they fit the terminal, else records, whole lines when piped, or JSON.

Data goes to standard output; questions, progress and errors to standard error.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from .outcome import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_GAP = 2
"""Between the columns of a table."""

_PIPED_WIDTH = 100_000
_LONGEST_CELL = 60


class Screen:
    """The terminal, or what stands for it.

    Args:
        as_json: whether one JSON document is all that goes to standard output.
        ask: asks a question and says whether the answer is yes; by default at the terminal.
        width: of the terminal in columns; by default, what there is: a terminal, or a pipe.
    """

    def __init__(
        self, *, as_json: bool = False, ask: Callable[[str], bool] | None = None, width: int | None = None
    ) -> None:
        self.as_json = as_json
        self._ask = ask or _ask
        self._out = console(width, is_terminal=width is not None or sys.stdout.isatty())
        self._err = console(None, stderr=True, is_terminal=sys.stderr.isatty())
        self._begun = False

    def document(self, document: object) -> None:
        """The whole answer as JSON."""
        self.write(json.dumps(document, indent=2, default=_text, ensure_ascii=not _is_utf_8()) + "\n")

    def program(self, python: str) -> None:
        """A program, of which only string literals have more than ASCII: Python reads a file as UTF-8."""
        self.write(python if _is_utf_8() else python.encode("ascii", "backslashreplace").decode())

    def write(self, text: str) -> None:
        """A text as it is."""
        sys.stdout.write(text)
        # Whether somebody still reads is known now, and not when all is over.
        sys.stdout.flush()

    def say(self, text: str = "") -> None:
        """A line of the answer; not with JSON."""
        if not self.as_json:
            self._out.print(visible(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """A line that isn't part of the answer."""
        self._err.print(visible(text), soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line above what follows, and below what was before."""
        if self.as_json:
            return
        if self._begun:
            self._out.print()
        self._begun = True
        self._out.print(visible(text), style="bold", soft_wrap=True)

    def check_can_ask(self) -> None:
        """Checks that there is somebody to ask.

        Raises:
            CommandError: standard input is no terminal.
        """
        if self._ask is _ask and not sys.stdin.isatty():
            raise CommandError("there is no terminal to ask at, and nothing was changed: --yes answers beforehand")

    def ask(self, question: str) -> bool:
        """Asks; everything but yes is no."""
        return self._ask(visible(question))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows of texts; columns that are empty all the way down are left out."""
        if self.as_json or not rows:
            return
        names, cells = _used(columns, rows)
        widths = _widths(names, cells, self._out.width)
        if not self._out.is_terminal:
            self.lines(columns, rows)
        elif widths:
            self._out.print(_table(names, cells, widths))
        else:
            self.records(columns, rows)

    def lines(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The same with a line a row at any terminal, which breaks what is too long: what is a log."""
        if self.as_json or not rows:
            return
        for number, line in enumerate(_lines(*_used(columns, rows))):
            self._out.print(line, style=None if number else "bold", soft_wrap=True)

    def records(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """The same as records at any terminal: what has long values that somebody will copy."""
        if not self._out.is_terminal:
            self.lines(columns, rows)
            return
        for number, row in enumerate(rows):
            if number:
                self.say()
            self.fields(list(zip(columns, row, strict=True)))

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names with a text each, one below the other; empty ones are left out. The terminal breaks lines, not we."""
        told = [(name, visible(text)) for name, text in pairs if text]
        if self.as_json or not told:
            return
        width = max(len(name) for name, _ in told)
        for name, text in told:
            first, *others = text.split("\n")
            for label, line in [(name, first), *(("", other) for other in others)]:
                self._out.print(Text(label.ljust(width), "bold"), line, sep="  ", soft_wrap=True)

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


def visible(text: str) -> str:
    """A text with what a terminal would obey, or not show, spelled out; it may be anybody's name or description."""
    return "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)


def _text(value: object) -> str:
    """A time as the APIs write it."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)


def _ask(question: str) -> bool:
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _is_utf_8() -> bool:
    """Whether what is written is UTF-8; in older locales, and on Windows in a pipe, it isn't."""
    return codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"


def console(width: int | None, *, is_terminal: bool, stderr: bool = False) -> Console:
    """A terminal of a width, or of its own; without one, lines are whole. Texts are shown as they are."""
    return Console(
        stderr=stderr,
        width=width or (None if is_terminal else _PIPED_WIDTH),
        force_terminal=is_terminal,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _used(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Without the columns that are empty all the way down."""
    used = [number for number in range(len(columns)) if any(row[number] for row in rows)]
    return [columns[number] for number in used], [[visible(row[number]) for number in used] for row in rows]


def _widths(names: Sequence[str], cells: Sequence[Sequence[str]], most: int) -> list[int]:
    """How wide each column is, so that lines are broken between words alone; empty if that isn't wide enough."""
    columns = [[name, *column] for name, column in zip(names, zip(*cells, strict=True), strict=True)]
    widths = [max(cell_len(word) for cell in column for word in [*cell.split(), ""]) for column in columns]
    spare = most - sum(widths) - _GAP * (len(widths) - 1)
    if spare < 0:
        return []
    for number, column in enumerate(columns):
        more = min(spare, max(cell_len(line) for cell in column for line in cell.split("\n")) - widths[number])
        widths[number] += more
        spare -= more
    return widths


def _table(names: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for name, width in zip(names, widths, strict=True):
        table.add_column(name, overflow="fold", width=width)
    for row in cells:
        table.add_row(*row)
    return table


def _lines(names: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """A line a row, for `grep` and `awk`: columns apart by two spaces, no line broken, short columns aligned."""
    rows = [list(names), *[[" ".join(cell.split("\n")) for cell in row] for row in cells]]
    widths = [min(_LONGEST_CELL, max(len(row[number]) for row in rows)) for number in range(len(names))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
