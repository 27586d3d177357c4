"""A retraining: its parameters, its permissions, its schedule, and what its state machine is told."""

from __future__ import annotations

import fnmatch
import json
from functools import partial
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    MetricOptions,
    SharedAudienceMetrics,
)

from ...references import a_dataset, an_audience_model
from ..conftest import Synth, an_app
from ..graph import waits_for
from ..test_contract import FLAGS

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/lookalikes"
AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
CONFIGURED_MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"
DATASET_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/interactions"
PATTERN = {
    "source": ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    "detail": {"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
}
AUDIENCE_MODELS = "arn:AWS::Partition:cleanrooms-ml:AWS::Region:AWS::AccountId:audience-model/*"


def imported(synth: Synth) -> Any:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", ARN)


def own(synth: Synth) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, AUDIENCE_MODEL_ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )


def retraining(synth: Synth, id: str = "Retraining", **parameters: Any) -> AudienceModelRetraining:
    if "configured_audience_model" not in parameters:
        parameters["configured_audience_model"] = imported(synth)
    parameters.setdefault("training_dataset", a_dataset(synth.stack, DATASET_ARN))
    return AudienceModelRetraining(synth.stack, id, **parameters)


def plain(value: Any) -> Any:
    """A part of a template as text, where it is put together: references are named."""
    if isinstance(value, dict):
        if "Ref" in value:
            return value["Ref"]
        if "Fn::GetAtt" in value:
            return ".".join(value["Fn::GetAtt"])
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return separator.join(plain(part) for part in parts)
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def definition(synth: Synth) -> dict[str, Any]:
    machine = synth.only("AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["DefinitionSubstitutions"] == {"Partition": {"Ref": "AWS::Partition"}}
    text = plain(machine["DefinitionString"])
    assert "arn:aws:states:::" not in text
    text = text.replace("${Partition}", "aws")
    found: dict[str, Any] = json.loads(text)
    return found


def settings(synth: Synth) -> dict[str, Any]:
    found: dict[str, Any] = definition(synth)["States"]["Begin"]["Assign"]
    return found


def statements(synth: Synth, role: str = "Retraining") -> list[dict[str, Any]]:
    """What the state machine may do, but for its log and its traces."""
    policies = [p["Properties"] for name, p in synth.resources("AWS::IAM::Policy").items() if name.startswith(role)]
    found = [plain(s) for policy in policies for s in policy["PolicyDocument"]["Statement"]]
    return [s for s in found if not str(s["Action"]).startswith(("['logs:", "['xray:", "states:StartExecution"))]


class TestWhatIsTrained:
    def test_the_defaults(self, synth: Synth) -> None:
        retraining(synth)
        said = settings(synth)
        assert said["configuredAudienceModel"] == ARN
        assert said["request"] == {
            "TrainingDatasetArn": DATASET_ARN,
            "Tags": {"cdk-cleanroomsml:retraining": "Stack/StackRetrainingE9B20CAD"},
        }
        assert said["namePrefix"] == "StackRetrainingE9B20CAD-"
        assert said["trainingWindow"] == 0
        assert said["keep"] == 2
        assert said["initialAudienceModel"] == ""
        assert said["trainingTimeout"] == 3 * 24 * 3600 * 1000
        assert said["pollingInterval"] == 15 * 60

    def test_everything_that_can_be_said(self, synth: Synth) -> None:
        key = kms.Key(synth.stack, "Key")
        retraining(
            synth,
            audience_model_name_prefix="sports readers",
            description="of the week",
            encryption_key=key,
            keep=5,
            polling_interval=cdk.Duration.hours(1),
            tags={"team": "media"},
            training_timeout=cdk.Duration.days(5),
            training_window=cdk.Duration.days(90),
        )
        said = settings(synth)
        assert said["namePrefix"] == "sports readers-"
        assert said["request"]["Description"] == "of the week"
        assert said["request"]["KmsKeyArn"].startswith("Key")
        assert said["request"]["Tags"]["team"] == "media"
        assert said["keep"] == 5
        assert said["pollingInterval"] == 3600
        assert said["trainingTimeout"] == 5 * 24 * 3600 * 1000
        assert said["trainingWindow"] == 90 * 24 * 3600 * 1000

    def test_a_name_has_room_for_what_an_execution_adds(self, synth: Synth) -> None:
        retraining(synth, "AConstructWhoseIdIsAsLongAsOnlyAConstructsIdCanBeWhoseIdIsAsLong")
        said = settings(synth)
        # The separator belongs to the suffix.
        assert len(said["namePrefix"]) - 1 == 63 - 17
        assert said["namePrefix"].startswith("StackAConstruct")

    def test_an_execution_has_a_day_more_than_it_waits(self, synth: Synth) -> None:
        retraining(synth, training_timeout=cdk.Duration.days(5), polling_interval=cdk.Duration.hours(1))
        assert definition(synth)["TimeoutSeconds"] == 2 * (5 * 24 + 1) * 3600 + 24 * 3600

    def test_text_is_never_taken_for_an_expression(self, synth: Synth) -> None:
        retraining(synth, description="{% 1 %}", audience_model_name_prefix="{% 'x' %}")
        said = settings(synth)
        assert said["request"]["Description"] == '{% "{% 1 %}" %}'
        assert said["namePrefix"] == "{% \"{% 'x' %}-\" %}"

    def test_the_marker_can_not_be_set_otherwise(self, synth: Synth) -> None:
        with pytest.raises(ValueError, match="tags key must not start with 'cdk-cleanroomsml:'"):
            retraining(synth, tags={"cdk-cleanroomsml:retraining": "mine"})

    def test_what_a_role_is_needed_for_is_said(self, synth: Synth) -> None:
        retraining(synth)
        Annotations.from_stack(synth.stack).has_warning(
            "/Stack/Retraining", Match.string_like_regexp("role .* isn't known")
        )

    def test_tokens_pass(self, synth: Synth) -> None:
        dataset = cdk.CfnParameter(synth.stack, "Dataset").value_as_string
        prefix = cdk.CfnParameter(synth.stack, "Prefix").value_as_string
        retraining(synth, training_dataset=a_dataset(synth.stack, dataset), audience_model_name_prefix=prefix)
        assert settings(synth)["request"]["TrainingDatasetArn"] == "Dataset"
        assert settings(synth)["namePrefix"] == "Prefix-"


class TestWhoOwnsTheAudienceModel:
    def test_the_configured_model_is_told(self, synth: Synth) -> None:
        model = own(synth)
        retraining(synth, configured_audience_model=model)
        assert synth.only(CONFIGURED_MODEL)["Properties"]["Retrained"] is True

    def test_without_a_retraining_it_is_the_template_s(self, synth: Synth) -> None:
        own(synth)
        assert "Retrained" not in synth.only(CONFIGURED_MODEL)["Properties"]

    def test_the_initial_audience_model_is_told_and_may_be_deleted(self, synth: Synth) -> None:
        first = AudienceModel(synth.stack, "First", training_dataset=a_dataset(synth.stack, DATASET_ARN))
        retraining(synth, initial_audience_model=first)
        resource = synth.only("Custom::CleanRoomsMLAudienceModel")["Properties"]
        assert resource["Retrained"] is True
        (logical_id,) = synth.resources("Custom::CleanRoomsMLAudienceModel")
        assert settings(synth)["initialAudienceModel"] == logical_id
        assert resource["RetrainedBy"] == settings(synth)["marker"]
        assert {
            "Action": "cleanrooms-ml:DeleteAudienceModel",
            "Effect": "Allow",
            "Resource": logical_id,
        } in statements(synth)

    @pytest.mark.parametrize("together", [True, False])
    def test_in_a_nested_stack(self, synth: Synth, together: bool) -> None:
        """Its name is only known to itself; that of its parent marks what it trains."""
        nested = cdk.NestedStack(synth.stack, "Nested")
        first = AudienceModel(
            nested if together else synth.stack,
            "First",
            training_dataset=a_dataset(nested if together else synth.stack, DATASET_ARN),
        )
        model = ConfiguredAudienceModel.from_configured_audience_model_arn(nested, "Model", ARN)
        AudienceModelRetraining(
            nested,
            "Retraining",
            configured_audience_model=model,
            training_dataset=a_dataset(nested, DATASET_ARN),
            initial_audience_model=first,
        )
        template = cdk.assertions.Template.from_stack(nested if together else synth.stack)
        (resource,) = template.find_resources("Custom::CleanRoomsMLAudienceModel").values()
        assert resource["Properties"]["Retrained"] is True
        assert resource["Properties"]["RetrainedBy"] == "Stack/StackNestedRetrainingDFAB2069"

    def test_one_audience_model_can_not_begin_two_retrainings(self, synth: Synth) -> None:
        first = AudienceModel(synth.stack, "First", training_dataset=a_dataset(synth.stack, DATASET_ARN))
        retraining(synth, initial_audience_model=first)
        with pytest.raises(ValueError, match="'Stack/First' is the initial audience model of two retrainings"):
            retraining(
                synth,
                "Second",
                initial_audience_model=first,
                configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
                    synth.stack, "Other", f"{ARN}-other"
                ),
            )


