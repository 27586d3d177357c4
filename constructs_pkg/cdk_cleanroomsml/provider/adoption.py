"""What takes over something that exists: what is told to the function, what that may see, what is checked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk

from ..common.claims import claim, claimed_by
from ..common.environment import environment_of_arn, is_token, resources_of_stack
from .policy import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from ..common.problems import Problems
    from .function_permissions import FunctionPermissions
    from .given_role import NeededPermissions

SEE_STACKS = Permission(("cloudformation:DescribeStackResource", "cloudformation:DescribeStacks"))
"""Which stack something belongs to only its markers tell, at deployment."""

_WHERE = "what is adopted belongs to a stack of its own account and Region"


def check_adopt(problems: Problems, arn: str, stack: cdk.Stack, type: str, *, known_by: str | None = None) -> None:
    """Checks what is to be adopted, as far as it is known at synthesis.

    Args:
        problems: What is found is added to it.
        arn: The ARN, or a Token.
        stack: The stack that is to have it.
        type: The resource type, ``Custom::…``.
        known_by: What it is known by in the whole application. Default: its ARN.
    """
    problems.environment("adopt", environment_of_arn(arn, type), stack, _WHERE)
    known_by = known_by or arn
    if not is_token(known_by):
        other = claimed_by(stack, "Adopt", known_by)
        if other:
            problems.found.append(
                f"adopt {known_by!r} is adopted by '{other}' already: what is adopted belongs to one construct"
            )
        return
    token = cdk.Tokenization.reverse_string(known_by).first_token
    target = cast("cdk.Reference", token).target if token and cdk.Reference.is_reference(token) else None
    if target is not None and getattr(target, "cfn_resource_type", "") == type:
        problems.found.append(
            f"adopt must be something that exists, got that of '{target.node.path}', which this application defines:"
            " give its ARN as a text, and take that construct out"
        )


def claim_adopted(construct: Construct, known_by: str) -> None:
    """Has nothing else in the application adopt the same."""
    if not is_token(known_by):
        claim(construct, "Adopt", known_by)


def let_see_stacks(
    permissions: FunctionPermissions | NeededPermissions, user: cdk.CfnResource, permission: Permission = SEE_STACKS
) -> None:
    """Lets the function see whose something is, and whether a stack, or one around it, is rolled back.

    Args:
        permissions: Those of the function.
        user: What takes over something.
        permission: What it may do with any stack of its account and Region. Default: see it.
    """
    stacks = resources_of_stack("cloudformation", "stack")
    # A Delete looks whether it is part of a roll-back.
    permissions.named(permission, stacks, what="Stacks", type=user.cfn_resource_type, user=user, to_delete=True)


class AdoptingResource(cdk.CfnResource):
    """A custom resource that may take over what exists.

    What was taken over is deleted with its stack only if that is asked for, which the function has to be told.
    """

    def __init__(self, scope: Construct, id: str, *, type: str, properties: Mapping[str, Any]) -> None:
        """Defines it as CDK does."""
        super().__init__(scope, id, type=type, properties=properties)
        self._deletes_adopted = bool(properties.get("DeleteAdopted"))

    def apply_removal_policy(
        self,
        policy: cdk.RemovalPolicy | None = None,
        *,
        apply_to_update_replace_policy: bool | None = None,
        default: cdk.RemovalPolicy | None = None,
    ) -> None:
        """Says it to CloudFormation and to the function. ``cdk.RemovalPolicies`` calls this, and so may any Aspect."""
        super().apply_removal_policy(
            policy, apply_to_update_replace_policy=apply_to_update_replace_policy, default=default
        )
        deletes = (policy or default) is cdk.RemovalPolicy.DESTROY
        if deletes and not self._deletes_adopted:
            self.add_property_override("DeleteAdopted", True)
        elif self._deletes_adopted and not deletes:
            self.add_property_deletion_override("DeleteAdopted")
        self._deletes_adopted = deletes
