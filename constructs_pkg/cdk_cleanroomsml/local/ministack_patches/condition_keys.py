"""Condition keys of KMS and CloudWatch that IAM asks a request for: its encryption context, its namespace."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions

if TYPE_CHECKING:
    from collections.abc import Callable

Opaque = Any
"""A value of ministack's that only passes through."""


def install() -> None:
    """Patches ministack's IAM."""
    iam_actions.request_tag_context = partial(_request_context, iam_actions.request_tag_context)


def _request_context(original: Callable[..., Opaque], service: str, action: str, body: bytes, params: Opaque) -> Opaque:
    context: dict[str, Opaque] = original(service, action, body, params)
    if service == "kms":
        named: Opaque = iam_actions._safe_json_field(body, "EncryptionContext") or {}
        context |= {f"kms:EncryptionContext:{name}": value for name, value in named.items()}
    if action == "cloudwatch:PutMetricData":
        # A client of today sends JSON, an older one a form.
        named = json.loads(body) if body.startswith(b"{") else params
        (namespace,) = [named["Namespace"]] if isinstance(named["Namespace"], str) else named["Namespace"]
        context |= {"cloudwatch:namespace": namespace}
    return context
