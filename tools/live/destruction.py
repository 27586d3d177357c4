"""How what a run has made is destroyed: in order, patiently, and with a look at the end whether anything is left."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .kinds import KINDS, Found, GoneError, is_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .belongings import Belongings

    Say = Callable[[str], object]

PATIENCE = (1, 2, 4, 8, 15, 30, 60, 60, 120)
"""Pauses, in seconds, before a refused deletion is tried again, and before a look whether something is gone."""

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
        made: when, in seconds since the epoch; 0: nobody knows, but long enough ago for a List to show it.
    """

    kind: str
    name: str
    id: str = ""
    made: float = 0


def destroy(belongings: Belongings, say: Say) -> list[Belonging]:
    """Destroys everything; returns what is left."""
    patience: tuple[float, ...] = PATIENCE
    for seconds in (*_ROUNDS, None):
        for kind in KINDS:
            _delete(belongings, kind, patience, say)
        belongings.all = [thing for kind in KINDS for thing in _left(belongings, kind)]
        belongings.write()
        if not belongings.all:
            break
        if seconds is not None:
            belongings.pause(seconds)
        patience = PATIENCE[:2]
    return belongings.all


def _here(belongings: Belongings, kind: str, say: Say) -> list[Belonging]:
    """What is on file of a kind, and what Lists show besides; what may have been made is looked for longer."""
    on_file = [thing for thing in belongings.all if thing.kind == kind]
    found: list[Belonging] = []
    try:
        found = _listed(belongings, kind)
        for seconds in _LOOKS:
            seen = {thing.name for thing in found}
            if all(thing.id or thing.name in seen for thing in on_file):
                break
            if seconds == _LOOKS[0]:
                say(f"looking whether {KINDS[kind].called} was made, for a minute at most")
            belongings.pause(seconds)
            found = _listed(belongings, kind)
    except (BotoCoreError, ClientError) as error:
        say(f"{KINDS[kind].called} of this run isn't looked for: {_words(belongings, error)}")
    known = {thing.id for thing in found}
    return found + [thing for thing in on_file if thing.id and thing.id not in known]


def _left(belongings: Belongings, kind: str) -> list[Belonging]:
    """What Lists still show, and what is known to have been made and not deleted; where Lists can't be asked, all."""
    on_file = [thing for thing in belongings.all if thing.kind == kind]
    try:
        listed = _listed(belongings, kind)
    except (BotoCoreError, ClientError):
        return on_file
    known = {thing.id for thing in listed}
    return listed + [thing for thing in on_file if thing.id and thing.id not in known]


def _listed(belongings: Belongings, kind: str) -> list[Belonging]:
    found = KINDS[kind].find(belongings.account, belongings.prefix)
    return [Belonging(kind, each.name, each.id) for each in found]


def _delete(belongings: Belongings, kind: str, patience: Sequence[float], say: Say) -> None:
    """Deletes all of a kind, trying again as long as that may help; all wait together."""
    deletions = [_Deletion(belongings, thing) for thing in _here(belongings, kind, say)]
    for each in deletions:
        say(f"deleting {KINDS[kind].called} {each.thing.name}")
    for seconds in (*patience, None):
        for each in deletions:
            each.go_on()
        if not any(each.waits for each in deletions) or seconds is None:
            break
        belongings.pause(seconds)
    for each in deletions:
        if each.accepted or each.gone:
            belongings.forget(each.thing)
        else:
            say(f"{KINDS[kind].called} {each.thing.name} isn't deleted: {each.why}")


class _Deletion:
    """The deletion of one thing.

    Attributes:
        thing: what is deleted.
        accepted: whether the service has taken the deletion.
        gone: whether it was said that there is no such thing.
        why: what the service said last.
        waits: whether another try may help.
    """

    def __init__(self, belongings: Belongings, thing: Belonging) -> None:
        self._belongings = belongings
        self.thing = thing
        self.accepted = self.gone = False
        self.waits = True
        self.why = ""

    def go_on(self) -> None:
        """Tries, unless it is over."""
        if not self.waits:
            return
        thing, kind = self.thing, KINDS[self.thing.kind]
        try:
            self._take_up_what_stays()
            kind.delete(self._belongings.account, Found(thing.name, thing.id))
            self.accepted, self.waits = True, kind.slow
        except (BotoCoreError, ClientError, GoneError) as error:
            self.gone, self.why = is_gone(error), _words(self._belongings, error)
            # What was made a moment ago isn't seen everywhere yet: that it isn't there is no proof.
            is_new = not self.accepted and time.time() - thing.made <= _SEEN_SECONDS
            self.waits = is_new if self.gone else _may_pass(error)

    def _take_up_what_stays(self) -> None:
        """Who may not look deletes all the same; the report says what was missing."""
        with suppress(BotoCoreError, ClientError):
            for found in KINDS[self.thing.kind].leaves(self._belongings.account, Found(self.thing.name, self.thing.id)):
                self._belongings.take_up("key", found)


def _words(belongings: Belongings, error: Exception) -> str:
    return belongings.account.masks.mask(str(error))


def _may_pass(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    if not isinstance(error, ClientError):
        return True
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status == 409 or status >= 500 or any(word in code for word in _PASSING)


_PASSING = ("Conflict", "Throttl", "TooManyRequests", "BucketNotEmpty", "InUse", "Limit", "Validation", "Concurrent")
