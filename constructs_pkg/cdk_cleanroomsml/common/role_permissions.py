"""Roles that Clean Rooms ML assumes: whom they trust, and the permissions of one that was given, not created."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .attached_policy import attached_policy
from .environment import (
    account,
    environment_of,
    environment_of_resource,
    known_to_differ,
    path_below,
    resources_of_stack,
    stack_of,
)

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct, IDependable

SERVICE_PRINCIPAL = "cleanrooms-ml.amazonaws.com"
"""Clean Rooms ML, as IAM names it."""

KEY_REGION = "S3 and Clean Rooms ML use only keys of their own Region: use one of that Region"
ONE_ACCOUNT = "a role can't be passed across accounts: use one of the account of what it serves"


@cache
def clean_rooms_ml(kind: str) -> iam.IPrincipal:
    """Clean Rooms ML, when it acts for resources of a kind in the stack's own account and Region.

    Args:
        kind: The kind as it stands in an ARN, such as ``training-dataset``.
    """
    principal = iam.ServicePrincipal(SERVICE_PRINCIPAL).with_conditions(
        {
            "StringEqualsIfExists": {"aws:SourceAccount": account()},
            "ArnLikeIfExists": {"aws:SourceArn": resources_of_stack("cleanrooms-ml", kind)},
        }
    )
    return cast("iam.IPrincipal", principal)


def warn_of_another_account(construct: Construct, parameter: str, owner: str) -> None:
    """Says what the owner of something in another account has to allow.

    Args:
        construct: The construct that it was given to; it carries the warning.
        parameter: The parameter's name, as the user wrote it.
        owner: The account that it is in.
    """
    own = environment_of(stack_of(construct)).account
    if known_to_differ(owner, own):
        cdk.Annotations.of(construct).add_warning_v2(
            f"cdk-cleanroomsml:{parameter}InAnotherAccount",
            f"the given {parameter} belongs to account {owner}, this is {own}: its policy must allow there what the "
            "role is allowed here",
        )


def add_permissions(
    construct: Construct, role: IRoleRef, statements: list[dict[str, Any]], *, needed: str
) -> list[IDependable]:
    """Gives a role permissions where it can be changed; says what to add where it can't.

    They stand in a policy of the construct, not in the role's own: that is in the role's stack, and names whatever else
    the role may do, which may have to wait for the construct.

    Args:
        construct: The construct that needs them; it carries the warning.
        role: The role.
        statements: The statements of an IAM policy, as JSON.
        needed: The same in words.

    Returns:
        What there must be before the role has the permissions.
    """
    # CDK takes a role of another account as it is, and says nothing.
    if not hasattr(role, "attach_inline_policy") or known_to_differ(
        environment_of_resource(role).account, environment_of(stack_of(construct)).account
    ):
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:rolePermissionsNotAdded",
            f"the given role can't be changed from here; it must allow {needed}",
        )
        return []
    policy = attached_policy(construct, role, statements, name=_name_of_its_own(construct))
    return [] if policy is None else [policy]


def _name_of_its_own(construct: Construct) -> str:
    """A name that a policy of no other stack, Region or construct has, because a role has one policy of a name."""
    path = path_below(stack_of(construct), construct)
    stack_id = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
    return f"CleanRoomsML-{hashlib.sha256(path.encode()).hexdigest()[:16]}-{stack_id}"