class TestProblems:
    def test_an_imported_initial_audience_model(self, synth: Synth) -> None:
        theirs: Any = AudienceModel.from_audience_model_arn(synth.stack, "Theirs", AUDIENCE_MODEL_ARN)
        with pytest.raises(
            ValueError, match="initial_audience_model must be an AudienceModel, got an imported audience model"
        ):
            retraining(synth, initial_audience_model=theirs)

    def test_an_alias_for_a_key(self, synth: Synth) -> None:
        alias = kms.Alias.from_alias_name(synth.stack, "Alias", "alias/training")
        with pytest.raises(ValueError, match="encryption_key must be a key, got an alias"):
            retraining(synth, encryption_key=alias)
        with pytest.raises(ValueError, match="encryption_key must be a key, got an alias"):
            AudienceModel(
                synth.stack, "Model2", training_dataset=a_dataset(synth.stack, DATASET_ARN), encryption_key=alias
            )

    @pytest.mark.parametrize(
        ("parameters", "problem"),
        [
            ({"audience_model_name_prefix": "x" * 47}, "audience_model_name_prefix must have 1 to 46 characters"),
            ({"audience_model_name_prefix": " "}, "audience_model_name_prefix must be printable"),
            ({"description": "x" * 256}, "description must have 0 to 255 characters"),
            ({"keep": 0}, "keep must be a whole number from 1 to 100, got 0"),
            ({"tags": {"aws:x": "1"}}, "tags key must not start with 'aws:'"),
            ({"tags": {str(n): "" for n in range(50)}}, "tags must be at most 49, got 50"),
            ({"training_window": cdk.Duration.minutes(1)}, "training_window in seconds must be"),
            ({"training_timeout": cdk.Duration.days(61)}, "training_timeout in seconds must be"),
            ({"polling_interval": cdk.Duration.seconds(59)}, "polling_interval in seconds must be"),
            ({"polling_interval": cdk.Duration.millis(90_500)}, "polling_interval in seconds must be"),
            ({"polling_interval": cdk.Duration.minutes(5)}, "polling_interval must be at least 360 seconds"),
            (
                {"on_demand_only": True, "schedule": scheduler.ScheduleExpression.expression("rate(1 day)")},
                "schedule must be left out with on_demand_only",
            ),
            (
                {"on_demand_only": True, "dead_letter_queue": sqs.Queue(cdk.Stack(), "Dead")},
                "dead_letter_queue must be left out with on_demand",
            ),
            ({"on_demand_only": True, "enabled": False}, "enabled=False must be left out with on_demand_only"),
        ],
    )
    def test_each_rule(self, synth: Synth, parameters: dict[str, Any], problem: str) -> None:
        with pytest.raises(ValueError, match="invalid parameters of 'Stack/Retraining'") as error:
            retraining(synth, **parameters)
        assert problem in str(error.value)
        assert synth.stack.node.try_find_child("Retraining") is None

    def test_all_of_them_are_said_at_once(self, synth: Synth) -> None:
        with pytest.raises(ValueError, match="keep") as error:
            retraining(synth, keep=0, description="\0", training_window=cdk.Duration.seconds(1))
        assert str(error.value).count("\n  - ") == 3

    def test_a_duration_must_be_known(self, synth: Synth) -> None:
        days = cdk.CfnParameter(synth.stack, "Days", type="Number").value_as_number
        with pytest.raises(ValueError, match="training_window must be known at synthesis"):
            retraining(synth, training_window=cdk.Duration.days(days))

    def test_a_model_elsewhere(self) -> None:
        app = an_app()
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="444455556666", region="eu-west-1"))
        model = ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Model", ARN)
        with pytest.raises(ValueError, match="configured_audience_model's Region") as error:
            AudienceModelRetraining(
                stack, "Retraining", configured_audience_model=model, training_dataset=a_dataset(stack, DATASET_ARN)
            )
        assert "configured_audience_model's account" in str(error.value)


