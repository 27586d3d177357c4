"""Each command and file of the pages is run by a test, or is one that can't be.

Untitled Python blocks are run by Sybil (docs/conftest.py). A `sh` block is run here or by a test of its page; a
`console` block is only shown, because it installs something, or needs a real account or a stack in trouble. Commands of
the AWS CLI are read by the service model either way.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from cdk_cleanroomsml.handler.protocol import LOGICAL_MARKER, STACK_MARKER

from . import aws_cli
from .pages import blocks, commands, pages
from .shell import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from cdk_cleanroomsml.local.engine import Engine
    from cdk_cleanroomsml.testing.engines import Engines

OPERATORS = "operators.md"
AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"


def test_every_command_is_run_or_only_shown() -> None:
    assert {page for page in pages() if commands(page, "sh")} == {"getting-started.md", OPERATORS}


def test_every_file_is_written_by_a_test() -> None:
    comparison = {"library.py", "library.txt", "aws_custom_resource.py", "aws_custom_resource.txt"}
    titled = {page for page in pages() if {block.title for block in blocks(page)} - comparison - {""}}
    assert titled == {"getting-started.md", "guides/testing.md"}


def test_the_command_for_operators(engines: Engines, tmp_path: Path) -> None:
    engine = engines.get(audience_models=[AUDIENCE_MODEL_ARN])
    stack = create_stack(engine)
    orphan = create_model(engine, {STACK_MARKER: stack, LOGICAL_MARKER: "Gone"})
    foreign = create_model(engine, {"team": "not ours"})
    output = run(["bash", "-e", "-c", commands(OPERATORS, "sh")], tmp_path, engine.child_environment())
    listed, _, found = output.partition("orphans in us-east-1: 1\n")
    assert "no stack has resources of Clean Rooms ML in us-east-1" in found
    assert [each.rpartition("/")[2] in listed for each in (orphan, foreign)] == [True, True]
    assert (orphan in found, foreign in found, "Gone" in found) == (True, False, True)


def create_stack(engine: Engine) -> str:
    cloudformation = engine.client("cloudformation")
    template = '{"Resources": {"Other": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}'
    stack = cloudformation.create_stack(StackName="Stack", TemplateBody=template)["StackId"]
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Stack", WaiterConfig={"Delay": 0.1})
    return str(stack)


def create_model(engine: Engine, tags: dict[str, str]) -> str:
    model = engine.client("cleanroomsml").create_configured_audience_model(
        name="readers",
        audienceModelArn=AUDIENCE_MODEL_ARN,
        outputConfig={
            "destination": {"s3Destination": {"s3Uri": "s3://exports/"}},
            "roleArn": "arn:aws:iam::111122223333:role/writer",
        },
        sharedAudienceMetrics=["ALL"],
        tags=tags,
    )
    return str(model["configuredAudienceModelArn"])


def test_every_command_of_the_aws_cli_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    found = []
    for page in pages():
        text = (commands(page, "sh") + commands(page, "console")).replace("\\\n", " ")
        found += [line for line in text.splitlines() if line.startswith("aws ")]
        found += re.findall(r"\$\((aws .*?)(?: 2>/dev/null \|\| true)?\)", text)
    assert len(found) >= 8
    for command in found:
        aws_cli.parse(shlex.split(command)[1:])
