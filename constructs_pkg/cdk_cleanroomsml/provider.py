"""The one function of a stack that serves its Clean Rooms ML custom resources, and its permissions."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IValidation

from .dead_letter_queues import allow_to_use_key_of
from .function_permissions import FunctionPermissions, Permission
from .keys import itself
from .parameter_types import checked
from .provider_checks import check_provider
from .removal import unless_just_created
from .surroundings import environment_of, node_of, resources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

    from .surroundings import Environment

SERVICE_PRINCIPAL = "cleanrooms-ml.amazonaws.com"
SERVICE_TIMEOUT = 20 * 60
"""Seconds that CloudFormation waits for an answer: a whole run of the function, and a retry after a crash."""

_ID = "CleanRoomsMLProvider"

_MEGABYTES = 512
"""Lambda gives 1,769 MB a processor, so this gives 0.29 of one. A start takes 0.19 s of processor time, 0.14 of it for
importing boto3: 0.65 s here, 1.3 s with 256 MB. A request takes some milliseconds."""

_MODE = 0o644
"""Of the function's files: everybody may read them."""

_NETWORK_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
"""What a function in a VPC needs, on whatever interface it gets (Lambda Developer Guide)."""

PASS_ROLE = Permission(("iam:PassRole",), when=(("iam:PassedToService", SERVICE_PRINCIPAL),))
"""To hand a role to Clean Rooms ML, and to no other service."""


@checked
class CleanRoomsMLProvider(Construct):
    """The one function of a stack that creates, updates, tags and deletes what CloudFormation has no type for.

    It comes with the first construct that needs it. Define it yourself, before that, to have it otherwise than by
    default. Its construct path is a contract: a custom resource's ServiceToken can't change in place.
    """

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        reserved_concurrent_executions: int | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        log_encryption_key: kms.IKey | None = None,
        log_removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
        permissions_boundary: iam.IManagedPolicy | None = None,
        runtime: lambda_.Runtime | None = None,
        tracing: lambda_.Tracing = lambda_.Tracing.DISABLED,
    ) -> None:
        """Defines the provider of a stack.

        Args:
            stack: The stack. A nested stack has a provider of its own.
            vpc: Where the function runs. It must reach AWS Clean Rooms ML, and Amazon S3, through which it answers
                CloudFormation; with ``replacement_protection`` also CloudFormation. Default: outside any VPC of yours.
            vpc_subnets: Where in the VPC. Default: its private subnets.
            security_groups: Those of the function. Default: a new one that lets everything out.
            dead_letter_queue: What takes the events that the function failed on three times, a standard queue of the
                Region. Its key is made usable, too, as far as it is known. Default: nothing does.
            reserved_concurrent_executions: How many events are handled at a time, at least 1; the others wait.
                Default: as many as the account allows.
            log_retention: How long the log is kept. Default: 30 days.
            log_encryption_key: The key that encrypts the log, or an alias whose key is known. CloudWatch Logs is added
                to its policy where that can be changed. Default: a key that CloudWatch Logs owns.
            log_removal_policy: What becomes of the log when it leaves the stack. Default: it is deleted.
            permissions_boundary: The permissions boundary of the function's role. Default: none but what
                ``aws_iam.PermissionsBoundary`` and the stack's synthesizer apply.
            runtime: Python 3.10 or newer. Default: the newest Python that CDK knows.
            tracing: Whether AWS X-Ray traces the function. Default: it doesn't.

        Raises:
            ValueError: The stack has a provider already, or parameters break the rules; the message lists all of them.
        """
        if stack.node.try_find_child(_ID) is not None:
            raise ValueError(f"'{stack.node.path}' has a provider already: define your own before the first model")
        check_provider(
            stack,
            _ID,
            stack=stack,
            vpc=vpc,
            runtime=runtime,
            reserved_concurrent_executions=reserved_concurrent_executions,
            dead_letter_queue=dead_letter_queue,
            log_encryption_key=log_encryption_key,
            log_removal_policy=log_removal_policy,
        )
        super().__init__(stack, _ID)
        if log_encryption_key is not None:
            log_encryption_key = cast("kms.IKey", itself(log_encryption_key))
            _let_logs_use(log_encryption_key, environment_of(stack))
        log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=log_retention,
            encryption_key=log_encryption_key,
            removal_policy=unless_just_created(log_removal_policy),
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=cast("iam.IPrincipal", iam.ServicePrincipal("lambda.amazonaws.com")),
            description="Manages this stack's AWS Clean Rooms ML resources",
            permissions_boundary=permissions_boundary,
            inline_policies={"Function": _basics(log_group, in_vpc=vpc is not None)},
        )
        if dead_letter_queue is not None:
            allow_to_use_key_of(self, dead_letter_queue, self._role)
        function = lambda_.Function(
            self,
            "Function",
            description="Custom resources of AWS Clean Rooms ML",
            code=_handler_code(self),
            handler="handler.main.handler",
            runtime=runtime or _newest_python(),
            memory_size=_MEGABYTES,
            timeout=cdk.Duration.minutes(15),
            role=cast("iam.IRole", self._role),
            log_group=log_group,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            dead_letter_queue=dead_letter_queue,
            reserved_concurrent_executions=reserved_concurrent_executions,
            tracing=tracing,
        )
        self.log_group: logs.LogGroup = log_group
        """The function's log: a JSON object a line, see the operators' guide."""
        self.function: lambda_.Function = function
        """The function."""
        self.service_token = function.function_arn
        """The ARN of the function, for the ServiceToken of a custom resource."""
        self.served_arns: set[str] = set()
        """ARNs that are only known once the function has created what they name: they can't be in its permissions."""
        self.checks: list[Callable[[], list[str]]] = []
        """What is asked for problems when the application is synthesised."""
        self.node.add_validation(cast("IValidation", _Checks(self.checks)))
        self.permissions = FunctionPermissions(self, stack, self._role.role_name)
        """What the function may do with custom resources, which depend on it."""
        self.checks.append(self.permissions.check)


