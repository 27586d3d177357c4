"""The retraining of an audience model, on AWS's own engine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

from ..audience_model import (
    FOR_AWS,
    GRANT,
    USE,
    WHERE_THE_DATASET_IS,
    let_service_train_with,
    via_service,
)
from ..common import limits
from ..common.claims import claim, claimed_by
from ..common.dead_letter_queues import check_dead_letter_queue
from ..common.environment import KNOWN_STACK, environment_of_resource, stack_of
from ..common.grant import grant_on
from ..common.keys import is_defined_here, key_arn_of
from ..common.metrics import AGE, AGE_DIMENSION, NAMESPACE
from ..common.names import place_of, unique_name
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.role_permissions import KEY_REGION, warn_of_another_account
from ..common.topics import let_service_in
from .definition import NAME_SUFFIX, RETRAINED, Settings, definition
from .permissions import Permissions
from .state_machine import allow, define_state_machine, schedule_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as stepfunctions
    from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef
    from aws_cdk.interfaces.aws_events import IRuleRef
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from aws_cdk.interfaces.aws_logs import ILogGroupRef
    from typing_extensions import Unpack

    from ..audience_model import AudienceModel
    from ..common.metrics import MetricOptions
    from ..configured_audience_model import IConfiguredAudienceModelRef

_EVENTS = "events.amazonaws.com"
_STARTS = "Starts the retraining of an audience model of AWS Clean Rooms ML"
_DESCRIPTION = "Retrains an audience model of AWS Clean Rooms ML"
_ID = "Retraining"
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

_KEEP = (1, 100)
_POLLING_INTERVAL = (_MINUTE, _DAY)
_TRAINING_TIMEOUT = (_HOUR, 60 * _DAY)
_TRAINING_WINDOW = (_HOUR, 36_500 * _DAY)
_POLLS = 720
"""An execution's history holds 25,000 events (Step Functions Developer Guide); 25 go with one interval at most."""

_TOLD = "a rule for another account or Region is more than one resource: use a topic of this one, or see on_failure"
_LOGGED = "Step Functions logs only to a group of its own account and Region: use one of those"
_SAME_PLACE = "a retraining works in its own account and Region, define it in a stack there"


class IRuleTarget(Protocol):
    """Any target of ``aws_events_targets``, whatever it calls the parameters of ``bind``."""

    def bind(self, rule: IRuleRef, id: str | None = None, /) -> events.RuleTargetConfig:
        """Tells the rule how to reach the target."""
        ...


