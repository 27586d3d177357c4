"""What a run makes: written down before it is made, and destroyed at the end, whatever happened in between."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .destruction import Belonging, destroy
from .kinds import KINDS, PREFIX, TAG, Found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .account import Account

__all__ = ["RUN_ID_LETTERS", "Belonging", "Belongings", "place_of"]

RUN_ID_LETTERS = 8


class Belongings:
    """All that a run makes.

    Each thing is written to a file before it is created, and completed afterwards, so that a run that was killed can
    be cleaned up by the next one.

    Args:
        account: where all of it is.
        run_id: eight letters and digits.
        file: where it is written.
        pause: how to wait some seconds.
    """

    def __init__(
        self, account: Account, run_id: str, file: Path, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self.account = account
        self.run_id = run_id
        self.file = file
        self.pause = pause
        self.all: list[Belonging] = []

    @property
    def prefix(self) -> str:
        """How every name begins."""
        return f"{PREFIX}{self.run_id}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that has tags."""
        return {TAG: self.run_id}

    def name(self, what: str) -> str:
        """A name for something of this run: lower-case letters, digits and hyphens, as a bucket's has to be."""
        return f"{self.prefix}-{what}"

    def make(self, kind: str, name: str, create: Callable[[], str]) -> Belonging:
        """Creates one thing.

        Args:
            kind: its kind.
            name: the name that `create` gives it, made by `name()`.
            create: creates it and returns its id.

        Raises:
            ClientError: the service's refusal, as `create` raised it. What was refused for good belongs to nobody.
        """
        if kind not in KINDS or not name.startswith(self.prefix):
            raise ValueError(f"a kind of {sorted(KINDS)} and a name from name() are wanted, got {kind!r}, {name!r}")
        thing = Belonging(kind, name, made=time.time())
        self.all.append(thing)
        self.write()
        try:
            thing.id = create()
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) < 500:
                self.all.remove(thing)
                self.write()
            raise
        self.write()
        return thing

    def remove(self, thing: Belonging) -> None:
        """Deletes one thing now, once; the service's refusal is raised.

        Raises:
            ClientError: it isn't deleted.
        """
        KINDS[thing.kind].delete(self.account, Found(thing.name, thing.id))
        if KINDS[thing.kind].slow:
            thing.made = 0
        else:
            self.forget(thing)

    def take_up(self, kind: str, found: Found) -> None:
        """Writes down what something else has made, such as a stack; what is on file is there once."""
        if not any(each.kind == kind and each.id == found.id for each in self.all):
            self.all.append(Belonging(kind, found.name, found.id))
            self.write()

    def destroy(self, say: Callable[[str], object] = lambda _: None) -> list[Belonging]:
        """Destroys everything and looks whether anything is left; goes on after a failure.

        Args:
            say: told what is being deleted, and what can't be.

        Returns:
            What is left: nothing, or it is on file still, and `make live` offers to go on.
        """
        return destroy(self, say)

    def forget(self, thing: Belonging) -> None:
        """Takes one thing off the file: it is gone."""
        self.all = [each for each in self.all if each is not thing and each.id != thing.id]
        self.write()

    def write(self) -> None:
        """Writes down what there is; a file without anything is none."""
        if not self.all:
            self._unlink()
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        written = self.file.with_suffix(".new")
        place = place_of(self.account)
        written.write_text(json.dumps({"place": place, "belongings": [asdict(each) for each in self.all]}, indent=1))
        written.replace(self.file)

    def _unlink(self) -> None:
        for file in (self.file, self.file.with_suffix(".new")):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # there is something of another run, or the folder is gone
            self.file.parent.rmdir()

    def read(self) -> None:
        """Takes up what is on file."""
        if self.file.exists():
            self.all = [Belonging(**each) for each in json.loads(self.file.read_text())["belongings"]]


def place_of(account: Account) -> list[str]:
    """What tells apart where runs of one machine have left something."""
    return [account.id, account.region]
