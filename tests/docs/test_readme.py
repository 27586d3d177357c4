"""The README's first program, as a reader uses it: in an empty folder, with the CDK CLI, and under cdk-nag."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

import cdk_nag

from .pages import REPOSITORY
from .shell import run

if TYPE_CHECKING:
    from pathlib import Path

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_first_block_is_an_application_that_the_cli_deploys(tmp_path: Path) -> None:
    (cdk_json,) = re.findall(r'`(\{ "app": .*? \})`', README)
    (tmp_path / "app.py").write_text(blocks("python")[0])
    (tmp_path / "cdk.json").write_text(cdk_json)
    (command,) = (block for block in blocks("sh") if "cdk_cleanroomsml.local" in block)
    output = run(shlex.split(command.replace("\\\n", "")), tmp_path, {**os.environ, "CDK_REQUIRE_APPROVAL": "never"})
    assert re.search(r"Lookalikes\.SportsReadersArn\w+ = arn:aws:cleanrooms-ml:us-east-1:111122223333:conf", output)


def test_the_acknowledgements_are_all_that_the_first_block_needs() -> None:
    (acknowledgements,) = (block for block in blocks("python") if "Acknowledgment" in block)
    namespace: dict[str, Any] = {}
    exec(blocks("python")[0].replace("app.synth()", ""), namespace)  # noqa: S102 - the README's own
    assert violations(namespace) != []
    exec(acknowledgements, namespace)  # noqa: S102 - the README's own
    assert violations(namespace) == []


def violations(namespace: dict[str, Any]) -> list[str]:
    found = cdk_nag.AwsSolutionsChecks(namespace["app"]).validate_scope(namespace["stack"]).violations
    return [violation.rule_name for violation in found]
