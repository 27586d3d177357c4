"""A state machine of this library: its role, its log, who may assume the role."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions

from ..common.dead_letter_queues import allow_to_use_key_of
from ..common.environment import account, partition, resources_of_stack, stack_of
from ..common.names import place_of, unique_name
from ..common.references import is_foreign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sqs as sqs
    from aws_cdk.interfaces.aws_logs import ILogGroupRef
    from constructs import Construct

_NAME = 200
"""Characters of a log group's own name; 512 are allowed in all."""


def define_state_machine(
    scope: Construct,
    *,
    definition: Mapping[str, Any],
    description: str,
    statements: Sequence[iam.PolicyStatement],
    log_group: ILogGroupRef | None = None,
    tracing_enabled: bool = True,
) -> tuple[stepfunctions.StateMachine, iam.Role]:
    """Defines a standard workflow that logs every event, and its role.

    Args:
        scope: The construct that they belong to.
        definition: What it does, as JSON; Tokens are fine, and ``${Partition}`` is the stack's.
        description: What its role says about itself.
        statements: What it may do.
        log_group: Where it logs. Default: a new one, for 30 days.
        tracing_enabled: Whether AWS X-Ray traces executions.
    """
    role = iam.Role(scope, "Role", assumed_by=_step_functions(), description=description)
    for statement in statements:
        role.add_to_policy(statement)
    state_machine = stepfunctions.StateMachine(
        scope,
        "StateMachine",
        definition_body=stepfunctions.DefinitionBody.from_string(stack_of(scope).to_json_string(definition)),
        definition_substitutions={"Partition": partition()},
        role=cast("iam.IRole", role),
        logs=stepfunctions.LogOptions(
            destination=_new_log_group(scope) if log_group is None else _shown(scope, log_group),
            level=stepfunctions.LogLevel.ALL,
            include_execution_data=True,
        ),
        tracing_enabled=tracing_enabled,
    )
    return state_machine, role


def schedule_role(scope: Construct, id: str, *, description: str, queue: sqs.IQueue | None = None) -> iam.IRole:
    """Defines what a schedule acts as.

    The role that CDK makes stands at the stack, where a condition on what is scheduled doesn't reach it, and may not
    use the key of a dead-letter queue.

    Args:
        scope: The construct that it belongs to.
        id: Its name there.
        description: What the role says about itself.
        queue: Where what couldn't be started goes.
    """
    role = iam.Role(scope, id, assumed_by=_scheduler(), description=description)
    if queue is not None:
        allow_to_use_key_of(scope, queue, role)
    return cast("iam.IRole", role)


def allow(*actions: str, on: Sequence[str], when: Mapping[str, str] | None = None) -> iam.PolicyStatement:
    """A permission.

    Args:
        actions: The IAM actions.
        on: The ARNs that they are allowed on.
        when: The condition keys that must have just these values.
    """
    conditions = None if when is None else {"StringEquals": when}
    return iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=conditions)


@cache
def _step_functions() -> iam.IPrincipal:
    """Step Functions, when it acts for a state machine of the stack's own account and Region."""
    state_machines = f"arn:{cdk.Aws.PARTITION}:states:{cdk.Aws.REGION}:{account()}:stateMachine:*"
    principal = iam.ServicePrincipal("states.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": account()}, "ArnLike": {"aws:SourceArn": state_machines}}
    )
    return cast("iam.IPrincipal", principal)


@cache
def _scheduler() -> iam.IPrincipal:
    """EventBridge Scheduler, when it acts for a schedule of the stack's own account and Region, in the usual group."""
    group = resources_of_stack("scheduler", "schedule-group").replace("*", "default")
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com",
        conditions={"StringEquals": {"aws:SourceAccount": account(), "aws:SourceArn": group}},
    )
    return cast("iam.IPrincipal", principal)


def _new_log_group(scope: Construct) -> ILogGroupRef:
    """A log group whose name begins as it should for what a service of AWS delivers.

    Step Functions writes any other into the one resource policy of CloudWatch Logs, which is full at some forty
    (CloudWatch Logs User Guide, "Log group resource policy size limit considerations").
    """
    log_group = logs.LogGroup(
        scope,
        "LogGroup",
        log_group_name=f"/aws/vendedlogs/states/{unique_name(place_of(scope), most=_NAME, separator='-')}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return cast("ILogGroupRef", log_group)


def _shown(scope: Construct, log_group: ILogGroupRef) -> ILogGroupRef:
    """A log group as CDK takes one: of what it doesn't know the class of, an import."""
    if not is_foreign(log_group, "log_group_ref"):
        return log_group
    imported = logs.LogGroup.from_log_group_arn(scope, "GivenLogGroup", log_group.log_group_ref.log_group_arn)
    return cast("ILogGroupRef", imported)
