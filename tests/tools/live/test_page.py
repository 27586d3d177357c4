"""The page for whoever has an account says all that there is, and its commands are ones."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from tools.live import __main__ as command
from tools.live.kinds import KINDS, PREFIX, TAG
from tools.live.run import Inputs

from ...docs.aws_cli import parse

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "live.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("|")]
COMMANDS = re.findall("`aws ([^`]+)`", PAGE)


def test_it_names_every_kind_of_thing_in_the_order_of_deletion() -> None:
    by_hand = PAGE.partition("## By hand")[2]
    named = [line.split("|")[1].strip() for line in by_hand.splitlines() if line.startswith("| the ")]
    assert named == [kind.called for kind in KINDS.values()]
    assert f"`{PREFIX}`" in by_hand
    assert f"`{TAG}`" in by_hand


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_aws_cli_is_one(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    words = line.split()
    # What the AWS CLI has beyond the API.
    if words[0] == "s3":
        assert words[1] in ("ls", "rb")
    else:
        parse(words)


def test_it_names_every_variable() -> None:
    named = [re.sub("`|=1", "", row[0]) for row in ROWS if re.match("`[A-Z]", row[0])]
    inputs = [field.name.upper() for field in fields(Inputs)]
    assert sorted(named) == sorted([*inputs, *(name.upper() for name in command._FLAGS)])
    makefile = (ROOT / "Makefile").read_text()
    (exported,) = re.findall("^export (.*)$", makefile, re.MULTILINE)
    assert sorted(exported.split()) == sorted(named)
