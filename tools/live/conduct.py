"""A run from its first experiment to the last deletion."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from .deployments import deploy
from .experiments import all_experiments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .belongings import Belonging, Belongings
    from .findings import Findings
    from .run import Run


Say = Callable[[str], object]
"""Shows a line of progress."""

INTERRUPTED = "interrupted"
"""Why `work` ended, if it was Ctrl-C."""


def ask_everything(run: Run, findings: Findings, say: Say) -> None:
    """Makes every experiment."""
    for each in all_experiments():
        say(f"trying {each.name.replace('_', ' ')}")
        findings.answer(each.name, each.row, each.run(run), switch=each.switch)


PARTS: tuple[Callable[[Run, Findings, Say], None], ...] = (ask_everything, deploy)
"""What is done, in this order: each makes things by the run's belongings, and adds what it finds."""


def work(run: Run, findings: Findings, say: Say) -> str | None:
    """Does all parts.

    Args:
        run: where.
        findings: what is found is added here.
        say: shows a line.

    Returns:
        Why it ended before the end; None if it didn't.
    """
    try:
        for part in PARTS:
            part(run, findings, say)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # whatever it is, what was made is deleted, and what was found is written
        return run.account.masks.mask(f"{type(error).__name__}: {error}")
    return None


def destroy(belongings: Belongings, say: Say, *, interrupted: bool = False) -> list[Belonging]:
    """Deletes everything; Ctrl-C for the first time begins anew.

    Args:
        belongings: what was made.
        say: shows a line.
        interrupted: whether there was a Ctrl-C before.

    Returns:
        What is left.

    Raises:
        KeyboardInterrupt: Ctrl-C for the second time.
    """
    if interrupted:
        return belongings.destroy(say)
    try:
        return belongings.destroy(say)
    except KeyboardInterrupt:
        say("what was made is being deleted; Ctrl-C once more leaves the rest of it")
        return belongings.destroy(say)


@contextlib.contextmanager
def signals_as_ctrl_c() -> Iterator[None]:
    """A closed terminal, or a polite kill, ends as Ctrl-C does: with nothing left."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
