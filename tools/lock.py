"""Writes the pins: exact versions with hashes and without addresses, for every supported Python at once.

    python -m tools.lock write       what pyproject.toml asks for; a pin that still fits stays
    python -m tools.lock newest      the newest release of everything, of what is pinned by hand as well
    python -m tools.lock outdated    what `newest` would change

`requirements/dev.txt` is resolved first and holds everything. What needs less (`demo.txt`, `uv.txt`) is
resolved within its pins. `requirements/metadata.json` records what each pinned distribution requires, so that a
test can tell, without asking anybody and on any Python, that nothing is missing.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
import tempfile
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from . import NEWEST, OLDEST
from .set_up import CLONE, PINS, Environment, StepError, run

if TYPE_CHECKING:
    from .set_up import Command

PYTHONS = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
# What is pinned for one of them only is read, too.
SYSTEMS = ("linux", "macos", "windows")
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^\s;\\]+)", re.MULTILINE)
# What uv can't move: versions that the code itself is made for, and where they are written.
BY_HAND = {
    "ministack": {"pyproject.toml": r'"ministack==([^"]+)"'},
    "boto3": {"pyproject.toml": r'"boto3>=[0-9.]+,<=([^"]+)"'},
    "aws-cdk": {
        "package.json": r'"aws-cdk": "([^"]+)"',
        "constructs_pkg/cdk_cleanroomsml/local/pins.py": r'CDK_CLI_VERSION = "([^"]+)"',
    },
}


def pins(file: Path) -> dict[str, set[str]]:
    """The pinned versions of each distribution: several, where Pythons differ."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall(file.read_text()):
        found.setdefault(name, set()).add(version)
    return found


def variables() -> dict[str, str]:
    """The user's way to the packages, but to one index: hashes of a machine's own files are of no use elsewhere."""
    own = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
    return {name: value for name, value in Environment().reach().items() if name not in own}


def resolve(folder: Path, upgrade: bool, reach: dict[str, str]) -> None:
    """Writes the pins into a folder, beside those that are there."""
    command = ["uv", "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", PYTHONS[0]]
    command += ["--only-binary", ":all:", "--generate-hashes", "--no-strip-extras", "--no-annotate", "--no-header"]
    everything = folder / "dev.txt"
    newest = ["--upgrade"] if upgrade else []
    asked = ["--extra", "local", "--group", "dev", "pyproject.toml"]
    run([*command, *newest, *asked, "-o", everything], reach)
    asked = ["--extra", "local", "--group", "build", "pyproject.toml"]
    run([*command, *newest, *asked, "-c", everything, "-o", folder / "demo.txt"], reach)
    uv = folder / "uv.in"
    uv.write_text(f"uv=={''.join(pins(everything)['uv'])}\n")
    run([*command, *newest, uv, "-c", everything, "-o", folder / "uv.txt"], reach)
    uv.unlink()


def metadata(everything: Path, reach: dict[str, str]) -> dict[str, list[str]]:
    """What each pinned distribution requires: installed for each Python, and read.

    Raises:
        StepError: a distribution has no wheel for a Python, or none of the Pythons takes it.
    """
    required: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix=".lock-", dir=CLONE) as scratch:
        for python, system in itertools.product(PYTHONS, SYSTEMS):
            to = Path(scratch) / python / system
            options = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-version", python)
            platform = ("--python-platform", system, "--target", to)
            run(["uv", "pip", "install", "--no-config", *options, *platform, "-r", everything], reach)
            for file in to.glob("*.dist-info/METADATA"):
                fields = HeaderParser().parsestr(file.read_text(encoding="utf-8"))
                name = re.sub(r"[-_.]+", "-", fields["Name"]).lower()
                required[f"{name}=={fields['Version']}"] = fields.get_all("Requires-Dist") or []
    unknown = {f"{name}=={each}" for name, found in pins(everything).items() for each in found} - set(required)
    if unknown:
        raise StepError(f"no supported Python takes these: {', '.join(sorted(unknown))}")
    return dict(sorted(required.items()))


