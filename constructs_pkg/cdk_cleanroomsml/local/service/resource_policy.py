"""What a resource policy says to a request: as much of IAM's language as such policies need.

Principals are accounts, and whatever else the caller is known to be called. What isn't understood never allows: a
statement with another principal, or another condition operator, is left out when it allows, and counts when it denies.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Decision = Literal["Allow", "Deny", "nothing"]


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        account: the caller's account.
        action: what it does, such as `cleanrooms-ml:StartAudienceGenerationJob`.
        resource: to what, an ARN.
        context: the condition keys of the request, in lower case, and their values.
        names: what else than its account a principal may call the caller: ARNs.
    """

    account: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()


def decide(policy: str | None, asked: Asked) -> Decision:
    """What the policy says: a Deny counts more than an Allow; no policy says nothing."""
    statements = _as_list(json.loads(policy)["Statement"]) if policy else []
    effects = {each.get("Effect") for each in statements if _applies(each, asked)}
    if "Deny" in effects:
        return "Deny"
    return "Allow" if "Allow" in effects else "nothing"


def _applies(statement: dict[str, Any], asked: Asked) -> bool:
    unknown = statement.get("Effect") == "Deny"
    return (
        _is_principal(statement, asked, unknown=unknown)
        and _matches(statement, "Action", asked.action, ignore_case=True)
        and _matches(statement, "Resource", asked.resource)
        and all(
            _holds(operator, key, values, asked.context, unknown=unknown)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _is_principal(statement: dict[str, Any], asked: Asked, *, unknown: bool) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    if not isinstance(principal, dict) or set(principal) != {"AWS"}:
        return unknown
    named = _as_list(principal["AWS"])
    whole = [re.sub(r"arn:[^:]+:iam::(\d{12}):root", r"\1", each) for each in named]
    if {"*", asked.account, *asked.names} & set(whole):
        return True
    # Without names, who of the account it is isn't known.
    return unknown and not asked.names and any(f":{asked.account}:" in each for each in named)


def _matches(statement: dict[str, Any], element: str, value: str, *, ignore_case: bool = False) -> bool:
    if element in statement:
        return any(_like(value, each, ignore_case=ignore_case) for each in _as_list(statement[element]))
    others = _as_list(statement.get(f"Not{element}", "*"))
    return not any(_like(value, each, ignore_case=ignore_case) for each in others)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: _like(value, wanted),
}


def _holds(operator: str, key: str, values: Any, context: Mapping[str, str], *, unknown: bool) -> bool:  # noqa: ANN401
    if operator not in _OPERATORS:
        return unknown
    value = context.get(key.lower())
    return value is not None and any(_OPERATORS[operator](value, each) for each in _as_list(values))


def _like(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL) is not None


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]
