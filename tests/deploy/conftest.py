"""A stack on the local engine: synthesised once, sent to CloudFormation as it is."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest

from cdk_cleanroomsml import ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.local.engine import Engine

from ..references import an_audience_model
from ..worlds import enter
from .engine_driver import publish_function, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdk_cleanroomsml import IAudienceModelRef
    from cdk_cleanroomsml.local.service import Call

AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
OTHER_AUDIENCE_MODEL_ARN = f"{AUDIENCE_MODEL_ARN}-next"


_loader = cache(botocore.session.create_loader)


@pytest.fixture(autouse=True)
def models_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operators' command makes a session each time, all of which read the same models."""
    monkeypatch.setattr(botocore.session, "create_loader", _loader)


@pytest.fixture(scope="session")
def running_engine() -> Iterator[Engine]:
    with running() as engine:
        yield engine


@pytest.fixture
def engine(running_engine: Engine) -> Engine:
    running_engine.reset()
    enter(running_engine)
    return running_engine


@pytest.fixture(scope="session")
def running_guarded_engine() -> Iterator[Engine]:
    with running(auth=True) as engine:
        yield engine


@pytest.fixture
def guarded_engine(running_guarded_engine: Engine) -> Engine:
    """An engine that enforces IAM."""
    running_guarded_engine.reset()
    enter(running_guarded_engine)
    return running_guarded_engine


def running(*, auth: bool = False) -> Engine:
    """One for all files of a test worker; Lambda's retries come soon."""
    return Engine(auth=auth, audience_models=[AUDIENCE_MODEL_ARN, OTHER_AUDIENCE_MODEL_ARN], retry_seconds=0.05)


def bootstrap(engine: Engine, account: str) -> str:
    """What of `cdk bootstrap` a deployment asks for; test_cli.py proves the command itself.

    Returns:
        The name of the bucket for assets.
    """
    bucket = f"cdk-hnb659fds-assets-{account}-{engine.region}"
    engine.client("s3", account=account).create_bucket(Bucket=bucket)
    ssm = engine.client("ssm", account=account)
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True)
    return bucket


class Deployment:
    """One stack: what it defines is sent to the engine's CloudFormation, without the CLI."""

    def __init__(
        self,
        engine: Engine,
        name: str = "Stack",
        change: Callable[[dict[str, Any]], None] = lambda _: None,
        *,
        account: str | None = None,
    ) -> None:
        """Of an account that is given, synthesis knows, too; else it knows none."""
        self._engine = engine
        self.name = name
        self.change = change
        self._account = account or engine.account
        self._known_account = account
        self.cloudformation = engine.client("cloudformation", account=self._account)
        self.cleanroomsml = engine.client("cleanroomsml", account=self._account)
        self._exists = False
        self._id = ""
        self._bucket = ""
        self._published: set[str] = set()

    def deploy(self, define: Callable[[cdk.Stack], object]) -> dict[str, str]:
        """Creates or updates the stack, and returns its outputs.

        Raises:
            DeploymentError: it failed; the message has the reason of every resource that did.
        """
        return self.deploy_synthesised(_synthesised(define, self.name, self._known_account, self._engine.region))

    def deploy_synthesised(self, output: Path) -> dict[str, str]:
        """The same for what is in a `cdk.out`."""
        template = self._publish(output)
        verb = "update" if self._exists else "create"
        send = getattr(self.cloudformation, f"{verb}_stack")
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
        self._id = send(StackName=self.name, TemplateURL=template, Capabilities=capabilities)["StackId"]
        stack = self._wait(f"{verb.upper()}_COMPLETE")
        self._exists = True
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def destroy(self) -> None:
        self.cloudformation.delete_stack(StackName=self.name)
        self._wait("DELETE_COMPLETE")
        self._exists = False

    def models(self) -> list[dict[str, Any]]:
        """All configured audience models, as the service holds them."""
        listed = self.cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]
        arns = [model["configuredAudienceModelArn"] for model in listed]
        return [self.cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=arn) for arn in arns]

    def model(self) -> dict[str, Any]:
        (model,) = self.models()
        return model

    def calls(self) -> list[str]:
        """The operations that Clean Rooms ML was asked for since the last look, but for this class's own."""
        calls: list[Call] = self._engine.calls()
        self._engine.forget_calls()
        return [call.operation for call in calls]

    def _publish(self, output: Path) -> str:
        """What `cdk deploy` does: the assets are where the template looks for them, and the template beside them.

        Returns:
            The template's address: as a part of the request, it would have to be unquoted, which takes long.
        """
        s3 = self._engine.client("s3", account=self._account)
        self._bucket = self._bucket or bootstrap(self._engine, self._account)
        contents = {key: content for key, content in _assets(output).items() if key not in self._published}
        self._published |= contents.keys()
        template = json.loads((output / f"{self.name}.template.json").read_text())
        self.change(template)
        for key, content in {**contents, "template.json": json.dumps(template, ensure_ascii=False).encode()}.items():
            s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return f"{self._engine.url}/{self._bucket}/template.json"

    def _wait(self, wanted: str) -> dict[str, Any]:
        self._engine.settle()
        stack: dict[str, Any] = self.cloudformation.describe_stacks(StackName=self._id)["Stacks"][0]
        if stack["StackStatus"] != wanted:
            events = self.cloudformation.describe_stack_events(StackName=self._id)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]]
            raise DeploymentError("\n".join(reasons))
        return stack


