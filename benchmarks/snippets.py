"""Statements timed in a Python of their own."""

from __future__ import annotations

import ast
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import environment, python
from .work import ON_EVENT, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "cdk_cleanroomsml"
PACKAGE = ROOT / "constructs_pkg" / NAME
IMPORT = f"from {NAME} import *"
"""All public names: the package itself imports nothing before one is used."""

STARTS = {
    "bare": 'import boto3; boto3.client("cleanroomsml")',
    "library": "from handler import dispatch, main; dispatch.client()",
    "provider_framework": "import index",
}
"""Everything that a function does before its first call; `bare` is what no function can do without."""


def timed(statement: str, *, folder: Path | None = None) -> tuple[float, int]:
    """Seconds that a statement takes after Python has started, and the process's peak memory in bytes.

    Args:
        statement: what is timed.
        folder: modules that it finds; as in Lambda, no caches of them are written.
    """
    others = {"AWS_DEFAULT_REGION": "us-east-1"}
    if folder:
        others |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    program = f"import time; started = time.perf_counter(); {statement}; print(time.perf_counter() - started)"
    took = python("-c", program, env=environment(**others))
    return float(took.output.split()[-1]), took.peak_bytes


@contextmanager
def functions() -> Iterator[Path]:
    """A folder with the code of the functions as Lambda has it: without Python's caches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        without_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE / "handler", folder / "handler", ignore=without_caches)
        shutil.copytree(ON_EVENT, folder, ignore=without_caches, dirs_exist_ok=True)
        yield folder


def imports() -> dict[str, str]:
    """The statement that imports all of this library, and the one that imports the CDK's modules that it needs."""
    return {"library": IMPORT, "needed": f"import {', '.join(needed_modules())}"}


def needed_modules() -> list[str]:
    """The modules of others that the library imports, without what only type checkers see."""
    loaded = f"[m.__file__ for n, m in sys.modules.items() if n.startswith({NAME!r})]"
    program = f"{IMPORT}; import sys; print(*{loaded}, sep='\\n')"
    files = python("-c", program).output.splitlines()
    names = {name for file in files for name in _imports_of(Path(file))}
    return sorted(name for name in names if name.partition(".")[0] in ("aws_cdk", "constructs", "jsii"))


def _imports_of(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "aws_cdk":
            yield from (f"aws_cdk.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
