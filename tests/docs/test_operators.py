"""The operators' page knows each Reason, each kind of failure and each line of the log."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import cdk_cleanroomsml
from cdk_cleanroomsml.handler.calls import retry_policy

from .pages import DOCS, table
from .said import messages

HANDLER = Path(cdk_cleanroomsml.__file__).parent / "handler"
PAGE = "operators.md"


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """All of the handler's code, with the file that it is in."""
    return [
        (path.name, node) for path in sorted(HANDLER.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text()))
    ]


def calls_of(name: str) -> list[tuple[str, ast.Call]]:
    """Each call of a function, or of an object's own method, by a name."""
    return [
        (file, node)
        for file, node in nodes()
        if isinstance(node, ast.Call)
        and name in (getattr(node.func, "id", ""), getattr(node.func, "attr", "").removeprefix("_"))
        and ast.unparse(node.func) in (name, f"self._{name}")
    ]


def longest_text(node: ast.AST) -> str:
    """The longest piece of a message that is always the same."""
    pieces = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return max(pieces, key=len, default="")


def reasons() -> list[str]:
    """What identifies each message that the handler can end with."""
    raised = [(file, longest_text(node.args[0])) for file, node in calls_of("Failure")]
    answered = [(file, longest_text(node.args[1])) for file, node in calls_of("Answer") if len(node.args) > 1]
    composed = [(file, longest_text(node)) for file, node in composers()]
    return sorted({text for _, text in raised + answered + composed if len(text) > 8})


def composers() -> list[tuple[str, ast.AST]]:
    """The messages of functions that put one together for others to raise."""
    return [
        (file, text)
        for file, function in nodes()
        if isinstance(function, ast.FunctionDef) and function.name in ("_jobs_on", "_refusal", "_tag_problems")
        for text in ast.walk(function)
        if isinstance(text, ast.JoinedStr)
    ]


@pytest.mark.parametrize("reason", reasons())
def test_each_reason_is_explained(reason: str) -> None:
    page = " ".join((DOCS / PAGE).read_text().split())
    pieces = [piece.strip() for piece in re.split(r"[,:;]\s", reason.strip(" .;:,'"))]
    head = max(pieces, key=len)
    assert head in page


VALUES = re.compile(
    r"…|cdk-cleanroomsml:|cleanrooms(?:-ml)?:|\*\*\*|<[^>]*>|\d+|[a-z-]+:[\w:/-]*:[\w:/-]+"
    r"|\b[A-Z][a-z]+[A-Z]\w*|\b[A-Z]+_[A-Z]+|^\w+(?=: this change)"
)
"""What differs from one Reason to another, where a page quotes one."""


_HINT = re.compile(r"^\w+ failed with .*?\(request id [^)]*\)\. (.*) \(log: .*")
"""A Reason that begins with the service's words: what the function adds to them."""


def quotations() -> list[str]:
    """What pages say that a Reason says."""
    quoted = [
        line.split("`")[1]
        for line in (DOCS / PAGE).read_text().splitlines()
        if line.startswith("| `") and " " in line.split("`")[1]
    ]
    for page in (PAGE, "guides/updates.md"):
        blocks = re.findall(r"```text\n(.*?)```", (DOCS / page).read_text(), re.S)
        quoted += [_HINT.sub(r"\1", " ".join(block.split())) for block in blocks if not block.startswith("{")]
    return quoted


@pytest.mark.parametrize("quotation", quotations())
def test_what_is_quoted_is_what_the_code_says(quotation: str) -> None:
    """Each piece of it, between the values."""
    said = messages(HANDLER)
    pieces = [piece.strip(" .;:,'()[]") for piece in VALUES.split(quotation)]
    assert [piece for piece in pieces if piece and not any(piece in message for message in said)] == []


def test_there_are_quotations() -> None:
    assert len(quotations()) >= 25
    assert any("under the same name" in quotation for quotation in quotations())


def test_there_are_reasons() -> None:
    assert len(reasons()) >= 12


def test_how_long_each_kind_of_failure_is_retried() -> None:
    said = {}
    for kind, _, written, *_ in table(PAGE, "kind"):
        seconds = written.replace("until the deadline", "inf")
        if seconds == "inf" or seconds.isdigit():
            said[kind.strip("`")] = {"*": float(seconds)}
        else:
            parts = [part.rsplit(" ", 1) for part in seconds.split(", ")]
            said[kind.strip("`")] = {"*" if verb == "others" else verb: float(number) for verb, number in parts}
    assert said == retry_policy.RETRY_SECONDS


def test_each_line_of_the_log_is_explained() -> None:
    steps = {ast.literal_eval(node.args[0]) for name in ("log",) for _, node in calls_of(name)}
    assert {row[0].strip("`") for row in table(PAGE, "`step`")} == steps


def test_each_cause_of_a_leftover_is_named() -> None:
    causes = {ast.literal_eval(node.args[1]) for _, node in calls_of("remove") if len(node.args) == 2}
    logged = [node.keywords for _, node in calls_of("log") if ast.literal_eval(node.args[0]) == "leftover"]
    told = [word.value for keywords in logged for word in keywords if word.arg == "why"]
    causes |= {value.value for value in told if isinstance(value, ast.Constant)}
    assert causes
    (row,) = (row for row in table(PAGE, "`step`") if row[0] == "`leftover`")
    assert causes == set(re.findall(r"`(\w+)`", row[2])) - {"arn", "why"}
