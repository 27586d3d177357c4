"""The policy of one thing: of a role to pass, a dataset to train on, a membership, of what a deletion looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .dependencies import comes_from_outside, target_of, waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from constructs import IConstruct

    from .policy import Policy
    from .type_policies import TypePolicies


@dataclass
class NamedPolicy:
    """The policy of one thing.

    Attributes:
        policy: the policy.
        type: the resource type of those that wait for it.
        name: what names the thing: a reference, but for what a deletion, or a roll-back, takes.
        made_of: the constructs that the thing may wait for, if they are known.
        to_delete: whether the deletion of its users takes it, so that it may not move.
        users: those that wait for it.
        is_moved: whether it is no more, and another policy takes its place.
    """

    policy: Policy
    type: str
    name: str
    made_of: Sequence[IConstruct] | None
    to_delete: bool = False
    users: list[cdk.CfnResource] = field(default_factory=list)
    is_moved: bool = False

    def waits_for_nothing(self, stack: cdk.Stack, known: dict[int, bool]) -> bool:
        """Whether the thing can be there before anything that may wait for it.

        Args:
            stack: The stack.
            known: What is known of constructs already.
        """
        if comes_from_outside(self.name, stack):
            return True
        target = target_of(self.name)
        if self.made_of is None or target is None or target.cfn_options.condition is not None:
            return False
        return not waits(self.made_of or [target], stack, known)

    def follow_condition(self, stack: cdk.Stack) -> None:
        """Has the policy be there only if the thing is, which it names.

        Args:
            stack: The stack of the policy.
        """
        target = None if self.is_moved else target_of(self.name)
        condition = target.cfn_options.condition if target is not None and target.stack is stack else None
        if condition is not None:
            self.policy.resource.cfn_options.condition = condition

    def move_to(self, policies: TypePolicies) -> None:
        """Has the policies of the type take its place."""
        for permission, arns in self.policy.statements.items():
            place = policies.add(permission, arns)
            for user in self.users:
                user.remove_resource_dependency(self.policy.resource)
                if place is not policies.first:
                    user.add_resource_dependency(place.resource)
        node = self.policy.resource.node
        if node.scope is not None:
            node.scope.node.try_remove_child(node.id)
        self.is_moved = True