class TestSchedule:
    def test_it_is_weekly(self, synth: Synth) -> None:
        retraining(synth)
        schedule = synth.only("AWS::Scheduler::Schedule")["Properties"]
        assert schedule["ScheduleExpression"] == "cron(11 12 ? * FRI *)"
        assert schedule["State"] == "ENABLED"

    def test_it_can_be_another_one(self, synth: Synth) -> None:
        zone = cdk.TimeZone.EUROPE_BERLIN
        queue = sqs.Queue(synth.stack, "Queue")
        expression = scheduler.ScheduleExpression.cron(minute="0", hour="3", week_day="MON", time_zone=zone)
        retraining(synth, schedule=expression, enabled=False, dead_letter_queue=queue)
        schedule = synth.only("AWS::Scheduler::Schedule")["Properties"]
        assert schedule["ScheduleExpression"] == "cron(0 3 ? * MON *)"
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
        assert schedule["State"] == "DISABLED"
        assert plain(schedule["Target"]["DeadLetterConfig"]["Arn"]).startswith("Queue")

    def test_there_need_not_be_one(self, synth: Synth) -> None:
        assert retraining(synth, on_demand_only=True).schedule is None
        assert synth.resources("AWS::Scheduler::Schedule") == {}

    def test_it_waits_for_the_permissions(self, synth: Synth) -> None:
        retraining(synth)
        (policy,) = (name for name in synth.resources("AWS::IAM::Policy") if "OwnExecutions" in name)
        assert policy in synth.only("AWS::Scheduler::Schedule")["DependsOn"]

    def test_others_can_be_let_start_it(self, synth: Synth) -> None:
        role = iam.Role(synth.stack, "Somebody", assumed_by=iam.AccountRootPrincipal())
        one = retraining(synth)
        assert one.grant_start_execution(role).success
        (statement,) = (
            s
            for name, policy in synth.resources("AWS::IAM::Policy").items()
            if name.startswith("Somebody")
            for s in policy["Properties"]["PolicyDocument"]["Statement"]
        )
        assert statement["Action"] == "states:StartExecution"
        assert statement["Resource"] == synth.stack.resolve(one.state_machine.state_machine_arn)

    @pytest.mark.parametrize(
        ("grantee", "why"),
        [
            (
                lambda s: iam.Role.from_role_arn(s, "Theirs", "arn:aws:iam::444455556666:role/operator"),
                "it is of account 444455556666, and only 111122223333 itself can use that",
            ),
            (lambda _: iam.AccountPrincipal("444455556666"), "it is of account 444455556666"),
            (
                lambda _: iam.ServicePrincipal("lambda.amazonaws.com"),
                "it has no policy of its own that can be added to",
            ),
        ],
    )
    def test_whom_nothing_can_be_granted_is_told(self, synth: Synth, grantee: Any, why: str) -> None:
        synth.stack = cdk.Stack(synth.app, "Here", env=cdk.Environment(account="111122223333", region="us-east-1"))
        assert not retraining(synth).grant_start_execution(grantee(synth.stack)).success
        warned = Annotations.from_stack(synth.stack).find_warning("*", Match.string_like_regexp(why))
        assert len(warned) == 1


