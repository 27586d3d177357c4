"""Alarms and a dashboard: what is watched, when an alarm begins, and who is told."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from cdk_cleanroomsml import (
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
)

from ...references import a_dataset
from ..conftest import Synth
from ..test_contract import FLAGS

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/lookalikes"
DATASET_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/interactions"


def retraining(synth: Synth, id: str = "Retraining") -> AudienceModelRetraining:
    return AudienceModelRetraining(
        synth.stack,
        id,
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
            synth.stack, f"{id}Model", f"{ARN}-of-{id}"
        ),
        training_dataset=a_dataset(synth.stack, DATASET_ARN),
    )


def monitoring(synth: Synth, **parameters: Any) -> CleanRoomsMLMonitoring:
    return CleanRoomsMLMonitoring(synth.stack, "Monitoring", **parameters)


def alarms(synth: Synth) -> list[dict[str, Any]]:
    return [alarm["Properties"] for alarm in synth.resources("AWS::CloudWatch::Alarm").values()]


def test_a_retraining_is_watched(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth)])
    watched = [alarm["MetricName"] for alarm in alarms(synth)]
    ends = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"]
    # Those of the retraining, and those of what measures its audience model's age.
    assert watched == [*ends, "AudienceModelAge", *ends]
    assert all(alarm["Threshold"] == 1 for alarm in alarms(synth) if alarm["MetricName"] in ends)


def test_the_function_is_watched(synth: Synth) -> None:
    one = monitoring(synth, provider=CleanRoomsMLProvider(synth.stack))
    assert [alarm["MetricName"] for alarm in alarms(synth)] == ["CustomResourcesFailed-Stack", "Errors", "Throttles"]
    assert one.age_state_machine is None
    assert synth.resources("AWS::StepFunctions::StateMachine") == {}


def test_custom_resources_that_failed_are_counted_in_the_log(synth: Synth) -> None:
    """The function has come to its end then: it is no error of Lambda's."""
    provider = CleanRoomsMLProvider(synth.stack)
    monitoring(synth, provider=provider)
    found = synth.only("AWS::Logs::MetricFilter")["Properties"]
    assert found["FilterPattern"] == '{ $.step = "outcome" && $.status = "FAILED" }'
    assert found["LogGroupName"] == synth.stack.resolve(provider.log_group.log_group_name)
    (counted,) = found["MetricTransformations"]
    (alarm,) = (each for each in alarms(synth) if each["MetricName"] == counted["MetricName"])
    assert alarm["Namespace"] == counted["MetricNamespace"] == "CleanRoomsML"
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_an_audience_model_becomes_too_old(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth)], max_age=cdk.Duration.hours(36))
    (age,) = (alarm for alarm in alarms(synth) if alarm["MetricName"] == "AudienceModelAge")
    assert age["Threshold"] == 1.5
    assert age["ComparisonOperator"] == "GreaterThanThreshold"
    assert age["Dimensions"] == [{"Name": "ConfiguredAudienceModel", "Value": f"{ARN}-of-Retraining"}]
    assert "older than 1.5 days" in age["AlarmDescription"]


def test_two_weeks_by_default(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth)])
    assert [alarm["Threshold"] for alarm in alarms(synth) if alarm["MetricName"] == "AudienceModelAge"] == [14]


def test_each_retraining_has_alarms_of_its_own(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth, "One"), retraining(synth, "Two")])
    assert len(alarms(synth)) == 11
    (machine,) = (
        json.dumps(r) for name, r in synth.resources("AWS::StepFunctions::StateMachine").items() if "Age" in name
    )
    assert f"{ARN}-of-One" in machine
    assert f"{ARN}-of-Two" in machine


