"""What there is to be watched about retrainings and the provider: alarms and a dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

from ..common.environment import audience_models, environment_of, stack_of
from ..common.metrics import NAMESPACE
from ..common.names import path_of, place_of, unique_name
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.topics import let_service_in
from ..retraining import allow, define_state_machine, schedule_role
from .age_definition import definition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_stepfunctions as stepfunctions
    from aws_cdk.interfaces.aws_logs import ILogGroupRef

    from ..provider import CleanRoomsMLProvider
    from ..retraining import AudienceModelRetraining

_CLOUDWATCH = "cloudwatch.amazonaws.com"
_MEASURES = "Measures the age of audience models of AWS Clean Rooms ML"
_MAX_AGE_DAYS = (1, 365)
_METRICS = "alarms watch only metrics of their own account and Region: define the monitoring in a stack there"
_TOPIC_REGION = "CloudWatch notifies only topics of its own Region: use one of that Region"
_WIDTH = 12
_ALARMS = 100
"""The most alarms in a widget (CloudWatch API reference). A dashboard's own limits, 500 widgets and 2,500 metrics, are
more than is needed for the alarms that fit into a stack: 500 resources, four for each retraining."""
_ID_LENGTH = 100


@property_injectable
@checked
class CleanRoomsMLMonitoring(Construct):
    """Alarms and a dashboard for retrainings and for the function behind custom resources.

    There is an alarm for executions of each retraining that failed, took too long or were stopped, for audience models
    that have become too old, for custom resources that failed, and for the function's errors and throttles. Clean
    Rooms ML has no metric of an audience model's age, so a state machine measures it once a day.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.CleanRoomsMLMonitoring"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        retrainings: Sequence[AudienceModelRetraining] = (),
        provider: CleanRoomsMLProvider | None = None,
        max_age: cdk.Duration | None = None,
        alarm_topic: sns.ITopic | sns.Topic | None = None,
        dashboard_name: str | None = None,
        log_group: ILogGroupRef | None = None,
    ) -> None:
        """Defines the monitoring.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            retrainings: The retrainings to watch, all of this account and Region. Default: none.
            provider: The provider of a stack, whose function is watched. It is known when you have defined it
                yourself. Default: none is.
            max_age: How old the audience model of a retraining may become, from 1 to 365 days. Default: 14 days, two
                weekly retrainings.
            alarm_topic: Where alarms go when they begin, a topic of the Region. CloudWatch is let in by its policy, and
                by that of its key; where they can't be changed, a warning says so. Default: nowhere, see ``alarms``.
            dashboard_name: The name of the dashboard. Default: a generated one.
            log_group: Where the state machine that measures ages logs every event: encrypted, say, with a name that
                begins with ``/aws/vendedlogs/``. Default: a new one for 30 days that goes with the stack.

        Raises:
            ValueError: There is nothing to watch, or ``max_age`` is out of bounds, or something is in another account
                or Region; the message lists all of it.
        """
        age = cdk.Duration.days(14) if max_age is None else max_age
        problems = Problems(scope, id)
        if not retrainings and provider is None:
            problems.found.append("retrainings or provider must be given: there is nothing to watch")
        least, most = _MAX_AGE_DAYS
        if age.is_unresolved():
            problems.found.append("max_age must be known at synthesis, got a Token")
        elif not least <= age.to_days(integral=False) <= most:
            problems.found.append(f"max_age must be from {least} to {most} days, got {age.to_days(integral=False):g}")
        watched = {f"retrainings[{at}]": stack_of(each) for at, each in enumerate(retrainings)}
        if provider is not None:
            watched["provider"] = stack_of(provider)
        for name, stack in watched.items():
            problems.environment(name, environment_of(stack), stack_of(scope), _METRICS)
        problems.resource("alarm_topic", alarm_topic, stack_of(scope), _TOPIC_REGION, account=False)
        problems.raise_if_any()
        super().__init__(scope, id)
        self.alarms: list[cloudwatch.Alarm] = []
        """All alarms, to add actions to."""
        self.age_state_machine: stepfunctions.StateMachine | None = None
        """What measures the age of audience models; ``None`` without retrainings."""
        rows = [self._watch_retraining(retraining, age) for retraining in retrainings]
        if retrainings:
            self.age_state_machine = self._measure_age([_model_of(each) for each in retrainings], log_group)
            self._watch_executions(self, self.age_state_machine, "measuring the age of audience models")
        if provider is not None:
            rows.append(self._watch_provider(provider))
        status = [self._show(self.alarms[at : at + _ALARMS]) for at in range(0, len(self.alarms), _ALARMS)]
        self.dashboard: cloudwatch.Dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=dashboard_name, widgets=[*status, *rows]
        )
        """The alarms, the executions and the ages, and the function's invocations."""
        if alarm_topic is not None:
            self._notify(cast("sns.ITopic", alarm_topic))

    @staticmethod
    def _show(alarms: Sequence[cloudwatch.Alarm]) -> list[cloudwatch.IWidget]:
        """A row with the states of alarms."""
        shown = [cast("cloudwatch.IAlarm", each) for each in alarms]
        return [cast("cloudwatch.IWidget", cloudwatch.AlarmStatusWidget(alarms=shown, width=2 * _WIDTH))]

    def _watch_retraining(self, retraining: AudienceModelRetraining, max_age: cdk.Duration) -> list[cloudwatch.IWidget]:
        own, path = self._room_for(retraining), path_of(retraining)
        executions = self._watch_executions(own, retraining.state_machine, f"retraining {path}")
        age = retraining.metric_age()
        days = max_age.to_days(integral=False)
        self._alarm(
            own,
            "AudienceModelTooOld",
            age,
            f"The audience model of {path} is older than {days:g} days",
            threshold=days,
            comparison=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.MISSING,
        )
        ages = cloudwatch.GraphWidget(
            title=f"Age of the audience model in days: {path}",
            left=[cast("cloudwatch.IMetric", age)],
            left_annotations=[cloudwatch.HorizontalAnnotation(value=days, label="too old")],
            width=_WIDTH,
        )
        return [executions, cast("cloudwatch.IWidget", ages)]

    def _watch_executions(
        self, scope: Construct, state_machine: stepfunctions.StateMachine, what: str
    ) -> cloudwatch.IWidget:
        """Three alarms, because one on a sum would have to be a metric expression, which hides which it was."""
        unfinished = {
            "Failed": state_machine.metric_failed(),
            "TimedOut": state_machine.metric_timed_out(),
            "Aborted": state_machine.metric_aborted(),
        }
        for end, metric in unfinished.items():
            self._alarm(scope, f"Executions{end}", metric, f"An execution did not reach its end: {what}")
        graph = cloudwatch.GraphWidget(
            title=f"Executions: {what}",
            left=[state_machine.metric_started(), state_machine.metric_succeeded(), *unfinished.values()],
            width=_WIDTH,
        )
        return cast("cloudwatch.IWidget", graph)

    def _watch_provider(self, provider: CleanRoomsMLProvider) -> list[cloudwatch.IWidget]:
        failed, errors, throttles = provider.metric_failed(), provider.metric_errors(), provider.metric_throttles()
        own, path = self._room_for(provider), path_of(provider)
        self._alarm(own, "Failed", failed, f"A custom resource of {path} failed")
        self._alarm(own, "Errors", errors, f"The function of {path} crashed or took too long")
        self._alarm(own, "Throttles", throttles, f"The function of {path} was throttled")
        graph = cloudwatch.GraphWidget(
            title=f"Custom resources: {path}",
            left=[provider.metric_invocations(), failed, errors, throttles],
            right=[provider.metric_duration()],
            width=2 * _WIDTH,
        )
        return [cast("cloudwatch.IWidget", graph)]

    def _room_for(self, watched: Construct) -> Construct:
        """What alarms of one construct belong to; the stack has a part in its id only if it is another one."""
        (stack, *below), (own_stack, *_) = place_of(watched), place_of(self)
        place = below if stack == own_stack else [stack, *below]
        return Construct(self, unique_name(tuple(place), most=_ID_LENGTH))

    def _alarm(
        self,
        scope: Construct,
        id: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float = 1,
        comparison: cloudwatch.ComparisonOperator | None = None,
        missing: cloudwatch.TreatMissingData | None = None,
    ) -> None:
        self.alarms.append(
            cloudwatch.Alarm(
                scope,
                id,
                metric=metric,
                alarm_description=description,
                evaluation_periods=1,
                threshold=threshold,
                comparison_operator=comparison or cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                treat_missing_data=missing or cloudwatch.TreatMissingData.NOT_BREACHING,
            )
        )

    def _measure_age(self, models: list[str], log_group: ILogGroupRef | None) -> stepfunctions.StateMachine:
        own = Construct(self, "Age")
        state_machine, _ = define_state_machine(
            own,
            log_group=log_group,
            definition=definition(models),
            description=_MEASURES,
            statements=[
                allow("cleanrooms-ml:GetConfiguredAudienceModel", on=models),
                allow("cleanrooms-ml:GetAudienceModel", on=[audience_models()]),
                allow("cloudwatch:PutMetricData", on=["*"], when={"cloudwatch:namespace": NAMESPACE}),
            ],
        )
        scheduler.Schedule(
            own,
            "Schedule",
            schedule=scheduler.ScheduleExpression.rate(cdk.Duration.days(1)),
            target=cast(
                "scheduler.IScheduleTarget",
                scheduler_targets.StepFunctionsStartExecution(
                    state_machine, role=schedule_role(own, "ScheduleRole", description=_MEASURES)
                ),
            ),
            description=_MEASURES,
        )
        return state_machine

    def _notify(self, topic: sns.ITopic) -> None:
        """Tells a topic, which refuses CloudWatch as soon as it has a policy that names others only."""
        publish = iam.PolicyStatement(
            principals=[cast("iam.IPrincipal", iam.ServicePrincipal(_CLOUDWATCH))],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": environment_of(stack_of(self)).account}},
        )
        added = topic.add_to_resource_policy(publish).statement_added
        let_service_in(self, "alarm_topic", topic, _CLOUDWATCH, added=added)
        for alarm in self.alarms:
            alarm.add_alarm_action(cast("cloudwatch.IAlarmAction", cloudwatch_actions.SnsAction(topic)))


def _model_of(retraining: AudienceModelRetraining) -> str:
    return retraining.configured_audience_model.configured_audience_model_ref.configured_audience_model_arn
