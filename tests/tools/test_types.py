"""What mypy doesn't read has no types: of the CDK it reads all that is used here."""

from __future__ import annotations

import ast
import importlib
import sys
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CLONE = Path(__file__).parents[2]
MYPY: dict[str, Any] = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli").loads(
    (CLONE / "pyproject.toml").read_text()
)["tool"]["mypy"]
SKIPPED, READ = (
    [name for each in MYPY["overrides"] if each.get("follow_imports") == follow for name in each["module"]]
    for follow in ("skip", "normal")
)


def files() -> Iterator[Path]:
    for name in MYPY["files"]:
        path = CLONE / name
        yield from path.rglob("*.py") if path.is_dir() else (path,)


def imported(source: str) -> set[str]:
    """The modules of the CDK that a file imports, and what it imports from the CDK's root."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "aws_cdk":
            found |= {f"aws_cdk.{name.name}" for name in node.names if name.name.islower()}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] == "aws_cdk"}


def is_read(module: str) -> bool:
    return any(fnmatch(module, each) for each in READ)


def test_all_that_is_used_is_read() -> None:
    sources = [file.read_text() for file in files()]
    used = {name for source in sources if "aws_cdk" in source for name in imported(source)}
    assert {name for name in used if not is_read(name)} == set()


def test_what_it_is_derived_from_is_read() -> None:
    interfaces = [module.replace("aws_cdk.", "aws_cdk.interfaces.") for module in READ if module.count(".") == 1]
    assert {name for name in interfaces if find_spec(name) and not is_read(name)} == set()


@pytest.mark.parametrize(
    "line",
    [
        "from aws_cdk import aws_quicksight as q",
        "import aws_cdk.aws_quicksight",
        "from aws_cdk.aws_quicksight import CfnTheme",
    ],
)
def test_what_is_not_read_is_noticed(line: str) -> None:
    (module,) = imported(line)
    assert any(fnmatch(module, each) for each in SKIPPED)
    assert not is_read(module)
