"""A report tells what was found and nothing of whose account it was; applied, it changes defaults and tables."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tools.live import apply, documented, report, shown
from tools.live.account import Answer
from tools.live.documented import ANSWERED, SWITCHES, rows
from tools.live.experiments import Verdict, all_experiments, no, told, unknown, yes
from tools.live.findings import Findings
from tools.live.masks import Masks
from tools.live.screen import Screen

from cdk_cleanroomsml.local.service import positions

if TYPE_CHECKING:
    from pathlib import Path

OWN, PARTNER, OTHER = "111122223333", "444455556666", "777788889999"
EXPERIMENTS = {each.name: each for each in all_experiments()}
ABOUT = {
    "date": "2001-02-03",
    "region": "eu-west-1",
    "inputs": ["audience_model_arn"],
    "complete": True,
    "why_not": None,
    "missing_permissions": [],
    "left": [],
    "versions": {"botocore": "1.44.8"},
}


POSITIONS = positions()
NAMES = "configured_audience_model_names"
PAGE = f"""# Limitations and unknowns

Nothing here was tried on a live account. This page says what is unknown.

## Documented

| fact | where it matters |
|---|---|
| Create is synchronous | no waiting |

## Inferred

| inference | if it is wrong |
|---|---|
| {EXPERIMENTS["empty_description"].row} | the deployment fails |
| whatever else | nothing |

## Unknown

| question | what is done |
|---|---|
| {EXPERIMENTS[NAMES].row} | right under [all](three.md) |
| How many `a \\| b` are there? | nothing |

