"""A function of Lambda has the keys of a session of its role, IAM enforced or not, and knows its log group."""

from __future__ import annotations

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from ..ministack_plugin.roles import session_keys

Opaque = Any
"""A value of ministack's that only passes through."""


def install() -> None:
    """Patches ministack's Lambda."""
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = _environment


def _environment(function: dict[str, Opaque]) -> dict[str, str]:
    """What a function finds in its environment: the keys of a session of its role, and where its log is.

    Ministack's own are the account's number where IAM isn't enforced, which no log on AWS would hide.
    """
    name = function["FunctionName"]
    key, secret, token = session_keys(function["Role"], name[:64], of=function["FunctionArn"])
    group = (function.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
    }
