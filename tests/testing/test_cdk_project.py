"""What the CDK CLI is told; the guide's tests have the real one deploy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml.local.pins import EngineError
from cdk_cleanroomsml.testing import CdkError, CdkProject

from ..stand_ins import write_program

if TYPE_CHECKING:
    from collections.abc import Callable

# Writes down what it is told, has a single output, and fails when it is to deploy Broken.
CLI = """
import json, os, sys
from pathlib import Path
told = sys.argv[1:]
with Path(__file__).with_name("told").open("a") as file:
    file.write(json.dumps([os.getcwd(), *told]) + "\\n")
print("cdk says what it does")
if "--outputs-file" in told and "Empty" not in told:
    Path(told[told.index("--outputs-file") + 1]).write_text(json.dumps({"Stack": {"Arn": "arn"}}))
sys.exit("and why" if "Broken" in told else 0)
"""


class StandIn:
    """An engine as far as a project asks it."""

    account, region = "444455556666", "eu-west-1"

    def __init__(self, path: str) -> None:
        self._path = path
        self.parameters: list[str] = []

    def child_environment(self, *, folder: Path) -> dict[str, str]:
        return {"PATH": f"{folder / 'node_modules' / '.bin'}:{self._path}"}

    def client(self, service: str) -> Any:
        assert service == "ssm"
        return self

    def get_parameters_by_path(self, **_: Any) -> dict[str, Any]:
        return {"Parameters": self.parameters}


@pytest.fixture
def engine() -> Any:
    node = shutil.which("node")
    assert node
    return StandIn(str(Path(node).parent))


@pytest.fixture
def project(engine: Any, tmp_path: Path) -> CdkProject:
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    write_program(programs / "cdk", CLI)
    return CdkProject(engine, tmp_path)


@pytest.fixture
def told(tmp_path: Path) -> Callable[[], list[list[str]]]:
    """The commands so far, each without what is temporary."""

    def read() -> list[list[str]]:
        lines = (tmp_path / "node_modules" / ".bin" / "told").read_text().splitlines()
        commands = [json.loads(line) for line in lines]
        assert {command[0] for command in commands} == {str(tmp_path)}
        return [
            [word for word in command[1:] if not word.endswith(("outputs.json", "cdk.out"))] for command in commands
        ]

    return read


DEPLOY = ["--require-approval", "never", "--outputs-file"]


def test_all_of_the_project(project: CdkProject, told: Any) -> None:
    assert project.deploy() == {"Stack": {"Arn": "arn"}}
    bootstrap = ["bootstrap", "aws://444455556666/eu-west-1", "--app", ""]
    assert told() == [bootstrap, ["deploy", "--all", "--output", *DEPLOY]]


def test_once_bootstrapped(project: CdkProject, engine: Any, told: Any) -> None:
    engine.parameters.append("version")
    assert project.deploy("One", "Empty", options=["--context", "a=b"]) == {}
    project.destroy("One", options=["--concurrency", "2"])
    assert told() == [
        ["deploy", "One", "Empty", "--output", *DEPLOY, "--context", "a=b"],
        ["destroy", "One", "--output", "--force", "--concurrency", "2"],
    ]


def test_an_application_of_the_test(project: CdkProject, engine: Any, told: Any) -> None:
    engine.parameters.append("version")
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "One")
    staged = cdk.Stack(cdk.Stage(app, "Beta"), "Two")
    project.deploy(app=app)
    project.deploy(app=stack)
    project.deploy(app=staged)
    project.destroy(app=staged)
    project.deploy("Other", app=staged)
    which = [(command[0], command[1]) for command in told()]
    assert which == [
        ("deploy", "--all"),
        ("deploy", "One"),
        ("deploy", "Beta/Two"),
        ("destroy", "Beta/Two"),
        ("deploy", "Other"),
    ]
    assemblies = {command[command.index("--app") + 1] for command in told()}
    (assembly,) = assemblies
    assert Path(assembly, "manifest.json").is_file()


@pytest.mark.parametrize("of_stage", [False, True])
def test_a_change_is_deployed(project: CdkProject, told: Any, *, of_stage: bool) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Beta") if of_stage else app, "Stack")
    output = cdk.CfnOutput(stack, "Output", value="before")
    project.deploy(app=stack)
    output.value = "after"
    project.deploy(app=stack)
    (*_, assembly) = (command[command.index("--app") + 1] for command in told() if command[0] == "deploy")
    (template,) = Path(assembly).rglob("*.template.json")
    assert json.loads(template.read_text())["Outputs"]["Output"]["Value"] == "after"


def test_a_stack_alone(project: CdkProject, told: Any) -> None:
    project.deploy(app=cdk.Stack(stack_name="Alone"))
    (_, (_, which, _, assembly, *_)) = told()
    assert which in json.loads(Path(assembly, "manifest.json").read_text())["artifacts"]


def test_what_the_cli_said_is_in_the_error(project: CdkProject) -> None:
    with pytest.raises(CdkError, match=r"^cdk deploy Broken .* failed:\ncdk says what it does\nand why\n$"):
        project.deploy("Broken")
    assert project.run("diff") == "cdk says what it does\n"


def test_without_a_cli(project: CdkProject) -> None:
    (project.folder / "node_modules" / ".bin" / "cdk").unlink()
    with pytest.raises(EngineError, match=r"no CDK CLI .*: npm install aws-cdk@"):
        project.deploy()


STACK = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Shop")
NO_APP = "app must be a cdk.App or a cdk.Stack, got "


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"app": "app.py"},
            f"{NO_APP}'app.py': leave it out for the application of cdk.json; another command for it is",
        ),
        ({"app": cdk.App}, f"{NO_APP}the class App: that is the class, write App(…)"),
        (
            {"app": cdk.Stage(STACK, "Prod")},
            f"{NO_APP}a Stage: give one of its stacks, or the App that it is",
        ),
        ({"app": cdk.CfnOutput(STACK, "Out", value="x")}, f"{NO_APP}a CfnOutput: give cdk.Stack.of(…) it"),
        ({"app": lambda: STACK}, f"{NO_APP}a function: leave it out for the application of cdk.json"),
        ({"stacks": [STACK]}, "stacks[0] must be a text, got a Stack: a stack that the test defines is app=…"),
        ({"options": "--verbose"}, "options must be a list of texts, got '--verbose': write options=['--context', "),
        ({"options": ["--parallel", 2]}, "options[1] must be a text, got 2: write options="),
        ({"options": None}, "options must be a list of texts, got None"),
    ],
)
@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_what_is_no_application(project: CdkProject, command: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(words)}"):
        getattr(project, command)(*given.get("stacks", ()), **{k: v for k, v in given.items() if k != "stacks"})


def test_a_command_is_texts(project: CdkProject) -> None:
    path: Any = Path("other")
    with pytest.raises(TypeError, match=r"^arguments\[1\] must be a text, got a PosixPath: "):
        project.run("diff", path)


@pytest.mark.parametrize("name", ["with a space", "with 'quotes\"", "/".join(["long" * 20] * 4)])
def test_the_stand_in_runs_whatever_the_path_of_python_is(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / name / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))
    write_program(tmp_path / "says", "import sys; print(sys.argv[1:], sys.orig_argv[0])")
    done = subprocess.run([tmp_path / "says", "a b", "$HOME"], capture_output=True, text=True, check=True)
    assert done.stdout == f"['a b', '$HOME'] {python}\n"
