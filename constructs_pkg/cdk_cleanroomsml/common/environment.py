"""What a construct stands in: its stack, account and Region. CDK is asked once for each, because asking takes time."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

import aws_cdk as cdk
from aws_cdk import region_info

from .proxies import member_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import Construct, IConstruct, Node

_Value = TypeVar("_Value")

KNOWN_STACK = "_cdk_cleanroomsml_stack"
"""The attribute of a construct of this library that spares a call into CDK."""

KNOWN_ENVIRONMENT = "_cdk_cleanroomsml_environment"
"""Likewise, of a construct of this library and of a stack."""

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
    if known is None:
        known = vars(construct)[KNOWN_STACK] = cdk.Stack.of(construct)
    return known


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
    known: Environment | None = getattr(stack, KNOWN_ENVIRONMENT, None)
    if known is None:
        region = stack.region
        known = Environment(_partition_of(region), region, stack.account)
        setattr(stack, KNOWN_ENVIRONMENT, known)
    return known


def environment_of_resource(resource: Resource) -> Environment:
    """Where a resource is, which is defined in this application or known by its ARN."""
    known: Environment | None = getattr(resource, KNOWN_ENVIRONMENT, None)
    if known is None:
        where: ResourceEnvironment = member_of(resource, "env")
        region = where.region
        known = Environment(_partition_of(region), region, where.account)
        # A proxy of jsii for what is known by its interfaces alone takes no other attributes.
        vars(resource)[KNOWN_ENVIRONMENT] = known
    return known


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
    token = cdk.Tokenization.reverse_string(arn).first_token if is_token(arn) else None
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
    return f"arn:{partition()}:{service}:{where.region}:{where.account}:{kind}/*"


@cache
def partition() -> str:
    """The partition of the stack that it is written in."""
    return cdk.Aws.PARTITION


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
    return one != other and _is_known(one) and _is_known(other)


def _is_known(value: str) -> bool:
    return bool(value) and not is_token(value) and not is_dummy(value)


@cache
def _partition_of(region: str) -> str:
    return "" if is_token(region) else region_info.RegionInfo.get(region).partition or ""


def node_of(construct: Construct | IConstruct) -> Node:
    """The place in the tree of what is asked for it again and again, such as a stack, and which knows its children."""
    return known_of(construct, "node", lambda: construct.node)


def scopes_of(construct: Construct) -> list[Construct]:
    """What a construct is in, the application first, and itself last."""
    return known_of(construct, "scopes", lambda: cast("list[Construct]", node_of(construct).scopes))


def path_below(stack: cdk.Stack, construct: Construct) -> str:
    """Where a construct is in its stack, which is the same wherever the stack is and whatever its id."""
    return _path_of(construct).removeprefix(_path_of(stack)).removeprefix("/")


def _path_of(construct: Construct) -> str:
    return known_of(construct, "path", lambda: node_of(construct).path)


def known_of(construct: Construct | IConstruct, name: str, ask: Callable[[], _Value]) -> _Value:
    """What is known about a construct, asked for once. It stands on the construct itself, so that it goes with it.

    Args:
        construct: The construct, a stack, say.
        name: What is asked for.
        ask: Asks CDK.
    """
    known: dict[str, object] = vars(construct).setdefault("_cdk_cleanroomsml_known", {})
    if name not in known:
        known[name] = ask()
    return cast("_Value", known[name])


def is_token(value: str) -> bool:
    """Whether a text is only known at deployment, or a part of it; known by the stand-in that CDK writes for it."""
    return _TOKEN.search(value) is not None


_TOKEN = re.compile(r"\$\{Token\[[a-zA-Z0-9:._-]+]}")
"""What CDK itself takes for one."""


def refers(value: str) -> bool:
    """Whether a text may refer to something in the stack: it has Tokens that aren't pseudo parameters."""
    return is_token(value) and is_token(_pseudo_parameters().sub("", value))


@cache
def _pseudo_parameters() -> re.Pattern[str]:
    unscoped = (cdk.Aws.PARTITION, cdk.Aws.REGION, cdk.Aws.ACCOUNT_ID, cdk.Aws.STACK_ID, cdk.Aws.STACK_NAME)
    scoped = r"\$\{Token\[AWS::(Partition|Region|AccountId|StackId|StackName)\.\d+]\}"
    return re.compile("|".join((scoped, *map(re.escape, unscoped))))


_DUMMY = re.compile(
    # Of ssm.StringParameter.value_from_lookup; of what is written with CDK's providers, by custom.
    r"dummy-value-for-|(?<![a-z0-9])dummy(?![a-z0-9])"
    # Of kms.Key.from_lookup, of VPCs and what is in them, of security groups and images.
    r"|1234abcd-12ab-34cd-56ef-1234567890ab|(?<![a-z0-9])(vpc-12345|[ps]-12345|rtb-12345[ps]?|sg-12345678|ami-1234)",
    re.IGNORECASE,
)


def is_dummy(text: str) -> bool:
    """Whether a text holds what CDK gives out before it has looked something up: synthesis is then done once more."""
    return _DUMMY.search(text) is not None


def environment_from(arn: str) -> str | None:
    """An ARN that CDK may take account and Region from; ``None`` when it is still to be looked up."""
    return None if is_dummy(arn) else arn
