"""With IAM enforced: the synthesised permissions are enough, and not one of them is more than that.

One kind of permission can't be tried, because nothing in the engine asks for it: that of the function to write its log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.engine import Engine
from cdk_cleanroomsml.local.service import Fault

from .conftest import AUDIENCE_MODEL_ARN, Deployment, DeploymentError, define_model
from .engine_driver import CODE, HANDLER, publish_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


@pytest.fixture(scope="session")
def running_guarded_engine() -> Iterator[Engine]:
    with Engine(auth=True, audience_models=[AUDIENCE_MODEL_ARN]) as engine:
        yield engine


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
        (function,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function")
        function["Properties"] |= {
            "Code": CODE,
            "Handler": HANDLER,
            "Environment": {"Variables": {"CRASH_ORDERS": str(orders), "SPEED": "1000"}},
        }

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
@pytest.mark.parametrize("action", NEEDED)
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
    assert found == {*NEEDED, "cloudformation:DescribeStackResource", "logs:CreateLogStream", "logs:PutLogEvents"}


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
