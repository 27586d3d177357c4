"""What a provider can be told, for one stack or for all below a construct."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from constructs import Construct

from ..common.environment import node_of, scopes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jsii
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs
    from aws_cdk.interfaces.aws_iam import IRoleRef

_ID = "CleanRoomsMLProviderDefaults"

_NETWORK = {"vpc", "vpc_subnets", "security_groups"}
_INSTEAD = [
    ({"log_group"}, {"log_retention", "log_encryption_key", "log_removal_policy"}),
    ({"role"}, {"permissions_boundary"}),
]
"""What is given comes instead of what a new one is like."""


@dataclass(frozen=True)
class ProviderOptions:
    """The options of a provider, ``None`` where nothing was said; see :class:`CleanRoomsMLProvider`."""

    vpc: ec2.IVpc | None = None
    vpc_subnets: ec2.SubnetSelection | None = None
    security_groups: Sequence[ec2.ISecurityGroup] | None = None
    dead_letter_queue: sqs.IQueue | None = None
    reserved_concurrent_executions: jsii.Number | None = None
    log_group: logs.ILogGroup | logs.LogGroup | None = None
    log_retention: logs.RetentionDays | None = None
    log_encryption_key: kms.IKey | None = None
    log_removal_policy: cdk.RemovalPolicy | None = None
    role: IRoleRef | None = None
    permissions_boundary: iam.IManagedPolicy | None = None
    runtime: lambda_.Runtime | None = None
    architecture: lambda_.Architecture | None = None
    memory_size: jsii.Number | None = None
    tracing: lambda_.Tracing | None = None

    def given(self) -> set[str]:
        """The names of the options that were given."""
        return {each.name for each in fields(self) if getattr(self, each.name) is not None}

    def or_else(self, outer: ProviderOptions) -> ProviderOptions:
        """These options, and the outer ones for what they don't say.

        What belongs together isn't mixed: a network, and a log group or role of one's own or what a new one is like.
        """
        own = self.given()
        inherited = outer.given() - own
        if own & _NETWORK:
            inherited -= _NETWORK
        for given, of_a_new_one in _INSTEAD:
            if own & given:
                inherited -= of_a_new_one
            if own & of_a_new_one:
                inherited -= given
        more: dict[str, Any] = {name: getattr(outer, name) for name in inherited}
        return replace(self, **more)


class _Defaults(Construct):
    """The options that hold below the construct that it is a child of."""

    def __init__(self, scope: Construct, options: ProviderOptions) -> None:
        super().__init__(scope, _ID)
        self.options = options


def set_defaults(scope: Construct, options: ProviderOptions) -> None:
    """Has options hold for each stack in a construct, an application say.

    Args:
        scope: The construct.
        options: The options.

    Raises:
        ValueError: It has some already, or it is inside of a stack.
    """
    path = scope.node.path or "the application"
    if scope.node.try_find_child(_ID) is not None:
        raise ValueError(f"'{path}' has been configured already: give all options in one call")
    if any(cdk.Stack.is_stack(each) for each in scope.node.scopes[:-1]) and not cdk.Stack.is_stack(scope):
        raise ValueError(f"'{path}' is inside of a stack: configure the stack or what is around it")
    _Defaults(scope, options)


def defaults_of(stack: cdk.Stack) -> ProviderOptions:
    """The options that hold for a stack, the nearest first.

    Args:
        stack: The stack.
    """
    options = ProviderOptions()
    for scope in reversed(scopes_of(stack)):
        found = cast("_Defaults | None", node_of(scope).try_find_child(_ID))
        if found is not None:
            options = options.or_else(found.options)
    return options
