"""With IAM enforced: the synthesised permissions are enough, and not one of them is more than that.

One kind of permission can't be tried, because nothing in the engine asks for it: that of the function to write its log.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import AudienceOutput, CleanRoomsMLProvider
from cdk_cleanroomsml.local.service import Fault

from ..by_night import the_rest_by_night
from .conftest import Deployment, DeploymentError, define_model, start_job
from .engine_driver import publish_function, shorten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

NEEDED = [
    "cleanrooms-ml:CreateConfiguredAudienceModel",
    "cleanrooms-ml:DeleteConfiguredAudienceModel",
    "cleanrooms-ml:GetConfiguredAudienceModel",
    "cleanrooms-ml:ListConfiguredAudienceModels",
    "cleanrooms-ml:TagResource",
    "cleanrooms-ml:UntagResource",
    "cleanrooms-ml:UpdateConfiguredAudienceModel",
    "iam:PassRole",
]
LIST_JOBS = "cleanrooms-ml:ListAudienceGenerationJobs"
"""Without it, all goes well: it only makes a Reason better."""


@pytest.fixture
def guarded_engine(running_guarded_engine: Engine) -> Engine:
    running_guarded_engine.reset()
    publish_function(running_guarded_engine)
    return running_guarded_engine


def documents(template: dict[str, Any]) -> list[dict[str, Any]]:
    """The policies of the function's role, wherever they stand."""
    (name,) = (name for name in template["Resources"] if name.startswith("CleanRoomsMLProviderRole"))
    found: list[dict[str, Any]] = [
        each["PolicyDocument"] for each in template["Resources"][name]["Properties"]["Policies"]
    ]
    attached = [
        r["Properties"] for r in template["Resources"].values() if {"Ref": name} in r["Properties"].get("Roles", [])
    ]
    return found + [each["PolicyDocument"] for each in attached]


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    """What the function may do."""
    return [statement for document in documents(template) for statement in document["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def without(action: str | None, orders: Path) -> Callable[[dict[str, Any]], None]:
    """Takes an action away from the function, and has its pauses shortened."""

    def change(template: dict[str, Any]) -> None:
        for statement in statements(template):
            kept = [each for each in actions(statement) if each != action]
            # A policy has at least one statement.
            statement["Action"] = kept or ["none:Whatever"]
        shorten(template, orders)

    return change


def live(deployment: Deployment, engine: Engine) -> None:
    """A model's life, in which the function needs everything that it may do."""
    engine.set_faults(Fault("CreateConfiguredAudienceModel", error="InternalServiceException", after_effect=True))
    deployment.deploy(lambda stack: define_model(stack, description="first", tags={"remove": "1"}))
    deployment.deploy(lambda stack: define_model(stack, description="second", tags={"add": "1"}))
    deployment.destroy()


def test_they_are_enough(guarded_engine: Engine, tmp_path: Path) -> None:
    live(Deployment(guarded_engine, change=without(None, tmp_path / "orders.json")), guarded_engine)
    outcomes = {(call.operation, call.outcome) for call in guarded_engine.calls()}
    assert not [outcome for outcome in outcomes if outcome[1] == "AccessDeniedException"]


@pytest.mark.scenario(42)
@pytest.mark.parametrize(
    "action", the_rest_by_night(NEEDED, NEEDED[:1], "that the policies say exactly these is asserted by day")
)
def test_none_is_too_many(guarded_engine: Engine, tmp_path: Path, action: str) -> None:
    deployment = Deployment(guarded_engine, change=without(action, tmp_path / "orders.json"))
    with pytest.raises(DeploymentError, match="AccessDenied"):
        live(deployment, guarded_engine)


@pytest.mark.scenario(42)
def test_all_of_them_were_tried(guarded_engine: Engine) -> None:
    found: set[str] = set()
    deployment = Deployment(
        guarded_engine, change=lambda t: found.update(each for s in statements(t) for each in actions(s))
    )
    deployment.deploy(define_model)
    looks = {"cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource"}
    assert found == {*NEEDED, LIST_JOBS, *looks, "logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.mark.scenario(15, 42)
@pytest.mark.parametrize("action", [None, LIST_JOBS])
def test_what_holds_a_model_is_named_if_it_may_be_listed(
    guarded_engine: Engine, tmp_path: Path, action: str | None
) -> None:
    deployment = Deployment(guarded_engine, change=without(action, tmp_path / "orders.json"))
    deployment.deploy(define_model)
    guarded_engine.set_switches(finished_jobs_hold_models=True)
    job = start_job(guarded_engine)
    with pytest.raises(DeploymentError, match="jobs or lookalike models still use it") as refused:
        deployment.destroy()
    assert (f"Jobs on it are {job} (ACTIVE): all have ended" in str(refused.value)) == (action is None)


@pytest.mark.scenario(43)
def test_only_the_given_role_can_be_passed(guarded_engine: Engine, tmp_path: Path) -> None:
    """The permission names the role of the model's own output: with another one in the request, it is denied."""
    shorten = without(None, tmp_path / "orders.json")

    def another_role(template: dict[str, Any]) -> None:
        shorten(template)
        (model,) = (r for r in template["Resources"].values() if r["Type"].startswith("Custom::"))
        model["Properties"]["outputConfig"]["roleArn"] = "arn:aws:iam::111122223333:role/administrator"

    with pytest.raises(DeploymentError, match="AccessDenied"):
        Deployment(guarded_engine, change=another_role).deploy(define_model)


@pytest.mark.scenario(43)
def test_it_can_be_passed_to_no_other_service(guarded_engine: Engine, tmp_path: Path) -> None:
    shorten = without(None, tmp_path / "orders.json")

    def another_service(template: dict[str, Any]) -> None:
        shorten(template)
        (statement,) = (s for s in statements(template) if "iam:PassRole" in s["Action"])
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}

    with pytest.raises(DeploymentError, match="AccessDenied"):
        Deployment(guarded_engine, change=another_service).deploy(define_model)


def given_role(engine: Engine) -> str:
    """A role that somebody else has made, for functions."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = engine.client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument=document)
    return str(made["Role"]["Arn"])


def run_as(arn: str, orders: Path, **options: Any) -> tuple[Callable[..., None], Callable[[dict[str, Any]], None]]:
    """A model whose function has a given role, and how its template is changed."""

    def define(stack: cdk.Stack, **parameters: Any) -> None:
        CleanRoomsMLProvider(stack, role=iam.Role.from_role_arn(stack, "Given", arn, **options))
        define_model(stack, **parameters)

    return define, lambda template: shorten(template, orders)


def test_stacks_may_share_a_given_role(guarded_engine: Engine, tmp_path: Path) -> None:
    """What one of them takes back when it goes, the other keeps."""
    role = given_role(guarded_engine)
    define, change = run_as(role, tmp_path / "orders.json")
    one, other = (Deployment(guarded_engine, name, change=change) for name in ("One", "Other"))
    for each in (one, other):
        each.deploy(define)
    one.destroy()
    other.deploy(lambda stack: define(stack, description="second"))
    assert other.model()["description"] == "second"
    other.destroy()
    assert guarded_engine.client("iam").list_role_policies(RoleName="functions")["PolicyNames"] == []
    assert [call for call in guarded_engine.calls() if call.outcome == "AccessDeniedException"] == []


def test_what_is_said_of_a_role_that_stays_as_it_is_is_enough(guarded_engine: Engine, tmp_path: Path) -> None:
    role = given_role(guarded_engine)
    define, change = run_as(role, tmp_path / "orders.json", mutable=False)

    def define_fixed(stack: cdk.Stack, **parameters: Any) -> None:
        writer = iam.Role.from_role_name(stack, "Writer", "writer", mutable=False)
        bucket = s3.Bucket.from_bucket_name(stack, "Exports", "exports")
        define(stack, output=AudienceOutput(stack, "Output", bucket=bucket, role=writer), **parameters)

    def allow(*, all_of_it: bool) -> None:
        statements = said_of(define_fixed, guarded_engine)["Statement"]
        kept = [each for each in statements if all_of_it or "iam:PassRole" not in each["Action"]]
        document = json.dumps({"Version": "2012-10-17", "Statement": kept})
        guarded_engine.client("iam").put_role_policy(RoleName="functions", PolicyName="given", PolicyDocument=document)

    deployment = Deployment(guarded_engine, change=change)
    allow(all_of_it=False)
    with pytest.raises(DeploymentError, match="AccessDenied"):
        deployment.deploy(define_fixed)
    allow(all_of_it=True)
    deployment = Deployment(guarded_engine, "Again", change=change)
    deployment.deploy(define_fixed)
    deployment.deploy(lambda stack: define_fixed(stack, description="second", tags={"add": "1"}))
    deployment.destroy()
    assert deployment.models() == []


def said_of(define: Callable[[cdk.Stack], None], engine: Engine) -> dict[str, Any]:
    """The policy that the warning tells, with what the template has for the name of the log."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Again", env=cdk.Environment(account=engine.account, region=engine.region))
    define(stack)
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("functionRolePermissions"))
    _, _, document = str(warning.entry.data).partition("\n")
    said: dict[str, Any] = json.loads(re.sub(r"<\w+\.Arn>", "*", document[: document.rindex("}") + 1]))
    return said


def test_a_protected_model_may_ask_what_goes_on(guarded_engine: Engine, tmp_path: Path) -> None:
    deployment = Deployment(guarded_engine, change=without(None, tmp_path / "orders.json"))
    deployment.deploy(
        lambda stack: define_model(stack, replacement_protection=True, configured_audience_model_name="a")
    )
    with pytest.raises(DeploymentError, match="name: this change needs a replacement") as refused:
        deployment.deploy(
            lambda stack: define_model(stack, replacement_protection=True, configured_audience_model_name="b")
        )
    assert "could not be told" not in str(refused.value)