class TestFailureNotices:
    def pattern(self, synth: Synth) -> dict[str, Any]:
        pattern: dict[str, Any] = synth.only("AWS::Events::Rule")["Properties"]["EventPattern"]
        assert pattern["detail"].pop("stateMachineArn")
        return pattern

    def test_to_a_topic(self, synth: Synth) -> None:
        retraining(synth, failure_topic=sns.Topic(synth.stack, "Topic"))
        assert self.pattern(synth) == PATTERN
        (target,) = synth.only("AWS::Events::Rule")["Properties"]["Targets"]
        assert plain(target["Arn"]).startswith("Topic")

    def test_to_anything_else(self, synth: Synth) -> None:
        queue = sqs.Queue(synth.stack, "Queue")
        rule = retraining(synth).on_failure(
            "Queue", target=events_targets.SqsQueue(queue), description="to a queue", rule_name="failures"
        )
        assert isinstance(rule, events.Rule)
        assert self.pattern(synth) == PATTERN
        assert synth.only("AWS::Events::Rule")["Properties"]["Description"] == "to a queue"

    def test_to_what_is_added_later(self, synth: Synth) -> None:
        retraining(synth).on_failure("Later")
        assert "Targets" not in synth.only("AWS::Events::Rule")["Properties"]

    def test_of_successes(self, synth: Synth) -> None:
        """All that is said at an end is looked at: only what has come to a newer audience model is told."""
        queue = sqs.Queue(synth.stack, "Queue")
        retraining(synth).on_success("News", target=events_targets.SqsQueue(queue), rule_name="news")
        pattern = self.pattern(synth)
        assert pattern["detail"].pop("status") == ["SUCCEEDED"]
        ((text,),) = (each.values() for each in pattern["detail"].pop("output"))
        assert pattern["detail"] == {}
        ends = [each for each in definition(synth)["States"].values() if each.get("End") or each["Type"] == "Succeed"]
        told = {each["Output"]["outcome"]: fnmatch.fnmatch(json.dumps(each["Output"]), text) for each in ends}
        assert told == {"alreadyRunning": False, "retrained": True}

    def test_nobody_is_told_by_default(self, synth: Synth) -> None:
        retraining(synth)
        assert synth.resources("AWS::Events::Rule") == {}


