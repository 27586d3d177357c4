"""What a run found, as a document to attach to a bug report, and how it differs from what is assumed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .documented import assumed, rows
from .experiments import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .findings import Answered, Findings
    from .masks import Masks

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
    masked: Document = _masked(made, masks)
    masked["differences"] = [*differences(masked)]
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


_OURS = ("experiment", "row", "switch", "answer", "position", "operation", "what", "unit", "inputs")
"""Members whose words are this project's: somebody whose name is among them doesn't change what they say."""


def _masked(value: Any, masks: Masks) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return masks.mask(value)
    if isinstance(value, dict):
        return {name: each if name in _OURS else _masked(each, masks) for name, each in value.items()}
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
    return text if alone else f"{tried(answer)}: {text}"


def tried(answer: Document) -> str:
    """What an experiment is called."""
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
    wrong = [each for each in made["answers"] if each["answer"] == "no" and each["row"] in inferred]
    yield from (f"inferred, and wrong: {each['row']}: {each['because']}" for each in wrong)
    yield from (f"no longer unknown: {row}" for row in rows("Unknown") if row in told)
    right = [row for row in inferred if row in told and row not in (each["row"] for each in wrong)]
    yield from (f"no longer inferred only: {row}" for row in right)
