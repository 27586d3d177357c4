"""What the workflows promise: pinned actions, the same commands as at home, a release that is built once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml  # type: ignore[import-untyped]
from tools.lock import PYTHONS

from ..clone import REPOSITORY, left_out
from ..worlds import rows

pytestmark = left_out(".github")

FILES = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, Any] = {file.stem: yaml.safe_load(file.read_text()) for file in FILES}
Propose = Callable[..., tuple[str, str]]
JOBS = {f"{name}: {job}": body for name, workflow in WORKFLOWS.items() for job, body in workflow["jobs"].items()}


def commands(job: Any) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def script(job: str, name: str) -> str:
    """What the step of that name runs."""
    [found] = [step["run"] for step in JOBS[job]["steps"] if step.get("name") == name]
    return str(found)


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a runner does, without the settings of whoever tests."""
    command = ["bash", "-e", "-c", script]
    mine = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = mine | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone of a repository whose main has one commit."""
    begin = """
        git init -q --bare -b main origin.git; git clone -q origin.git checkout 2>&1; cd checkout
        git config user.name somebody; git config user.email somebody@example.com; git switch -q -c main
        echo pinned==1 >pins; git add pins; git commit -q -m one; git push -q origin main
    """
    done = run(begin, tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "checkout"


def zizmor(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "zizmor"), "--offline", *options, str(repository / ".github")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_zizmor_has_nothing_to_say() -> None:
    done = zizmor(REPOSITORY, "--no-config", "--no-ignores")
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_would_say_that_an_action_is_not_pinned(tmp_path: Path) -> None:
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    unpinned = re.sub(r"@[0-9a-f]{40} # (v\d+)\S+", r"@\1", workflow)
    (tmp_path / ".github" / "workflows" / "ci.yml").write_text(unpinned)
    done = zizmor(tmp_path)
    assert done.returncode != 0
    assert "unpinned-uses" in done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_action_is_one_commit_with_its_version_beside_it(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []
    assert "secrets." not in file.read_text()


def test_an_action_is_the_same_commit_everywhere() -> None:
    used = {each for file in FILES for each in re.findall(r"uses: (.*)", file.read_text())}
    assert len(used) == len({each.partition("@")[0] for each in used})


@pytest.mark.parametrize("job", JOBS)
def test_every_command_of_make_exists_and_every_job_ends(job: str) -> None:
    targets = {*re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)}
    assert {*re.findall(r"^make ([\w-]+)", "\n".join(commands(JOBS[job])), re.MULTILINE)} <= targets
    assert JOBS[job]["timeout-minutes"] <= 45


def test_a_release_is_built_once_and_proved_on_each_python_before_it_is_published() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    assert [name for name in jobs if "make dist" in commands(jobs[name])] == ["build"]
    assert [jobs[name].get("needs") for name in ("build", "test", "attest", "publish")] == [
        None,
        "build",
        "test",
        "attest",
    ]
    assert jobs["test"]["strategy"]["matrix"]["python"] == PYTHONS
    assert {"make test", "make api"} <= {*commands(jobs["build"])}
    # Branches are fetched too, and nothing runs before a tag is known to be on one.
    checkout, *_ = jobs["build"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert commands(jobs["build"])[0] == script("release: build", "What was tagged is on main")
    assert jobs["publish"]["steps"][-1]["with"] == {"skip-existing": True}
    # Whoever may speak for the project runs no code of it.
    assert [name for name in jobs if "id-token" in jobs[name].get("permissions", {})] == ["attest", "publish"]
    assert commands(jobs["attest"]) == commands(jobs["publish"]) == []
    assert all(workflow["permissions"] == {"contents": "read"} for workflow in WORKFLOWS.values())


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("true", ""),
        ("git commit -q --allow-empty -m two; git push -q origin main; git checkout -q HEAD~1", ""),
        ("git switch -q -c aside; git commit -q --allow-empty -m two; git push -q origin aside", "isn't on main"),
    ],
)
def test_only_what_is_on_main_is_released(checkout: Path, before: str, said: str) -> None:
    assert run(before, checkout).returncode == 0
    done = run(script("release: build", "What was tagged is on main"), checkout)
    assert (done.returncode == 0) is (said == "")
    assert said in done.stdout


@pytest.mark.parametrize("address", ["", "Project-URL: Source, https://example.com/the/project\n"])
def test_only_what_has_an_address_is_released(tmp_path: Path, address: str) -> None:
    (tmp_path / "dist").mkdir()
    with ZipFile(tmp_path / "dist" / "cdk_cleanroomsml-1.2.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr("cdk_cleanroomsml-1.2.3.dist-info/METADATA", f"Name: cdk-cleanroomsml\n{address}\nthe README")
    done = run(script("release: build", "The README's links lead somewhere"), tmp_path)
    assert (done.returncode == 0) is bool(address)
    assert ("`repository` in pyproject.toml" in done.stdout) is not bool(address)


@pytest.mark.parametrize(("tag", "released"), [("v1.2.3", True), ("v1.2.4", False)])
def test_a_tag_is_the_version(tmp_path: Path, tag: str, released: bool) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "cdk_cleanroomsml-1.2.3-py3-none-any.whl").touch()
    done = run(script("release: build", "The tag names the version that was built"), tmp_path, TAG=tag)
    assert (done.returncode == 0) is released


def test_every_world_has_its_night() -> None:
    matrix = WORKFLOWS["ci"]["jobs"]["worlds"]["strategy"]["matrix"]["worlds"]
    assert " ".join(matrix).split() == ["surprised", *(str(n) for n in range(1, len(rows()) + 1))]


def test_the_canary_runs_the_gate_on_what_is_newest() -> None:
    jobs = WORKFLOWS["canary"]["jobs"]
    newest = [line for line in commands(jobs["newest"]) if line.startswith("make")]
    assert newest == ["make outdated", "make newest", "make test"]
    assert jobs["newest"]["strategy"]["matrix"]["python"] == [PYTHONS[0], PYTHONS[-1]]
    assert commands(jobs["vulnerabilities"]) == ["make audit"]


class TestNewestReleases:
    """The pull request that the canary opens; `gh` is one that writes down what it is asked."""

    @pytest.fixture
    def propose(self, checkout: Path) -> Propose:
        gh = checkout.parent / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text("""#!/bin/sh
            echo "$@" >>"$ASKED"
            case "$*" in *--json\\ commits*) echo "$MENDED" ;; *--json\\ number*) echo "$OPEN" ;; esac
        """)
        gh.chmod(0o755)

        def propose(patch: str, *, mended: int = 0, open: int = 0) -> tuple[str, str]:
            (checkout / "newest.patch").write_text(patch)
            asked = checkout.parent / "asked"
            told = {"EMAIL": "actions@example.com", "OUTCOME": "failure", "RUN": "https://example.com/run"}
            path = f"{gh.parent}{os.pathsep}{os.environ['PATH']}"
            of_gh = {"ASKED": str(asked), "MENDED": str(mended), "OPEN": str(open)}
            step = script("canary: propose", "Open a pull request, or bring it up to date")
            done = run(step, checkout, PATH=path, **told, **of_gh)
            assert done.returncode == 0, done.stderr
            return done.stdout, asked.read_text() if asked.exists() else ""

        return propose

    PATCH = "diff --git a/pins b/pins\n--- a/pins\n+++ b/pins\n@@ -1 +1 @@\n-pinned==1\n+pinned==2\n"

    def pins(self, checkout: Path) -> str:
        """What the branch has that is proposed."""
        return run("git --git-dir ../origin.git show newest:pins", checkout).stdout

    def test_it_is_opened_and_says_how_the_gate_went(self, propose: Propose, checkout: Path) -> None:
        _, asked = propose(self.PATCH)
        assert "pr create --head newest" in asked
        assert "The gate on these pins: failure (https://example.com/run)" in asked
        assert self.pins(checkout) == "pinned==2\n"

    def test_one_that_is_open_is_brought_up_to_date(self, propose: Propose, checkout: Path) -> None:
        run("git push -q origin HEAD:refs/heads/newest", checkout)
        _, asked = propose(self.PATCH, open=1)
        assert "pr edit newest" in asked
        assert "pr create" not in asked
        assert self.pins(checkout) == "pinned==2\n"

    def test_what_somebody_has_mended_is_left(self, propose: Propose, checkout: Path) -> None:
        said, asked = propose(self.PATCH, mended=1, open=1)
        assert "it is left as it is" in said
        assert "pr create" not in asked
        assert "pr edit" not in asked
        assert self.pins(checkout) == ""

    def test_nothing_newer_opens_none(self, propose: Propose, checkout: Path) -> None:
        said, asked = propose("")
        assert "everything is at its newest release" in said
        assert asked == ""
        assert self.pins(checkout) == ""
