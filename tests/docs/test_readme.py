"""The README's first program, as a reader uses it: in an empty folder, with the CDK CLI."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from .pages import REPOSITORY
from .shell import run

if TYPE_CHECKING:
    from pathlib import Path

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_smallest_program_is_an_application_that_the_cli_deploys(tmp_path: Path) -> None:
    (cdk_json,) = re.findall(r'`(\{ "app": .*? \})`', README)
    (program,) = (block for block in blocks("python") if "app.synth()" in block)
    (tmp_path / "app.py").write_text(program)
    (tmp_path / "cdk.json").write_text(cdk_json)
    (command,) = (block for block in blocks("sh") if "cdk_cleanroomsml.local" in block)
    output = run(shlex.split(command.replace("\\\n", "")), tmp_path, {**os.environ, "CDK_REQUIRE_APPROVAL": "never"})
    assert re.search(r"Lookalikes\.SportsReadersArn\w+ = arn:aws:cleanrooms-ml:us-east-1:111122223333:conf", output)
