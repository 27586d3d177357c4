"""Who owns the audience model: what later deployments do once a retraining has turned over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

from ..references import a_dataset, an_audience_model
from .conftest import OTHER_AUDIENCE_MODEL_ARN, DeploymentError
from .deployed_retraining import client, create_training_dataset

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

    from .conftest import Deployment


# The first audience model, which is gone, is looked for before it is said to be.
pytestmark = pytest.mark.usefixtures("shorter_pauses")


def define(
    stack: cdk.Stack,
    *,
    begins_with: str | None = None,
    first: dict[str, Any] | None = None,
    fails: bool = False,
    **more: Any,
) -> None:
    """A first audience model, a configured one and its retraining, on a dataset that a parameter names."""
    dataset = a_dataset(stack, cdk.CfnParameter(stack, "Dataset").value_as_string)
    initial = AudienceModel(stack, "First", training_dataset=dataset, **(first or {}))
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=an_audience_model(stack, begins_with) if begins_with else initial,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        **more,
    )
    retraining = AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=model,
        training_dataset=dataset,
        initial_audience_model=initial,
        keep=1,
    )
    cdk.CfnOutput(stack, "StateMachine", value=retraining.state_machine.state_machine_arn)
    if fails:
        define_failure(stack, model)


class Chain:
    """All that is defined, deployed; the retraining has turned over once."""

    def __init__(self, engine: Engine, deployment: Deployment) -> None:
        self.engine = engine
        self.deployment = deployment
        dataset, shorten = create_training_dataset(engine), deployment.change

        def change(template: dict[str, Any]) -> None:
            shorten(template)
            template["Parameters"]["Dataset"]["Default"] = dataset

        deployment.change = change
        self._outputs = deployment.deploy(define)
        (self.first,) = self.audience_models()
        self.retrain()
        (self.current,) = self.audience_models()
        engine.forget_calls()

    def deploy(self, **changed: Any) -> None:
        self._outputs = self.deployment.deploy(partial(define, **changed))

    def retrain(self) -> None:
        states = client(self.engine, "stepfunctions")
        execution = states.start_execution(stateMachineArn=self._outputs["StateMachine"])["executionArn"]
        self.engine.settle()
        described = states.describe_execution(executionArn=execution)
        assert described["status"] == "SUCCEEDED", described.get("cause")

    def audience_models(self) -> list[str]:
        """Those of this stack and its retraining."""
        listed = client(self.engine, "cleanroomsml").list_audience_models()["audienceModels"]
        return [each["audienceModelArn"] for each in listed if "audience-model/readers" not in each["audienceModelArn"]]

    def in_use(self) -> str:
        return str(self.deployment.model()["audienceModelArn"])


def define_failure(stack: cdk.Stack, after: ConfiguredAudienceModel) -> None:
    """A resource that fails when the model has been updated."""
    nobody = f"arn:aws:lambda:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:function:nobody"
    failing = cdk.CfnResource(stack, "Failing", type="Custom::Failing", properties={"ServiceToken": nobody})
    failing.node.add_dependency(after)


@pytest.fixture
def chain(engine: Engine, deployment: Deployment) -> Chain:
    return Chain(engine, deployment)


def test_a_later_deployment_points_to_no_older_one(chain: Chain) -> None:
    assert chain.first not in chain.audience_models()
    assert chain.in_use() == chain.current
    chain.deploy(description="changed")
    assert chain.in_use() == chain.current
    assert chain.deployment.model()["description"] == "changed"
    chain.retrain()
    assert chain.in_use() != chain.current


def test_nor_does_one_whose_template_names_another(chain: Chain) -> None:
    chain.deploy(begins_with=OTHER_AUDIENCE_MODEL_ARN, description="changed")
    assert chain.in_use() == chain.current


def test_nor_does_a_roll_back(chain: Chain) -> None:
    with pytest.raises(DeploymentError, match="names no function"):
        chain.deploy(description="changed", fails=True)
    assert chain.in_use() == chain.current
    # There and back again.
    assert chain.deployment.calls().count("UpdateConfiguredAudienceModel") == 2
    assert chain.deployment.model()["description"] == ""


def test_a_replacement_takes_it_over(chain: Chain) -> None:
    old = chain.deployment.model()["configuredAudienceModelArn"]
    chain.deploy(configured_audience_model_name="of another name")
    assert chain.deployment.model()["configuredAudienceModelArn"] != old
    assert chain.in_use() == chain.current
    chain.retrain()
    (newest,) = chain.audience_models()
    assert chain.in_use() == newest


def test_the_first_one_s_tags_may_change_although_it_is_gone(chain: Chain) -> None:
    chain.deploy(first={"tags": {"team": "media"}})
    assert chain.in_use() == chain.current
    assert chain.audience_models() == [chain.current]


def test_what_is_trained_outlives_the_stack(chain: Chain) -> None:
    chain.deployment.destroy()
    assert chain.deployment.models() == []
    assert chain.audience_models() == [chain.current]


def test_nothing_is_left_in_the_end_if_that_is_asked_for(chain: Chain) -> None:
    chain.deploy(first={"removal_policy": cdk.RemovalPolicy.DESTROY})
    chain.deployment.destroy()
    assert chain.deployment.models() == []
    assert chain.audience_models() == []
