"""What the function of a stack may do with its custom resources, in policies that they depend on, and it doesn't.

CloudFormation creates and updates what a resource depends on before the resource, and deletes it after. So no
resource is created, changed, rolled back or deleted without the permission to, whatever else the operation takes away:

* Each resource type has a policy with what is the same for all of the type: enough to find, change and delete any of
  it. It leaves a stack with the last resource of its type, after it. What is named by a plain text stands there, too.
* What is named by a reference to something in the stack has a policy of its own, which only its users wait for. A
  policy that named two such things would make the users of one wait for the other, which may wait for them. When the
  role or the stack has no room for so many, what waits for nothing moves to the policy of the type.
* What the deletion of only some of a type takes has a policy of its own, too, which stays one: a statement of the
  type's policy is gone before what left the template is deleted, and before a roll-back deletes what came.
"""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii
from constructs import Construct

from ..common.environment import node_of, path_below, refers
from .named_policy import NamedPolicy
from .policy import Permission, Policy
from .type_policies import TypePolicies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from constructs import IConstruct

    from .policy import Statements

_ID = "CleanRoomsMLPermissions"

_MOST_INLINE = 10_240
"""Characters of all inline policies of a role together (IAM quota)."""
_LENGTH_OF_BASICS = 1_300
"""Characters that are left to what the function needs itself, in a VPC, traced and with a dead-letter queue."""
_MOST_ATTACHED = 10
"""Managed policies of a role (IAM's default quota)."""
_MOST_RESOURCES = 500
"""Resources of a stack (CloudFormation quota)."""
_MANY = 400
"""Custom resources of a stack that may soon be full."""


