"""Tells what changed in the public API since the last release in a way that breaks programs.

Public is what the reference documents. Such a change takes a new major version; before 1.0, a new minor one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import griffe

PACKAGE = "cdk_cleanroomsml"
SOURCES = "constructs_pkg"


def last_release(repository: Path) -> str | None:
    """The newest tag of a version before this commit; None if nothing was released yet."""
    command = ["git", "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def breakages(repository: Path, since: str) -> list[str]:
    """The changes that break, a line each."""
    old = griffe.load_git(PACKAGE, ref=since, repo=repository, search_paths=[SOURCES], resolve_aliases=True)
    new = griffe.load(PACKAGE, search_paths=[repository / SOURCES], resolve_aliases=True, try_relative_path=False)
    pages = (repository / "docs" / "reference").glob("*.md")
    documented = {name for page in pages for name in re.findall(r"^::: (\S+)", page.read_text(), re.MULTILINE)}
    # A class that is gone is gone from the reference, too.
    documented |= {f"{PACKAGE}.{name}" for name in old.exports or []}
    public = {
        *documented,
        *(old[name.removeprefix(f"{PACKAGE}.")].canonical_path for name in documented if _has(old, name)),
    }
    return [
        f"{breakage.obj.path}{_parameter(breakage)}: {breakage.kind.value}"
        for breakage in griffe.find_breaking_changes(old, new)
        if any(f"{breakage.obj.path}.".startswith(f"{name}.") for name in public)
    ]


def _parameter(breakage: griffe.Breakage) -> str:
    changed = next(
        (each for each in (breakage.old_value, breakage.new_value) if isinstance(each, griffe.Parameter)), None
    )
    return f"({changed.name})" if changed else ""


def _has(package: griffe.Object | griffe.Alias, name: str) -> bool:
    try:
        return bool(package[name.removeprefix(f"{PACKAGE}.")])
    except KeyError:
        return False


def leading(version: str) -> tuple[int, ...]:
    """What has to grow with a change that breaks: the major version, or the minor one before 1.0."""
    major, minor = (int(part) for part in version.lstrip("v").split(".")[:2])
    return (major,) if major else (major, minor)


def main(repository: Path) -> int:
    """Prints what breaks; 1 if the version doesn't say so."""
    since = last_release(repository)
    if since is None:
        print("nothing was released yet: there is no tag of a version to compare with")
        return 0
    found = re.search(
        r'^__version__ = "(.+)"$', (repository / SOURCES / PACKAGE / "__init__.py").read_text(), re.MULTILINE
    )
    version = found[1] if found else ""
    lines = breakages(repository, since)
    print("\n".join(lines) or f"nothing breaks since {since}")
    if lines and leading(version) <= leading(since):
        print(
            f"these changes since {since} break programs, and version {version} doesn't say so: undo them, or raise it"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
