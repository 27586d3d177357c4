"""The pins hold everything that is needed, on every supported Python, today and in a year."""

from __future__ import annotations

import importlib
import json
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools import NEWEST, OLDEST, lock
from tools.lock import BY_HAND, PYTHONS, pins

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = REPOSITORY / "requirements"
PROJECT = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli").loads(
    (REPOSITORY / "pyproject.toml").read_text()
)
METADATA: dict[str, list[str]] = json.loads((REQUIREMENTS / "metadata.json").read_text())
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
}


def group(name: str) -> list[str]:
    wanted: list[str] = []
    for each in PROJECT["dependency-groups"][name]:
        wanted += group(each["include-group"]) if isinstance(each, dict) else [each]
    return wanted


PROJECT_ITSELF = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
# Each extra and each group, in the file that is installed for it.
NEEDED = {
    "the library": ("demo.txt", PROJECT_ITSELF),
    **{f"extra {name}": ("demo.txt", PROJECT_ITSELF + wanted) for name, wanted in EXTRAS.items()},
    **{f"group {name}": ("dev.txt", PROJECT_ITSELF + group(name)) for name in PROJECT["dependency-groups"]},
    "an editable installation": ("demo.txt", group("build")),
    "everything": (
        "dev.txt",
        [*PROJECT_ITSELF, *(line for wanted in EXTRAS.values() for line in wanted), *group("dev")],
    ),
    "uv": ("uv.txt", ["uv"]),
}


def environment(python: str, system: str) -> dict[str, str]:
    return {
        **{name: str(value) for name, value in default_environment().items()},
        **SYSTEMS[system],
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_version": python,
        "python_full_version": f"{python}.1",
        "implementation_version": f"{python}.1",
    }


@cache
def read(line: str) -> Requirement:
    """Most lines are looked at in each case."""
    return Requirement(line)


def applies(requirement: Requirement, surroundings: dict[str, str], extra: str = "") -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**surroundings, "extra": extra})


def unmet(
    pinned_lines: str, roots: list[str], surroundings: dict[str, str], required: dict[str, list[str]] = METADATA
) -> list[str]:
    """What is required, by the roots or by what they lead to, and met by no pin, or by more than one."""
    lines = [read(line.rstrip(" \\")) for line in pinned_lines.splitlines() if line and not line.startswith(" ")]
    pinned = [line for line in lines if applies(line, surroundings)]
    missing, seen, left = set(), set(), [("the project", read(root), "") for root in roots]
    while left:
        parent, wanted, extra = left.pop()
        if not applies(wanted, surroundings, extra):
            continue
        met = [
            pin
            for pin in pinned
            if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
            and all(wanted.specifier.contains(each.version, prereleases=True) for each in pin.specifier)
            and wanted.extras <= pin.extras
        ]
        if len(met) != 1:
            missing.add(f"{parent} requires {wanted}, which {len(met)} pins meet")
            continue
        (version,) = met[0].specifier
        for each in ("", *wanted.extras):
            if (key := (f"{canonicalize_name(met[0].name)}{version}", each)) not in seen:
                seen.add(key)
                left += [(key[0], read(line), each) for line in required[key[0]]]
    return sorted(missing)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("need", NEEDED)
def test_every_requirement_is_met_by_one_pin(need: str, python: str, system: str) -> None:
    file, roots = NEEDED[need]
    assert unmet((REQUIREMENTS / file).read_text(), roots, environment(python, system)) == []


@pytest.mark.parametrize("python", PYTHONS)
def test_a_lock_without_an_extra_is_found_incomplete(python: str) -> None:
    """These are lines of the lock that held until coverage's next release."""
    incomplete = (Path(__file__).parent / "incomplete_lock.txt").read_text()
    required = {name: METADATA.get(name, []) for name in re.findall(r"^\S+==\S+", incomplete, re.MULTILINE)}
    required["pytest-cov==7.1.0"] = METADATA["pytest-cov==7.1.0"]
    found = unmet(incomplete, ["pytest-cov"], environment(python, "linux"), required)
    assert found == ["pytest-cov==7.1.0 requires coverage[toml]>=7.10.6, which 0 pins meet"]