If you know the answer, tell us.
"""
"""The page as it is as long as nothing was answered: what is applied changes the real one."""


@pytest.fixture(autouse=True)
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "limitations.md"
    file.write_text(PAGE)
    monkeypatch.setattr(documented, "LIMITATIONS", file)
    monkeypatch.setattr(apply, "LIMITATIONS", file)
    return file


@pytest.fixture
def masks() -> Masks:
    caller = f"arn:aws:sts::{OWN}:assumed-role/Admin/jane.doe"
    return Masks({OWN: "<account>", PARTNER: "<partner>", caller: "<caller>", "jane.doe": "<caller>"})


MASKED = {
    f"User: arn:aws:sts::{OWN}:assumed-role/Admin/jane.doe is not authorized": "User: <caller> is not authorized",
    f"arn:aws:cleanrooms-ml:eu-west-1:{OWN}:audience-model/0f1e2d3c-0000-4000-8000-123456789012, CREATE_FAILED": (
        "arn:aws:cleanrooms-ml:eu-west-1:<account>:audience-model/…, CREATE_FAILED"
    ),
    f"arn:aws:iam::{OTHER}:role/cdk-cleanroomsml-live-0a1b2c3d-write-1": (
        "arn:aws:iam::<another account>:role/cdk-cleanroomsml-live-0a1b2c3d-write-1"
    ),
    "arn:aws:lambda:eu-west-1:111122223333:function:shop": "arn:aws:lambda:eu-west-1:<account>:function:…",
    "arn:aws:s3:::customers-of-jane/segments": "arn:aws:s3:::…",
    f"{OTHER}, {PARTNER}, assets-{OWN}-eu-west-1": "<another account>, <partner>, assets-<account>-eu-west-1",
    "request 0f1e2d3c-0000-4000-8000-123456789012": "request 0f1e2d3c-0000-4000-8000-123456789012",
    "https://b.s3.amazonaws.com/k?X-Amz-Date=20010203T000000Z&X-Amz-Credential=AKIA1/x&X-Amz-Signature=0f": (
        "https://b.s3.amazonaws.com/k?X-Amz-Date=20010203T000000Z&X-Amz-Credential=…&X-Amz-Signature=…"
    ),
    "?AWSAccessKeyId=AKIA1&Expires=1&Signature=a%2Fb": "?AWSAccessKeyId=…&Expires=1&Signature=…",
    "asked by jane.doe, not by jane.doer": "asked by <caller>, not by jane.doer",
}


@pytest.mark.parametrize("name", ["aws", "cdk", "told", "model"])
def test_a_name_that_is_a_word_changes_neither_rows_nor_answers(name: str) -> None:
    """Of a user: what is applied is found again, and ARNs tell as little as ever."""
    masks = Masks({OWN: "<account>", f"arn:aws:iam::{OWN}:user/{name}": "<caller>", name: "<caller>"})
    arn = f"arn:aws:cleanrooms-ml:eu-west-1:{OWN}:audience-model/0f1e2d3c-0000-4000-8000-123456789012"
    made = found({NAMES: told(f"{arn}, by {name}", position="repeat")}, masks)
    (answer,) = made["answers"]
    assert (answer["row"], answer["answer"], answer["position"]) == (EXPERIMENTS[NAMES].row, "told", "repeat")
    assert "0f1e2d3c" not in answer["because"]
    assert answer["because"].endswith(", by <caller>")
    assert f"no longer unknown: {EXPERIMENTS[NAMES].row}" in made["differences"]


@pytest.mark.parametrize("text", MASKED)
def test_nothing_tells_whose_account_it_was(text: str, masks: Masks) -> None:
    assert masks.mask(text) == MASKED[text]
    assert masks.mask(masks.mask(text)) == MASKED[text]


def found(verdicts: dict[str, Verdict], masks: Masks, **about: Any) -> dict[str, Any]:
    """The report of some experiments, as it comes out of its file."""
    findings = Findings()
    for name, verdict in verdicts.items():
        each = EXPERIMENTS[name]
        findings.answer(name, each.row, verdict, switch=each.switch)
    findings.measure("first deployment", 93.25, "s")
    made = report.document(findings, masks, **{**ABOUT, **about})
    again: dict[str, Any] = json.loads(json.dumps(made))
    return again


SURPRISES = {
    "empty_description": yes("Get shows no description then", position=POSITIONS["empty_description"][-1]),
    NAMES: told("the second Create is refused: ConflictException", position=POSITIONS[NAMES][-1]),
}


def test_the_page_has_answers_figures_differences_and_evidence(masks: Masks) -> None:
    evidence = (Answer("cleanroomsml:CreateConfiguredAudienceModel", "0-1", "ConflictException", f"of {OWN} | taken"),)
    made = found({**SURPRISES, NAMES: replace(SURPRISES[NAMES], evidence=evidence)}, masks)
    page = shown.markdown(made)
    row = EXPERIMENTS["empty_description"].row
    assert f"| {row} | empty description | **yes**: Get shows no description then |" in page
    assert "| first deployment | 93.25 s |" in page
    assert f"* the switch {NAMES} is {POSITIONS[NAMES][0]!r}, and was seen as {POSITIONS[NAMES][-1]!r}" in page
    assert "| cleanroomsml:CreateConfiguredAudienceModel | 0-1 | ConflictException | of <account> \\| taken |" in page
    assert f"Switch `{NAMES}`: `{POSITIONS[NAMES][-1]!r}`." in page
    assert "It ran to its end. Left in the account: nothing." in page


def test_what_was_interrupted_lacked_or_left_is_said(masks: Masks) -> None:
    about = {"complete": False, "missing_permissions": ["iam:PassRole"], "left": ["role some"]}
    page = shown.markdown(found({}, masks, **about))
    assert "It was interrupted: what is missing wasn't tried. Whoever ran it lacks iam:PassRole." in page
    assert "Left in the account: role some." in page


def test_what_is_as_assumed_is_no_difference_but_no_longer_unknown(masks: Masks) -> None:
    assumed = {"empty_description": unknown("it took too long"), NAMES: told("as it is", position=POSITIONS[NAMES][0])}
    assert found(assumed, masks)["differences"] == [f"no longer unknown: {EXPERIMENTS[NAMES].row}"]


def test_a_wrong_inference_is_a_difference(masks: Masks) -> None:
    made = found({"empty_description": no("it is refused")}, masks)
    assert made["differences"][0].startswith("inferred, and wrong: `description=")


def test_what_is_wrong_is_said_once(masks: Masks) -> None:
    assert len(found({"empty_description": no("it is refused")}, masks)["differences"]) == 1


def test_a_second_report_of_a_day_has_a_name_of_its_own(masks: Masks, tmp_path: Path) -> None:
    files = [shown.write(found({}, masks), tmp_path).name for _ in range(2)]
    assert files == ["live-2001-02-03.json", "live-2001-02-03-2.json"]


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_the_terminal(width: int, masks: Masks, capsys: pytest.CaptureFixture[str]) -> None:
    evidence = (Answer("cleanroomsml:CreateConfiguredAudienceModel", "0-1", "ConflictException", "taken " * 30),)
    made = found({**SURPRISES, "empty_description": replace(unknown("why " * 40), evidence=evidence)}, masks)
    shown.show({**made, "left": ["role cdk-cleanroomsml-live-0a1b2c3d-write-1"] * 4}, Screen(width))
    lines = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= width
    assert "  told  the second Create is refused: ConflictException" in [line.rstrip() for line in lines]


def defaults(module: str) -> dict[str, Any]:
    """The defaults of the switches in a module's text."""
    tree = ast.parse(module)
    (switches,) = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    members = [each for each in switches.body if isinstance(each, ast.AnnAssign)]
    return {ast.unparse(each.target): ast.literal_eval(each.value) for each in members if each.value}


