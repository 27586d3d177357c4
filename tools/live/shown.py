"""A report to read: as a page, and at a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .report import Document, by_row, tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .screen import Screen


def markdown(made: Document) -> str:
    """The same to read."""
    lines = [
        f"# A live account, {made['date']}, {made['region']}",
        "",
        _state(made),
        "",
        *(f"* {name}: {version}" for name, version in made["versions"].items()),
        "",
        "## Answers",
        "",
        *_table(("question", "tried", "answer"), _answers(made)),
        "## The library",
        "",
        *_table(("what", "passed", "seen"), _checks(made)),
        "## Measured",
        "",
        *_table(
            ("what", "value"), ((each["what"], f"{each['value']:g} {each['unit']}") for each in made["measurements"])
        ),
        "## Otherwise than assumed",
        "",
        *(f"* {each}" for each in made["differences"] or ["nothing"]),
        "",
        "## Evidence",
        "",
        *(line for each in made["answers"] for line in _evidence(each)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _checks(made: Document) -> Iterator[tuple[str, ...]]:
    for each in made["checks"]:
        yield each["what"], "yes" if each["passed"] else "**no**", each["because"]


def _answers(made: Document) -> Iterator[tuple[str, ...]]:
    for row, answers in by_row(made).items():
        for number, each in enumerate(answers):
            yield "" if number else row, tried(each), f"**{each['answer']}**: {each['because']}"


def _state(made: Document) -> str:
    words = ["It ran to its end." if made["complete"] else "It was interrupted: what is missing wasn't tried."]
    if made["missing_permissions"]:
        words.append(f"Whoever ran it lacks {', '.join(made['missing_permissions'])}.")
    words.append(f"Left in the account: {', '.join(made['left']) or 'nothing'}.")
    return " ".join(words)


def _table(heads: tuple[str, ...], cells: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(_cell(each) for each in row)} |" for row in cells]
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *lines, ""] if lines else ["nothing", ""]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())


def _evidence(answer: Document) -> Iterator[str]:
    yield f"### `{answer['experiment']}`"
    yield ""
    if answer["switch"]:
        seen = f"`{answer['position']!r}`" if "position" in answer else "not seen"
        yield f"Switch `{answer['switch']}`: {seen}."
        yield ""
    yield from _table(
        ("call", "request id", "error", "words"),
        (
            tuple(each.get(name, "") for name in ("operation", "request_id", "code", "message"))
            for each in answer["evidence"]
        ),
    )


def write(made: Document, folder: Path) -> Path:
    """Writes `live-<date>.json` and `.md`, beside those of an earlier run of the day.

    Returns:
        The JSON file.
    """
    stem, number = f"live-{made['date']}", 1
    while (folder / f"{stem}.json").exists():
        number += 1
        stem = f"live-{made['date']}-{number}"
    file = folder / f"{stem}.json"
    file.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    file.with_suffix(".md").write_text(markdown(made))
    return file


def show(made: Document, screen: Screen) -> None:
    """The same at a terminal, without the evidence."""
    screen.heading("Answers")
    for row, answers in by_row(made).items():
        screen.say(row)
        screen.fields([(f"  {each['answer']}", _why(each, len(answers))) for each in answers])
    if made["checks"]:
        screen.heading("The library")
        screen.fields(
            [(each["what"], "passed" if each["passed"] else f"FAILED: {each['because']}") for each in made["checks"]]
        )
    if made["measurements"]:
        screen.heading("Measured")
        screen.fields([(each["what"], f"{each['value']:g} {each['unit']}") for each in made["measurements"]])
    screen.heading("Otherwise than assumed")
    for each in made["differences"] or ["nothing"]:
        screen.say(each)
    screen.heading("Left in the account")
    screen.say(", ".join(made["left"]) or "nothing")


def _why(answer: Document, count: int) -> str:
    return str(answer["because"] if count == 1 else f"{tried(answer)}: {answer['because']}")
