"""With IAM enforced: the role that Clean Rooms ML writes segments with can do that, and needs its permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Deployment, define_model, start_job
from .engine_driver import publish_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine


@pytest.fixture
def engine(running_guarded_engine: Engine) -> Engine:
    running_guarded_engine.reset()
    publish_function(running_guarded_engine)
    return running_guarded_engine


def without(action: str) -> Callable[[dict[str, Any]], None]:
    """Takes an action away from the output's role, whose permissions stand in the role itself."""

    def change(template: dict[str, Any]) -> None:
        for resource in template["Resources"].values():
            for policy in resource["Properties"].get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
                document = policy["PolicyDocument"]
                for statement in document["Statement"]:
                    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                    statement["Action"] = [each for each in actions if each != action]
                document["Statement"] = [each for each in document["Statement"] if each["Action"]]

    return change


def export(engine: Engine) -> dict[str, Any]:
    ml = engine.client("cleanroomsml")
    arn = start_job(engine)
    job = ml.get_audience_generation_job(audienceGenerationJobArn=arn)
    assert job["status"] == "ACTIVE", job
    ml.start_audience_export_job(
        name="export", audienceGenerationJobArn=arn, audienceSize={"type": "ABSOLUTE", "value": 20}
    )
    found: dict[str, Any] = ml.list_audience_export_jobs()["audienceExportJobs"][-1]
    return found


def test_it_can_write_a_segment(engine: Engine) -> None:
    Deployment(engine).deploy(define_model)
    assert export(engine)["status"] == "ACTIVE"


@pytest.mark.parametrize("action", ["s3:PutObject", "kms:GenerateDataKey"])
def test_it_needs_the_permission(engine: Engine, action: str) -> None:
    Deployment(engine, change=without(action)).deploy(define_model)
    job = export(engine)
    assert job["status"] == "CREATE_FAILED"
    assert action in job["statusDetails"]["message"]
