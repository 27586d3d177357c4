"""The page from top to bottom, in one engine; what it shows of the output is what comes."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from .pages import blocks, commands, write_files
from .shell import run

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "getting-started.md"


def test_getting_started(tmp_path: Path) -> None:
    write_files(PAGE, tmp_path)
    # The same program for the third time takes a second of a core, and tells nothing new.
    script = commands(PAGE, "sh").replace("cdk destroy", "CDK_APP=cdk.out cdk destroy")
    (tmp_path / "commands.sh").write_text(f"set -e\n{script}")
    start = r"^python -m cdk_cleanroomsml\.local .*-- bash$"
    (engine,) = re.findall(start, commands(PAGE, "console").replace("\\\n", ""), re.MULTILINE)
    output = run([*shlex.split(engine), "commands.sh"], tmp_path)
    position = 0
    for line in "".join(block.code for block in blocks(PAGE) if block.language == "text").splitlines():
        expected = r"\s+".join(re.escape(word).replace("…", ".*") for word in line.split())
        found = re.compile(expected).search(output, position)
        assert found, f"{line!r} is not in the rest of the output:\n{output[position:]}"
        position = found.end()
