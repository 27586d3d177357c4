"""Roles as they are given, and as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam

from .proxies import has_member

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct


def shown(scope: Construct, role: IRoleRef) -> iam.IRole:
    """A role with all that a role has. Of an L1, or what another library refers to, that is an import of it.

    Args:
        scope: What the role was given to.
        role: The role.
    """
    if has_member(role, "role_arn"):
        return cast("iam.IRole", role)
    return iam.Role.from_role_arn(scope, "GivenRole", role.role_ref.role_arn, mutable=False)
