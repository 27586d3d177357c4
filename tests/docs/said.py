"""What programs can say: the texts in their code."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@cache
def messages(place: Path) -> tuple[str, ...]:
    """Every text in a Python file, or in all below a folder, with `…` where a value goes."""
    texts = []
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        tree = ast.parse(path.read_text())
        constants = {
            ast.unparse(node.targets[0]): str(node.value.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        }
        texts += [
            "".join(_said(part, constants) for part in (node.values if isinstance(node, ast.JoinedStr) else [node]))
            for node in ast.walk(tree)
            if isinstance(node, (ast.JoinedStr, ast.Constant))
        ]
    return tuple(re.sub(r"\{\w+\}", "…", text) for text in texts)


def _said(part: ast.AST, constants: dict[str, str]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return constants.get(ast.unparse(part.value), "…") if isinstance(part, ast.FormattedValue) else "…"
