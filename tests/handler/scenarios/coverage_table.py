"""Which scenario is proved by which tests, for each resource type.

`python -m tests.handler.scenarios.coverage_table` prints it.

A test names its rows and the type with `@pytest.mark.scenario(6, 9, type="audience")`; without a type it is about what
its file is about. `pytest tests/handler --scenario-matrix` prints it, too.
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

TESTS = Path(__file__).parents[2]

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
    49: "a Create is cancelled and goes on",
    50: "an Update is cancelled and goes on",
    51: "a request is delivered again after newer ones",
    52: "CloudFormation can't be asked",
    53: "RequestIds are used again",
    54: "a roll-back is continued without a resource",
    55: "an answer is refused",
    56: "a ResponseURL of the old kind",
    57: "copied tags",
    58: "a Create under a taken name answers with what has it",
    59: "what another logical id or stack has",
}

TYPES = ("configured", "policy", "audience", "association")
"""Resource types: the configured audience model, its resource policy, the audience model, the association."""

FILES = {
    "test_resource_policy.py": ("policy",),
    "test_random_chain_histories.py": TYPES,
}
"""What the tests of a file are about, if not about the configured audience model."""

FOR_ALL = {
    37: "an answer is sent by code that knows no types",
    38: "an answer is cut by code that knows no types",
    39: "an event is read before its type counts",
    42: "the permissions of all types stand in one role, which is tested whole",
    46: "all types are in one asset",
    55: "an answer is sent by code that knows no types",
    56: "an event is read before its type counts",
}
"""Rows that are proved for every type by being proved for one."""

NOT_APPLICABLE = {
    ("association", 15): "the service lists no conflict",
    ("policy", 16): "it has no id of its own that must be gone",
    ("policy", 19): "both properties are required",
    ("policy", 21): "it has no name",
    ("policy", 29): "it has no tags",
    ("policy", 30): "it has no tags",
    ("policy", 35): "the service lists no quota",
    ("policy", 43): "no role is passed",
    ("policy", 54): "a policy that isn't the last template's is told, never overwritten",
    ("policy", 57): "it has no tags",
    ("policy", 58): "it has no name",
    ("configured", 59): "markers name the logical id and the stack",
    ("audience", 59): "markers name the logical id and the stack",
    ("audience", 43): "no role is passed",
    ("association", 43): "no role is passed",
}
"""Rows that have no meaning for a type, and why."""


def rows_in_sources() -> dict[int, set[str]]:
    """The rows that the tests name, with the files, found without running anything."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in TESTS.rglob("*.py"):
        text = path.read_text()
        for row in _rows(ast.parse(text)) if "scenario" in text else ():
            found[row].add(str(path.relative_to(TESTS)))
    return found


def _rows(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        name = (
            getattr(node.func, "attr", None) or getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
        )
        if name in ("scenario", "common_scenario") and isinstance(node, ast.Call):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, int))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--scenario-matrix", action="store_true", help="print rows of scenarios, their tests and results")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Properties travel with the report, also from the workers of xdist.
        item.user_properties += [("scenario", each) for each in scenarios(item)]


def scenarios(item: pytest.Item) -> list[tuple[int, str]]:
    """The rows that a test stands for, each with the types."""
    markers = list(item.iter_markers("scenario"))
    named = [marker.kwargs["type"] for marker in markers if "type" in marker.kwargs]
    types = tuple(named[:1]) or FILES.get(item.path.name, TYPES[:1])
    return [(row, type_) for marker in markers for row in marker.args for type_ in types]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--scenario-matrix"):
        return
    found = results(terminalreporter)
    terminalreporter.section("scenarios")
    for row, title in ROWS.items():
        terminalreporter.line(f"{row:2}  {title}")
        for type_ in TYPES:
            terminalreporter.line(f"      {verdict(found, row, type_)}  {type_}")
            for test, outcome in sorted(found[row, type_].items()):
                terminalreporter.line(f"        {outcome:8} {test}")


Found = dict[tuple[int, str], dict[str, str]]
"""Row and type → test → outcome."""


def results(terminalreporter: pytest.TerminalReporter) -> Found:
    """What the tests of this run came to."""
    found: Found = defaultdict(dict)
    for outcome in ("passed", "skipped", "xfailed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name == "scenario":
                    row, type_ = value
                    found[row, type_][report.nodeid] = outcome
    return found


def verdict(found: Found, row: int, type_: str) -> str:
    """`proved`, `FAILED`, `no test`, or why there is none."""
    tests = found[row, type_]
    if tests:
        return "proved" if set(tests.values()) == {"passed"} else "FAILED"
    if row in FOR_ALL:
        return f"proved for all: {FOR_ALL[row]}" if any(found[row, each] for each in TYPES) else "no test"
    why = NOT_APPLICABLE.get((type_, row))
    return f"not applicable: {why}" if why else "no test"


class Gate:
    """Lets the run fail when a row isn't proved, whatever the reason."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        assert reporter is not None
        found = results(reporter)
        if any(verdict(found, row, type_) in ("FAILED", "no test") for row in ROWS for type_ in TYPES):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


if __name__ == "__main__":
    # This folder first: its conftest.py knows the option.
    folders = [str(Path(__file__).parents[1]), str(TESTS)]
    sys.exit(pytest.main([*folders, "--scenario-matrix", "-q", *sys.argv[1:]], plugins=[Gate()]))