def test_alarms_go_to_a_topic_that_lets_them(synth: Synth) -> None:
    topic = sns.Topic(synth.stack, "Topic")
    monitoring(synth, retrainings=[retraining(synth)], alarm_topic=topic)
    arn = synth.stack.resolve(topic.topic_arn)
    assert all(alarm["AlarmActions"] == [arn] for alarm in alarms(synth))
    (statement,) = synth.only("AWS::SNS::TopicPolicy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_topic_whose_policy_can_not_be_changed_is_pointed_out(synth: Synth) -> None:
    topic = sns.Topic.from_topic_arn(synth.stack, "Topic", "arn:aws:sns:us-east-1:111122223333:notices")
    monitoring(synth, retrainings=[retraining(synth)], alarm_topic=topic)
    found = cdk.assertions.Annotations.from_stack(synth.stack).find_warning(
        "/Stack/Monitoring",
        cdk.assertions.Match.string_like_regexp(
            "must let cloudwatch.amazonaws.com publish, and its key, if it has one, allow"
        ),
    )
    assert len(found) == 1


def test_alarms_can_be_given_any_action(synth: Synth) -> None:
    one = monitoring(synth, retrainings=[retraining(synth)])
    assert len(one.alarms) == len(alarms(synth))
    assert all("AlarmActions" not in alarm for alarm in alarms(synth))


def test_the_dashboard_shows_it_all(synth: Synth) -> None:
    monitoring(
        synth,
        retrainings=[retraining(synth)],
        provider=CleanRoomsMLProvider(synth.stack),
        dashboard_name="lookalikes",
    )
    dashboard = synth.only("AWS::CloudWatch::Dashboard")["Properties"]
    assert dashboard["DashboardName"] == "lookalikes"
    body = json.dumps(dashboard["DashboardBody"])
    for shown in (
        "ExecutionsStarted",
        "ExecutionsFailed",
        "AudienceModelAge",
        "too old",
        "Failed-",
        "alarms",
    ):
        assert shown in body
    assert metrics_of(dashboard["DashboardBody"], "Custom resources") == {
        "CustomResourcesFailed-Stack",
        "Duration",
        "Errors",
        "Invocations",
        "Throttles",
    }
    assert metrics_of(dashboard["DashboardBody"], "Executions") == {
        "ExecutionsAborted",
        "ExecutionsFailed",
        "ExecutionsStarted",
        "ExecutionsSucceeded",
        "ExecutionsTimedOut",
    }


def metrics_of(body: Any, title: str) -> set[str]:
    """The names of the metrics in the graphs whose title begins so; a name elsewhere, in an alarm's id say, is none."""
    text = "".join(part if isinstance(part, str) else "reference" for part in body["Fn::Join"][1])
    graphs = [each["properties"] for each in json.loads(text)["widgets"]]
    chosen = [graph for graph in graphs if str(graph.get("title", "")).startswith(title)]
    return {metric[1] for graph in chosen for metric in graph["metrics"] if len(metric) > 1}


def test_there_must_be_something_to_watch(synth: Synth) -> None:
    with pytest.raises(ValueError, match="nothing to watch") as error:
        monitoring(synth, max_age=cdk.Duration.days(366))
    assert "max_age in days must be a whole number" not in str(error.value)
    assert "max_age must be from 1 to 365 days, got 366" in str(error.value)


def test_the_age_must_be_known(synth: Synth) -> None:
    days = cdk.CfnParameter(synth.stack, "Days", type="Number").value_as_number
    with pytest.raises(ValueError, match="max_age must be known at synthesis"):
        monitoring(synth, retrainings=[retraining(synth)], max_age=cdk.Duration.days(days))


def test_the_permissions_are_these(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth)])
    (policy,) = (p for name, p in synth.resources("AWS::IAM::Policy").items() if name.startswith("MonitoringAgeRole"))
    found = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if not isinstance(s["Action"], list)]
    assert [(s["Action"], s.get("Condition")) for s in found] == [
        ("cleanrooms-ml:GetConfiguredAudienceModel", None),
        ("cleanrooms-ml:GetAudienceModel", None),
        ("cloudwatch:PutMetricData", {"StringEquals": {"cloudwatch:namespace": "CleanRoomsML"}}),
    ]
    assert found[0]["Resource"] == f"{ARN}-of-Retraining"


