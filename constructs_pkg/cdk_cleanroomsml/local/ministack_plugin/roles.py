"""Clients of the engine's own services that act under a role, as an AWS service does that has assumed it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from functools import cache
from typing import Any

import botocore.session
import ministack.app
from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.services import iam, sts

Opaque = Any
"""A value of ministack's, or of botocore's, that only passes through."""


class NotTrustedError(Exception):
    """A role's trust policy doesn't let a service assume it, or there is no such role."""


def client(name: str, role_arn: str, *, principal: str, source_arn: str) -> Opaque:
    """A client that has a role's permissions when IAM is enforced, and else its account's.

    Call it from a thread: it talks to this very process.

    Args:
        name: boto3's name of the service to call.
        role_arn: the role.
        principal: which AWS service assumes it, such as `cleanrooms-ml.amazonaws.com`.
        source_arn: on behalf of which resource; the Region is its own.

    Raises:
        NotTrustedError: the role can't be assumed.
    """
    account, region = role_arn.split(":")[4], source_arn.split(":")[3]
    if not ministack.app.AUTH:
        return root_client(name, account, region)
    if not _is_trusted(role_arn, principal, source_arn):
        raise NotTrustedError(f"{principal} is not authorized to assume the role {role_arn}")
    keys = session_keys(role_arn, principal.partition(".")[0], of=source_arn)
    return _new_client(name, region, *keys)


def session_keys(role_arn: str, session: str, *, of: str) -> tuple[str, str, str]:
    """The access key, its secret and the session token of a session of a role, the same each time.

    Args:
        role_arn: the role.
        session: the name of the session.
        of: on behalf of which resource it is.
    """
    account, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    digest = hashlib.sha256(f"{of} {role_arn}".encode()).hexdigest()
    key, secret, token = f"ASIA{digest[:16].upper()}", digest[16:40], digest[40:]
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "UserId": f"{role}:{session}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return key, secret, token


def root_client(name: str, account: str, region: str) -> Opaque:
    """A client that acts as an account's root user; call it from a thread, too."""
    return _new_client(name, region, account, os.environ["AWS_SECRET_ACCESS_KEY"], None)


@cache
def _new_client(name: str, region: str, key: str, secret: str, token: str | None) -> Opaque:
    # A session reads the models once; it makes one client at a time.
    with _SESSION_LOCK:
        return _session().create_client(
            name,
            endpoint_url=f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}",
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )


_SESSION_LOCK = threading.Lock()


@cache
def _session() -> Opaque:
    return botocore.session.Session({"profile": (None, None, None, None)})


def _is_trusted(role_arn: str, principal: str, source_arn: str) -> bool:
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role: Opaque = iam._roles.get_scoped(account, None, name)  # noqa: SLF001 - it has no other look-up by account
    if role is None:
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=source_arn.split(":")[3],
        service_context={"aws:sourceaccount": source_arn.split(":")[4], "aws:sourcearn": source_arn},
    )
    # Ministack's own evaluation of a trust policy takes a service for any caller.
    named = [
        each
        for each in _as_list(json.loads(role["AssumeRolePolicyDocument"])["Statement"])
        if principal in _services(each)
    ]
    trust = iam_evaluator.parse_policy_document({"Statement": [{**each, "Resource": "*"} for each in named]})
    return bool(iam_evaluator.evaluate(context, [trust]).decision == "Allow")


def _services(statement: Opaque) -> list[str]:
    return _as_list(statement["Principal"].get("Service", []))


def _as_list(value: Opaque) -> list[Opaque]:
    return value if isinstance(value, list) else [value]
