"""What a run makes: written down before it is made, and destroyed at the end, whatever happened in between."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .account import LiveError
from .kinds import KINDS, PREFIX, TAG, Found, is_gone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .account import Account

PATIENCE = (1, 2, 4, 8, 15, 30, 60, 60, 120)
"""Pauses, in seconds, before a refused deletion is tried again, and before a look whether something is gone."""

RUN_ID_LETTERS = 8

_LOOKS = (2, 4, 8, 16, 30)
"""Pauses between looks for what may have been made although nobody was told."""

_SEEN_SECONDS = 60
"""After so long, what was made is seen everywhere."""

_ROUNDS = (2, 10, 30)
"""Pauses before all is gone through once more: a function's last lines make its log group anew, say."""


@dataclass
class Belonging:
    """One thing that the run has made, or was about to.

    Attributes:
        kind: one of the names of `KINDS`.
        name: the name that it was to get.
        id: what its deletion takes, mostly its ARN; empty as long as nobody has told.
        whose: `account` or `partner`.
        made: when, in seconds since the epoch; 0: nobody knows, but long enough ago for a List to show it.
    """

    kind: str
    name: str
    id: str = ""
    whose: str = "account"
    made: float = 0


class Belongings:
    """All that a run makes.

    Each thing is written to a file before it is created, and completed afterwards, so that a run that was killed can
    be cleaned up by the next one.

    Args:
        accounts: by what they are called: `account`, and `partner` where there is one.
        run_id: eight letters and digits.
        file: where it is written.
        pause: how to wait some seconds.
    """

    def __init__(
        self, accounts: dict[str, Account], run_id: str, file: Path, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self.accounts = accounts
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

    def make(self, kind: str, name: str, create: Callable[[], str], *, whose: str = "account") -> Belonging:
        """Creates one thing.

        Args:
            kind: its kind.
            name: the name that `create` gives it, made by `name()`.
            create: creates it and returns its id.
            whose: whose account it is made in.

        Raises:
            ClientError: the service's refusal, as `create` raised it. What was refused for good belongs to nobody.
        """
        if kind not in KINDS or not name.startswith(self.prefix):
            raise ValueError(f"a kind of {sorted(KINDS)} and a name from name() are wanted, got {kind!r}, {name!r}")
        thing = Belonging(kind, name, whose=whose, made=time.time())
        self.all.append(thing)
        self._write()
        try:
            thing.id = create()
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) < 500:
                self.all.remove(thing)
                self._write()
            raise
        self._write()
        return thing

    def remove(self, thing: Belonging) -> None:
        """Deletes one thing now, once; the service's refusal is raised.

        Raises:
            ClientError: it isn't deleted.
        """
        KINDS[thing.kind].delete(self.accounts[thing.whose], Found(thing.name, thing.id))
        if not KINDS[thing.kind].slow:
            self._forget(thing)

    def destroy(self, say: Callable[[str], object] = lambda _: None) -> list[Belonging]:
        """Destroys everything and looks whether anything is left; goes on after a failure.

        Args:
            say: told what is being deleted, and what can't be.

        Returns:
            What is left: nothing, or it is on file still, and `make live` offers to go on.
        """
        for seconds in (*_ROUNDS, None):
            for kind in KINDS:
                for thing in self._here(kind, say):
                    say(f"deleting {KINDS[kind].called} {thing.name}")
                    self._delete(thing, say)
            self.all = [thing for kind in KINDS for thing in self._left(kind)]
            if not self.all:
                for file in (self.file, self.file.with_suffix(".new")):
                    file.unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # there is something of another run, or the folder is gone
                    self.file.parent.rmdir()
                break
            self._write()
            if seconds is not None:
                self.pause(seconds)
        return self.all

    def _here(self, kind: str, say: Callable[[str], object]) -> list[Belonging]:
        """What is on file of a kind, and what Lists show besides; what may have been made is looked for longer."""
        on_file = [thing for thing in self.all if thing.kind == kind]
        found: list[Belonging] = []
        try:
            found = self._listed(kind)
            for seconds in _LOOKS:
                seen = {thing.name for thing in found}
                if all(thing.id or thing.name in seen for thing in on_file):
                    break
                self.pause(seconds)
                found = self._listed(kind)
        except (BotoCoreError, ClientError) as error:
            say(f"{KINDS[kind].called} of this run isn't looked for: {self._words(error)}")
        known = {(thing.whose, thing.id) for thing in found}
        return found + [thing for thing in on_file if thing.id and (thing.whose, thing.id) not in known]

    def _left(self, kind: str) -> list[Belonging]:
        """What Lists still show; where they can't be asked, what is on file."""
        try:
            return self._listed(kind)
        except (BotoCoreError, ClientError):
            return [thing for thing in self.all if thing.kind == kind]

    def _listed(self, kind: str) -> list[Belonging]:
        return [
            Belonging(kind, found.name, found.id, whose)
            for whose, account in self.accounts.items()
            if whose == "account" or KINDS[kind].of_partner
            for found in KINDS[kind].find(account, self.prefix)
        ]

    def _delete(self, thing: Belonging, say: Callable[[str], object]) -> None:
        """Deletes one thing, trying again as long as that may help."""
        kind, accepted, why = KINDS[thing.kind], False, ""
        for seconds in (*PATIENCE, None):
            try:
                kind.delete(self.accounts[thing.whose], Found(thing.name, thing.id))
                accepted, why = True, "it is still being deleted"
                if not kind.slow or all(each.id != thing.id for each in self._listed(thing.kind)):
                    break
            except (BotoCoreError, ClientError) as error:
                # What was made a moment ago isn't seen everywhere yet: that it isn't there is no proof.
                if is_gone(error) and (accepted or time.time() - thing.made > _SEEN_SECONDS):
                    accepted = True
                    break
                why = self._words(error)
                if not _may_pass(error) and not is_gone(error):
                    break
            if seconds is not None:
                self.pause(seconds)
        if accepted:
            self._forget(thing)
        else:
            say(f"{kind.called} {thing.name} isn't deleted: {why}")

    def _words(self, error: Exception) -> str:
        return self.accounts["account"].masks.mask(str(error))

    def _forget(self, thing: Belonging) -> None:
        self.all = [each for each in self.all if each is not thing and (each.whose, each.id) != (thing.whose, thing.id)]
        self._write()

    def _write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        written = self.file.with_suffix(".new")
        place = _place(self.accounts)
        written.write_text(json.dumps({"place": place, "belongings": [asdict(each) for each in self.all]}, indent=1))
        written.replace(self.file)

    def read(self) -> None:
        """Takes up what is on file."""
        if self.file.exists():
            self.all = [Belonging(**each) for each in json.loads(self.file.read_text())["belongings"]]