def write(upgrade: bool) -> None:
    """Writes all pins; those that are there stay as they are if any of it fails."""
    reach = variables()
    with tempfile.TemporaryDirectory(prefix=".lock-", dir=CLONE) as scratch:
        folder = Path(scratch)
        for file in PINS.glob("*.txt"):
            (folder / file.name).write_bytes(file.read_bytes())
        resolve(folder, upgrade, reach)
        (folder / "metadata.json").write_text(json.dumps(metadata(folder / "dev.txt", reach), indent=1) + "\n")
        for file in [*folder.glob("*.txt"), folder / "metadata.json"]:
            file.replace(PINS / file.name)


def written_by_hand(name: str) -> str:
    """The version of `BY_HAND` that is in force."""
    file, pattern = next(iter(BY_HAND[name].items()))
    found = re.search(pattern, (CLONE / file).read_text())
    if found is None:
        raise StepError(f"{file} pins no {name}")
    return found[1]


def newest_by_hand(reach: dict[str, str]) -> dict[str, str]:
    """The newest releases of `BY_HAND`."""
    ministack = _newest_of("ministack", [], reach)
    return {
        "ministack": ministack,
        # The newest that takes the botocore that it requires.
        "boto3": _newest_of("boto3", [f"ministack=={ministack}"], reach),
        "aws-cdk": _version(run(["npm", "view", "aws-cdk", "version"], reach)),
    }


def _newest_of(name: str, beside: list[str], reach: dict[str, str]) -> str:
    """The newest release of a distribution that can be installed beside others."""
    with tempfile.TemporaryDirectory(prefix=".lock-", dir=CLONE) as scratch:
        (asked := Path(scratch) / "asked.in").write_text("\n".join([*beside, f"{name}\n"]))
        to: Command = ("--universal", "--python-version", PYTHONS[0], "--no-header", asked)
        lines = run(("uv", "pip", "compile", "--quiet", "--no-config", *to), reach)
    return str(dict(PIN.findall(lines))[name])


def _version(printed: str) -> str:
    """The version that npm printed, among whatever it warns of."""
    (found,) = re.findall(r"^\d+\.\d+\.\d+$", printed, re.MULTILINE)
    return str(found)


def newest() -> None:
    """Moves everything to its newest release."""
    for name, version in newest_by_hand(variables()).items():
        for file, pattern in BY_HAND[name].items():
            text = (CLONE / file).read_text()
            found = re.search(pattern, text)
            if found is None:
                raise StepError(f"{file} pins no {name}")
            (CLONE / file).write_text(text[: found.start(1)] + version + text[found.end(1) :])
    write(upgrade=True)


def outdated() -> list[str]:
    """What `newest` would change, a line each; two versions where they differ between Pythons."""
    reach = variables()
    changes = [
        (name, written_by_hand(name), version)
        for name, version in newest_by_hand(reach).items()
        if version != written_by_hand(name)
    ]
    with tempfile.TemporaryDirectory(prefix=".lock-", dir=CLONE) as scratch:
        resolve(Path(scratch), True, reach)
        new = pins(Path(scratch) / "dev.txt")
    old = pins(PINS / "dev.txt")
    changes += [
        (name, " ".join(sorted(old.get(name, {"-"}))), " ".join(sorted(new.get(name, {"-"}))))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return [f"{name:36} {before:24} -> {after}" for name, before, after in changes]


def main(words: list[str]) -> None:
    """Does what the first word says."""
    try:
        if words == ["outdated"]:
            print("asking for the newest releases, about a minute", file=sys.stderr)
            changes = outdated()
            print("\n".join(changes) or "everything is at its newest release")
            if changes:
                print("`make newest` moves these pins, `make test` says whether all holds with them")
        elif words == ["newest"]:
            newest()
        elif words == ["write"]:
            write(upgrade=False)
        else:
            sys.exit(__doc__)
    except StepError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    os.chdir(CLONE)
    main(sys.argv[1:])
