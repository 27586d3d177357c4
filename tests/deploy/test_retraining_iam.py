"""With IAM enforced: the permissions of a retraining's roles are enough, and not one of them is more than that.

Those to log and to trace can't be tried, because nothing in the engine asks for them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ..by_night import the_rest_by_night
from .deployed_retraining import DAY, Retraining, output, template

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

NEEDED = [
    "cleanrooms-ml:CreateAudienceModel",
    "cleanrooms-ml:DeleteAudienceModel",
    "cleanrooms-ml:GetAudienceModel",
    "cleanrooms-ml:GetConfiguredAudienceModel",
    "cleanrooms-ml:ListAudienceModels",
    "cleanrooms-ml:TagResource",
    "cleanrooms-ml:UpdateConfiguredAudienceModel",
    "states:ListExecutions",
]


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the roles may do."""
    policies = [r["Properties"] for r in document["Resources"].values() if r["Type"] == "AWS::IAM::Policy"]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    return statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]


def without(action: str) -> Callable[[dict[str, Any]], None]:
    """Takes an action away; a policy must have some, so another one takes its place."""

    def change(document: dict[str, Any]) -> None:
        for statement in statements(document):
            statement["Action"] = [
                each if each != action else "cleanrooms-ml:ListTagsForResource" for each in actions(statement)
            ]

    return change


def test_they_are_enough(guarded_engine: Engine) -> None:
    retraining = Retraining(guarded_engine, keep=1, scheduled=True)
    first = output(retraining.run())["audienceModelArn"]
    guarded_engine.advance(7 * DAY)
    (second, _) = retraining.executions()
    assert output(retraining.finish(second))["deleted"] == [first]


@pytest.mark.parametrize(
    "action", the_rest_by_night(NEEDED, NEEDED[:1], "that the policies say exactly these is asserted by day")
)
def test_none_is_too_many(guarded_engine: Engine, action: str) -> None:
    retraining = Retraining(guarded_engine, keep=1, change=without(action))
    execution = [retraining.run(), retraining.run()][-1]
    assert execution["status"] == "FAILED"
    assert f"is not authorized to perform: {action}" in execution["cause"]


def test_the_schedule_may_start_it(guarded_engine: Engine) -> None:
    retraining = Retraining(guarded_engine, keep=1, scheduled=True, change=without("states:StartExecution"))
    guarded_engine.advance(7 * DAY)
    assert retraining.executions() == []


def test_all_of_them_were_tried() -> None:
    said = {action for statement in statements(json.loads(template(1))) for action in actions(statement)}
    tried = {action for action in said if not action.startswith(("logs:", "xray:"))}
    assert tried == {*NEEDED, "states:StartExecution"}


def test_only_what_is_marked_can_be_deleted(guarded_engine: Engine) -> None:
    def another_mark(document: dict[str, Any]) -> None:
        (statement,) = (s for s in statements(document) if actions(s) == ["cleanrooms-ml:DeleteAudienceModel"])
        statement["Condition"]["StringEquals"] = {"aws:ResourceTag/cdk-cleanroomsml:retraining": "another"}

    retraining = Retraining(guarded_engine, keep=1, change=another_mark)
    output(retraining.run())
    assert retraining.run()["error"] == "CleanRoomsMl.AccessDeniedException"


def test_nobody_but_step_functions_is_trusted(guarded_engine: Engine) -> None:
    def another_service(document: dict[str, Any]) -> None:
        (role,) = (
            r
            for r in document["Resources"].values()
            if r["Type"] == "AWS::IAM::Role" and "Retrains" in r["Properties"].get("Description", "")
        )
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        statement["Principal"]["Service"] = "lambda.amazonaws.com"

    retraining = Retraining(guarded_engine, change=another_service)
    assert "not authorized to assume the role" in retraining.run()["cause"]
