"""What is added to the distributions' metadata when they are built: the README, with links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = re.compile(
    r"""
    ^```.*?^```                                                           # code, which stays as it is
    | (?P<before>(?P<image>!?)\[[^\]]*\]\()(?P<target>(?!\w+:|\#)[^)\s]+)  # [words](target), ![words](target)
    | (?P<attribute>\b(?:src|srcset|href)=")(?P<value>(?!\w+:|\#)[^"\s]+)   # the same in HTML
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


class CustomMetadataHook(MetadataHookInterface):
    """Reads `repository` of `[tool.hatch.metadata.hooks.custom]`: the project's address, or nothing yet."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds the README, and the address if there is one."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = self.config["repository"].rstrip("/")
        if repository:
            text = absolute(text, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = {"Source": repository} if repository else {}


def absolute(text: str, repository: str, tag: str) -> str:
    """The text with what it links to and shows taken from the repository as it was when the version was tagged."""

    def replace(found: re.Match[str]) -> str:
        before, target = found["before"] or found["attribute"], found["target"] or found["value"]
        if not before:
            return found[0]
        is_shown = found["image"] or before.startswith("src")
        return f"{before}{repository}/{'raw' if is_shown else 'blob'}/{tag}/{target}"

    return _RELATIVE.sub(replace, text)