@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended flags", "no flags"])
def test_logical_ids(flags: dict[str, Any]) -> None:
    synth = Synth(flags)
    monitoring(synth, retrainings=[retraining(synth)], provider=CleanRoomsMLProvider(synth.stack))
    resources = synth.template.to_json()["Resources"]
    assert {name: r["Type"].split("::")[2] for name, r in resources.items() if name.startswith("Monitoring")} == {
        "MonitoringRetraining0C29D521ExecutionsFailedB539EBB1": "Alarm",
        "MonitoringRetraining0C29D521ExecutionsTimedOut15043CEB": "Alarm",
        "MonitoringRetraining0C29D521ExecutionsAbortedDF8B1677": "Alarm",
        "MonitoringRetraining0C29D521AudienceModelTooOldC01B35AA": "Alarm",
        "MonitoringAgeRole6EF5B488": "Role",
        "MonitoringAgeRoleDefaultPolicy01522775": "Policy",
        "MonitoringAgeLogGroup6DAF27B8": "LogGroup",
        "MonitoringAgeStateMachineEE2F3A63": "StateMachine",
        "MonitoringAgeScheduleEF7B1F31": "Schedule",
        "MonitoringAgeScheduleRole3BA1978E": "Role",
        "MonitoringAgeScheduleRoleDefaultPolicyE86C1ACF": "Policy",
        "MonitoringExecutionsFailedACC22879": "Alarm",
        "MonitoringExecutionsTimedOutC6BB25FD": "Alarm",
        "MonitoringExecutionsAborted3FF0A28C": "Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCFailed7D9D0DD0": "Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCErrorsD64C64F5": "Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCThrottles95894422": "Alarm",
        "MonitoringDashboard0C3675C6": "Dashboard",
    }


def test_failures_are_counted_once_whoever_asks(synth: Synth) -> None:
    provider = CleanRoomsMLProvider(synth.stack)
    provider.metric_failed().create_alarm(synth.stack, "Own", threshold=1, evaluation_periods=1)
    for name in ("One", "Two"):
        CleanRoomsMLMonitoring(synth.stack, name, provider=provider)
    assert list(synth.resources("AWS::Logs::MetricFilter")) == ["CleanRoomsMLProviderFailedFilterD734C6B1"]


def test_no_widget_has_more_than_a_hundred_alarms(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth, f"Retraining{number}") for number in range(26)])
    parts = synth.only("AWS::CloudWatch::Dashboard")["Properties"]["DashboardBody"]["Fn::Join"][1]
    widgets = json.loads("".join(part if isinstance(part, str) else "reference" for part in parts))["widgets"]
    shown = [len(widget["properties"]["alarms"]) for widget in widgets if widget["type"] == "alarm"]
    assert shown == [100, 7]
    assert len(widgets) <= 500


def test_any_log_group_can_be_given(synth: Synth) -> None:
    group = logs.LogGroup(synth.stack, "Given", log_group_name="/aws/vendedlogs/states/ages")
    own = monitoring(synth, retrainings=[retraining(synth)], log_group=group)
    assert own.age_state_machine is not None
    machines = synth.resources("AWS::StepFunctions::StateMachine")
    assert any("Given" in str(each["Properties"]["LoggingConfiguration"]) for each in machines.values())


def test_log_groups_take_no_room_in_the_policy_of_cloudwatch_logs(synth: Synth) -> None:
    monitoring(synth, retrainings=[retraining(synth)])
    names = [each["Properties"]["LogGroupName"] for each in synth.resources("AWS::Logs::LogGroup").values()]
    assert len(set(names)) == 2
    assert all(name.startswith("/aws/vendedlogs/states/Stack-") for name in names)
