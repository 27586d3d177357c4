"""What a provider's parameters must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from .dead_letter_queues import check_dead_letter_queue
from .keys import key_arn_of
from .limits import Problems
from .removal import check_removal_policy

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

_OLDEST_PYTHON = 10
"""The oldest 3.x that the handler runs on."""

_VPC = "a function runs only in a VPC of its own account and Region, or one shared with it: import that in its stack"
_LOG_KEY = "CloudWatch Logs uses only keys of its own Region: use one of that Region"


def check_provider(
    scope: Construct,
    id: str,
    *,
    stack: cdk.Stack,
    runtime: lambda_.Runtime | None,
    reserved_concurrent_executions: int | None,
    vpc: ec2.IVpc | None,
    dead_letter_queue: sqs.IQueue | None,
    log_encryption_key: kms.IKey | None,
    log_removal_policy: cdk.RemovalPolicy,
) -> None:
    """Checks the parameters of a provider.

    Raises:
        ValueError: They break the rules; the message lists all of it.
    """
    problems = Problems(scope, id)
    if runtime is not None and not _can_run(runtime):
        problems.found.append(f"runtime must be Python 3.{_OLDEST_PYTHON} or newer, got {runtime.name!r}")
    reserved = reserved_concurrent_executions
    if reserved is not None and not cdk.Token.is_unresolved(reserved) and reserved < 1:
        problems.found.append(
            f"reserved_concurrent_executions must be at least 1, got {reserved}: with 0, the function never runs, and"
            " no resource is created, changed or deleted"
        )
    problems.resource("vpc", vpc, stack, _VPC)
    check_dead_letter_queue(problems, dead_letter_queue, stack)
    problems.resource("log_encryption_key", log_encryption_key, stack, _LOG_KEY, account=False)
    problems.key("log_encryption_key", None if log_encryption_key is None else key_arn_of(log_encryption_key))
    check_removal_policy(problems, log_removal_policy, "log_removal_policy")
    problems.raise_if_any()


def _can_run(runtime: lambda_.Runtime) -> bool:
    version = re.fullmatch(r"python3\.(\d+)", runtime.name)
    return version is not None and int(version[1]) >= _OLDEST_PYTHON
