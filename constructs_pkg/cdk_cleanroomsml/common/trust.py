"""Whether a service can assume a role that was given, as far as this application tells.

It reads what CloudFormation will be given, when the application is defined: a role may be told later whom to trust. Of
a role that is imported nothing is known, and nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .environment import Environment, environment_of, is_token
from .role_permissions import SERVICE_PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct

_ASSUME = "sts:assumerole"
_ANY, _ONE = "\0", "\1"
"""What may be any text, and any character: neither can stand in a template."""

_LITERAL = ("StringEquals", "ArnEquals", "StringEqualsIgnoreCase")
_LIKE = ("StringLike", "ArnLike")
"""Operators that can be judged. ``ArnEquals`` takes wildcards, too (IAM User Guide)."""


@dataclass
class Trust:
    """Whom a role of this application trusts.

    Attributes:
        role: The role.
        statements: Those of its trust policy, resolved; ``None`` if it isn't known.
    """

    role: IRoleRef
    statements: list[dict[str, Any]] | None

    def lets_in(self, service: str) -> bool:
        """Whether a service may assume it, whatever conditions say."""
        return self.statements is None or any(_names(each, service) for each in self.statements)

    def shown(self) -> str:
        """The principals, for people."""
        return str([each.get("Principal", {}) for each in self.statements or []])


def trust_of(role: IRoleRef) -> Trust:
    """What the application says of whom a role trusts; of an import, nothing."""
    resource = role if isinstance(role, iam.CfnRole) else role.node.default_child
    if not isinstance(resource, iam.CfnRole):
        return Trust(role, None)
    document = cdk.Stack.of(resource).resolve(resource.assume_role_policy_document)
    said = document.get("Statement") if isinstance(document, dict) else None
    return Trust(role, None if said is None else said if isinstance(said, list) else [said])


def check_trust(construct: Construct, parameter: str, role: IRoleRef, kind: str, where: Environment) -> list[str]:
    """Says whether Clean Rooms ML can't assume a role; where that depends on what it sends, a warning does.

    The User Guide has conditions on ``aws:SourceAccount`` and ``aws:SourceArn`` that hold where the service doesn't
    send them: whether it does isn't documented.

    Args:
        construct: What the role was given to; it carries the warning.
        parameter: The parameter's name, as the user wrote it.
        role: The role.
        kind: What it is assumed for, as it stands in an ARN, such as ``training-dataset``.
        where: The account and Region of that.
    """
    trust = trust_of(role)
    if trust.statements is None:
        return []
    must = f"{parameter} '{role.node.path}' must trust {SERVICE_PRINCIPAL}"
    if not trust.lets_in(SERVICE_PRINCIPAL):
        return [f"'{construct.node.path}': {must}, it trusts {trust.shown()}"]
    sent = _Sent(environment_of(cdk.Stack.of(role)), where, kind)
    found = [sent.refused(each) for each in trust.statements if _names(each, SERVICE_PRINCIPAL)]
    if any(not each for each in found):
        return []
    said = ", ".join(text for each in found for text in each)
    for_whom = f"{must} for {kind.replace('-', ' ')}s of account {_word(where.account)} in {_word(where.region)}"
    if all(any(each.values()) for each in found):
        # A statement is lost with the first condition that can't hold.
        return [f"'{construct.node.path}': {for_whom}, and what it asks for can't hold: {said}"]
    cdk.Annotations.of(construct).add_warning_v2(
        f"cdk-cleanroomsml:{parameter}TrustMayNotHold",
        f"{for_whom}, and what it asks for doesn't hold if the service says for whom it acts: {said}",
    )
    return []


@dataclass
class _Sent:
    """What the service sends, if it does.

    Attributes:
        own: Where the role is, which pseudo parameters in its template say.
        where: Where that is which the role is assumed for.
        kind: What kind of resource that is.
    """

    own: Environment
    where: Environment
    kind: str

    def refused(self, statement: dict[str, Any]) -> dict[str, bool]:
        """The conditions of a statement that don't hold, each with whether that is certain."""
        arn = f"arn:{_or_any(self.where.partition)}:cleanrooms-ml:{_or_any(self.where.region)}"
        arn += f":{_or_any(self.where.account)}:{self.kind}/{_ANY}"
        sent = {"aws:sourceaccount": _or_any(self.where.account), "aws:sourcearn": arn}
        found = {
            f"{operator} {key} {values}": not operator.endswith("IfExists")
            for operator, key, values in _conditions(statement)
            if key.lower() in sent and not self._holds(operator, values, sent[key.lower()])
        }
        asked = [key for operator, key, _ in _conditions(statement) if not operator.endswith("IfExists")]
        # Nothing says that the service sends one.
        return found | {key: False for key in asked if key.lower() == "sts:externalid"}

    def _holds(self, operator: str, values: Any, sent: str) -> bool:  # noqa: ANN401 - JSON
        plain = operator.removesuffix("IfExists")
        if plain not in (*_LITERAL, *_LIKE):
            return True
        for each in values if isinstance(values, list) else [values]:
            text = self._text(each)
            if plain in _LIKE or plain == "ArnEquals":
                text = text.replace("*", _ANY).replace("?", _ONE)
            elif "*" in text or "?" in text:
                # No account and no ARN has such characters.
                continue
            # Operators of ARNs hold part by part (IAM User Guide).
            pairs = zip(text.split(":", 5), sent.split(":", 5), strict=False) if plain[:3] == "Arn" else [(text, sent)]
            if text == _ANY or all(_may_be_same(*each) for each in pairs):
                return True
        return False

    def _text(self, value: Any) -> str:  # noqa: ANN401 - JSON
        """A value as far as it is known: what isn't may be anything."""
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and len(value) == 1:
            ((function, inner),) = value.items()
            if function == "Fn::Join":
                return str(inner[0]).join(map(self._text, inner[1])) if isinstance(inner[1], list) else _ANY
            if function == "Ref":
                own = self.own
                pseudo = {"AWS::AccountId": own.account, "AWS::Region": own.region, "AWS::Partition": own.partition}
                # What isn't known is at least the same here and there.
                return _or_any(pseudo.get(inner, ""))
        return _ANY


def _names(statement: dict[str, Any], service: str) -> bool:
    """Whether a statement may let a service assume a role, whatever its conditions say."""
    if statement.get("Effect") != "Allow":
        return False
    actions = [str(each).lower() for each in _listed(statement.get("Action"))]
    if actions and not any(_may_be_same(each.replace("*", _ANY).replace("?", _ONE), _ASSUME) for each in actions):
        return False
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return True
    if any(key == "Ref" or key.startswith("Fn::") for key in principal) or "*" in _listed(principal.get("AWS")):
        return True
    return any(each in (service, "*") or not isinstance(each, str) for each in _listed(principal.get("Service")))


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            yield operator, key, values


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def _or_any(value: str) -> str:
    return _ANY if not value or is_token(value) else value


def _word(value: str) -> str:
    return "of the stack" if not value or is_token(value) else value


def _may_be_same(one: str, other: str) -> bool:
    """Whether two texts may be the same, of which parts may be anything."""
    begun, seen = [(0, 0)], {(0, 0)}
    while begun:
        i, j = begun.pop()
        if (i, j) == (len(one), len(other)):
            return True
        first, second = one[i : i + 1], other[j : j + 1]
        if _ANY in (first, second):
            further = {(i + 1, j) if first else (i, j), (i, j + 1) if second else (i, j)}
        else:
            is_same = first == second or (first and second and _ONE in (first, second))
            further = {(i + 1, j + 1)} if is_same else set()
        begun += further - seen
        seen |= further
    return False