def _shown(metric: cloudwatch.Metric) -> list[Any]:
    period = metric.period.to_seconds()
    return [metric.namespace, metric.metric_name, metric.statistic, period, metric.dimensions, metric.label]


class TestMetrics:
    @pytest.mark.parametrize(
        ("name", "metric_name", "statistic"),
        [
            ("metric_started", "ExecutionsStarted", "Sum"),
            ("metric_succeeded", "ExecutionsSucceeded", "Sum"),
            ("metric_failed", "ExecutionsFailed", "Sum"),
            ("metric_timed_out", "ExecutionsTimedOut", "Sum"),
            ("metric_aborted", "ExecutionsAborted", "Sum"),
            ("metric_time", "ExecutionTime", "Average"),
        ],
    )
    def test_of_executions(self, synth: Synth, name: str, metric_name: str, statistic: str) -> None:
        one = retraining(synth)
        metric = getattr(one, name)()
        assert (metric.namespace, metric.metric_name, metric.statistic) == ("AWS/States", metric_name, statistic)
        assert metric.dimensions == {"StateMachineArn": one.state_machine.state_machine_arn}

    def test_of_the_age(self, synth: Synth) -> None:
        metric = retraining(synth).metric_age()
        assert (metric.namespace, metric.metric_name, metric.statistic) == (
            "CleanRoomsML",
            "AudienceModelAge",
            "Maximum",
        )
        assert metric.dimensions == {"ConfiguredAudienceModel": ARN}
        assert metric.period.to_days() == 1

    @pytest.mark.parametrize("name", ["metric_failed", "metric_age"])
    def test_they_take_the_options_of_the_cdk(self, synth: Synth, name: str) -> None:
        days = cdk.Duration.days(7)
        metric = getattr(retraining(synth), name)(label="ours", period=days, statistic="p99", color="#1f77b4")
        assert (metric.label, metric.period.to_days(), metric.statistic, metric.color) == ("ours", 7, "p99", "#1f77b4")

    def test_an_option_that_is_none_is_none(self, synth: Synth) -> None:
        one = retraining(synth)
        for owner in (one, CleanRoomsMLProvider(synth.stack)):
            for name in (each for each in dir(owner) if each.startswith("metric")):
                ask = partial(getattr(owner, name), *(["Any"] if name == "metric" else []))
                none = dict.fromkeys(MetricOptions.__annotations__)
                assert _shown(ask(**none)) == _shown(ask()), name
                assert ask(period=None, label="ours").label == "ours"

    def test_any_of_the_state_machine(self, synth: Synth) -> None:
        metric = retraining(synth).metric("ExecutionThrottled", statistic="Sum")
        assert (metric.namespace, metric.metric_name) == ("AWS/States", "ExecutionThrottled")

    def test_an_alarm_of_one_s_own(self, synth: Synth) -> None:
        retraining(synth).metric_age().create_alarm(synth.stack, "Old", threshold=9, evaluation_periods=1)
        alarm = synth.only("AWS::CloudWatch::Alarm")["Properties"]
        assert (alarm["MetricName"], alarm["Period"]) == ("AudienceModelAge", 86400)


