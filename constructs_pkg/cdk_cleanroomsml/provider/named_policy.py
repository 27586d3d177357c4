"""The policy of one thing that is named by a reference: a role to pass, a dataset to train on, a membership."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii

from .dependencies import comes_from_outside, target_of, waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import IConstruct

    from .policy import Policy
    from .type_policies import TypePolicies


@dataclass
class NamedPolicy:
    """The policy of one thing that is named by a reference.

    Attributes:
        policy: the policy.
        type: the resource type of those that wait for it.
        name: what names the thing.
        made_of: the constructs that the thing may wait for, if they are known.
        users: those that wait for it.
        is_moved: whether it is no more, and another policy takes its place.
    """

    policy: Policy
    type: str
    name: str
    made_of: Sequence[IConstruct] | None
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
        return not any(waits(each, stack, known) for each in self.made_of or [target])

    def follow_condition(self, stack: cdk.Stack) -> None:
        """Has the policy be there only if the thing is, which it names.

        Args:
            stack: The stack of the policy.
        """
        target = target_of(self.name)
        if target is not None and target.stack is stack:
            producer = cast("cdk.IStableStringProducer", _ConditionOf(target, self.policy.resource))
            self.policy.resource.add_override("Condition", cdk.Lazy.string(producer))

    def move_to(self, policies: TypePolicies) -> None:
        """Has the policies of the type take its place."""
        for permission, arns in self.policy.statements.items():
            place = policies.add(permission, arns)
            for user in self.users:
                user.remove_resource_dependency(self.policy.resource)
                if place is not policies.first:
                    user.add_resource_dependency(place.resource)
        scope = self.policy.resource.node.scope
        if scope is not None:
            scope.node.try_remove_child(self.policy.resource.node.id)
        self.is_moved = True


@jsii.implements(cdk.IStableStringProducer)
class _ConditionOf:
    """The condition of what a policy names, as late as possible: an Aspect may give it one; else the policy's own."""

    def __init__(self, target: cdk.CfnResource, policy: cdk.CfnResource) -> None:
        self._target = target
        self._policy = policy

    def produce(self) -> str | None:
        condition = self._target.cfn_options.condition or self._policy.cfn_options.condition
        return None if condition is None else condition.logical_id