def _basics(log_group: logs.ILogGroup, *, in_vpc: bool) -> iam.PolicyDocument:
    """What the function needs itself, whatever it serves. It waits for it, so nothing here names what it serves."""
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": log_group.log_group_arn,
        },
        # What CloudFormation has a resource for, before anything is written for it.
        {"Effect": "Allow", "Action": "cloudformation:DescribeStackResource", "Resource": cdk.Aws.STACK_ID},
    ]
    if in_vpc:
        statements.append({"Effect": "Allow", "Action": _NETWORK_ACTIONS, "Resource": "*"})
    return iam.PolicyDocument.from_json({"Statement": statements})


@jsii.implements(IValidation)
class _Checks:
    """One validation for all resources of a stack, because each costs its calls into CDK."""

    def __init__(self, checks: list[Callable[[], list[str]]]) -> None:
        self._checks = checks

    def validate(self) -> list[str]:
        return [problem for check in self._checks for problem in check()]


def provider_of(stack: cdk.Stack) -> CleanRoomsMLProvider:
    """The provider of a stack.

    Args:
        stack: The stack of a custom resource.
    """
    existing = cast("CleanRoomsMLProvider | None", node_of(stack).try_find_child(_ID))
    return CleanRoomsMLProvider(stack) if existing is None else existing


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


def _handler_code(scope: Construct) -> lambda_.Code:
    """The modules of the folder `handler` of this package, and nothing else, readable for Lambda.

    The mode of a file goes into the asset, and what Lambda's user can't read it can't run. So the modes aren't those of
    the installation, which follow from somebody's umask: a copy has modes of its own. They are part of the hash, which
    is the same on every machine.
    """
    modules = {path.name: path.read_bytes() for path in sorted((Path(__file__).parent / "handler").glob("*.py"))}
    told = [f"{_MODE:o}", *(f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in modules.items())]
    digest = hashlib.sha256("\n".join(told).encode()).hexdigest()
    # In the assembly, because an asset that isn't staged is read where it is.
    folder = Path(cast("cdk.Stage", cdk.Stage.of(scope)).asset_outdir) / f"cdk-cleanroomsml-{digest[:12]}"
    (folder / "handler").mkdir(parents=True, exist_ok=True)
    for name, content in modules.items():
        copy = folder / "handler" / name
        copy.write_bytes(content)
        copy.chmod(_MODE)
    return lambda_.Code.from_asset(str(folder), asset_hash=digest)


def _newest_python() -> lambda_.Runtime:
    versions = (re.fullmatch(r"PYTHON_3_(\d+)", name) for name in dir(lambda_.Runtime))
    newest = max((version for version in versions if version), key=lambda version: int(version[1]))
    return cast("lambda_.Runtime", getattr(lambda_.Runtime, newest[0]))
