"""What other runs have left in an account, or are making there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from .account import LiveError
from .belongings import RUN_ID_LETTERS, place_of
from .kinds import KINDS, PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from .account import Account


@dataclass
class EarlierRun:
    """A run that left something, or is still under way.

    Attributes:
        run_id: its id.
        left: what it left: kinds and names.
    """

    run_id: str
    left: list[str]


def earlier_runs(account: Account, folder: Path) -> list[EarlierRun]:
    """The runs that left something in the account, this machine's or another's: all names begin with one prefix.

    Raises:
        LiveError: not everything can be looked at; the message names all that can't.
    """
    left: dict[str, list[str]] = {}
    problems = []
    for kind in KINDS.values():
        try:
            found = [*kind.find(account, PREFIX)]
        except (BotoCoreError, ClientError) as error:
            problems.append(f"{kind.called}: {account.masks.mask(str(error))}")
            continue
        for each in found:
            run_id = each.name.removeprefix(PREFIX)[:RUN_ID_LETTERS]
            left.setdefault(run_id, []).append(f"{kind.called} {each.name}")
    if problems:
        raise LiveError("\n".join(["what an earlier run may have left can't be looked for:", *problems]))
    for file in folder.glob("*.json"):
        for thing in _on_file(file, place_of(account)):
            line = f"{KINDS[thing['kind']].called} {thing['name']}"
            lines = left.setdefault(file.stem, [])
            lines += [line] if line not in lines else []
    return [EarlierRun(run_id, lines) for run_id, lines in left.items()]


def _on_file(file: Path, place: list[str]) -> list[dict[str, str]]:
    """What a file says that there is at a place.

    Raises:
        LiveError: it can't be read.
    """
    try:
        document = json.loads(file.read_text())
        here = document["place"] == place
        found = [thing for thing in document["belongings"] if here]
        _ = [(KINDS[thing["kind"]], thing["name"]) for thing in found]
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise LiveError(
            f"{file} can't be read, where a run has written down what it made: {error!r}; delete it"
        ) from error
    return found
