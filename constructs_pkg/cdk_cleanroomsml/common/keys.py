"""Keys as they are given: by themselves, or by an alias, which a policy doesn't take for the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from .environment import known_of
from .proxies import has_member, member_of

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct, IConstruct

_ALIAS = ":alias/"


def itself(key: IKeyRef) -> IKeyRef:
    """The key that an alias stands for; an alias whose key nobody here knows stays what it is."""
    try:
        target = cast("kms.IAlias", key).alias_target_key
    except (AttributeError, RuntimeError):
        # No alias, or one that is imported by its name.
        return key
    return itself(target)


def key_arn_of(key: IKeyRef) -> str:
    """The ARN of the key itself, where that is known; else that of its alias."""
    own = itself(key)
    return known_of(
        cast("IConstruct", own),
        "arn",
        lambda: own.key_arn if isinstance(own, kms.Key) else str(member_of(own, "key_ref").key_arn),
    )


def shown(scope: Construct, key: IKeyRef) -> kms.IKey:
    """A key with all that a construct of CDK asks of one. Of an L1, or what another library refers to: an import of it.

    CDK doesn't refuse what has no ``key_arn`` that it knows of. A bucket then has a key of S3's in the place of it.

    Args:
        scope: What the key was given to.
        key: The key, or its alias.
    """
    is_of_cdk = isinstance(key, (kms.Key, kms.Alias)) or type(key).__module__.partition(".")[0] in ("aws_cdk", "jsii")
    if is_of_cdk and has_member(key, "key_arn"):
        return cast("kms.IKey", key)
    return kms.Key.from_key_arn(scope, "GivenKey", key.key_ref.key_arn)


def are_known_to_differ(one: IKeyRef, other: IKeyRef) -> bool:
    """Whether two keys can't be the same one: both are of this application, or both have a known ARN."""
    first, second = key_arn_of(one), key_arn_of(other)
    if first == second or _ALIAS in first + second:
        return False
    defined = [_definition(each) for each in (one, other)]
    if None not in defined:
        return defined[0] != defined[1]
    return "${Token[" not in first + second


def on_key(arn: str) -> tuple[str, dict[str, dict[str, str]]]:
    """What a policy must say to mean a key: a resource, and conditions.

    Args:
        arn: Its ARN. A policy takes that of an alias for a resource of its own, so it is said as a condition.
    """
    place, found, name = arn.partition(_ALIAS)
    if not found:
        return arn, {}
    return f"{place}:key/*", {"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{name}"}}


def may_use(key: IKeyRef, *actions: str) -> iam.PolicyStatement:
    """A statement that allows to use a key.

    Args:
        key: The key, or its alias.
        actions: The IAM actions.
    """
    resource, conditions = on_key(key_arn_of(key))
    return iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions or None)


PUBLISHING = ("kms:Decrypt", "kms:GenerateDataKey*")
"""What whoever sends to a topic or a queue needs of its key (SNS and SQS Developer Guides)."""


def let_service_publish(key: IKeyRef, service: str) -> bool:
    """Adds to a key's policy that a service may send to what the key encrypts; says whether that was possible.

    Args:
        key: The key, or its alias.
        service: The service principal.
    """
    own = itself(key)
    if not hasattr(own, "add_to_resource_policy"):
        return False
    statement = iam.PolicyStatement(
        principals=[cast("iam.IPrincipal", iam.ServicePrincipal(service))],
        actions=list(PUBLISHING),
        resources=["*"],
    )
    return cast("kms.IKey", own).add_to_resource_policy(statement).statement_added


def is_defined_here(construct: IConstruct) -> bool:
    """Whether a resource is of this application, not imported."""
    return construct.node.default_child is not None


def _definition(key: IKeyRef) -> str | None:
    """Where in this application a key is defined."""
    own = itself(key)
    resource = own if isinstance(own, kms.CfnKey) else own.node.default_child
    return resource.node.path if isinstance(resource, kms.CfnKey) else None
