"""Turns a report into the switches' defaults and the tables of docs/limitations.md: `make live-apply FILE=live-….json`.

Applying twice changes nothing more.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdk_cleanroomsml.local.service import Switches

from .documented import ANSWERED, LIMITATIONS, SWITCHES, rows
from .report import FORMAT, answered_rows, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNTRIED = "Nothing here was tried on a live account. "
_TRIED = "What a live account has answered has [a table](#answered-by-a-live-account); nothing else was tried on one.\n"
_HEAD = ["| question | answer | where and when | what is done |", "|---|---|---|---|"]


class ApplyError(Exception):
    """The report can't be applied; the message says why."""


def read(file: Path) -> dict[str, Any]:
    """Reads a report.

    Raises:
        ApplyError: it isn't one, or one of another version of this tool.
    """
    try:
        made = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise ApplyError(f"{file} isn't a report: {error}") from error
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise ApplyError(f"{file} isn't a report of this version: its `format` is to be {FORMAT}")
    return made


def new_switches(text: str, made: dict[str, Any]) -> str:
    """The module of the switches, with the positions that were seen as defaults.

    Raises:
        ApplyError: there is no such switch or no such position, or experiments contradict each other.
    """
    for switch, seen in positions(made).items():
        if len(seen) > 1:
            raise ApplyError(f"experiments contradict each other about {switch}: {seen}")
        if not hasattr(Switches(), switch):
            raise ApplyError(f"there is no switch {switch!r}: is the report of another version?")
        try:
            replace(Switches(), **{switch: seen[0]})
        except ValueError as error:
            raise ApplyError(f"the report has no position of a switch: {error}") from error
        value = f'"{seen[0]}"' if isinstance(seen[0], str) else repr(seen[0])
        text = re.sub(rf"^(    {switch}: .* = )[^=\n]+$", rf"\g<1>{value}", text, flags=re.MULTILINE)
        text = _seen(text, switch, f"Seen so in {made['region']}, {made['date']}.")
    return text


def _seen(text: str, switch: str, sentence: str) -> str:
    """Ends what the docstring says of a switch with where its default was seen."""
    said = rf"^(        {switch}: [^\n]*(?:\n            [^\n]*)*?)"
    before = r"(?:\n            Seen so in [^\n]*)?"
    end = r'(?=\n        \w|\n    """)'
    entry = said + before + end
    return re.sub(entry, lambda old: f"{old[1]}\n            {sentence}", text, count=1, flags=re.MULTILINE)


def new_limitations(text: str, made: dict[str, Any]) -> str:
    """The page of limitations, with the rows that were answered in a table of their own."""
    where = f"{made['region']}, {made['date']}"
    kept = rows(ANSWERED, text)
    answered = {(row[0], row[2].partition(",")[0]): row for row in _all_rows(ANSWERED, text)}
    for row, said in answered_rows(made).items():
        known = rows("Unknown", text).get(row) or rows("Inferred", text).get(row)
        done = known[1] if known else kept[row][3] if row in kept else None
        if done is not None:
            answered[row, made["region"]] = [row, _cell(said), where, done]
    if not answered:
        return text
    gone = {row for row, _ in answered}
    lines = [line for line in _without(text, ANSWERED).splitlines() if not _is_row_of(line, gone)]
    table = [f"## {ANSWERED}", "", *_HEAD, *(f"| {' | '.join(row)} |" for row in answered.values()), ""]
    at = lines.index("## Inferred")
    return "\n".join([*lines[:at], *table, *lines[at:]]).replace(_UNTRIED, _TRIED) + "\n"


def _all_rows(section: str, text: str) -> list[list[str]]:
    """The rows of a section, also when two have the same first cell."""
    part = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def _without(text: str, section: str) -> str:
    return re.sub(rf"^## {re.escape(section)}\n.*?(?=^## )", "", text, flags=re.MULTILINE | re.DOTALL)


def _is_row_of(line: str, first_cells: set[str]) -> bool:
    return line.startswith("|") and re.split(r"(?<!\\)\|", line)[1].strip() in first_cells


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def main(words: Sequence[str]) -> int:
    """Applies the report that is named."""
    if len(words) != 1:
        sys.stderr.write("name one report: make live-apply FILE=live-2026-11-26.json\n")
        return 64
    try:
        made = read(Path(words[0]))
        switches, page = new_switches(SWITCHES.read_text(), made), new_limitations(LIMITATIONS.read_text(), made)
    except ApplyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (AttributeError, LookupError, TypeError) as error:
        sys.stderr.write(f"{words[0]} is damaged, and nothing was changed: {error!r}\n")
        return 1
    for file, text in ((SWITCHES, switches), (LIMITATIONS, page)):
        changed = file.read_text() != text
        file.write_text(text)
        print(f"{'changed' if changed else 'as it was'}: {file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
