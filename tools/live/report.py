"""What a run found, as a document to attach to a bug report and as a page to read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .documented import assumed, rows
from .experiments import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .findings import Answered, Findings
    from .masks import Masks
    from .screen import Screen

FORMAT = 1
"""Of the JSON document; `apply` reads no other."""

NOT_TOLD = "not to be told"

Document = dict[str, Any]


def document(findings: Findings, masks: Masks, **about: object) -> Document:
    """Everything as JSON has it, without an account, a person's name or an id of AWS's.

    Args:
        findings: what was found.
        masks: what isn't told.
        about: the run: `date`, `region`, `inputs`, `complete`, `missing_permissions`, `left`, `versions`.
    """
    made: Document = {
        "format": FORMAT,
        **about,
        "answers": [_answer(each) for each in findings.answers],
        "measurements": [asdict(each) for each in findings.measurements],
        "checks": [asdict(each) for each in findings.checks],
    }
    made["differences"] = [*differences(made)]
    masked: Document = _masked(made, masks)
    return masked


def _answer(answered: Answered) -> Document:
    verdict = answered.verdict
    seen = {} if verdict.position is UNSEEN else {"position": verdict.position}
    return {
        "experiment": answered.name,
        "row": answered.row,
        "switch": answered.switch,
        "answer": verdict.answer,
        "because": verdict.because,
        **seen,
        "evidence": [{name: text for name, text in asdict(each).items() if text} for each in verdict.evidence],
    }


def _masked(value: Any, masks: Masks) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return masks.mask(value)
    if isinstance(value, dict):
        return {name: _masked(each, masks) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(each, masks) for each in value]
    return value


def positions(made: Document) -> dict[str, list[Any]]:
    """The positions in which each switch was seen: more than one where experiments contradict each other."""
    seen: dict[str, list[Any]] = {}
    for each in made["answers"]:
        if each["switch"] and "position" in each and each["position"] not in seen.setdefault(each["switch"], []):
            seen[each["switch"]].append(each["position"])
    return seen


def by_row(made: Document) -> dict[str, list[Document]]:
    """The answers to each row, in the order in which they were found."""
    rows_: dict[str, list[Document]] = {}
    for each in made["answers"]:
        rows_.setdefault(each["row"], []).append(each)
    return rows_


def answered_rows(made: Document) -> dict[str, str]:
    """The rows all of whose experiments have told something: what they told."""
    return {
        row: "; ".join(_said(each, alone=len(answers) == 1) for each in answers)
        for row, answers in by_row(made).items()
        if all(each["answer"] != NOT_TOLD for each in answers)
    }


def _said(answer: Document, *, alone: bool) -> str:
    """An answer in a sentence; where a row has several, each says what it was looked for."""
    text = str(answer["because"] if answer["answer"] == "told" else f"{answer['answer']}, {answer['because']}")
    return text if alone else f"{_tried(answer)}: {text}"


def _tried(answer: Document) -> str:
    return str(answer["experiment"].replace("_", " "))


def differences(made: Document) -> Iterator[str]:
    """What is otherwise than switches and docs have it, and what the docs may say now."""
    for switch, seen in positions(made).items():
        if len(seen) > 1:
            yield f"the switch {switch}: experiments contradict each other: {' and '.join(map(repr, seen))}"
        elif seen != [assumed(switch)]:
            yield f"the switch {switch} is {assumed(switch)!r}, and was seen as {seen[0]!r}"
    yield from (
        f"the library fails: {each['what']}: {each['because']}" for each in made["checks"] if not each["passed"]
    )
    told, inferred = answered_rows(made), rows("Inferred")
    for each in made["answers"]:
        if each["answer"] == "no" and each["row"] in inferred:
            yield f"inferred, and wrong: {each['row']}: {each['because']}"
    yield from (f"no longer unknown: {row}" for row in rows("Unknown") if row in told)
    yield from (f"no longer inferred only: {row}" for row in inferred if row in told)


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
            yield "" if number else row, _tried(each), f"**{each['answer']}**: {each['because']}"


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
    return str(answer["because"] if count == 1 else f"{_tried(answer)}: {answer['because']}")