@property_injectable
@checked
@jsii.implements(iam.IGrantable)
class AudienceModelRetraining(Construct):
    """Trains an audience model again and again, and points a configured audience model to the newest.

    A model isn't retrained by itself, and AWS recommends to do that weekly. A schedule starts a state machine that
    creates the next audience model, waits until it is ``ACTIVE``, updates the configured audience model, whose ARN and
    associations stay, and deletes older audience models. There is no function of yours in it.

    From then on ``audience_model`` of the configured audience model is the retraining's: the template says only
    where it begins (see ``retrained`` of :class:`ConfiguredAudienceModel`; set it yourself where that is defined in
    another application).

    One execution is at work at a time; a further one ends at once, successfully. One that doesn't reach its end is
    ``FAILED`` or ``TIMED_OUT``: see ``failure_topic`` and :meth:`on_failure`.

    Audience models that executions have trained belong to no stack. They stay when the stack goes, unless there is an
    ``initial_audience_model``: then they go when that does. They carry the tag ``cdk-cleanroomsml:retraining``, and
    ``cdk.Tags`` doesn't reach them.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.AudienceModelRetraining"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configured_audience_model: IConfiguredAudienceModelRef,
        training_dataset: ITrainingDatasetRef,
        schedule: scheduler.ScheduleExpression | None = None,
        on_demand_only: bool = False,
        enabled: bool = True,
        training_window: cdk.Duration | None = None,
        keep: int = 2,
        initial_audience_model: AudienceModel | None = None,
        audience_model_name_prefix: str | None = None,
        encryption_key: IKeyRef | None = None,
        allow_encryption_key_use: bool = False,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        training_timeout: cdk.Duration | None = None,
        polling_interval: cdk.Duration | None = None,
        failure_topic: sns.ITopic | sns.Topic | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        log_group: ILogGroupRef | None = None,
        tracing_enabled: bool = True,
    ) -> None:
        """Defines the retraining.

        What isn't said to take Tokens must be known at synthesis, because it becomes part of the state machine.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            configured_audience_model: What is pointed to the newest audience model, of this account and Region.
            training_dataset: What is trained on, of this account and Region: a :class:`TrainingDataset`, a
                ``cleanroomsml.CfnTrainingDataset``, or an import.
            schedule: When it begins, in UTC if the expression names no time zone. A rate begins with the deployment
                (Scheduler User Guide). Default: each week, at a day and time that follow from the construct's name, so
                that retrainings spread over the week.
            on_demand_only: Whether there is no schedule: executions are only started by those whom
                :meth:`grant_start_execution` lets. Default: there is one.
            enabled: Whether the schedule starts executions. Default: it does.
            training_window: How far back the training data of an audience model go, from the moment the execution
                starts; at least one hour. Default: as far as there are any, to the newest.
            keep: How many trained audience models are kept, the one in use among them, from 1 to 100. Older ones are
                deleted, unless another configured audience model uses them. Default: 2.
            initial_audience_model: The audience model that the configured one begins with, if a later one may take its
                place for good: it is then deleted when it isn't among the newest any more. Of one that is imported,
                say ``retrained=True`` where it is defined. Default: it stays.
            audience_model_name_prefix: How the names of audience models begin, 1 to 46 printable characters, not only
                spaces; a hyphen and 16 characters follow. With another prefix, those of the old one are no longer
                deleted. A Token is fine. Default: made from the stack's and the construct's names.
            encryption_key: The key that encrypts the training. What whoever starts a training must be allowed on it
                isn't documented: see ``allow_encryption_key_use``. Default: a key that AWS owns.
            allow_encryption_key_use: Whether the state machine and Clean Rooms ML may use the key as is documented for
                custom models (inferred), see the parameter of :class:`AudienceModel`. Default: nothing is allowed here.
            description: Of each audience model, up to 255 printable characters and line breaks. Default: none.
            tags: Of each audience model, up to 49: the service allows 50 on a resource, and one says whose it is. Keys
                have 1 to 128 characters and don't start with ``aws:``, values up to 256. Default: none.
            training_timeout: When a training is given up, from one hour to 60 days. As long, too, an execution waits
                for a place if two trainings, which the service allows at a time, are going on. Default: 3 days; the
                User Guide says up to 2.
            polling_interval: How often it is looked whether a training has ended, from one minute to one day, and at
                most 720 times in a ``training_timeout``: an execution has room for 25,000 events. Default: 15 minutes.
            failure_topic: Where a notice goes when an execution doesn't reach its end, a topic of the Region.
                EventBridge is let in by its policy, and by that of its key; where they can't be changed, a warning says
                so. Default: nowhere.
            dead_letter_queue: What takes the schedule's invocations that the state machine couldn't be started for, a
                standard queue of the Region. Its key is made usable, too, as far as it is known. Default: nothing does.
            log_group: Where every event of the state machine is logged, with its data: ARNs, dates and states. Its name
                should begin with ``/aws/vendedlogs/``: there is room for some forty others in an account and Region.
                Default: a new one that keeps them for 30 days and goes with the stack.
            tracing_enabled: Whether AWS X-Ray traces executions. Default: it does.

        Raises:
            ValueError: Parameters break the rules; the message lists all of them.
        """
        timeout = cdk.Duration.days(3) if training_timeout is None else training_timeout
        interval = cdk.Duration.minutes(15) if polling_interval is None else polling_interval
        problems = Problems(scope, id)
        problems.name(
            "audience_model_name_prefix", audience_model_name_prefix, length=(1, limits.NAME_LENGTH[1] - NAME_SUFFIX)
        )
        problems.description(description)
        problems.number("keep", keep, _KEEP)
        problems.tags("tags", tags, marked=False, ours=1)
        _check_seconds(problems, "training_window", training_window, _TRAINING_WINDOW)
        _check_seconds(problems, "training_timeout", timeout, _TRAINING_TIMEOUT)
        _check_seconds(problems, "polling_interval", interval, _POLLING_INTERVAL)
        training_seconds, polling_seconds = (0, 0) if problems.found else (_seconds(timeout), _seconds(interval))
        if training_seconds > _POLLS * polling_seconds:
            problems.found.append(
                f"polling_interval must be at least {training_seconds / _POLLS:.0f} seconds with a training_timeout of"
                f" {training_seconds}, got {polling_seconds}: an execution has room for 25,000 events"
            )
        if on_demand_only:
            given = {"schedule": schedule, "dead_letter_queue": dead_letter_queue, "enabled=False": not enabled or None}
            problems.found += [
                f"{name} must be left out with on_demand_only, which means that there is no schedule"
                for name, value in given.items()
                if value is not None
            ]
        stack = stack_of(scope)
        problems.resource("training_dataset", training_dataset, stack, WHERE_THE_DATASET_IS)
        problems.resource("configured_audience_model", configured_audience_model, stack, _SAME_PLACE)
        problems.resource("initial_audience_model", initial_audience_model, stack, _SAME_PLACE)
        problems.resource("encryption_key", encryption_key, stack, KEY_REGION, account=False)
        problems.resource("failure_topic", failure_topic, stack, _TOLD)
        problems.resource("log_group", log_group, stack, _LOGGED)
        check_dead_letter_queue(problems, None if on_demand_only else dead_letter_queue, stack)
        key_arn = None if encryption_key is None else key_arn_of(encryption_key)
        problems.key("encryption_key", key_arn)
        model_arn = configured_audience_model.configured_audience_model_ref.configured_audience_model_arn
        _check_once(problems, scope, model_arn)
        problems.raise_if_any()

        super().__init__(scope, id)
        setattr(self, KNOWN_STACK, stack)
        claim(self, _ID, model_arn)
        if encryption_key is not None:
            warn_of_another_account(self, "encryption_key", environment_of_resource(encryption_key).account)
        place = place_of(self)
        own_name = unique_name(place, most=limits.NAME_LENGTH[1] - NAME_SUFFIX)
        marker = f"{place[0]}/{own_name}"
        mark_retrained = getattr(configured_audience_model, "mark_retrained", None)
        if mark_retrained is not None:
            mark_retrained()
        if initial_audience_model is not None:
            initial_audience_model.mark_retrained(by=marker)
        settings = Settings(
            configured_audience_model=model_arn,
            training_dataset=training_dataset.training_dataset_ref.training_dataset_arn,
            name_prefix=own_name if audience_model_name_prefix is None else audience_model_name_prefix,
            marker=marker,
            keep=keep,
            training_timeout=training_seconds,
            polling_interval=polling_seconds,
            timeout=2 * (training_seconds + polling_seconds) + _DAY,
            training_window=None if training_window is None else _seconds(training_window),
            initial_audience_model=initial_audience_model.audience_model_arn if initial_audience_model else "",
            optional={
                **({} if description is None else {"Description": description}),
                **({} if key_arn is None else {"KmsKeyArn": key_arn}),
            },
            tags=dict(tags or {}),
        )
        output_role = _output_role(configured_audience_model)
        if output_role is None:
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-cleanroomsml:outputRoleUnknown",
                "the role of the imported configured_audience_model isn't known, so the retraining may not pass it;"
                " whether it has to isn't documented: import the model with its role, with"
                " from_configured_audience_model_attributes",
            )
        permissions = Permissions(settings, output_role=output_role)
        key_use: list[iam.PolicyStatement] = []
        if encryption_key is not None and key_arn is not None and allow_encryption_key_use:
            let_service_train_with(self, encryption_key)
            via = via_service()
            key_use = [allow(*USE, on=[key_arn], when=via), allow(*GRANT, on=[key_arn], when={**via, **FOR_AWS})]
        state_machine, role = define_state_machine(
            self,
            definition=definition(settings),
            description=_DESCRIPTION,
            statements=[*permissions.statements(), *key_use],
            log_group=log_group,
            tracing_enabled=tracing_enabled,
        )
        self.configured_audience_model: IConfiguredAudienceModelRef = configured_audience_model
        """What is pointed to the newest audience model."""
        self.state_machine: stepfunctions.StateMachine = state_machine
        """What does it: a standard workflow."""
        self.role: iam.Role = role
        """What the state machine acts as; who starts it has a role of its own."""
        # The state machine waits for its role's own policy; this one waits for the state machine.
        own_executions = iam.Policy(
            self,
            "OwnExecutions",
            statements=[permissions.own_executions(self.state_machine.state_machine_arn)],
        )
        role.attach_inline_policy(own_executions)
        self.schedule: scheduler.Schedule | None = None
        """What starts it; ``None`` when nothing does by itself."""
        if not on_demand_only:
            self.schedule = scheduler.Schedule(
                self,
                "Schedule",
                schedule=schedule or _weekly(own_name),
                target=cast(
                    "scheduler.IScheduleTarget",
                    scheduler_targets.StepFunctionsStartExecution(
                        self.state_machine,
                        dead_letter_queue=dead_letter_queue,
                        role=schedule_role(self, "ScheduleRole", description=_STARTS, queue=dead_letter_queue),
                    ),
                ),
                enabled=enabled,
                description=_DESCRIPTION,
            )
            self.schedule.node.add_dependency(own_executions)
        if failure_topic is not None:
            topic = cast("sns.ITopic", failure_topic)
            self.on_failure("FailureNotice", target=events_targets.SnsTopic(topic))
            let_service_in(self, "failure_topic", topic, _EVENTS, added=is_defined_here(topic))

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for grants of CDK: ``key.grant_decrypt(retraining)``."""
        return self.role.grant_principal

    def on_failure(
        self,
        id: str,
        *,
        target: IRuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Defines a rule for executions that don't reach their end: they failed, took too long, or were stopped.

        The event names the execution; when it failed, it has the ``error`` and the ``cause``, too.

        Args:
            id: The name of the rule in this construct.
            target: What is told. Default: nothing yet, see ``add_target`` of the rule.
            description: What the rule says about itself. Default: nothing.
            rule_name: Its name. Default: a generated one.
        """
        return self._on(["FAILED", "TIMED_OUT", "ABORTED"], id, target, description, rule_name)

    def on_success(
        self,
        id: str,
        *,
        target: IRuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Defines a rule for executions after which the configured audience model uses a newer audience model.

        One that left it to another execution succeeds, too, but isn't among them. The event's ``output`` is JSON: it
        has the ARNs of the new audience model and of those that were deleted.

        Args:
            id: The name of the rule in this construct.
            target: What is told. Default: nothing yet, see ``add_target`` of the rule.
            description: What the rule says about itself. Default: nothing.
            rule_name: Its name. Default: a generated one.
        """
        # The output is a text in the event, which has no members to match.
        retrained = events.Match.wildcard(f"*{RETRAINED}*")
        return self._on(["SUCCEEDED"], id, target, description, rule_name, output=retrained)

    def _on(
        self,
        status: list[str],
        id: str,
        target: IRuleTarget | None,
        description: str | None,
        rule_name: str | None,
        **detail: list[str],
    ) -> events.Rule:
        return events.Rule(
            self,
            id,
            description=description,
            rule_name=rule_name,
            targets=None if target is None else [cast("events.IRuleTarget", target)],
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [self.state_machine.state_machine_arn], "status": status, **detail},
            ),
        )

    def metric(self, metric_name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Any metric of the state machine, by the name that Step Functions gives it.

        Args:
            metric_name: The name (Step Functions Developer Guide, "Monitoring with CloudWatch").
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric(metric_name, **options)

    def metric_started(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many executions began, by the schedule or on demand.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_started(**options)

    def metric_succeeded(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many executions came to their end, those among them that left it to another one that was at work.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_succeeded(**options)

    def metric_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many executions failed. Those that took too long or were stopped have metrics of their own.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_failed(**options)

    def metric_timed_out(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many executions took too long.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_timed_out(**options)

    def metric_aborted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many executions were stopped.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_aborted(**options)

    def metric_time(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How long executions took, in milliseconds, on average; most of it is the training.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.state_machine.metric_time(**options)

    def metric_age(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How old the audience model is that the configured one uses, in days: the highest of each day.

        The service has no such metric. It has data where :class:`CleanRoomsMLMonitoring` watches the retraining, which
        measures once a day.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        model = self.configured_audience_model.configured_audience_model_ref
        own: MetricOptions = {
            "dimensions_map": {AGE_DIMENSION: model.configured_audience_model_arn},
            "statistic": "Maximum",
            "period": cdk.Duration.days(1),
        }
        own.update(options)
        return cloudwatch.Metric(namespace=NAMESPACE, metric_name=AGE, **own).attach_to(self)

    def grant_start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody start a retraining on demand.

        Where nothing can be granted, a warning says what to do, ``Grant.success`` is false, and
        ``Grant.assert_success()`` raises.

        Args:
            grantee: A role, a user, a group, or what has one, of the account of the retraining: a state machine has no
                policy that lets others in.
        """
        machine = self.state_machine
        return grant_on(machine, machine.state_machine_arn, grantee, ["states:StartExecution"])


def _check_once(problems: Problems, scope: Construct, model_arn: str) -> None:
    other = claimed_by(scope, _ID, model_arn)
    if other:
        problems.found.append(
            f"configured_audience_model is retrained by '{other}' already: each of two retrainings would take back what"
            " the other has done, so configure another model, or leave one of them out"
        )


def _weekly(name: str) -> scheduler.ScheduleExpression:
    """A time in the week that is always the same for a name."""
    minutes = int(hashlib.sha256(name.encode()).hexdigest(), 16) % (7 * 24 * 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    week_day = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")[day]
    return scheduler.ScheduleExpression.cron(minute=str(minute), hour=str(hour), week_day=week_day)


def _seconds(duration: cdk.Duration) -> int:
    return int(duration.to_seconds())


def _check_seconds(problems: Problems, parameter: str, value: cdk.Duration | None, bounds: tuple[int, int]) -> None:
    if value is None:
        return
    if value.is_unresolved():
        problems.found.append(f"{parameter} must be known at synthesis, got a Token")
    else:
        problems.number(f"{parameter} in seconds", value.to_milliseconds() / 1000, bounds)


def _output_role(model: IConfiguredAudienceModelRef) -> IRoleRef | None:
    """The role that segments are written with, if it is known."""
    role: IRoleRef | None = getattr(model, "role", None)
    return role
