"""What a demonstration shows: a line a step while it runs, what it changed, and the whole output when it fails.

`VERBOSE=1` in the environment shows all that the programs say as they say it. `RECORDING=file.svg` keeps the screen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import _export_format
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WIDTH = 100
_FETCHED_FONTS = re.compile(r"@font-face {{.*?}}", re.DOTALL)


class StepFailedError(Exception):
    """A step didn't do what it should; the message says why."""


class Steps:
    """The screen of a demonstration."""

    def __init__(self, title: str, *, environment: Mapping[str, str] = os.environ) -> None:
        """Begins it.

        Args:
            title: The first line.
            environment: Where `VERBOSE` and `RECORDING` are looked up.
        """
        self._verbose = environment.get("VERBOSE", "") not in ("", "0")
        self._recording = environment.get("RECORDING")
        is_wide = self._recording or not sys.stdout.isatty()
        self._console = Console(highlight=False, record=bool(self._recording), width=_WIDTH if is_wide else None)
        self._names: dict[str, str] = {}
        self._console.print(f"\n[bold]{escape(title)}[/bold]\n")

    def name(self, arn: str, name: str) -> str:
        """Gives an ARN a name that people can follow; `show` says both from now on.

        Args:
            arn: The ARN.
            name: What it is called on the screen.

        Returns:
            The ARN.
        """
        self._names[arn] = name
        return arn

    def called(self, arn: str) -> str:
        """An ARN as it is shown: its name, and the end of it."""
        tail = arn.rpartition("/")[2]
        return f"{self._names[arn]} (…{tail[-8:]})" if arn in self._names else arn

    def when(self, time_: str) -> None:
        """Says which time it is in what is shown: a point on its time line."""
        self._console.print(f"[cyan]── {escape(time_)} {'─' * 20}[/cyan]")

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """Says what is being done while it is, then that it is done, and in how many seconds.

        Raises:
            SystemExit: It failed, with what the program said in full, and exit code 1.
        """
        started = time.monotonic()
        try:
            if self._verbose:
                self._console.print(f"[bold]… {escape(words)}[/bold]")
                yield
            else:
                with self._console.status(escape(words)):
                    yield
        except (StepFailedError, subprocess.CalledProcessError) as error:
            self._console.print(f"[red]✘[/red] {escape(words)}", f"[dim]{_seconds(started)}[/dim]")
            if isinstance(error, subprocess.CalledProcessError):
                self._console.print(error.output or "", end="", markup=False, soft_wrap=True)
            self._console.print(f"[red]{escape(str(error))}[/red]")
            raise SystemExit(1) from None
        line = Table.grid(expand=True)
        line.add_column(ratio=1)
        line.add_column(justify="right")
        line.add_row(f"[green]✔[/green] {escape(words)}", f"[dim]{_seconds(started)}[/dim]")
        self._console.print(line, width=min(self._console.width, _WIDTH))

    def run(self, command: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
        """Runs a program within a step.

        Args:
            command: The program and its arguments.
            environment: Its whole environment.

        Raises:
            subprocess.CalledProcessError: It failed; `output` holds what it said.
        """
        to = None if self._verbose else subprocess.PIPE
        stderr = subprocess.STDOUT if to else None
        done = subprocess.run(command, env=environment, stdout=to, stderr=stderr, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, list(command[:2]), done.stdout)

    def show(self, **facts: object) -> None:
        """Shows what there is now, a line for each."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, value in facts.items():
            for number, each in enumerate(value if isinstance(value, (list, tuple)) else [value]):
                label = "" if number else name.replace("_", " ")
                table.add_row(f"   [dim]{label}[/dim]", escape(self._text(each)))
        self._console.print(table)

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Shows what two states differ in, side by side."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("", "before", "after"):
            table.add_column(column)
        for name, value in after.items():
            if before.get(name) != value:
                table.add_row(name, escape(self._text(before.get(name))), escape(self._text(value)))
        grid = Table.grid(padding=(0, 0, 0, 4))
        grid.add_row(table)
        self._console.print(grid)

    def end(self, seen: str, *next_: tuple[str, str]) -> None:
        """Says what was seen, and where to go from here.

        Args:
            seen: What was seen.
            next_: What to run or read, and what for.
        """
        self._console.print(f"\n[bold]What you have seen:[/bold] {escape(seen)}\n")
        table = Table.grid(padding=(0, 2, 0, 0))
        for what, purpose in next_:
            table.add_row(f"  [bold]{escape(what)}[/bold]", escape(purpose))
        self._console.print(table, "")
        if self._recording:
            format_ = _FETCHED_FONTS.sub("", _export_format.CONSOLE_SVG_FORMAT)
            self._console.save_svg(self._recording, title="make demo", code_format=format_)

    def _text(self, value: object) -> str:
        text = str(value)
        return self.called(text) if text in self._names else text


def _seconds(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"
