"""The policies of a resource type: one, and managed ones beside it when it is full of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .policy import Permission, Policy

if TYPE_CHECKING:
    from constructs import Construct

    from .policy import Statements


class TypePolicies:
    """The policies of a resource type: one, and managed ones beside it when it is full of names."""

    def __init__(self, provider: Construct, id: str, name: str, role_name: str, statements: Statements) -> None:
        self._provider = provider
        self._id = id
        self._role_name = role_name
        self.first = Policy(provider, id, name, role_name, statements)
        self.all = [self.first]
        self._holds: dict[tuple[Permission, tuple[str, ...]], Policy] = {}

    def add(self, permission: Permission, arns: tuple[str, ...]) -> Policy:
        """Has one of the policies allow something, and returns that."""
        policy = self._holds.get((permission, arns))
        if policy is None:
            policy = self._holds[permission, arns] = self._with_room(permission, arns)
        return policy

    def _with_room(self, permission: Permission, arns: tuple[str, ...]) -> Policy:
        if not self.all[-1].add(permission, arns):
            further = f"{self._id}{len(self.all) + 1}"
            self.all.append(Policy(self._provider, further, None, self._role_name, {permission: arns}))
        return self.all[-1]