class TestConditions:
    @pytest.mark.parametrize("is_watched", [True, False])
    def test_a_retraining_may_have_one(self, synth: Synth, *, is_watched: bool) -> None:
        """Nothing outside of it refers to anything in it, so that all of it can be left out."""
        model = own(synth)
        parts: list[Any] = [
            retraining(
                synth,
                configured_audience_model=model,
                dead_letter_queue=sqs.Queue(synth.stack, "Dead", encryption_master_key=kms.Key(synth.stack, "Key")),
                failure_topic=sns.Topic(synth.stack, "Topic"),
            )
        ]
        if is_watched:
            parts.append(CleanRoomsMLMonitoring(synth.stack, "Monitoring", retrainings=parts))
        condition = cdk.CfnCondition(synth.stack, "IsWanted", expression=cdk.Fn.condition_equals("a", "b"))
        for part in parts:
            for each in part.node.find_all():
                if cdk.CfnResource.is_cfn_resource(each):
                    each.cfn_options.condition = condition
        resources = synth.template.to_json()["Resources"]
        inside = {name for name, each in resources.items() if "Condition" in each}
        assert len(inside) > 5
        for name, named in waits_for(resources).items():
            assert name in inside or not named & inside, name


class TestPermissions:
    def test_the_role_can_be_told_more(self, synth: Synth) -> None:
        one = retraining(synth)
        one.role.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=["*"]))
        assert {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": "*"} in statements(synth)
        assert synth.stack.resolve(one.role.role_arn) == {"Fn::GetAtt": ["RetrainingRole67AE5B85", "Arn"]}

    def test_they_are_exactly_these(self, synth: Synth) -> None:
        model = own(synth)
        retraining(synth, configured_audience_model=model)
        (machine,) = synth.resources("AWS::StepFunctions::StateMachine")
        arn = synth.stack.resolve(model.configured_audience_model_arn)["Ref"]
        role = synth.stack.resolve(model.role.role_ref.role_arn)["Fn::GetAtt"][0]
        allow = {"Effect": "Allow"}
        expected: list[dict[str, Any]] = [
            {"Action": "cleanrooms-ml:GetConfiguredAudienceModel", "Resource": arn},
            {"Action": "cleanrooms-ml:UpdateConfiguredAudienceModel", "Resource": [arn, AUDIENCE_MODELS]},
            {"Action": "cleanrooms-ml:CreateAudienceModel", "Resource": DATASET_ARN},
            {
                "Action": ["cleanrooms-ml:GetAudienceModel", "cleanrooms-ml:TagResource"],
                "Resource": AUDIENCE_MODELS,
            },
            {"Action": "cleanrooms-ml:ListAudienceModels", "Resource": "*"},
            {
                "Action": "cleanrooms-ml:DeleteAudienceModel",
                "Resource": AUDIENCE_MODELS,
                "Condition": {
                    "StringEquals": {"aws:ResourceTag/cdk-cleanroomsml:retraining": "Stack/StackRetrainingE9B20CAD"}
                },
            },
            {
                "Action": "iam:PassRole",
                "Resource": f"{role}.Arn",
                "Condition": {"StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}},
            },
            {"Action": "states:ListExecutions", "Resource": machine},
        ]
        key = json.dumps
        assert sorted(statements(synth), key=key) == sorted([allow | each for each in expected], key=key)

    def test_no_role_is_passed_that_is_not_known(self, synth: Synth) -> None:
        retraining(synth)
        assert [s for s in statements(synth) if s["Action"] == "iam:PassRole"] == []

    def test_only_step_functions_is_trusted(self, synth: Synth) -> None:
        retraining(synth)
        roles = [plain(r["Properties"]) for r in synth.resources("AWS::IAM::Role").values()]
        (role,) = (each for each in roles if each.get("Description", "").startswith("Retrains"))
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "states.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "AWS::AccountId"},
            "ArnLike": {"aws:SourceArn": "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:stateMachine:*"},
        }


class TestObservability:
    def test_everything_is_logged_and_traced(self, synth: Synth) -> None:
        retraining(synth)
        machine = synth.only("AWS::StepFunctions::StateMachine")["Properties"]
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is True
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert synth.only("AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 30
        assert synth.only("AWS::Logs::LogGroup")["DeletionPolicy"] == "Delete"

    def test_into_a_log_group_of_one_s_own(self, synth: Synth) -> None:
        retraining(synth, log_group=logs.LogGroup(synth.stack, "Log"), tracing_enabled=False)
        assert list(synth.resources("AWS::Logs::LogGroup")) == [
            synth.stack.get_logical_id(synth.stack.node.find_child("Log").node.default_child)  # type: ignore[arg-type]
        ]
        tracing = synth.only("AWS::StepFunctions::StateMachine")["Properties"]["TracingConfiguration"]
        assert tracing == {"Enabled": False}


class TestContract:
    @pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended flags", "no flags"])
    def test_logical_ids(self, flags: dict[str, Any]) -> None:
        synth = Synth(flags)
        topic = sns.Topic.from_topic_arn(synth.stack, "Topic", "arn:aws:sns:us-east-1:111122223333:notices")
        retraining(synth, failure_topic=topic)
        resources = synth.template.to_json()["Resources"]
        assert {name: resource["Type"] for name, resource in resources.items()} == {
            "RetrainingRole67AE5B85": "AWS::IAM::Role",
            "RetrainingRoleDefaultPolicy07003A15": "AWS::IAM::Policy",
            "RetrainingLogGroupA7CF792A": "AWS::Logs::LogGroup",
            "RetrainingStateMachine88099325": "AWS::StepFunctions::StateMachine",
            "RetrainingOwnExecutions23B85E6D": "AWS::IAM::Policy",
            "RetrainingSchedule4BADF883": "AWS::Scheduler::Schedule",
            "RetrainingFailureNoticeB64D64A0": "AWS::Events::Rule",
            "RetrainingScheduleRoleD61FE8E4": "AWS::IAM::Role",
            "RetrainingScheduleRoleDefaultPolicy64ED3098": "AWS::IAM::Policy",
        }

    def test_there_is_no_function_in_it(self, synth: Synth) -> None:
        retraining(synth)
        assert synth.resources("AWS::Lambda::Function") == {}
        assert "lambda" not in json.dumps(definition(synth)).lower()
