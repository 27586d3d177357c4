"""Which scenario is proved by which tests: `python -m tests.handler.matrix` runs them and prints rows, tests, results.

A test names its rows with `@pytest.mark.scenario(6, 9)`. `pytest tests/handler --scenario-matrix` prints it, too.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent.parent

ROWS = {
    1: "create, minimal and with all properties",
    2: "strings are cast by the service model",
    3: "ServiceToken and ServiceTimeout are dropped",
    4: "unknown property",
    5: "all problems in one message",
    6: "crash after create",
    7: "the create's answer is lost",
    8: "two deliveries at the same time",
    9: "every delivery crashes, Delete comes with an invented id",
    10: "a late retry",
    11: "Delete with the placeholder of a failed create",
    12: "Delete with a foreign or malformed id",
    13: "Delete of the already deleted",
    14: "Delete with properties of another version",
    15: "conflict on delete",
    16: "delete is eventually consistent",
    17: "update in place",
    18: "update without effect",
    19: "optional property removed",
    20: "replacement",
    21: "replacement under the same name",
    22: "clean-up Delete after a replacement",
    23: "replacement, then a later resource fails",
    24: "update, then a later resource fails",
    25: "update fails half-way",
    26: "update of a model that was deleted",
    27: "update whose old id is a placeholder",
    28: "drift",
    29: "tags",
    30: "tag calls throttled or denied",
    31: "throttling",
    32: "IAM not propagated",
    33: "IAM never propagated",
    34: "explicit deny",
    35: "quota exceeded",
    36: "the Lambda is about to time out",
    37: "the answer can't be sent",
    38: "the answer is too long",
    39: "error at import, bad event",
    40: "secrets",
    41: "GetAtt, Ref, exports",
    42: "IAM: sufficient and minimal",
    43: "PassRole",
    44: "deploy twice, destroy twice",
    45: "RETAIN, DELETE_FAILED",
    46: "asset completeness",
    47: "several resources and stacks, one provider",
    48: "random histories",
}


def rows_in_sources() -> dict[int, set[str]]:
    """The rows that the tests name, with the files, found without running anything."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in TESTS.rglob("*.py"):
        for row in _rows(ast.parse(path.read_text())):
            found[row].add(str(path.relative_to(TESTS)))
    return found


def _rows(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        name = (
            getattr(node.func, "attr", None) or getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
        )
        if name == "scenario" and isinstance(node, ast.Call):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, int))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scenario-matrix", action="store_true", help="print rows of scenarios, their tests and results")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in item.iter_markers("scenario"):
            # Properties travel with the report, also from the workers of xdist.
            item.user_properties += [("scenario", row) for row in marker.args]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--scenario-matrix"):
        return
    found = results(terminalreporter)
    terminalreporter.section("scenarios")
    for row, title in ROWS.items():
        terminalreporter.line(f"{row:2}  {verdict(found[row]):8} {title}")
        for test, outcome in sorted(found[row].items()):
            terminalreporter.line(f"      {outcome:8} {test}")


def results(terminalreporter: pytest.TerminalReporter) -> dict[int, dict[str, str]]:
    """Row → test → outcome."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for outcome in ("passed", "skipped", "xfailed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, row in getattr(report, "user_properties", ()):
                if name == "scenario":
                    found[row][report.nodeid] = outcome
    return found


def verdict(tests: dict[str, str]) -> str:
    if not tests:
        return "no test"
    return "proved" if set(tests.values()) == {"passed"} else "FAILED"


class Gate:
    """Lets the run fail when a row isn't proved, whatever the reason."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter is not None
        found = results(reporter)
        if any(verdict(found[row]) != "proved" for row in ROWS):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


if __name__ == "__main__":
    # This folder first: its conftest.py knows the option.
    folders = [str(Path(__file__).parent), str(TESTS)]
    sys.exit(pytest.main([*folders, "--scenario-matrix", "-q", *sys.argv[1:]], plugins=[Gate()]))
