"""What the workflows promise: pinned actions, the same commands as at home, a release that is built once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from tools.lock import PYTHONS

from ..clone import REPOSITORY, left_out
from ..worlds import rows

pytestmark = left_out(".github")

FILES = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, Any] = {file.stem: yaml.safe_load(file.read_text()) for file in FILES}
JOBS = {f"{name}: {job}": body for name, workflow in WORKFLOWS.items() for job, body in workflow["jobs"].items()}


def commands(job: Any) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


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
    # Whoever may speak for the project runs no code of it.
    assert [name for name in jobs if "id-token" in jobs[name].get("permissions", {})] == ["attest", "publish"]
    assert commands(jobs["attest"]) == commands(jobs["publish"]) == []
    assert all(workflow["permissions"] == {"contents": "read"} for workflow in WORKFLOWS.values())


def test_every_world_has_its_night() -> None:
    matrix = WORKFLOWS["ci"]["jobs"]["worlds"]["strategy"]["matrix"]["worlds"]
    assert " ".join(matrix).split() == ["surprised", *(str(n) for n in range(1, len(rows()) + 1))]


def test_the_canary_runs_the_gate_on_what_is_newest() -> None:
    jobs = WORKFLOWS["canary"]["jobs"]
    newest = [line for line in commands(jobs["newest"]) if line.startswith("make")]
    assert newest == ["make outdated", "make newest", "make test"]
    assert jobs["newest"]["strategy"]["matrix"]["python"] == [PYTHONS[0], PYTHONS[-1]]
    assert commands(jobs["vulnerabilities"]) == ["make audit"]
