"""How many lines each task of docs/comparison.md takes on each side: `python tests/docs/lines.py` prints the table."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "comparison"
SIDES = ("library", "aws_custom_resource")
TASKS = (
    "create",
    "import",
    "grant",
    "tag",
    "retain",
    "bring-your-own",
    "cross-stack",
    "nested",
    "pipeline",
    "validate",
    "test",
    "upgrade",
)

_SECTION = r"# --8<-- \[start:{task}\]\n(.*?)^ *# --8<-- \[end:{task}\]"


def count(side: str, task: str) -> int:
    """The lines of what the page shows of a task, without those that are empty or only a comment."""
    (found,) = re.findall(_SECTION.format(task=task), _text(side), re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in found.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


@cache
def _text(side: str) -> str:
    """The code of a side, at the width of the repository: the page's columns are narrower, and break lines."""
    width = ("--isolated", "--line-length=120", "--config=format.skip-magic-trailing-comma=true")
    texts = []
    for path in sorted(FOLDER.glob(f"{side}.*")):
        command = [sys.executable, "-m", "ruff", "format", *width, "-"]
        is_code = path.suffix == ".py"
        text = path.read_text()
        texts.append(
            subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout if is_code else text
        )
    return "".join(texts)


def rows() -> list[tuple[str, int, int]]:
    """For each task its name and the lines of both sides."""
    return [(task, *(count(side, task) for side in SIDES)) for task in TASKS]  # type: ignore[misc]


def main() -> None:
    counted = rows()
    for task, ours, theirs in counted:
        sys.stdout.write(f"| {task} | {ours} | {theirs} |\n")
    sys.stdout.write(f"| **all** | **{sum(row[1] for row in counted)}** | **{sum(row[2] for row in counted)}** |\n")


if __name__ == "__main__":
    main()
