"""The one function of a stack, what it may do, and what is inside it."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from benchmarks.count_messages import counted

import cdk_cleanroomsml
from cdk_cleanroomsml import AudienceOutput, CleanRoomsMLProvider, ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE
from cdk_cleanroomsml.provider import function_code

from ...references import an_audience_model
from ..conftest import Synth

if TYPE_CHECKING:
    from constructs import Construct

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
PACKAGE = Path(cdk_cleanroomsml.__file__).parent


def model(scope: Construct, name: str, arn: str = ARN, output: AudienceOutput | None = None) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        scope,
        name,
        audience_model=an_audience_model(scope, arn),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )


def permissions(synth: Synth) -> list[dict[str, Any]]:
    return sorted(synth.function_statements(), key=json.dumps)


def test_one_function_serves_all_models_of_a_stack(synth: Synth) -> None:
    for name in ("One", "Two", "Three"):
        model(synth.stack, name)
    (function,) = synth.resources("AWS::Lambda::Function")
    tokens = [m["Properties"]["ServiceToken"] for m in synth.resources(RESOURCE_TYPE).values()]
    assert tokens == [{"Fn::GetAtt": [function, "Arn"]}] * 3


def test_the_first_model_of_a_stack_takes_no_more_messages() -> None:
    """What one more takes is in tests/benchmarks/test_messages.py; what is asked once a process, the first asks."""
    model(Synth().stack, "Model")
    stack = Synth().stack
    with counted() as messages:
        model(stack, "Model")
    assert messages.call_count <= 69


def test_a_nested_stack_has_a_function_of_its_own(synth: Synth) -> None:
    nested = cdk.NestedStack(synth.stack, "Nested")
    model(synth.stack, "Outside")
    model(nested, "Inside")
    cdk.assertions.Template.from_stack(nested).resource_count_is("AWS::Lambda::Function", 1)
    synth.template.resource_count_is("AWS::Lambda::Function", 1)


PYTHONS = re.findall(r'Python :: (3[.]\d+)"', (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
"""Those that it is tested on, the oldest first."""


def test_there_is_no_newer_python() -> None:
    """When this fails, CDK knows a newer one: test on it (NEWEST in tools, CI), and run the function on it."""
    known = [int(name.split("_")[2]) for name in dir(lambda_.Runtime) if re.fullmatch(r"PYTHON_3_\d+", name)]
    assert f"3.{max(known)}" == PYTHONS[-1]


def test_the_function(synth: Synth) -> None:
    model(synth.stack, "Model")
    function = synth.only("AWS::Lambda::Function")["Properties"]
    assert function["Runtime"] == f"python{PYTHONS[-1]}"
    (log_group,) = synth.resources("AWS::Logs::LogGroup")
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}
    assert synth.only("AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 30
    timeout = synth.only(RESOURCE_TYPE)["Properties"]["ServiceTimeout"]
    assert function["Timeout"] == 900
    assert timeout >= function["Timeout"] + 5 * 60, "a retry after a crash must still fit"


def test_the_function_may_do_what_is_documented_on_what_it_serves(synth: Synth) -> None:
    one = model(synth.stack, "One")
    models = synth.stack.resolve(
        f"arn:{synth.stack.partition}:cleanrooms-ml:{synth.stack.region}:{synth.stack.account}"
        ":configured-audience-model/*"
    )
    (log_group,) = synth.resources("AWS::Logs::LogGroup")
    wanted: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [log_group, "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource"],
            "Resource": {"Ref": "AWS::StackId"},
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": synth.stack.resolve(one.role.role_ref.role_arn),
            "Condition": {"StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}},
        },
        {
            "Effect": "Allow",
            "Action": ["cleanrooms-ml:CreateConfiguredAudienceModel", "cleanrooms-ml:UpdateConfiguredAudienceModel"],
            "Resource": ARN,
        },
        {
            "Effect": "Allow",
            "Action": [
                "cleanrooms-ml:GetConfiguredAudienceModel",
                "cleanrooms-ml:UpdateConfiguredAudienceModel",
                "cleanrooms-ml:DeleteConfiguredAudienceModel",
                "cleanrooms-ml:TagResource",
                "cleanrooms-ml:UntagResource",
            ],
            "Resource": models,
        },
        {
            "Effect": "Allow",
            "Action": ["cleanrooms-ml:ListConfiguredAudienceModels", "cleanrooms-ml:ListAudienceGenerationJobs"],
            "Resource": "*",
        },
    ]
    assert [said for said in permissions(synth) if said not in wanted] == []
    assert len(permissions(synth)) == len(wanted)


def test_permissions_do_not_grow_with_models_that_share_an_output(synth: Synth) -> None:
    output = AudienceOutput(synth.stack, "Output")
    model(synth.stack, "One", output=output)
    before = permissions(synth)
    synth = type(synth)()
    output = AudienceOutput(synth.stack, "Output")
    for number in range(20):
        model(synth.stack, f"Model{number}", output=output)
    assert len(permissions(synth)) == len(before)


def test_permissions_name_each_audience_model_and_each_role(synth: Synth) -> None:
    one = model(synth.stack, "One")
    two = model(synth.stack, "Two", arn=f"{ARN}-2")
    resources: list[Any] = []
    for said in permissions(synth):
        resources += said["Resource"] if isinstance(said["Resource"], list) else [said["Resource"]]
    for needed in (ARN, f"{ARN}-2", *(synth.stack.resolve(m.role.role_ref.role_arn) for m in (one, two))):
        assert needed in resources


def size(document: dict[str, Any]) -> int:
    """Characters of a policy as IAM counts them, white space left out, with long ARNs in the place of references."""
    text = json.dumps(document, separators=(",", ":"))
    return len(re.sub(r'{"Fn::GetAtt":\[[^]]*\]}', f'"{"x" * 110}"', text))


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({}, marks=pytest.mark.nightly("with the flag of new applications it runs by day")),
        {"@aws-cdk/aws-iam:minimizePolicies": True},
    ],
)
def test_many_roles_fit_in_policies_that_iam_takes(context: dict[str, Any]) -> None:
    synth = Synth(context)
    for number in range(98):
        model(synth.stack, f"Model{number}")
    passed: list[Any] = []
    for said in synth.function_statements():
        if said["Action"] == "iam:PassRole":
            passed += said["Resource"] if isinstance(said["Resource"], list) else [said["Resource"]]
    assert len(passed) == 98
    policies = synth.function_policies().values()
    managed = [size(each["Properties"]["PolicyDocument"]) for each in policies if "Managed" in each["Type"]]
    inline = [size(each["Properties"]["PolicyDocument"]) for each in policies if "Managed" not in each["Type"]]
    assert all(each <= 6_144 for each in managed)
    assert len(managed) <= 10
    assert sum(inline) <= 10_240
    assert len(synth.template.to_json()["Resources"]) <= 500


def test_what_is_defined_after_somebody_looked_is_allowed_as_well(synth: Synth) -> None:
    """A check between two models, or a reading Aspect, resolves every policy; cdk-nag does in test_chain_checked.py."""
    model(synth.stack, "One")
    for construct in synth.stack.node.find_all():
        if isinstance(construct, iam.CfnPolicy):
            synth.stack.resolve(construct.policy_document)
    model(synth.stack, "Two", arn=f"{ARN}-2")
    assert f"{ARN}-2" in str(synth.function_statements())


def test_a_provider_that_is_taken_away_is_used_no_more(synth: Synth) -> None:
    model(synth.stack, "Model")
    for name in ("Model", "CleanRoomsMLProvider"):
        assert synth.stack.node.try_remove_child(name)
    own = CleanRoomsMLProvider(synth.stack, log_retention=logs.RetentionDays.ONE_WEEK)
    model(synth.stack, "Model")
    assert synth.only("AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 7
    assert synth.only(RESOURCE_TYPE)["Properties"]["ServiceToken"] == synth.stack.resolve(own.service_token)
    assert set(synth.only(RESOURCE_TYPE)["DependsOn"]) == set(synth.function_policies())


def asset(app: cdk.App) -> zipfile.ZipFile:
    (archive,) = Path(app.synth().directory).glob("asset.*")
    return zipfile.ZipFile(archive)


def test_the_asset_is_the_handler_and_nothing_else(synth: Synth) -> None:
    model(synth.stack, "Model")
    archive = asset(synth.app)
    shipped = {name: archive.read(name) for name in archive.namelist()}
    assert shipped == {
        str(path.relative_to(PACKAGE)): path.read_bytes() for path in (PACKAGE / "handler").rglob("*.py")
    }
    assert {"handler/main.py", "handler/protocol/request.py"} <= set(shipped)


def test_the_asset_is_there_where_assets_are_not_staged(synth: Synth) -> None:
    """Then the CLI reads them where they were, after the program has ended."""
    synth.stack.node.set_context("aws:cdk:disable-asset-staging", value=True)
    model(synth.stack, "Model")
    manifest = json.loads((Path(synth.app.synth().directory) / f"{synth.stack.artifact_id}.assets.json").read_text())
    paths = [file["source"]["path"] for file in manifest["files"].values() if "template" not in file["source"]["path"]]
    assert [zipfile.is_zipfile(Path(synth.app.outdir) / path) for path in paths] == [True]


def test_the_asset_is_the_same_wherever_and_however_the_library_is_installed(
    synth: Synth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another umask, say: Lambda couldn't read what only the owner and the group may read."""
    model(synth.stack, "Model")
    key = synth.only("AWS::Lambda::Function")["Properties"]["Code"]["S3Key"]
    elsewhere = tmp_path / "elsewhere" / "cdk_cleanroomsml"
    shutil.copytree(PACKAGE, elsewhere, ignore=shutil.ignore_patterns("__pycache__"))
    (elsewhere / "handler" / "__pycache__").mkdir()
    (elsewhere / "handler" / "__pycache__" / "main.cpython-314.pyc").write_bytes(b"x")
    (elsewhere / "unrelated.py").write_text("")
    for path in elsewhere.rglob("*.py"):
        path.chmod(0o600)
    monkeypatch.setattr(function_code, "__file__", str(elsewhere / "provider" / "function_code.py"))
    before = os.umask(0o077)
    try:
        other = Synth()
        model(other.stack, "Model")
        archive = asset(other.app)
    finally:
        os.umask(before)
    assert other.only("AWS::Lambda::Function")["Properties"]["Code"]["S3Key"] == key
    assert Path(str(archive.filename)).read_bytes() == Path(str(asset(synth.app).filename)).read_bytes()
    assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
    edited = elsewhere.rename(elsewhere.with_name("edited"))
    (edited / "handler" / "main.py").write_text("changed")
    monkeypatch.setattr(function_code, "__file__", str(edited / "provider" / "function_code.py"))
    changed = Synth()
    model(changed.stack, "Model")
    assert changed.only("AWS::Lambda::Function")["Properties"]["Code"]["S3Key"] != key
    assert asset(changed.app).read("handler/main.py") == b"changed"


