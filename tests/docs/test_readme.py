"""The README's first program is the one of Getting started, which test_getting_started.py deploys."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
from pathlib import Path

import pytest

from .pages import REPOSITORY, commands, write_files
from .shell import run

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A folder, as the README tells its reader to fill it."""
    (cdk_json,) = re.findall(r'`(\{ "app": .*? \})`', README)
    (program,) = (block for block in blocks("python") if "app.synth()" in block)
    (folder := tmp_path / "readme").mkdir()
    (folder / "app.py").write_text(program)
    (folder / "cdk.json").write_text(cdk_json)
    return folder


@pytest.fixture
def command() -> list[str]:
    """How it is deployed to the engine."""
    (command,) = (block for block in blocks("sh") if "cdk_cleanroomsml.local" in block)
    return shlex.split(command.replace("\\\n", ""))


def assembly(folder: Path) -> dict[str, bytes]:
    """What the application of a folder hands to the CDK CLI."""
    (language, program) = shlex.split(json.loads((folder / "cdk.json").read_text())["app"])
    assert language in ("python", "python3")
    app = runpy.run_path(str(folder / program))["app"]
    return {path.name: path.read_bytes() for path in Path(app.synth().directory).iterdir() if path.is_file()}


def test_the_smallest_program_is_the_one_of_getting_started(application: Path, tmp_path: Path) -> None:
    write_files("getting-started.md", tmp_path)
    ours = assembly(application)
    assert "Lookalikes.template.json" in ours
    assert ours == assembly(tmp_path)


def test_the_engine_is_started_as_in_getting_started(command: list[str]) -> None:
    (theirs,) = re.findall(
        r"^python -m cdk_cleanroomsml\.local .* bash$",
        commands("getting-started.md", "console").replace("\\\n", ""),
        re.MULTILINE,
    )
    assert command == [*shlex.split(theirs)[:-1], "cdk", "deploy"]


@pytest.mark.nightly("by day Getting started's program, which has the same assembly, is deployed in the same engine")
def test_the_cli_deploys_it(application: Path, command: list[str]) -> None:
    output = run(command, application, {**os.environ, "CDK_REQUIRE_APPROVAL": "never"})
    assert re.search(r"Lookalikes\.SportsReadersArn\w+ = arn:aws:cleanrooms-ml:us-east-1:111122223333:conf", output)
