"""What a demonstration shows."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.local.cli.steps import StepFailedError, Steps

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a-1b4c-4c8e-9f0e-6a2f3c1d7e90"
SAY = [sys.executable, "-c", "print('what the program says')"]
FAIL = [sys.executable, "-c", "print('what [it] says', flush=True); raise SystemExit('why')"]


def test_a_step_is_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps("A demonstration", environment={})
    with steps.step("cdk deploy [all]"):
        steps.run(SAY)
    title, line = capfd.readouterr().out.split("\n\n")
    assert title.strip() == "A demonstration"
    assert re.fullmatch(r"✔ cdk deploy \[all\] +\d+\.\d s", line.strip())


def test_verbose_shows_all(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps("A demonstration", environment={"VERBOSE": "1"})
    with steps.step("cdk deploy"):
        steps.run(SAY)
    assert "what the program says" in capfd.readouterr().out


def test_what_fails_is_shown_in_full(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps("A demonstration", environment={})
    with pytest.raises(SystemExit, match="1"), steps.step("cdk deploy"):
        steps.run(FAIL)
    said = capfd.readouterr().out
    assert re.search(r"✘ cdk deploy \d+\.\d s\nwhat \[it\] says\nwhy\nCommand", said)
    with pytest.raises(SystemExit, match="1"), steps.step("a look"):
        raise StepFailedError("the model was not changed")
    assert "the model was not changed" in capfd.readouterr().out


def test_names_stand_beside_arns(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps("A demonstration", environment={})
    assert steps.name(ARN, "first audience model") == ARN
    steps.show(in_use=ARN, buckets=["one", "two"])
    assert [line.split() for line in capfd.readouterr().out.splitlines()[3:]] == [
        ["in", "use", "first", "audience", "model", "(…3c1d7e90)"],
        ["buckets", "one"],
        ["two"],
    ]


def test_before_and_after_are_side_by_side(capfd: pytest.CaptureFixture[str]) -> None:
    steps = Steps("A demonstration", environment={})
    steps.when("day 7")
    steps.changed({"size": 500, "name": "same"}, {"size": 1000, "name": "same"})
    time_, *table = capfd.readouterr().out.splitlines()[3:]
    assert time_.startswith("── day 7 ──")
    assert [line.split() for line in table] == [["before", "after"], ["size", "500", "1000"]]


def test_a_recording_is_a_picture_that_fetches_nothing(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    steps = Steps("A demonstration", environment={"RECORDING": str(picture)})
    steps.end("all of it.", ("make demo-chain", "more"))
    text = picture.read_text()
    assert "A&#160;demonstration" in text
    assert re.findall(r"https?://(?!www\.w3\.org/)[^\"<) ]+", re.sub(r"<!--.*?-->", "", text)) == []
