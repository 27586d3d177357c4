"""One policy of the function's role: what it allows, and how long it is, as IAM counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

MOST_INLINE_OF_A_TYPE = 4_000
"""Characters of the inline policy of one resource type: what is named beyond is in managed ones."""
_MOST_MANAGED = 6_144
"""Characters of a managed policy (IAM quota)."""
_LENGTH_OF_A_REFERENCE = 110
"""Characters of the ARN that a reference becomes, at most, but for roles in a folder."""
_REFERENCE = re.compile(r"\$\{Token\[[^]]+]\}")


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


class Policy:
    """A policy of the function's role; it may grow as long as the application is defined."""

    def __init__(self, scope: Construct, id: str, name: str | None, role_name: str, statements: Statements) -> None:
        """Defines an inline policy, or a managed one if it has no name."""
        self.statements = statements
        self._most = _MOST_MANAGED if name is None else MOST_INLINE_OF_A_TYPE
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
