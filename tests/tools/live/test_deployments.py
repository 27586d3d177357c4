"""What is deployed, delivered again and measured: by the real CDK CLI, on the engine, at night."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tools.live import conduct, deployment_permissions, permissions
from tools.live.account import Account
from tools.live.deployments import ROWS, application, command, deploy, probes, redelivery
from tools.live.deployments.deliveries import Delivered, figures_of, signer
from tools.live.deployments.stages import CHANGED, STAGES, differences
from tools.live.documented import rows
from tools.live.experiments import UNSEEN
from tools.live.findings import Findings
from tools.live.kinds import PREFIX
from tools.live.masks import Masks

import cdk_cleanroomsml

from ...stand_ins import write_program
from .conftest import AUDIENCE_MODEL, at_night, passing_time

if TYPE_CHECKING:
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

ROOT = Path(cdk_cleanroomsml.__file__).parents[2]

V4 = {
    "host": "cloudformation-custom-resource-response-useast1.s3.amazonaws.com",
    "names": ["X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"],
    "X-Amz-Date": "20261126T030000Z",
    "X-Amz-Expires": "7200",
}
V2 = {"host": "s3.amazonaws.com", "names": ["AWSAccessKeyId", "Expires", "Signature"], "Expires": "1795665600"}


def seen(type_: str, stage: str, **others: Any) -> dict[str, Any]:
    """What the probe writes down of an event."""
    return {
        "type": type_,
        "request_id": f"{type_}-{stage}",
        "stage": stage,
        "at": 1795658400.0,
        "url": V4,
        "policy": [stage.title()],
        "may_list": True,
        "python": "3.13.9",
        "botocore": "1.44.8",
        "operations": 59,
        **others,
    }


LIFE = [seen("Create", "first"), seen("Update", "changed"), seen("Update", "replaced"), seen("Delete", "replaced")]


def verdicts(life: list[dict[str, Any]]) -> dict[str, tuple[str, object]]:
    """Answers and positions, by the name of what was asked."""
    told = {name: ask(life) for name, ask in probes._ASK.items()}
    return {name: (verdict.answer, verdict.position) for name, verdict in told.items()}


def test_what_the_probe_has_seen_answers_the_rows() -> None:
    assert verdicts(LIFE) == {
        "response_url": ("yes", "v4"),
        "response_url_seconds": ("told", 7200),
        "request_ids": ("no", False),
        "policy_order": ("yes", UNSEEN),
        "lambda_sdk": ("told", UNSEEN),
    }


@pytest.mark.parametrize(
    ("changed", "name", "expected"),
    [
        ({"url": V2}, "response_url", ("no", "v2")),
        ({"url": {"host": "x", "names": []}}, "response_url", ("no", UNSEEN)),
        ({"url": V2}, "response_url_seconds", ("told", UNSEEN)),
        ({"url": {"host": "x", "names": []}}, "response_url_seconds", ("not to be told", UNSEEN)),
        ({"url": {**V4, "X-Amz-Expires": "7199"}}, "response_url_seconds", ("told", 7199)),
        ({"request_id": "the same"}, "request_ids", ("yes", True)),
        ({"policy": ["First"]}, "policy_order", ("no", UNSEEN)),
        ({"policy": "NoSuchEntity"}, "policy_order", ("no", UNSEEN)),
        ({"may_list": "AccessDenied"}, "policy_order", ("yes", UNSEEN)),
    ],
)
def test_what_is_otherwise_is_answered_otherwise(
    changed: dict[str, Any], name: str, expected: tuple[str, object]
) -> None:
    assert verdicts([{**each, **changed} for each in LIFE])[name] == expected


def test_every_answer_has_a_row() -> None:
    assert [row for row, _ in ROWS.values() if row not in rows("Observed")] == []


def test_what_get_shows_otherwise_than_the_template_is_told() -> None:
    members = STAGES[CHANGED].members
    uri = {"destination": {"s3Destination": {"s3Uri": "s3://bucket/changed/"}}}
    shown = {**members, "tags": {**members["tags"], "marker": "x"}, "outputConfig": uri}
    assert differences(CHANGED, shown) == []
    for member in members:
        assert [each.partition(" ")[0] for each in differences(CHANGED, {**shown, member: {}})] == [member]


COLD = (
    "END RequestId: 1\nREPORT RequestId: 1\tDuration: 31.86 ms\tBilled Duration: 640 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 91 MB\tInit Duration: 607.42 ms\t"
)


@pytest.mark.parametrize(
    ("tail", "figures"),
    [
        (COLD, {"Duration": 31.86, "Billed Duration": 640, "Max Memory Used": 91, "Init Duration": 607.42}),
        ("REPORT RequestId: 1\tDuration: 2 ms\tBilled Duration: 2 ms", {"Duration": 2, "Billed Duration": 2}),
        ("", {}),
    ],
)
def test_what_lambda_reports_is_read(tail: str, figures: dict[str, float]) -> None:
    assert figures_of(tail) == figures


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-2"])
def test_an_answer_goes_to_the_bucket_and_isnt_redirected(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint of all Regions redirects a PUT to a new bucket of another one, which no function follows."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    session = boto3.Session("AKIA1", "secret", region_name=region)
    url = signer(Account(session, Masks())).generate_presigned_url("put_object", {"Bucket": "new", "Key": "answer"})
    assert f".{region}.amazonaws.com/" in url
    assert "X-Amz-Date=" in url


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    """All resources of both templates, when there is most of them."""
    import aws_cdk as cdk

    live_ = {
        "prefix": f"{PREFIX}0a1b2c3d",
        "run_id": "0a1b2c3d",
        "bucket": f"{PREFIX}0a1b2c3d-output",
        "role": "arn:aws:iam::111122223333:role/write",
        "audience_model_arn": AUDIENCE_MODEL,
        "stage": CHANGED,
        "adopt": AUDIENCE_MODEL.replace("audience-model", "configured-audience-model"),
    }
    app = application.build(cdk.App(context={"live": json.dumps(live_)}, builtin_cloud_formation_validation=False))
    return {
        f"{stack.stack_name} {id_}": resource
        for stack in app.synth().stacks
        for id_, resource in stack.template["Resources"].items()
    }


NAMES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
}


def test_everything_is_found_again_by_its_name(resources: dict[str, dict[str, Any]]) -> None:
    named = {
        id_: each["Properties"].get(NAMES[each["Type"]], "") for id_, each in resources.items() if each["Type"] in NAMES
    }
    assert len(named) == len(set(named.values())) >= 8
    assert [name for name in named.values() if not (name.startswith(PREFIX) and len(name) <= 63)] == []


def test_keys_are_found_again_by_their_tag(resources: dict[str, dict[str, Any]]) -> None:
    (key,) = (each for each in resources.values() if each["Type"] == "AWS::KMS::Key")
    assert {"Key": "cdk-cleanroomsml-live", "Value": "0a1b2c3d"} in key["Properties"]["Tags"]


def test_what_cloudformation_calls_is_allowed_type_by_type(resources: dict[str, dict[str, Any]]) -> None:
    types = {each["Type"] for each in resources.values() if each["Type"].startswith("AWS::")}
    assert types - {"AWS::CDK::Metadata"} == {*deployment_permissions.RESOURCES}
    called = _called()
    assert called.keys() == {*deployment_permissions.RESOURCES}
    for type_, actions in deployment_permissions.RESOURCES.items():
        assert {*actions} - called[type_] == set(), type_


def _called() -> dict[str, set[str]]:
    """What CloudFormation says that it calls for a type: the `handlers` of its schemas, which cfn-lint brings."""
    spec = importlib.util.find_spec("cfnlint")
    assert spec
    assert spec.origin
    found: dict[str, set[str]] = {}
    names = {f'"{type_}"': type_ for type_ in deployment_permissions.RESOURCES}
    for file in (Path(spec.origin).parent / "data" / "schemas" / "resources").glob("*.json"):
        text = file.read_text()
        for name in names:
            if f'"typeName": {name}' in text or f'"typeName":{name}' in text:
                handlers = json.loads(text).get("handlers", {}).values()
                found.setdefault(names[name], set()).update(
                    action for handler in handlers for action in handler.get("permissions", [])
                )
    return found


def test_the_probe_is_small_enough_to_be_inline() -> None:
    assert len(application.PROBE.read_text()) <= 4096


def test_without_the_cli_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Exception, match="there is no CDK CLI"):
        command.deploy(run, CHANGED)


def test_what_the_cli_was_refused_is_on_record(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cli = tmp_path / "cdk"
    words = "User: x is not authorized to perform: lambda:CreateFunction on resource: y"
    write_program(cli, f"import sys\nsys.exit({words!r})\n")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(Exception, match="lambda:CreateFunction"):
        command.deploy(run, CHANGED)
    assert permissions.missing(run.account.record, run.inputs) == ["lambda:CreateFunction"]


@pytest.fixture
def cli(engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose CDK CLI is that of the repository."""
    for name, value in engine.child_environment(folder=ROOT).items():
        monkeypatch.setenv(name, value)
    run.pause = run.belongings.pause = passing_time(engine)
    return run


