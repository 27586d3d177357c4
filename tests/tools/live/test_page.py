"""The page for whoever has an account says all that there is, and its commands are ones."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import botocore.session
from botocore import xform_name
from tools.live import __main__ as command
from tools.live import permissions
from tools.live.kinds import KINDS, PREFIX, TAG
from tools.live.run import Inputs

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "live.md").read_text()
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("|")]


def test_it_names_every_kind_of_thing_in_the_order_of_deletion() -> None:
    by_hand = PAGE.partition("## By hand")[2]
    named = [line.split("|")[1].strip() for line in by_hand.splitlines() if line.startswith("| the ")]
    assert named == [kind.called for kind in KINDS.values()]
    assert f"`{PREFIX}`" in by_hand
    assert f"`{TAG}`" in by_hand


def test_every_command_of_the_aws_cli_is_one() -> None:
    session = botocore.session.get_session()
    for line in re.findall("`aws ([^`]+)`", PAGE):
        service, command_, *rest = line.split()
        # What the AWS CLI has beyond the API.
        if service == "s3":
            assert command_ in ("ls", "rb")
            continue
        model = session.get_service_model(service)
        operations = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
        shape = operations[command_].input_shape
        options = {xform_name(name, "-") for name in shape.members}
        required = {xform_name(name, "-") for name in shape.required_members}
        given = {word.removeprefix("--") for word in rest if word.startswith("--")}
        assert required <= given <= options, line


def test_it_names_every_variable() -> None:
    named = [re.sub("`|=1", "", row[0]) for row in ROWS if re.match("`[A-Z]", row[0])]
    inputs = [field.name.upper() for field in fields(Inputs)]
    assert sorted(named) == sorted([*inputs, *(name.upper() for name in command._FLAGS)])
    makefile = (ROOT / "Makefile").read_text()
    (exported,) = re.findall("^export (.*)$", makefile, re.MULTILINE)
    assert sorted(exported.split()) == sorted(named)


def test_the_policy_fits_a_managed_one() -> None:
    """6,144 characters without white space (IAM quotas)."""
    arn = "arn:aws:cleanrooms-ml:ap-northeast-1:111122223333:audience-model/" + "0" * 36
    given = Inputs(**{field.name: arn for field in fields(Inputs)})
    policy = permissions.policy(given, partition="aws", region="ap-northeast-1", account="111122223333")
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144
