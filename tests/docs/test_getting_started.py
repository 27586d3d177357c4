"""The page from top to bottom, in one engine; what it shows of the output is what comes.

The project is one that has been used before: its npm packages are its own, and its bootstrapping has a qualifier.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import aws_cdk as cdk

from .pages import REPOSITORY, blocks, commands, write_files

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = "getting-started.md"
CONTEXT = {"@aws-cdk/core:bootstrapQualifier": "mine"}


def test_getting_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(PAGE, tmp_path)
    settings = json.loads((tmp_path / "cdk.json").read_text())
    settings = {"app": f"echo >>runs && {settings['app']}", "context": CONTEXT}
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    (tmp_path / "node_modules").symlink_to(REPOSITORY / "node_modules")
    # A program takes a second of a core in a process of its own: one of the three times, when it is given something.
    monkeypatch.setattr(cdk, "App", partial(cdk.App, context=CONTEXT))
    first = runpy.run_path(str(tmp_path / "app.py"))["app"].synth().directory
    script = commands(PAGE, "sh").replace("cdk deploy", f"CDK_APP={first} cdk deploy", 1)
    (tmp_path / "commands.sh").write_text(f"set -e\n{script.replace('cdk destroy', 'CDK_APP=cdk.out cdk destroy')}")
    start = r"^python -m (cdk_cleanroomsml\.local .*-- bash)$"
    (engine,) = re.findall(start, commands(PAGE, "console").replace("\\\n", ""), re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(engine), "commands.sh"],
        cwd=tmp_path,
        env=os.environ | {"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    output = done.stdout
    assert done.returncode == 0, output
    # To bootstrap runs no program.
    assert (tmp_path / "runs").read_text() == "\n"
    position = 0
    for line in "".join(block.code for block in blocks(PAGE) if block.language == "text").splitlines():
        expected = r"\s+".join(re.escape(word).replace("…", ".*") for word in line.split())
        found = re.compile(expected).search(output, position)
        assert found, f"{line!r} is not in the rest of the output:\n{output[position:]}"
        position = found.end()
