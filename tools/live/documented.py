"""What docs and switches assume, read from where they say it."""

from __future__ import annotations

import re
from pathlib import Path

from cdk_cleanroomsml.local.service import Switches

ROOT = Path(__file__).resolve().parents[2]
LIMITATIONS = ROOT / "docs" / "limitations.md"
SWITCHES = ROOT / "constructs_pkg" / "cdk_cleanroomsml" / "local" / "service" / "switches.py"

ANSWERED = "Answered by a live account"
"""The section of docs/limitations.md that `apply` writes."""


def assumed(switch: str) -> object:
    """The default of a switch."""
    return getattr(Switches(), switch)


def rows(section: str, text: str | None = None) -> dict[str, list[str]]:
    """The rows of a section's table in docs/limitations.md: their cells, by the first one."""
    page = LIMITATIONS.read_text() if text is None else text
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    lines = [line for line in (found[1] if found else "").splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return {row[0]: row for row in cells}
