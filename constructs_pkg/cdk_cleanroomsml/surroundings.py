"""What a construct stands in: its stack, account and Region. CDK is asked once for each, because asking takes time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

import aws_cdk as cdk
from aws_cdk import region_info

if TYPE_CHECKING:
    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import Construct

KNOWN_STACK = "_cdk_cleanroomsml_stack"
"""The attribute of a construct of this library that spares a call into CDK."""

_KNOWN_ENVIRONMENT = "_cdk_cleanroomsml_environment"
_ARN_PARTS = 5


class Resource(Protocol):
    """What tells where it is, created or imported: what CDK calls a resource or a reference to one."""

    @property
    def env(self) -> ResourceEnvironment:
        """Its account and Region."""
        ...


def stack_of(construct: Construct) -> cdk.Stack:
    """The stack that a construct belongs to, or is. CDK is only asked when it isn't known here."""
    if isinstance(construct, cdk.Stack):
        return construct
    known: cdk.Stack | None = getattr(construct, KNOWN_STACK, None)
    return known or cdk.Stack.of(construct)


class Environment(NamedTuple):
    """Where something is; what isn't known at synthesis is a Token or empty."""

    partition: str
    region: str
    account: str


def environment_of(stack: cdk.Stack) -> Environment:
    """Where a stack is deployed.

    Written into a policy, it says the same in the policy of another stack, as far as it is known: a pseudo parameter
    would say where that one is.
    """
    known: Environment | None = getattr(stack, _KNOWN_ENVIRONMENT, None)
    if known is None:
        region = stack.region
        known = Environment(_partition_of(region), region, stack.account)
        setattr(stack, _KNOWN_ENVIRONMENT, known)
    return known


def environment_of_resource(resource: Resource) -> Environment:
    """Where a resource is, which is defined in this application or known by its ARN."""
    where = resource.env
    return Environment(_partition_of(where.region), where.region, where.account)


@cache
def environment_of_arn(arn: str, resource_type: str) -> Environment:
    """Where an ARN, or another identifier, says that what it names is.

    Args:
        arn: The ARN, or a Token. A Token tells it when it refers to a resource of that very type: what another
            resource has to say, a parameter or a custom resource that reads something, may be from anywhere.
        resource_type: CloudFormation's, or ours.
    """
    parts = arn.split(":")
    if len(parts) > _ARN_PARTS:
        return Environment(parts[1], parts[3], parts[4])
    token = cdk.Tokenization.reverse_string(arn).first_token if cdk.Token.is_unresolved(arn) else None
    if token is None or not cdk.Reference.is_reference(token):
        return Environment("", "", "")
    target = cast("cdk.Reference", token).target
    if not cdk.CfnResource.is_cfn_resource(target):
        return Environment("", "", "")
    resource = cast("cdk.CfnResource", target)
    is_it = resource.cfn_resource_type == resource_type
    return environment_of(cdk.Stack.of(resource)) if is_it else Environment("", "", "")


def resources_of(where: Environment, service: str, kind: str) -> str:
    """All resources of a kind, such as ``audience-model``, in an account and Region."""
    return f"arn:{cdk.Aws.PARTITION}:{service}:{where.region}:{where.account}:{kind}/*"


@cache
def account() -> str:
    """The account of the stack that it is written in; not asked for on import, which would start CDK's kernel."""
    return cdk.Aws.ACCOUNT_ID


@cache
def resources_of_stack(service: str, kind: str) -> str:
    """All resources of a kind, such as ``audience-model``, in the account and Region of the stack it is written in."""
    return resources_of(Environment("", cdk.Aws.REGION, account()), service, kind)


def configured_audience_models() -> str:
    """All configured audience models of the stack's account and Region."""
    return resources_of_stack("cleanrooms-ml", "configured-audience-model")


def audience_models() -> str:
    """All audience models of the stack's account and Region."""
    return resources_of_stack("cleanrooms-ml", "audience-model")


def known_to_differ(one: str, other: str) -> bool:
    """Whether two values are both known at synthesis, and not the same."""
    return one != other and bool(one) and bool(other) and not _is_token(one) and not _is_token(other)


@cache
def _partition_of(region: str) -> str:
    return "" if cdk.Token.is_unresolved(region) else region_info.RegionInfo.get(region).partition or ""


@cache
def _is_token(value: str) -> bool:
    return cdk.Token.is_unresolved(value)
