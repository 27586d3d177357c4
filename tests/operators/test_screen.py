"""What is shown at a wide terminal, at a narrow one, and in a pipe."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.operators.screen import Screen, visible

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = f"arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/{'0' * 36}"
COLUMNS = ("name", "arn", "empty", "about")
ROWS = [("läufer [bold]", ARN, "", "first\nsecond"), ("x" * 70, ARN, "", "")]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    monkeypatch.setenv("TERM", "xterm-256color")

    def lines() -> list[str]:
        return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in capsys.readouterr().out.splitlines()]

    return lines


def test_a_wide_terminal_has_a_table(shown: Callable[[], list[str]]) -> None:
    Screen(width=200).table(COLUMNS, ROWS)
    lines = shown()
    assert lines[0].split() == ["name", "arn", "about"]
    assert lines[1].startswith("läufer [bold]  ")
    assert all(len(line) <= 200 for line in lines)


def test_a_table_is_broken_between_words_alone(shown: Callable[[], list[str]]) -> None:
    rows = [("日本語" * 3, "one two three four five", "x" * 20), ("short", "six", "")]
    Screen(width=18 + 2 + 13 + 2 + 20).table(("a", "b", "c"), rows)
    assert shown() == [
        f"a{' ' * 19}b{' ' * 14}c",
        f"{'日本語' * 3}  one two three  {'x' * 20}",
        f"{' ' * 20}four five",
        f"short{' ' * 15}six",
    ]


@pytest.mark.parametrize("width", [60, 160])
def test_where_a_table_does_not_fit_are_records_whose_values_can_be_copied(
    shown: Callable[[], list[str]], width: int
) -> None:
    Screen(width=width).table(COLUMNS, ROWS)
    assert shown() == [
        "name   läufer [bold]",
        f"arn    {ARN}",
        "about  first",
        "       second",
        "",
        f"name  {'x' * 70}",
        f"arn   {ARN}",
    ]


def test_long_values_are_records_at_any_terminal(shown: Callable[[], list[str]]) -> None:
    Screen(width=160).records(COLUMNS, ROWS[:1])
    assert f"arn    {ARN}" in shown()


@pytest.mark.parametrize("width", [60, 300])
def test_a_log_has_a_line_each_at_any_terminal(shown: Callable[[], list[str]], width: int) -> None:
    Screen(width=width).lines(COLUMNS, ROWS)
    lines = shown()
    assert len(lines) == 3
    assert lines[1].endswith(f"{ARN}  first second")


@pytest.mark.parametrize("method", ["table", "records", "lines"])
def test_a_pipe_has_a_line_each(shown: Callable[[], list[str]], method: str) -> None:
    getattr(Screen(), method)(COLUMNS, ROWS)
    lines = shown()
    assert len(lines) == 3
    assert lines[1].split("  ")[0] == "läufer [bold]"
    assert lines[1].endswith(f"{ARN}  first second")


def test_no_rows_no_table(shown: Callable[[], list[str]]) -> None:
    Screen(width=160).table(COLUMNS, [])
    assert shown() == []


def test_sections_are_apart(shown: Callable[[], list[str]]) -> None:
    screen = Screen(width=160)
    for title in ("one", "two"):
        screen.heading(title)
        screen.say(title)
    assert shown() == ["one", "one", "", "two", "two"]


def test_json_has_nothing_beside_it(shown: Callable[[], list[str]]) -> None:
    screen = Screen(as_json=True)
    screen.heading("x")
    screen.say("x")
    screen.table(COLUMNS, ROWS)
    screen.records(COLUMNS, ROWS)
    screen.lines(COLUMNS, ROWS)
    screen.fields([("a", "b")])
    assert shown() == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ärger\nzwei", "ärger\nzwei"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\\u202eb"),
        ("\t", "\\t"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_progress_only_at_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Screen().progress("reading", 5) as advance:
        advance()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    with Screen().progress("reading", 5) as advance:
        for _ in range(5):
            advance()
    told = capsys.readouterr()
    assert "reading" in told.err
    assert (told.out, "5/5" in told.err) == ("", True)


@pytest.mark.parametrize(
    ("answer", "is_yes"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_only_yes_is_yes(
    answer: str, is_yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: answer, raising=False)
    assert Screen().ask("delete \x1b[31m?") is is_yes
    assert capsys.readouterr().err == "delete \\x1b[31m? [y/N] "