@pytest.mark.parametrize(
    ("name", "metric_name", "statistic"),
    [
        ("metric_errors", "Errors", "Sum"),
        ("metric_throttles", "Throttles", "Sum"),
        ("metric_invocations", "Invocations", "Sum"),
        ("metric_duration", "Duration", "Average"),
    ],
)
def test_it_has_the_metrics_of_its_function(synth: Synth, name: str, metric_name: str, statistic: str) -> None:
    provider = CleanRoomsMLProvider(synth.stack)
    metric = getattr(provider, name)(label="ours")
    assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/Lambda", metric_name, statistic)
    assert (metric.dimensions, metric.label) == ({"FunctionName": provider.function.function_name}, "ours")
    assert provider.metric("ConcurrentExecutions").metric_name == "ConcurrentExecutions"


def test_it_counts_what_it_answers_as_failed(synth: Synth) -> None:
    provider = CleanRoomsMLProvider(synth.stack)
    metric = provider.metric_failed(period=cdk.Duration.hours(1))
    assert (metric.namespace, metric.metric_name) == ("CleanRoomsML", "CustomResourcesFailed-Stack")
    assert (metric.statistic, metric.period.to_hours()) == ("Sum", 1)
    assert provider.metric_failed().statistic == "Sum"
    assert len(synth.resources("AWS::Logs::MetricFilter")) == 1


def test_nothing_is_counted_that_nobody_asks_for(synth: Synth) -> None:
    CleanRoomsMLProvider(synth.stack)
    assert synth.resources("AWS::Logs::MetricFilter") == {}
