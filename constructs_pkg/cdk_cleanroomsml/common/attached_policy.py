"""A policy of a role that was given, in the stack of what it was given to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct


def attached_policy(
    construct: Construct, role: IRoleRef, statements: list[dict[str, Any]], *, name: str
) -> iam.Policy | None:
    """Gives a role a policy.

    Args:
        construct: What the role was given to.
        role: The role.
        statements: The statements of an IAM policy, as JSON.
        name: The policy's name, which no other one of the role has.

    Returns:
        The policy; ``None`` if the role took none.
    """
    attach = getattr(role, "attach_inline_policy", None)
    if attach is None:
        return None
    document = iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": statements})
    policy = iam.Policy(construct, "RolePolicy", policy_name=name, document=document)
    attach(policy)
    # A role that is to stay as it is says nothing: only the policy shows that it is nobody's. CDK leaves it out then,
    # but whoever looks through the constructs would find it.
    if cdk.Stack.of(construct).resolve(cast("iam.CfnPolicy", policy.node.default_child).roles):
        return policy
    construct.node.try_remove_child(policy.node.id)
    return None
