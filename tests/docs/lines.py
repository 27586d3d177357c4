"""How many lines each task of docs/comparison.md takes on each side: `python tests/docs/lines.py` prints the table."""

from __future__ import annotations

import re
import sys
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


def section(side: str, task: str) -> str:
    """What the page shows of a task: the code between its markers."""
    text = "".join(path.read_text() for path in sorted(FOLDER.glob(f"{side}.*")))
    (found,) = re.findall(_SECTION.format(task=task), text, re.DOTALL | re.MULTILINE)
    return str(found)


def count(side: str, task: str) -> int:
    """Its lines, without those that are empty or only a comment."""
    lines = (line.strip() for line in section(side, task).splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


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
