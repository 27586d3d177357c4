"""What a Reason means and what to do: the tables of the operators' page, which is the one place where that is written.

The page is in the wheel; in a clone it is where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from botocore import exceptions

from ..handler.calls import diagnose

PAGES = (Path(__file__).parent / "operators.md", Path(__file__).parents[3] / "docs" / "operators.md")

_CALL = re.compile(
    r"(?P<operation>[A-Z]\w+) failed with (?P<code>\w+)(?: after (?P<attempts>[^:]+))?: (?P<message>.*?)"
    r"(?: \(request id (?P<request_id>[^)]+)\))?(?:\. |$)",
    re.S,
)
_OF_CLOUDFORMATION = {
    "CloudFormation did not receive a response from your Custom Resource": (
        "the function never got to answer",
        "look at its log; if there is none, Lambda never ran it; in a VPC, can it reach S3?",
    ),
    "Function not found: ": (
        "somebody has deleted the stack's function, and nothing serves its resources any more",
        "delete the stack without them (--retain-resources), then adopt them in a new one",
    ),
}
"""What CloudFormation says itself: what it means, and what to do."""


@dataclass(frozen=True)
class Advice:
    """What is known about a Reason.

    Attributes:
        kind: of trouble, where a call failed.
        means: what it means.
        do: what to do.
    """

    kind: str = ""
    means: str = ""
    do: str = ""


def advice(reason: str) -> Advice:
    """The page's advice for a Reason; an empty one when the page doesn't know it."""
    for says, (means, do) in _OF_CLOUDFORMATION.items():
        if says in reason:
            return Advice(means=means, do=do)
    rows = [(says, means, do) for says, means, do in _reasons() if re.search(says, reason, re.S)]
    # The one that says most of it.
    quoted = max(rows, key=lambda row: len(row[0]), default=None)
    call = _CALL.search(reason)
    kind = _kind(call) if call else ""
    if quoted is not None:
        return Advice(kind, quoted[1], quoted[2])
    return Advice(kind, do=_kinds().get(kind, ""))


def _kind(call: re.Match[str]) -> str:
    """The kind of trouble that a Reason tells of, by the function's own policy."""
    exception = getattr(exceptions, call["code"], None)
    if isinstance(exception, type) and issubclass(exception, Exception):
        # A bare one: what it was is all that is asked.
        return diagnose(exception.__new__(exception)).kind
    error = {"Error": {"Code": call["code"], "Message": call["message"]}}
    return diagnose(exceptions.ClientError(error, call["operation"])).kind


@cache
def _page() -> str:
    return next(page for page in PAGES if page.exists()).read_text(encoding="utf-8")


@cache
def _kinds() -> dict[str, str]:
    """What to do about each kind of trouble of a call."""
    return {cells[0].strip("`"): _plain(cells[3]) for cells in _rows("kind")}


@cache
def _reasons() -> list[tuple[str, str, str]]:
    """Patterns of other Reasons, what each means, what to do."""
    return [(_pattern(cells[0].strip("`")), _plain(cells[1]), _plain(cells[2])) for cells in _rows("the Reason says")]


def _rows(head: str) -> list[list[str]]:
    """The rows of the page's table whose first column has this head."""
    match = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", _page(), re.M)
    lines = match[1].splitlines() if match else []
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def _pattern(quotation: str) -> str:
    """A quotation of the page, in which `…`, numbers and examples stand for any."""
    pieces = re.split(r"…|\b\d+\b", quotation.strip("…. "))
    return ".*?".join(re.escape(piece) for piece in pieces)


def _plain(cell: str) -> str:
    """A cell without links and code marks."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", cell).replace("`", "")
