"""Each patch has the text of an issue beside it, and what the text reproduces is so, on ministack as it is.

When one fails with a newer ministack, its patch can go.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.local import pins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_cleanroomsml.local.engine import Engine

FOLDER = Path(pins.__file__).parent / "ministack_patches"
TEXTS = {str(path.relative_to(FOLDER).with_suffix("")): path.read_text() for path in sorted(FOLDER.rglob("*.md"))}
SECTIONS = [
    "What AWS does",
    f"What MiniStack {pins.pinned_version('ministack')} does",
    "Reproduction",
    "Suggested change",
]
HOST = "127.0.0.1"
AT_ONCE = 12

reproduced = pytest.mark.skipif(
    "REPRODUCTIONS" not in os.environ,
    reason="what the issues reproduce changes with the version of MiniStack only: REPRODUCTIONS=1 tries it, in the"
    " nightly and the weekly workflow and whenever the pin moves",
)

FORKED = """
import os, pathlib, runpy, sys
import boto3

programs, running, at_once = sorted(pathlib.Path(sys.argv[1]).glob("*.py"), reverse=True), 0, int(sys.argv[2])
for program in programs:
    if running == at_once:
        os.wait()
        running -= 1
    running += 1
    if not os.fork():
        with program.with_suffix(".out").open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
            try:
                runpy.run_path(str(program))
            finally:
                sys.stdout.flush()
        os._exit(0)
for _ in range(running):
    os.wait()
"""
"""Runs programs, some at a time, that begin with boto3 imported."""


def block(text: str, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found)


def guarded(text: str) -> bool:
    return "AUTH=true" in block(text, "sh")


def outputs(folder: Path, environments: dict[bool, dict[str, str]]) -> dict[str, str]:
    """What the programs of all texts print, by the patch."""
    processes = []
    for auth, environment in environments.items():
        programs = folder / str(auth)
        programs.mkdir()
        for name, text in TEXTS.items():
            if guarded(text) == auth:
                (programs / f"{name.replace('/', '.')}.py").write_text(block(text, "python"))
        command = [sys.executable, "-c", FORKED, str(programs), str(AT_ONCE)]
        processes.append(subprocess.Popen(command, env=environment, start_new_session=True))
    try:
        assert [process.wait(100) for process in processes] == [0] * len(processes)
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return {name: (folder / str(guarded(TEXTS[name])) / f"{name.replace('/', '.')}.out").read_text() for name in TEXTS}


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, dict[str, str]]]:
    """Two processes of ministack as it is, without and with IAM; the environments in which boto3 finds them."""
    servers, environments = [], {}
    for auth in (False, True):
        folder = tmp_path_factory.mktemp("ministack")
        with socket.socket() as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        variables = {
            "AUTH": str(auth).lower(),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SECRET_ACCESS_KEY": "test",
            "BIND_HOST": HOST,
            "DOCKER_HOST": f"unix://{folder / 'no-docker'}",
            "GATEWAY_PORT": str(port),
            "HOME": str(folder),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": HOST,
            "PATH": os.environ["PATH"],
            "S3_DATA_DIR": str(folder / "s3"),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
            "TMPDIR": str(folder),
        }
        with (folder / "log").open("wb") as log:
            command = [sys.executable, "-m", "ministack"]
            servers.append(
                subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=folder, start_new_session=True)
            )
        environments[auth] = {
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "AWS_ACCESS_KEY_ID": "111122223333",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": os.environ["PATH"],
        }
        end = time.monotonic() + 60
        while socket.socket().connect_ex((HOST, port)) and time.monotonic() < end:
            time.sleep(0.05)
    yield environments
    for server in servers:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_each_patch_has_one_and_each_one_a_patch() -> None:
    modules = {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.py")}
    assert {name for name in modules if not Path(name).name.startswith("_")} == set(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_ready_to_send(name: str) -> None:
    title, _, rest = TEXTS[name].partition("\n")
    assert title.startswith("# ")
    assert len(title) < 130
    assert re.findall(r"^## (.*)$", rest, re.MULTILINE) == SECTIONS
    said = re.split(r"^## .*$", rest, flags=re.MULTILINE)[1]
    documented = r"guide|reference|re:Post|CloudFormation, `AWS::"
    assert re.search(documented, said.replace("\n", " ")) or title.startswith("# Feature: ")


@reproduced
def test_what_it_reproduces_is_so(unpatched: dict[bool, dict[str, str]], tmp_path: Path) -> None:
    assert outputs(tmp_path, unpatched) == {name: block(text, "text") for name, text in TEXTS.items()}


@reproduced
def test_the_patch_makes_a_difference(engine: Engine, guarded_engine: Engine, tmp_path: Path) -> None:
    environments = {False: engine.child_environment(), True: guarded_engine.child_environment()}
    found = outputs(tmp_path, environments)
    # What it adds is asked for by Engine.advance, which ministack has nothing for.
    assert {name for name, text in TEXTS.items() if found[name] == block(text, "text")} == {"turned_clock"}
    assert [name for name, text in found.items() if "Traceback" in text] == []
