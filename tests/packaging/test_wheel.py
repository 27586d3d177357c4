"""The built wheel, alone in a new environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import aws_cdk
import pytest

import cdk_cleanroomsml

REPOSITORY = Path(__file__).parents[2]
# Built, installed and used in this order, by one worker.
pytestmark = pytest.mark.xdist_group("wheel")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=variables | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "uv", "build", "--wheel", "--no-build-isolation", "--out-dir", folder, cwd=REPOSITORY)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel and what it requires, in the versions that are pinned."""
    folder = tmp_path_factory.mktemp("environment")
    uv = (sys.executable, "-m", "uv")
    run(*uv, "venv", "--quiet", "--python", sys.executable, folder, cwd=folder)
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    versions = ("--constraint", REPOSITORY / "requirements" / "demo.txt")
    run(*uv, "pip", "install", "--quiet", "--system-certs", "--python", interpreter, *versions, wheel, cwd=folder)
    (theirs,) = folder.rglob("site-packages/aws_cdk")
    take_over_caches(Path(aws_cdk.__file__).parent, theirs)
    return interpreter


def take_over_caches(ours: Path, theirs: Path) -> None:
    """Spares an interpreter to compile what this one has compiled; of a module that isn't the same it sees that."""
    for module in ours.rglob("__pycache__/*.pyc"):
        copy = theirs / module.relative_to(ours)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(module, copy)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    handler = Path(cdk_cleanroomsml.__file__).parent / "handler"
    modules = {f"cdk_cleanroomsml/handler/{path.relative_to(handler)}" for path in handler.rglob("*.py")}
    assert {"cdk_cleanroomsml/py.typed", *modules} <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"cdk_cleanroomsml"}
    assert [name for name in names if "__pycache__" in name] == []


@pytest.mark.nightly("that the wheel holds all files, and is imported alone, is tried by day; CI deploys from it, too")
def test_it_synthesises_the_quickstart(python: Path, tmp_path: Path) -> None:
    context = json.loads((REPOSITORY / "cdk.json").read_text())["context"]
    quickstart = REPOSITORY / "examples" / "quickstart" / "app.py"
    run(python, quickstart, cwd=tmp_path, CDK_OUTDIR=str(tmp_path / "out"), CDK_CONTEXT_JSON=json.dumps(context))
    template = json.loads((tmp_path / "out" / "Quickstart.template.json").read_text())
    types = [resource["Type"] for resource in template["Resources"].values()]
    assert types.count("Custom::CleanRoomsMLConfiguredAudienceModel") == 1
    (asset,) = (tmp_path / "out").glob("asset.*.zip")
    assert "handler/main.py" in zipfile.ZipFile(asset).namelist()


def test_importing_it_needs_neither_boto3_nor_the_engine(python: Path, tmp_path: Path) -> None:
    code = "\n".join(
        [
            "import sys",
            "from cdk_cleanroomsml import *",
            "print(AudienceOutput.__name__, sorted({'boto3', 'botocore', 'ministack'} & set(sys.modules)))",
        ]
    )
    assert run(python, "-c", code, cwd=tmp_path).strip() == "AudienceOutput []"
    for absent in ("boto3", "ministack"):
        probe = f"import importlib.util; print(importlib.util.find_spec({absent!r}))"
        assert run(python, "-c", probe, cwd=tmp_path).strip() == "None"


def test_the_command_is_installed_and_says_what_it_needs(python: Path, tmp_path: Path) -> None:
    command = python.parent / "cdk-cleanroomsml"
    assert "generate" in run(command, "--help", cwd=tmp_path)
    assert json.loads(run(command, "list", "--permissions", cwd=tmp_path))["Statement"]
    told = subprocess.run([command, "list"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (told.returncode, "pip install 'cdk-cleanroomsml[cli]'" in told.stderr) == (1, True)