def _may_pass(error: BotoCoreError | ClientError) -> bool:
    """Whether the same call may succeed a little later."""
    if isinstance(error, BotoCoreError):
        return True
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or any(word in code for word in _PASSING)


_PASSING = ("Conflict", "Throttl", "TooManyRequests", "BucketNotEmpty", "InUse", "Limit", "ValidationError")


@dataclass
class EarlierRun:
    """A run that left something, or is still under way.

    Attributes:
        run_id: its id.
        left: what it left: kinds and names.
    """

    run_id: str
    left: list[str]


def earlier_runs(accounts: dict[str, Account], folder: Path) -> list[EarlierRun]:
    """The runs that left something in the account, this machine's or another's: all names begin with one prefix.

    Raises:
        LiveError: not everything can be looked at; the message names all that can't.
    """
    left: dict[str, list[str]] = {}
    problems = []
    for kind in KINDS.values():
        for whose, account in accounts.items():
            try:
                found = [*kind.find(account, PREFIX)] if whose == "account" or kind.of_partner else []
            except (BotoCoreError, ClientError) as error:
                problems.append(f"{kind.called}: {account.masks.mask(str(error))}")
                continue
            for each in found:
                run_id = each.name.removeprefix(PREFIX)[:RUN_ID_LETTERS]
                left.setdefault(run_id, []).append(f"{kind.called} {each.name}")
    if problems:
        raise LiveError("\n".join(["what an earlier run may have left can't be looked for:", *problems]))
    for file in folder.glob("*.json"):
        document = json.loads(file.read_text())
        for thing in document["belongings"] if document["place"] == _place(accounts) else []:
            line = f"{KINDS[thing['kind']].called} {thing['name']}"
            lines = left.setdefault(file.stem, [])
            lines += [line] if line not in lines else []
    return [EarlierRun(run_id, lines) for run_id, lines in left.items()]


def _place(accounts: dict[str, Account]) -> list[str]:
    """What tells apart where runs of one machine have left something."""
    return [accounts["account"].id, accounts["account"].region]