@at_night
@pytest.mark.timeout(900)
def test_a_life_by_the_cli(cli: Run) -> None:
    findings = Findings()
    deploy(cli, findings, str)
    assert [each for each in findings.checks if not each.passed] == []
    assert len(findings.checks) >= 12
    assert {each.name: each.verdict.answer for each in findings.answers}.keys() == ROWS.keys()
    assert {"first deployment", "destroy"} <= {each.what for each in findings.measurements}
    assert conduct.destroy(cli.belongings, str) == []


@at_night
@pytest.mark.timeout(900)
def test_it_tells_the_other_position_of_each_switch(cli: Run, engine: Engine) -> None:
    engine.set_switches(response_url_signature="v2", request_ids_repeat=True)
    findings = Findings()
    deploy(cli, findings, str)
    told = {each.name: each.verdict.position for each in findings.answers}
    assert (told["response_url"], told["request_ids"]) == ("v2", True)
    assert conduct.destroy(cli.belongings, str) == []


STEPS: list[tuple[Any, str, int]] = [
    (command, "deploy", 1),
    (command, "deploy", 2),
    (command, "deploy", 3),
    (command, "destroy", 1),
    (redelivery, "_again", 1),
]
"""After which function, and after which call of it."""


@at_night
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize(("module", "name", "number"), STEPS)
def test_nothing_is_left_whatever_step_it_ends_after(
    module: Any, name: str, number: int, fault: type[BaseException], cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, original = 0, getattr(module, name)

    def then_end(*words: Any, **others: Any) -> Any:
        nonlocal count
        done = original(*words, **others)
        count += 1
        if count == number:
            raise fault("the end")
        return done

    monkeypatch.setattr(module, name, then_end)
    monkeypatch.setattr(conduct, "PARTS", (deploy,))
    assert conduct.work(cli, Findings(), str) is not None
    assert conduct.destroy(cli.belongings, str) == []


def test_a_delivery_without_an_answer_has_none() -> None:
    delivered = Delivered("", "", "", "Task timed out", {})
    assert redelivery._words(delivered) == "no answer: Task timed out"
