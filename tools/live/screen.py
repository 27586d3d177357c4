"""What is shown: as wide as the terminal, in whole lines when piped; questions and progress on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cdk_cleanroomsml.operators.screen import console, visible

from .account import LiveError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Screen:
    """The terminal, or what stands for it.

    Args:
        width: of the terminal in columns; by default, what there is: a terminal, or a pipe.
    """

    def __init__(self, width: int | None = None) -> None:
        self._out = console(width, is_terminal=width is not None or sys.stdout.isatty())
        self._err = console(width, is_terminal=width is not None or sys.stderr.isatty(), stderr=True)

    def heading(self, text: str) -> None:
        """A line above what follows, apart from what was before."""
        self._out.print()
        self._out.print(Text(visible(text), "bold"))

    def say(self, text: str, *, indent: int = 0) -> None:
        """A paragraph."""
        self._out.print(Padding(Text(visible(text), overflow="fold"), (0, 0, 0, indent), expand=False))

    def note(self, text: str) -> None:
        """A line that isn't part of the answer: progress, a problem."""
        self._err.print(Text(visible(text), overflow="fold"))

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names with a text each, one below the other; empty texts are left out."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, text in pairs:
            if text:
                grid.add_row(visible(name), visible(text))
        self._out.print(grid)

    def write(self, text: str) -> None:
        """A text as it is."""
        sys.stdout.write(text)

    def ask(self, question: str) -> bool:
        """Asks at the terminal; everything but yes is no.

        Raises:
            LiveError: there is no terminal.
        """
        if not sys.stdin.isatty():
            raise LiveError("there is no terminal to ask at, so nothing was done: YES=1 answers beforehand")
        sys.stderr.write(f"\n{question} [y/N] ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")
