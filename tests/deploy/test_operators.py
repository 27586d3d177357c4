"""The operators' command on stacks that were really deployed: what is as the template says, what isn't, what failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_iam as iam

from cdk_cleanroomsml import AudienceSizes
from cdk_cleanroomsml.local.service import Fault
from cdk_cleanroomsml.operators.main import main

from .conftest import OTHER_AUDIENCE_MODEL_ARN, DeploymentError, define_model

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_cleanroomsml.local.engine import Engine

    from .conftest import Deployment


@pytest.fixture
def command(engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command, and returns its exit code and what it says."""
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*arguments, "--json"])
        told = capsys.readouterr()
        return code, json.loads(told.out) if told.out else told.err

    return run


def define(stack: cdk.Stack, **parameters: Any) -> None:
    model = define_model(
        stack,
        description="für Läufer \N{RUNNER}",
        audience_sizes=AudienceSizes.percentage(1, 5),
        tags={"team": "ads"},
        **parameters,
    )
    model.grants.start_audience_generation(
        iam.AccountPrincipal("444455556666"), collaboration_id="1a2b3c4d-1a2b-4c3d-8e4f-1a2b3c4d5e6f"
    )


def test_what_was_deployed_is_as_its_template_says_and_can_be_made_so_again(
    engine: Engine, deployment: Deployment, command: Any
) -> None:
    deployment.deploy(define)
    deployment.calls()
    code, told = command("drift", "Stack")
    assert [each["state"] for each in told["stacks"][0]["resources"]] == ["in sync", "in sync"]
    assert code == 0
    _, listed = command("list")
    (model,) = listed["configuredAudienceModels"]
    assert (model["owner"]["state"], model["policyLetsIn"]) == ("alive", ["444455556666"])
    assert command("orphans") == (0, {"orphans": [], "undecided": [], "untold": []})
    assert not any(call.is_write for call in engine.calls())
    deployment.cleanroomsml.update_configured_audience_model(
        configuredAudienceModelArn=model["arn"], audienceModelArn=OTHER_AUDIENCE_MODEL_ARN, description="by hand"
    )
    code, told = command("drift")
    differences = [change for each in told["stacks"][0]["resources"] for change in each["differences"]]
    assert (code, [each["member"] for each in differences]) == (2, ["audienceModelArn", "description"])
    code, _ = command("drift", "Stack", "--fix", "--yes")
    assert code == 0
    assert deployment.model()["description"] == "für Läufer \N{RUNNER}"


def failed_reason(deployment: Deployment) -> str:
    """The last Reason, which says where the log is."""
    events = deployment.cloudformation.describe_stack_events(StackName="Stack")["StackEvents"]
    return next(str(each["ResourceStatusReason"]) for each in events if each["ResourceStatus"] == "UPDATE_FAILED")


def test_a_deployment_that_failed_is_explained(engine: Engine, deployment: Deployment, command: Any) -> None:
    def refuse(operation: str) -> None:
        quota = {"quotaName": "models", "quotaValue": 5}
        error = "ServiceQuotaExceededException"
        engine.set_faults(Fault(operation, error=error, message="full", members=quota))
        with pytest.raises(DeploymentError):
            deployment.deploy(lambda stack: define_model(stack, description=operation))

    deployment.deploy(define_model)
    refuse("UpdateConfiguredAudienceModel")
    code, told = command("explain", "Stack")
    assert code == 2
    (failure,) = told["failures"]
    assert (failure["kind"], failure["note"]) == ("quota", "")
    read, update, *_ = [step for step in failure["steps"] if step["step"] == "call"]
    assert (read["operation"], read["result"]) == ("GetConfiguredAudienceModel", "ok")
    assert (update["operation"], update["result"]) == ("UpdateConfiguredAudienceModel", "ServiceQuotaExceededException")
    assert failure["do"].startswith("raise the quota")
    assert failure["logStream"] in failed_reason(deployment)
    # A creation that is rolled back takes the log with it.
    deployment.destroy()
    refuse("CreateConfiguredAudienceModel")
    _, told = command("explain", "Stack")
    (failure,) = told["failures"]
    assert failure["kind"] == "quota"
    assert "--no-rollback" in failure["note"]