class DeploymentError(Exception):
    """A stack that did not become what it was to become."""


@cache
def _synthesised(define: Callable[[cdk.Stack], object], name: str, account: str | None, region: str) -> Path:
    """The folder with what a stack is synthesised to: once for what the same function defines."""
    env = cdk.Environment(account=account, region=region) if account else None
    app = cdk.App(builtin_cloud_formation_validation=False)
    define(cdk.Stack(app, name, env=env))
    return Path(app.synth().directory)


@cache
def _assets(output: Path) -> dict[str, bytes]:
    """What is in an assembly's assets, but for templates of stacks that aren't nested, by its key in the bucket."""
    found: dict[str, bytes] = {}
    for manifest in output.glob("*.assets.json"):
        template = manifest.name.replace(".assets.json", ".template.json")
        for file in json.loads(manifest.read_text())["files"].values():
            source = output / file["source"]["path"]
            if source.name != template:
                content = _zip(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
                found |= {destination["objectKey"]: content for destination in file["destinations"].values()}
    return found


def _zip(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


@pytest.fixture
def deployment(engine: Engine) -> Deployment:
    return Deployment(engine)


@pytest.fixture
def shorter_pauses(deployment: Deployment, engine: Engine, tmp_path: Path) -> None:
    """For what the function waits for in vain, or for long."""
    publish_function(engine)
    deployment.change = lambda template: shorten(template, tmp_path / "orders.json")


def define_model(
    stack: cdk.Stack,
    name: str = "Model",
    audience_model: IAudienceModelRef | str = AUDIENCE_MODEL_ARN,
    **parameters: Any,
) -> ConfiguredAudienceModel:
    """A model, on an audience model or on the ARN of one."""
    if isinstance(audience_model, str):
        audience_model = an_audience_model(stack, audience_model)
    parameters.setdefault("shared_audience_metrics", SharedAudienceMetrics.ALL)
    return ConfiguredAudienceModel(stack, name, audience_model=audience_model, **parameters)


def start_job(engine: Engine) -> str:
    """Starts a generation job on the only model and returns its ARN."""
    ml = engine.client("cleanroomsml")
    (model,) = ml.list_configured_audience_models()["configuredAudienceModels"]
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="seeds")
    seed = "".join(json.dumps({"user_id": f"seed-{n}"}) + "\n" for n in range(500))
    s3.put_object(Bucket="seeds", Key="seed.jsonl", Body=seed.encode())
    iam = engine.client("iam")
    statement = {"Effect": "Allow", "Principal": {"Service": "cleanrooms-ml.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName="seed", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::seeds/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="seed", PolicyName="policy", PolicyDocument=policy)
    arn: str = ml.start_audience_generation_job(
        name="job",
        configuredAudienceModelArn=model["configuredAudienceModelArn"],
        seedAudience={"roleArn": role, "dataSource": {"s3Uri": "s3://seeds/seed.jsonl"}},
    )["audienceGenerationJobArn"]
    return arn
