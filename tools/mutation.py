"""Breaks the code in one place at a time, at random, and counts how often a test notices: `python -m tools.mutation`.

What is drawn depends on the date alone, so a night can be repeated by day: `--date 2026-11-25`. A mutant that no test
fails for is a hole in the tests, or changes nothing that matters. Fails below the floor.
"""

from __future__ import annotations

import argparse
import ast
import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "constructs_pkg"
PACKAGE = SOURCES / "cdk_cleanroomsml"
TESTS = {"handler": "tests/handler", "operators": "tests/operators"}
"""Which tests a room of the package is proved by; all others are constructs'."""
NOT_DRAWN = {"local"}
"""The engine is no part of what is deployed."""

SECONDS = 900
"""How long the tests may take for a mutant; one that takes longer is noticed."""

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        path: of the module, in the package.
        number: of the place, as `places` counts them.
        line: where it is.
        said: what it was and what it has become.
    """

    path: Path
    number: int
    line: int
    said: str

    def source(self) -> str:
        """The module with the change."""
        tree = ast.parse((PACKAGE / self.path).read_text())
        change(list(places(tree))[self.number])
        return ast.unparse(tree)


def places(tree: ast.Module) -> Iterator[ast.AST]:
    """What can be changed; what is there for the type checker only can't."""
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for each in ast.walk(node):
            operators = each.ops if isinstance(each, ast.Compare) else [getattr(each, "op", None)]
            number = isinstance(each, ast.Constant) and isinstance(each.value, (bool, int))
            if number or isinstance(each, ast.UnaryOp) or type(operators[0]) in _OTHER:
                yield each


def change(node: ast.AST) -> None:
    """Changes a place: an operator to its opposite, a number to the next one; what was denied is said."""
    if isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else int(str(node.value)) + 1
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Compare):
        node.ops[0] = _OTHER[type(node.ops[0])]()  # type: ignore[call-overload]
    else:
        node.op = _OTHER[type(node.op)]()  # type: ignore[attr-defined]


def mutants() -> Iterator[Mutant]:
    """All that there are."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE)
        if module.parts[0] in NOT_DRAWN:
            continue
        for number, node in enumerate(places(ast.parse(path.read_text()))):
            changed = deepcopy(node)
            change(changed)
            yield Mutant(module, number, getattr(node, "lineno", 0), f"{ast.unparse(node)} -> {ast.unparse(changed)}")


def is_noticed(mutant: Mutant) -> bool:
    """Whether a test fails for it."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / PACKAGE.name
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        (package / mutant.path).write_text(mutant.source())
        tests = TESTS.get(mutant.path.parts[0], "tests/constructs")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "2", "-p", "no:cacheprovider", tests]
        command += ["--override-ini", f"pythonpath={folder}", "--ignore-glob", "*histories*"]
        try:
            ended = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": folder},
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        return ended.returncode != 0


def main() -> None:
    """Draws, tries and counts."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__)
    parser.add_argument("--date", default=dt.datetime.now(dt.timezone.utc).date().isoformat(), help="draws by it")
    parser.add_argument("--sample", type=int, default=20, help="how many are drawn")
    parser.add_argument("--floor", type=float, default=0.95, help="the share of them that tests must notice")
    options = parser.parse_args()
    drawn = random.Random(options.date).sample(list(mutants()), options.sample)  # noqa: S311 - no secret
    noticed = 0
    for mutant in drawn:
        found = is_noticed(mutant)
        noticed += found
        print(f"{'noticed ' if found else 'SURVIVED'} {mutant.path}:{mutant.line} {mutant.said}", flush=True)
    share = noticed / len(drawn)
    print(f"{noticed} of {len(drawn)} noticed, {share:.2f}; the floor is {options.floor}")
    sys.exit(share < options.floor)


if __name__ == "__main__":
    main()
