"""What the function of a stack may do with its custom resources, in policies that they depend on, and it doesn't.

CloudFormation creates and updates what a resource depends on before the resource, and deletes it after. So no
resource is created, changed, rolled back or deleted without the permission to, whatever else the operation takes away:

* Each resource type has a policy with what is the same for all of the type: enough to find, change and delete any of
  it. It leaves a stack with the last resource of its type, after it. What is named by a plain text stands there, too.
* What is named by a reference to something in the stack has a policy of its own, which only its users wait for. A
  policy that named two such things would make the users of one wait for the other, which may wait for them. When the
  role or the stack has no room for so many, what waits for nothing moves to the policy of the type.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..common.environment import path_below, refers
from .dependencies import comes_from_outside, target_of, waits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from constructs import IConstruct

_ID = "CleanRoomsMLPermissions"

_MOST_INLINE = 10_240
"""Characters of all inline policies of a role together (IAM quota)."""
_MOST_INLINE_OF_A_TYPE = 4_000
"""Characters of the inline policy of one resource type: what is named beyond is in managed ones."""
_LENGTH_OF_BASICS = 1_300
"""Characters that are left to what the function needs itself, in a VPC, traced and with a dead-letter queue."""
_MOST_MANAGED = 6_144
"""Characters of a managed policy (IAM quota)."""
_MOST_ATTACHED = 10
"""Managed policies of a role (IAM's default quota)."""
_LENGTH_OF_A_REFERENCE = 110
"""Characters of the ARN that a reference becomes, at most, but for roles in a folder."""
_REFERENCE = re.compile(r"\$\{Token\[[^]]+]\}")
_MOST_RESOURCES = 500
"""Resources of a stack (CloudFormation quota)."""
_MANY = 400
"""Custom resources of a stack that may soon be full."""


@dataclass(frozen=True)
class Permission:
    """What a statement of a policy allows, but for the resources.

    Attributes:
        actions: the IAM actions.
        when: condition keys, and the value that each must have.
    """

    actions: tuple[str, ...]
    when: tuple[tuple[str, str], ...] = ()


Statements = dict[Permission, tuple[str, ...]]
"""What is allowed, on which ARNs."""


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
        self._types: dict[str, _PoliciesOfAType] = {}
        self._own: dict[str, _OwnPolicy] = {}
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
            self._types[type] = _PoliciesOfAType(
                self._provider, short, self._name_of(short), self._role_name, statements()
            )
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
        """
        on = (name,) if arns is None else tuple(arns)
        own = self._own.get(name)
        if not refers(name) or (own is not None and own.is_moved):
            place = self._types[type].add(permission, on)
            if place is not self._types[type].first:
                user.add_resource_dependency(place.resource)
            return
        if own is None:
            policy = self._define_own(what, user, part_of, {permission: on})
            own = self._own[name] = _OwnPolicy(policy, type, name, made_of)
            own.follow_condition(self._stack)
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
            if not own.is_moved and own.waits_for_nothing(self._stack, known):
                managed = self._count_of_managed()
                own.move_to(self._types[own.type])
                resources += self._count_of_managed() - managed - 1

    def check(self) -> list[str]:
        """What IAM would refuse."""
        length, managed = self._length_of_inline(), self._count_of_managed()
        problems = []
        if length > _MOST_INLINE:
            problems.append(f"some {length:,} characters of inline policies, IAM allows {_MOST_INLINE:,}")
        if managed > _MOST_ATTACHED:
            problems.append(f"{managed} managed policies, IAM allows {_MOST_ATTACHED}")
        advice = "share outputs, training datasets and memberships, or divide the stack"
        return [f"the role of '{self._provider.node.path}' needs {each}: {advice}" for each in problems]

    def _define_own(self, what: str, user: Construct, part_of: Construct | None, statements: Statements) -> _Policy:
        path = path_below(self._stack, user if part_of is None else part_of)
        name = self._name_of(f"{what}-{hashlib.sha256(path.encode()).hexdigest()[:16]}")
        if part_of is not None:
            return _Policy(part_of, what, name, self._role_name, statements)
        scope = self._stack.node.try_find_child(_ID) or Construct(self._stack, _ID)
        return _Policy(cast("Construct", scope), f"{path}/{what}", name, self._role_name, statements)

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


@dataclass
class _OwnPolicy:
    """The policy of one thing that is named by a reference.

    Attributes:
        policy: the policy.
        type: the resource type of those that wait for it.
        name: what names the thing.
        made_of: the constructs that the thing may wait for, if they are known.
        users: those that wait for it.
        is_moved: whether it is no more, and another policy takes its place.
    """

    policy: _Policy
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

    def move_to(self, policies: _PoliciesOfAType) -> None:
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


@jsii.implements(cdk.IAspect)
class _MakeRoom:
    """Makes room as late as possible: what waits for something is only known when the application is defined."""

    def __init__(self, permissions: FunctionPermissions, provider: Construct) -> None:
        self._permissions = permissions
        self._provider = provider

    def visit(self, node: IConstruct) -> None:
        if node is self._provider:
            self._permissions.make_room()


class _PoliciesOfAType:
    """The policies of a resource type: one, and managed ones beside it when it is full of names."""

    def __init__(self, provider: Construct, id: str, name: str, role_name: str, statements: Statements) -> None:
        self._provider = provider
        self._id = id
        self._role_name = role_name
        self.first = _Policy(provider, id, name, role_name, statements)
        self.all = [self.first]
        self._holds: dict[tuple[Permission, tuple[str, ...]], _Policy] = {}

    def add(self, permission: Permission, arns: tuple[str, ...]) -> _Policy:
        """Has one of the policies allow something, and returns that."""
        policy = self._holds.get((permission, arns))
        if policy is None:
            policy = self._holds[permission, arns] = self._with_room(permission, arns)
        return policy

    def _with_room(self, permission: Permission, arns: tuple[str, ...]) -> _Policy:
        if not self.all[-1].add(permission, arns):
            further = f"{self._id}{len(self.all) + 1}"
            self.all.append(_Policy(self._provider, further, None, self._role_name, {permission: arns}))
        return self.all[-1]


class _Policy:
    """A policy of the function's role; it may grow as long as the application is defined."""

    def __init__(self, scope: Construct, id: str, name: str | None, role_name: str, statements: Statements) -> None:
        """Defines an inline policy, or a managed one if it has no name."""
        self.statements = statements
        self._most = _MOST_MANAGED if name is None else _MOST_INLINE_OF_A_TYPE
        document, roles = document_of(statements), [role_name]
        self.length = _length(document)
        self.resource: iam.CfnPolicy | iam.CfnManagedPolicy = (
            iam.CfnManagedPolicy(scope, id, policy_document=document, roles=roles)
            if name is None
            else iam.CfnPolicy(scope, id, policy_name=name, policy_document=document, roles=roles)
        )

    def add(self, permission: Permission, arns: tuple[str, ...]) -> bool:
        """Allows something, if there is room for it; says whether it does."""
        known = self.statements.get(permission, ())
        if set(arns) <= set(known):
            return True
        statements = {**self.statements, permission: (*known, *arns)}
        document = document_of(statements)
        length = _length(document)
        if length > self._most:
            return False
        self.statements, self.length = statements, length
        self.resource.policy_document = document
        return True


def document_of(statements: Mapping[Permission, tuple[str, ...]]) -> dict[str, Any]:
    """An IAM policy, as JSON."""
    return {
        "Statement": [
            {
                "Action": _one_or_all(permission.actions),
                **({"Condition": {"StringEquals": dict(permission.when)}} if permission.when else {}),
                "Effect": "Allow",
                "Resource": _one_or_all(arns),
            }
            for permission, arns in statements.items()
        ],
        "Version": "2012-10-17",
    }


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _length(document: dict[str, Any]) -> int:
    """Characters of a policy as IAM counts them: without white space."""
    return len(_REFERENCE.sub("x" * _LENGTH_OF_A_REFERENCE, json.dumps(document, separators=(",", ":"))))