def test_what_else_is_found() -> None:
    surroundings = environment("3.12", "linux")
    required = {"a==1": ["b>=2", "c ; extra == 'more'"], "b==1": [], "b==2": ["d"], "c==1": [], "d==1": []}
    assert unmet("a==1\nb==2\nd==1", ["a"], surroundings, required) == []
    assert unmet("a==1\nb==1", ["a"], surroundings, required) == ["a==1 requires b>=2, which 0 pins meet"]
    assert unmet("a==1\nb==2", ["a"], surroundings, required) == ["b==2 requires d, which 0 pins meet"]
    assert unmet("a[more]==1\nb==2\nd==1", ["a[more]"], surroundings, required) == [
        'a==1 requires c; extra == "more", which 0 pins meet'
    ]
    older = "a==1\nb==2 ; python_version < '3.12'\nd==1"
    assert unmet(older, ["a"], surroundings, required) == ["a==1 requires b>=2, which 0 pins meet"]
    twice = "a==1\nb==2\nb==2 ; python_version > '3.11'\nd==1"
    assert unmet(twice, ["a"], surroundings, required) == ["a==1 requires b>=2, which 2 pins meet"]


def test_what_is_recorded_is_what_the_distributions_say() -> None:
    """Those of the other Pythons were read when the pins were written, from files that the hashes stand for."""
    everything = {f"{name}=={version}" for name, found in pins(REQUIREMENTS / "dev.txt").items() for version in found}
    assert {*METADATA} == everything
    installed = {
        f"{canonicalize_name(each.name)}=={each.version}": each.requires or [] for each in metadata.distributions()
    }
    common = {*installed} & everything
    assert len(common) > 80
    assert {name: METADATA[name] for name in common} == {name: installed[name] for name in common}


def blocks(file: str) -> set[str]:
    return {*re.split(r"\n(?=\S)", (REQUIREMENTS / file).read_text().strip())}


def distributions(file: str) -> set[str]:
    """Versions and hashes alone: which extras and Pythons are asked for is less in a part."""
    return {
        re.sub(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?(==[^ ]+)(?: ;[^\\]+)? ?", r"\1\2", block) for block in blocks(file)
    }


def test_all_files_are_of_one_resolution() -> None:
    assert distributions("uv.txt") < distributions("dev.txt")
    assert distributions("demo.txt") < distributions("dev.txt")


@pytest.mark.parametrize("file", ["uv.txt", "demo.txt", "dev.txt"])
def test_pins_are_exact_and_hashed_and_name_no_address(file: str) -> None:
    for block in blocks(file):
        assert re.fullmatch(
            r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[^ *]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", block
        )


def test_no_file_names_a_registry() -> None:
    files = [*REQUIREMENTS.iterdir(), REPOSITORY / "package-lock.json", REPOSITORY / ".npmrc", REPOSITORY / "Makefile"]
    assert [file.name for file in files if "://" in re.sub(r"(homepage|funding)://", "", file.read_text())] == []


def test_the_demo_installs_nothing_of_the_tests() -> None:
    left_out = {"basedpyright", "hypothesis", "mypy", "pytest", "ruff", "uv", "zensical", "zizmor"}
    assert left_out & {*pins(REQUIREMENTS / "demo.txt")} == set()
    assert left_out < {*pins(REQUIREMENTS / "dev.txt")}


def test_supported_pythons_are_the_same_everywhere() -> None:
    promised = [line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert promised == PYTHONS
    assert PROJECT["project"]["requires-python"] == f">={OLDEST[0]}.{OLDEST[1]}"
    assert f"{NEWEST[0]}.{NEWEST[1]}" == promised[-1]


@pytest.mark.parametrize("name", BY_HAND)
def test_what_is_pinned_by_hand_is_pinned_to_one_version(name: str) -> None:
    found: set[Any] = set()
    for file, pattern in BY_HAND[name].items():
        found |= {*re.findall(pattern, (REPOSITORY / file).read_text())}
    assert len(found) == 1
    npm = (REPOSITORY / "package-lock.json").read_text()
    assert found <= {*pins(REQUIREMENTS / "dev.txt").get(name, ()), *re.findall(r'"version": "([^"]+)"', npm)}


def test_pip_tries_no_boto3_that_the_engine_cannot_have() -> None:
    """A user has no pins: pip would fetch each boto3, newest first, that the botocore of MiniStack is too old for."""
    local = {each.name: each for each in map(Requirement, PROJECT["project"]["optional-dependencies"]["local"])}
    (ministack,) = pins(REQUIREMENTS / "dev.txt")["ministack"]
    (botocore,) = (each for each in map(Requirement, METADATA[f"ministack=={ministack}"]) if each.name == "botocore")
    (only,) = botocore.specifier
    assert only.operator == "=="
    assert f"<={only.version}" in [str(each) for each in local["boto3"].specifier]


def test_versions_are_read_from_what_the_tools_print() -> None:
    printed = 'npm warn Unknown user config "nodedir", gone in 12.0.0.\n2.1148.1\n'
    assert lock._version(printed) == "2.1148.1"
    assert lock.PIN.findall("a-b==1.2\nc[d]==3 ; python_version < '3.11' \\\n    --hash=x\n") == [
        ("a-b", "1.2"),
        ("c", "3"),
    ]