class FunctionPermissions:
    """The policies of one function's role, but for what the function needs whatever it serves."""

    def __init__(
        self, provider: Construct, stack: cdk.Stack, role_name: str, name_of: Callable[[str], str] = str
    ) -> None:
        """Defines no policy yet.

        Args:
            provider: Where the policies of resource types are defined.
            stack: The stack of the function.
            role_name: The name of its role.
            name_of: What an inline policy is called, from a name that no other one of the stack has. Default: the same.
        """
        self._provider = provider
        self._stack = stack
        self._role_name = role_name
        self._name_of = name_of
        self._types: dict[str, TypePolicies] = {}
        self._own: dict[str, NamedPolicy] = {}
        self._users = 0
        self._is_watched = False

    def of_type(self, type: str, statements: Callable[[], Statements], *, user: cdk.CfnResource) -> None:
        """Has a resource depend on the policy of its type.

        Args:
            type: The resource type, ``Custom::…``.
            statements: What any of the type needs, asked for once.
            user: The resource.
        """
        if type not in self._types:
            short = re.sub("^Custom::CleanRooms(ML)?", "", type)
            self._types[type] = TypePolicies(self._provider, short, self._name_of(short), self._role_name, statements())
        user.add_resource_dependency(self._types[type].first.resource)
        self._users += 1
        self._watch()

    def named(
        self,
        permission: Permission,
        name: str,
        *,
        arns: Sequence[str] | None = None,
        what: str,
        type: str,
        user: cdk.CfnResource,
        part_of: Construct | None = None,
        made_of: Sequence[IConstruct] | None = None,
        to_delete: bool = False,
        to_give_back: bool = False,
    ) -> None:
        """Has a resource depend on a policy with a permission on one thing.

        Args:
            permission: What is allowed.
            name: What names the thing: its ARN, or a part of that.
            arns: The ARNs that are made of the name. Default: the name itself.
            what: What kind of thing it is; the policy is known by it.
            type: The resource type of the user, whose policy is defined.
            user: The resource.
            part_of: The construct of this stack that the thing is a part of. Default: the thing stands by itself.
            made_of: The constructs that the thing may wait for. Default: it isn't known what it waits for.
            to_delete: Whether the user's deletion takes it. What any of the type takes for that is the type's.
            to_give_back: Whether the roll-back of the user's adoption takes it, which CloudFormation has do what the
                type's policy says before the deployment. It moves there all the same when there is no room.
        """
        on = (name,) if arns is None else tuple(arns)
        own = self._own.get(name)
        if not (refers(name) or to_delete or to_give_back) or (own is not None and own.is_moved):
            place = self._types[type].add(permission, on)
            if place is not self._types[type].first:
                user.add_resource_dependency(place.resource)
            return
        if own is None:
            policy = self._define_own(what, user, part_of, {permission: on})
            own = self._own[name] = NamedPolicy(policy, type, name, made_of, to_delete)
            self._watch()
        else:
            own.policy.add(permission, on)
        own.users.append(user)
        user.add_resource_dependency(own.policy.resource)

    def make_room(self) -> None:
        """Moves what waits for nothing to the policies of types, the last first, until role and stack have room."""
        resources = sum(isinstance(each, cdk.CfnResource) for each in self._stack.node.find_all())
        known: dict[int, bool] = {}
        for own in reversed(self._own.values()):
            if self._length_of_inline() <= _MOST_INLINE and resources <= _MOST_RESOURCES:
                return
            if not (own.is_moved or own.to_delete) and own.waits_for_nothing(self._stack, known):
                managed = self._count_of_managed()
                own.move_to(self._types[own.type])
                resources += self._count_of_managed() - managed - 1

    def check(self) -> list[str]:
        """What IAM would refuse. All Aspects have been by then, so policies get the conditions of what they name."""
        self._follow_conditions()
        length, managed = self._length_of_inline(), self._count_of_managed()
        problems = []
        if length > _MOST_INLINE:
            problems.append(f"some {length:,} characters of inline policies, IAM allows {_MOST_INLINE:,}")
        if managed > _MOST_ATTACHED:
            problems.append(f"{managed} managed policies, IAM allows {_MOST_ATTACHED}")
        advice = "share outputs, training datasets and memberships, or divide the stack"
        return [f"the role of '{self._provider.node.path}' needs {each}: {advice}" for each in problems]

    def _follow_conditions(self) -> None:
        """Has policies be there only if what they name is. Few stacks have conditions: only those are looked at."""
        if self._own and any(isinstance(each, cdk.CfnCondition) for each in node_of(self._stack).find_all()):
            for own in self._own.values():
                own.follow_condition(self._stack)

    def _define_own(self, what: str, user: Construct, part_of: Construct | None, statements: Statements) -> Policy:
        path = path_below(self._stack, user if part_of is None else part_of)
        name = self._name_of(f"{what}-{hashlib.sha256(path.encode()).hexdigest()[:16]}")
        if part_of is not None:
            return Policy(part_of, what, name, self._role_name, statements)
        return Policy(self._beside, f"{path}/{what}", name, self._role_name, statements)

    @cached_property
    def _beside(self) -> Construct:
        """What policies are in that are of nothing else in the stack."""
        return cast("Construct", node_of(self._stack).try_find_child(_ID) or Construct(self._stack, _ID))

    def _watch(self) -> None:
        """Looks again when the application is defined, if there may be too much by then."""
        if self._is_watched or (self._users < _MANY and self._length_of_inline() <= _MOST_INLINE):
            return
        self._is_watched = True
        cdk.Aspects.of(self._provider).add(cast("cdk.IAspect", _MakeRoom(self, self._provider)))

    def _count_of_managed(self) -> int:
        return sum(len(each.all) - 1 for each in self._types.values())

    def _length_of_inline(self) -> int:
        inline = [each.first for each in self._types.values()]
        inline += [own.policy for own in self._own.values() if not own.is_moved]
        return _LENGTH_OF_BASICS + sum(each.length for each in inline)


@jsii.implements(cdk.IAspect)
class _MakeRoom:
    """Makes room as late as possible: what waits for something is only known when the application is defined."""

    def __init__(self, permissions: FunctionPermissions, provider: Construct) -> None:
        self._permissions = permissions
        self._provider = provider

    def visit(self, node: IConstruct) -> None:
        if node is self._provider:
            self._permissions.make_room()
