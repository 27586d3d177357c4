"""The one function of a stack that serves its Clean Rooms ML custom resources, and its permissions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from ..common.checks import checks_of
from ..common.dead_letter_queues import allow_to_use_key_of, use_of_key_of
from ..common.environment import environment_of, node_of, resources_of, scopes_of, stack_of
from ..common.keys import itself
from ..common.metrics import NAMESPACE
from ..common.parameter_types import checked
from ..common.property_injection import property_injectable
from ..common.removal_policy import unless_just_created
from ..common.role_permissions import SERVICE_PRINCIPAL
from .checks import check_options, check_provider
from .function_code import function_code
from .function_permissions import FunctionPermissions
from .given_role import GivenFunctionRole, NeededPermissions, is_made_here, role_arn_of
from .options import ProviderOptions, defaults_of, set_defaults
from .policy import Permission

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jsii
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from typing_extensions import Unpack

    from ..common.checks import Check
    from ..common.environment import Environment
    from ..common.metrics import MetricOptions

SERVICE_TIMEOUT = 20 * 60
"""Seconds that CloudFormation waits for an answer: a whole run of the function, and a retry after a crash."""

_ID = "CleanRoomsMLProvider"
_KNOWN_PROVIDER = "_cdk_cleanroomsml_provider"
"""The attribute of a stack that spares a call into CDK for each of its resources."""

_FAILED_FILTER = "FailedFilter"
_FAILED = '{ $.step = "outcome" && $.status = "FAILED" }'
"""What the function logs when it answers so."""

_MEGABYTES = 512
"""Lambda gives 1,769 MB a processor, so this gives 0.29 of one. A start takes 0.19 s of processor time, 0.14 of it for
importing boto3: 0.65 s here, 1.3 s with 256 MB. A request takes some milliseconds."""

_NETWORK_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
"""What a function in a VPC needs, on whatever interface it gets (Lambda Developer Guide)."""

_TRACING_ACTIONS = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
"""What a traced function needs; IAM knows no resource for it."""

PASS_ROLE = Permission(("iam:PassRole",), when=(("iam:PassedToService", SERVICE_PRINCIPAL),))
"""To hand a role to Clean Rooms ML, and to no other service."""


@property_injectable
@checked
class CleanRoomsMLProvider(Construct):
    """The one function of a stack that creates, updates, tags and deletes what CloudFormation has no type for.

    It comes with the first construct that needs it. Define it yourself, before that, to have it otherwise than by
    default. Its construct path is a contract: a custom resource's ServiceToken can't change in place.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.CleanRoomsMLProvider"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        *,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        reserved_concurrent_executions: jsii.Number | None = None,
        log_group: logs.ILogGroup | logs.LogGroup | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
        log_removal_policy: cdk.RemovalPolicy | None = None,
        role: IRoleRef | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        runtime: lambda_.Runtime | None = None,
        architecture: lambda_.Architecture | None = None,
        memory_size: jsii.Number | None = None,
        tracing: lambda_.Tracing | None = None,
    ) -> None:
        """Defines the provider of a stack.

        What isn't said here is as :meth:`configure` has it, and else as said below.

        Args:
            scope: The stack, or any construct in it: the provider is the stack's in any case, under one id. A nested
                stack has a provider of its own.
            vpc: Where the function runs. It must reach AWS Clean Rooms ML, and Amazon S3, through which it answers
                CloudFormation; with ``replacement_protection`` also CloudFormation. Default: outside any VPC of yours.
            vpc_subnets: Where in the VPC. Default: its private subnets.
            security_groups: Those of the function. Default: a new one that lets everything out.
            dead_letter_queue: What takes the events that the function failed on three times, a standard queue of the
                Region. Its key is made usable, too, as far as it is known. Default: nothing does.
            reserved_concurrent_executions: How many events are handled at a time, at least 1; the others wait.
                Default: as many as the account allows.
            log_group: Where the function logs. It comes instead of ``log_retention``, ``log_encryption_key`` and
                ``log_removal_policy``. Default: a new one.
            log_retention: How long a new log is kept. Default: 30 days.
            log_encryption_key: The key that encrypts a new log, or an alias whose key is known. CloudWatch Logs is
                added to its policy where that can be changed. Default: a key that CloudWatch Logs owns.
            log_removal_policy: What becomes of a new log when it leaves the stack. Default: it is deleted.
            role: The role that the function runs as, of the same account; it comes instead of
                ``permissions_boundary``. It must trust ``lambda.amazonaws.com``. What the function needs is added to it
                in policies of the stack, where it can be changed; else a warning says what it must allow. Stacks may
                share a role: then each may do what any of them needs, and their inline policies together have 10,240
                characters, some 1,500 of them for a stack with one model, and the role 10 managed ones (IAM). Further
                permissions are given to the role itself: ``function.add_to_role_policy`` doesn't reach it. Default: a
                new role.
            permissions_boundary: The permissions boundary of a new role. Default: none but what
                ``aws_iam.PermissionsBoundary`` and the stack's synthesizer apply.
            runtime: Python 3.10 or newer. Default: Python 3.14, the newest that the function is tested on.
            architecture: The processor; the code runs on both. Default: x86-64.
            memory_size: Memory in megabytes, from 128 to 10,240; the share of a processor grows with it. Default: 512.
            tracing: Whether AWS X-Ray traces the function. Default: it doesn't.

        Raises:
            ValueError: The stack has a provider already, or parameters break the rules; the message lists all of them.
        """
        stack = _stack_around(scope)
        if node_of(stack).try_find_child(_ID) is not None:
            raise ValueError(f"'{stack.node.path}' has a provider already: define your own before the first model")
        options = ProviderOptions(
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            dead_letter_queue=dead_letter_queue,
            reserved_concurrent_executions=reserved_concurrent_executions,
            log_group=log_group,
            log_retention=log_retention,
            log_encryption_key=log_encryption_key,
            log_removal_policy=log_removal_policy,
            role=role,
            permissions_boundary=permissions_boundary,
            runtime=runtime,
            architecture=architecture,
            memory_size=memory_size,
            tracing=tracing,
        )
        check_provider(stack, _ID, options)
        options = options.or_else(defaults_of(stack))
        check_provider(stack, _ID, options)
        super().__init__(stack, _ID)
        log = self._log_group(stack, options)
        self.permissions: FunctionPermissions | NeededPermissions
        """What the function may do with custom resources, which depend on it."""
        if options.role is None:
            given, own = None, self._create_role(log, options)
            function_role, role_name = cast("iam.IRole", own), own.role_name
            # With `iam.Role.customize_roles` it isn't made here, and so mustn't be what it may do.
            self.permissions = (
                FunctionPermissions(self, stack, role_name)
                if is_made_here(role_name)
                else NeededPermissions(self, stack, self._needs(function_role, log, options), own)
            )
        else:
            given = GivenFunctionRole(self, stack, options.role, self._needs(options.role, log, options))
            function_role, self.permissions = given.of_function, given.permissions
        function = lambda_.Function(
            self,
            "Function",
            description="Custom resources of AWS Clean Rooms ML",
            code=function_code(self),
            handler="handler.main.handler",
            runtime=options.runtime or _newest_python(),
            architecture=options.architecture,
            memory_size=_MEGABYTES if options.memory_size is None else options.memory_size,
            timeout=_timeout(),
            role=function_role,
            log_group=log,
            vpc=options.vpc,
            vpc_subnets=options.vpc_subnets,
            security_groups=options.security_groups,
            dead_letter_queue=options.dead_letter_queue,
            reserved_concurrent_executions=options.reserved_concurrent_executions,
            tracing=options.tracing or lambda_.Tracing.DISABLED,
        )
        self.log_group: logs.ILogGroup = log
        """The function's log: a JSON object a line, see the operators' guide."""
        self.function: lambda_.Function = function
        """The function."""
        self.service_token = function.function_arn
        """The ARN of the function, for the ServiceToken of a custom resource."""
        self.served_arns: set[str] = set()
        """ARNs that are only known once the function has created what they name: they can't be in its permissions."""
        self.checks: list[Check] = checks_of(self)
        """What is asked for problems when the application is synthesised, of all resources of the stack."""
        self.checks.append(self.permissions.check)
        if given is not None:
            given.precede(function)
            self.checks.append(given.check)
        setattr(stack, _KNOWN_PROVIDER, self)

    @staticmethod
    def configure(
        scope: Construct,
        *,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        reserved_concurrent_executions: jsii.Number | None = None,
        log_group: logs.ILogGroup | logs.LogGroup | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
        log_removal_policy: cdk.RemovalPolicy | None = None,
        role: IRoleRef | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        runtime: lambda_.Runtime | None = None,
        architecture: lambda_.Architecture | None = None,
        memory_size: jsii.Number | None = None,
        tracing: lambda_.Tracing | None = None,
    ) -> None:
        """Says how the providers of all stacks in a construct are, an application or a ``Stage``, say.

        It must come before the first model. What is said for a construct nearer to a stack, or with a provider of its
        own, goes before it; a network, a log group or a role isn't mixed with that of another.

        Args:
            scope: An ``App``, a ``Stage``, a stack, or a construct around stacks.
            vpc: As for a provider, and so are all of the following.
            vpc_subnets: Where in the VPC.
            security_groups: Those of the functions.
            dead_letter_queue: What takes events that a function failed on.
            reserved_concurrent_executions: How many events each function handles at a time.
            log_group: Where all of the functions log.
            log_retention: How long new logs are kept.
            log_encryption_key: The key that encrypts new logs.
            log_removal_policy: What becomes of new logs when they leave a stack.
            role: What all of the functions run as.
            permissions_boundary: The permissions boundary of new roles.
            runtime: Python 3.10 or newer.
            architecture: The processor.
            memory_size: Memory in megabytes.
            tracing: Whether AWS X-Ray traces the functions.

        Raises:
            ValueError: A stack in it has a provider already, it has been configured already, it is inside of a stack,
                or an option breaks the rules wherever the stacks are; the message lists all of them.
        """
        made = [each.node.path for each in scope.node.find_all() if isinstance(each, CleanRoomsMLProvider)]
        if made:
            raise ValueError(f"'{made[0]}' is there already: configure providers before the first model")
        options = ProviderOptions(
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            dead_letter_queue=dead_letter_queue,
            reserved_concurrent_executions=reserved_concurrent_executions,
            log_group=log_group,
            log_retention=log_retention,
            log_encryption_key=log_encryption_key,
            log_removal_policy=log_removal_policy,
            role=role,
            permissions_boundary=permissions_boundary,
            runtime=runtime,
            architecture=architecture,
            memory_size=memory_size,
            tracing=tracing,
        )
        check_options(scope, options)
        set_defaults(scope, options)

    def metric(self, metric_name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Any metric of the function, by the name that Lambda gives it.

        Args:
            metric_name: The name (Lambda Developer Guide, "Types of metrics for Lambda functions").
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.function.metric(metric_name, **options)

    def metric_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many times the function answered ``FAILED`` to CloudFormation, which is no error of Lambda's.

        What counts them is a filter on the function's log, which is defined with the first call. Where a log group is
        shared, those of the other stacks are among them.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        own: MetricOptions = {"statistic": "Sum"}
        existing = cast("logs.MetricFilter | None", self.node.try_find_child(_FAILED_FILTER))
        own.update(options)
        return (existing or self._filter_failed()).metric(**own)

    def metric_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many times the function crashed or took too long.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.function.metric_errors(**options)

    def metric_throttles(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many times the function was throttled.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.function.metric_throttles(**options)

    def metric_invocations(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many times the function was called.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.function.metric_invocations(**options)

    def metric_duration(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How long the function ran, in milliseconds, on average.

        Args:
            options: How it is read and shown, see :class:`MetricOptions`.

        Raises:
            ValueError: An option has another type.
        """
        return self.function.metric_duration(**options)

    def _filter_failed(self) -> logs.MetricFilter:
        return logs.MetricFilter(
            self,
            _FAILED_FILTER,
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.literal(_FAILED),
            metric_namespace=NAMESPACE,
            # A stack has one provider, and its name is its own in an account and Region.
            metric_name=f"CustomResourcesFailed-{stack_of(self).stack_name}",
        )

    def _create_role(self, log: logs.ILogGroup, options: ProviderOptions) -> iam.Role:
        basics = {"Statement": _basics(log, in_vpc=options.vpc is not None)}
        role = iam.Role(
            self,
            "Role",
            assumed_by=_lambda(),
            description="Manages this stack's AWS Clean Rooms ML resources",
            permissions_boundary=options.permissions_boundary,
            inline_policies={"Function": iam.PolicyDocument.from_json(basics)},
        )
        if options.dead_letter_queue is not None:
            allow_to_use_key_of(self, options.dead_letter_queue, role)
        return role

    def _needs(self, role: IRoleRef, log: logs.ILogGroup, options: ProviderOptions) -> list[dict[str, Any]]:
        """What a given role must allow, with what CDK adds to a new one: whatever is served comes to it."""
        statements = _basics(log, in_vpc=options.vpc is not None)
        queue = options.dead_letter_queue
        if queue is not None:
            statements.append({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.queue_arn})
            of_key = use_of_key_of(self, queue, role, role_arn_of(role))
            statements += [] if of_key is None else [of_key.to_statement_json()]
        if options.tracing not in (None, lambda_.Tracing.DISABLED):
            statements.append({"Effect": "Allow", "Action": _TRACING_ACTIONS, "Resource": "*"})
        return statements

    def _log_group(self, stack: cdk.Stack, options: ProviderOptions) -> logs.ILogGroup:
        if options.log_group is not None:
            return options.log_group
        key = options.log_encryption_key
        if key is not None:
            key = cast("kms.IKey", itself(key))
            _let_logs_use(key, environment_of(stack))
        log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=options.log_retention or logs.RetentionDays.ONE_MONTH,
            encryption_key=key,
            removal_policy=unless_just_created(options.log_removal_policy or cdk.RemovalPolicy.DESTROY),
        )
        return cast("logs.ILogGroup", log_group)


# The same in each stack, so CDK is asked once.


@cache
def _lambda() -> iam.IPrincipal:
    return cast("iam.IPrincipal", iam.ServicePrincipal("lambda.amazonaws.com"))


@cache
def _newest_python() -> lambda_.Runtime:
    return lambda_.Runtime.PYTHON_3_14


@cache
def _timeout() -> cdk.Duration:
    return cdk.Duration.minutes(15)


@cache
def _stack_id() -> str:
    return cdk.Aws.STACK_ID


def _stack_around(scope: Construct) -> cdk.Stack:
    if not (isinstance(scope, cdk.Stack) or any(cdk.Stack.is_stack(each) for each in scopes_of(scope))):
        raise ValueError(
            f"'{scope.node.path or 'the application'}' is not in a stack, and a provider is a stack's: give it a stack,"
            " or say with CleanRoomsMLProvider.configure how all are"
        )
    return stack_of(scope)


def _basics(log_group: logs.ILogGroup, *, in_vpc: bool) -> list[dict[str, Any]]:
    """What the function needs itself, whatever it serves. It waits for it, so nothing here names what it serves."""
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": log_group.log_group_arn,
        },
        # What CloudFormation has a resource for, before anything is written for it, and what it has done with it.
        {
            "Effect": "Allow",
            "Action": ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource"],
            "Resource": _stack_id(),
        },
    ]
    if in_vpc:
        statements.append({"Effect": "Allow", "Action": _NETWORK_ACTIONS, "Resource": "*"})
    return statements


def provider_of(stack: cdk.Stack) -> CleanRoomsMLProvider:
    """The provider of a stack.

    Args:
        stack: The stack of a custom resource.
    """
    known: CleanRoomsMLProvider | None = getattr(stack, _KNOWN_PROVIDER, None)
    return known or CleanRoomsMLProvider(stack)


def _let_logs_use(key: kms.IKey, where: Environment) -> None:
    """Adds the statement of the CloudWatch Logs User Guide to a key's policy, which may be that of another stack."""
    service = iam.ServicePrincipal(f"logs.{where.region}.amazonaws.com")
    log_groups = f"{resources_of(where, 'logs', 'log-group').removesuffix('/*')}:*"
    statement = iam.PolicyStatement(
        principals=[cast("iam.IPrincipal", service)],
        actions=[
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
    )
    if not key.add_to_resource_policy(statement).statement_added:
        cdk.Annotations.of(key).add_warning_v2(
            "cdk-cleanroomsml:logKeyPolicyNotAdded",
            "the policy of the given log_encryption_key can't be changed from here; it must let CloudWatch Logs use it",
        )
