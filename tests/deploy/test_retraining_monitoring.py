"""The age of an audience model is measured, with IAM enforced, and the alarms and the dashboard deploy."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_cleanroomsml import (
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    ConfiguredAudienceModel,
)

from ..references import a_dataset
from .deployed_retraining import DAY, client, create_model, create_training_dataset, put_template

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine


@cache
def template(max_age: int) -> str:
    """Two configured audience models, watched."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
    dataset_arn = cdk.CfnParameter(stack, "DatasetArn").value_as_string
    retrainings = [
        AudienceModelRetraining(
            stack,
            name,
            configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
                stack, f"{name}Model", cdk.CfnParameter(stack, f"{name}Arn").value_as_string
            ),
            training_dataset=a_dataset(stack, dataset_arn),
            on_demand_only=True,
        )
        for name in ("One", "Two")
    ]
    monitoring = CleanRoomsMLMonitoring(
        stack,
        "Monitoring",
        retrainings=retrainings,
        max_age=cdk.Duration.days(max_age),
        dashboard_name="lookalikes",
    )
    assert monitoring.age_state_machine is not None
    cdk.CfnOutput(stack, "StateMachine", value=monitoring.age_state_machine.state_machine_arn)
    return json.dumps(app.synth().get_stack_by_name("Stack").template)


class Monitoring:
    """The stack, deployed for two models of which the first uses an audience model of now."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        dataset = create_training_dataset(engine)
        fresh = client(engine, "cleanroomsml").create_audience_model(name="fresh", trainingDatasetArn=dataset)
        self.models = [create_model(engine, fresh["audienceModelArn"]), create_model(engine)]
        arns = {"DatasetArn": dataset, "OneArn": self.models[0], "TwoArn": self.models[1]}
        self.parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in arns.items()]
        self.deploy("create", 14)

    def deploy(self, verb: str, max_age: int) -> None:
        cloudformation = client(self.engine, "cloudformation")
        getattr(cloudformation, f"{verb}_stack")(
            StackName="Stack",
            TemplateURL=put_template(self.engine, template(max_age)),
            Parameters=self.parameters,
            Capabilities=["CAPABILITY_IAM"],
        )
        self.engine.settle()
        (stack,) = cloudformation.describe_stacks(StackName="Stack")["Stacks"]
        assert stack["StackStatus"] == f"{verb.upper()}_COMPLETE"

    def destroy(self) -> None:
        client(self.engine, "cloudformation").delete_stack(StackName="Stack")
        self.engine.settle()

    def last_measurement(self) -> dict[str, Any]:
        """The newest execution of what measures, when it has ended."""
        states = client(self.engine, "stepfunctions")
        (stack,) = client(self.engine, "cloudformation").describe_stacks(StackName="Stack")["Stacks"]
        machine = stack["Outputs"][0]["OutputValue"]
        execution = states.list_executions(stateMachineArn=machine)["executions"][0]["executionArn"]
        self.engine.settle()
        described: dict[str, Any] = states.describe_execution(executionArn=execution)
        return described

    def ages(self) -> dict[str, float]:
        """The ages that CloudWatch knows, by model: the highest."""
        cloudwatch = client(self.engine, "cloudwatch")
        metrics = cloudwatch.list_metrics(Namespace="CleanRoomsML", MetricName="AudienceModelAge")["Metrics"]
        return {metric["Dimensions"][0]["Value"]: self._highest(metric["Dimensions"]) for metric in metrics}

    def _highest(self, dimensions: list[dict[str, str]]) -> float:
        points = client(self.engine, "cloudwatch").get_metric_statistics(
            Namespace="CleanRoomsML",
            MetricName="AudienceModelAge",
            Dimensions=dimensions,
            StartTime="2000-01-01",
            EndTime="2100-01-01",
            Period=DAY,
            Statistics=["Maximum"],
        )["Datapoints"]
        return max(float(point["Maximum"]) for point in points)


def test_the_age_is_measured_once_a_day(guarded_engine: Engine) -> None:
    monitoring = Monitoring(guarded_engine)
    guarded_engine.advance(DAY)
    assert monitoring.last_measurement()["status"] == "SUCCEEDED"
    ages = monitoring.ages()
    assert ages.keys() == set(monitoring.models)
    assert all(1 <= age < 1.1 for age in ages.values())
    guarded_engine.advance(13.5 * DAY)
    assert monitoring.last_measurement()["status"] == "SUCCEEDED"
    assert all(14.5 <= age < 14.6 for age in monitoring.ages().values())


def test_one_that_is_gone_does_not_hide_the_others(guarded_engine: Engine) -> None:
    monitoring = Monitoring(guarded_engine)
    gone, there = monitoring.models
    client(guarded_engine, "cleanroomsml").delete_configured_audience_model(configuredAudienceModelArn=gone)
    guarded_engine.advance(DAY)
    execution = monitoring.last_measurement()
    assert (execution["status"], execution["error"]) == ("FAILED", "NotMeasured")
    assert gone in execution["cause"]
    # The other may have been measured before: the schedule begins at once.
    assert monitoring.ages()[there] >= 1


def test_alarms_and_dashboard_are_created_updated_and_deleted(guarded_engine: Engine) -> None:
    cloudwatch = client(guarded_engine, "cloudwatch")

    def thresholds() -> set[float]:
        found = cloudwatch.describe_alarms()["MetricAlarms"]
        return {alarm["Threshold"] for alarm in found if alarm["MetricName"] == "AudienceModelAge"}

    monitoring = Monitoring(guarded_engine)
    assert thresholds() == {14}
    assert [each["DashboardName"] for each in cloudwatch.list_dashboards()["DashboardEntries"]] == ["lookalikes"]
    monitoring.deploy("update", 21)
    assert thresholds() == {21}
    monitoring.destroy()
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