def test_applied_it_changes_what_was_seen_otherwise_and_nothing_else(masks: Masks) -> None:
    before = SWITCHES.read_text()
    after = apply.new_switches(before, found(SURPRISES, masks))
    changed = {name: POSITIONS[name][-1] for name in ("empty_description", NAMES)}
    assert defaults(after) == {**defaults(before), **changed}
    assert after.count("Seen so in eu-west-1, 2001-02-03.") == len(changed)
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert all(len(line) <= 120 for line in added)


def test_every_position_of_every_switch_can_be_applied(masks: Masks) -> None:
    text = SWITCHES.read_text()
    for name, values in positions().items():
        for position in values:
            made = {**found({}, masks), "answers": [answer(name, position)]}
            assert defaults(apply.new_switches(text, made))[name] == position


def answer(switch: str, position: object) -> dict[str, Any]:
    told_ = {"answer": "told", "because": "it was seen", "evidence": []}
    return {"experiment": "one", "row": "none", "switch": switch, "position": position, **told_}


def test_applied_twice_it_changes_nothing_more(masks: Masks) -> None:
    made = found(SURPRISES, masks)
    once = apply.new_switches(SWITCHES.read_text(), made), apply.new_limitations(PAGE, made)
    assert (apply.new_switches(once[0], made), apply.new_limitations(once[1], made)) == once
    later = {**made, "date": "2001-05-06"}
    assert apply.new_switches(once[0], later) == once[0].replace("2001-02-03", "2001-05-06")
    assert apply.new_limitations(once[1], later) == once[1].replace("2001-02-03", "2001-05-06")


def test_rows_move_when_all_their_experiments_have_told(masks: Masks) -> None:
    names, cleared = EXPERIMENTS[NAMES].row, EXPERIMENTS["empty_description"].row
    made = found(SURPRISES, masks)
    untold = {**answer("none", None), "row": names, "answer": "not to be told"}
    after = apply.new_limitations(PAGE, {**made, "answers": [*made["answers"], untold]})
    assert names in rows("Unknown", after)
    assert cleared not in rows("Inferred", after)
    where = "eu-west-1, 2001-02-03"
    assert rows(ANSWERED, after) == {
        cleared: [cleared, "yes, Get shows no description then", where, rows("Inferred", PAGE)[cleared][1]]
    }
    both = apply.new_limitations(after, found(SURPRISES, masks))
    assert set(rows(ANSWERED, both)) == {cleared, names}
    assert headings(both) == [*headings(PAGE)[:-2], ANSWERED, *headings(PAGE)[-2:]]
    assert "Nothing here was tried" not in both


def test_another_region_gets_a_row_of_its_own(masks: Masks) -> None:
    once = apply.new_limitations(PAGE, found(SURPRISES, masks))
    twice = apply.new_limitations(once, found({"empty_description": told("otherwise")}, masks, region="us-east-1"))
    cleared = EXPERIMENTS["empty_description"].row
    assert [line.split(" | ")[2] for line in twice.splitlines() if line.startswith(f"| {cleared}")] == [
        "eu-west-1, 2001-02-03",
        "us-east-1, 2001-02-03",
    ]


def headings(text: str) -> list[str]:
    return re.findall("^## (.+)$", text, re.MULTILINE)


def test_the_command_writes_both_and_says_so(
    masks: Masks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / SWITCHES.name
    copy.write_text(SWITCHES.read_text())
    monkeypatch.setattr(apply, "SWITCHES", copy)
    file = shown.write(found(SURPRISES, masks), tmp_path)
    assert apply.main([str(file)]) == 0
    assert capsys.readouterr().out == "changed: switches.py\nchanged: limitations.md\n"
    assert apply.main([str(file)]) == 0
    assert capsys.readouterr().out == "as it was: switches.py\nas it was: limitations.md\n"


WRONG = {
    "Expecting value": "nonsense",
    "is damaged, and nothing was changed": '{"format": 1}',
    "KeyError('switch')": '{"format": 1, "answers": [{}]}',
    "is to be 1": '{"format": 2}',
    "isn't a report": "[]",
    "there is no switch 'nothing'": json.dumps({"format": 1, "answers": [answer("nothing", 1)]}),
    "update_resets must be true or false": json.dumps({"format": 1, "answers": [answer("update_resets", "maybe")]}),
    "contradict": json.dumps({"format": 1, "answers": [answer("update_resets", at) for at in (True, False)]}),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_is_no_report_changes_nothing(why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = SWITCHES.read_text()
    file = tmp_path / "live.json"
    file.write_text(WRONG[why])
    assert apply.main([str(file)]) == 1
    assert why in capsys.readouterr().err
    assert SWITCHES.read_text() == before
    assert apply.main([]) == 64
