"""What a provider's parameters must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from ..common.dead_letter_queues import check_dead_letter_queue
from ..common.environment import environment_of, is_dummy
from ..common.keys import key_arn_of
from ..common.problems import Problems
from ..common.removal_policy import check_removal_policy

if TYPE_CHECKING:
    from .options import ProviderOptions

_OLDEST_PYTHON = 10
"""The oldest 3.x that the handler runs on."""

_VPC = "a function runs only in a VPC of its own account and Region, or one shared with it: import that in its stack"
_LOG_GROUP = "a function logs only to a group of its own account and Region: use one of those"
_MEMORY = (128, 10_240)  # Lambda Developer Guide, "Lambda quotas"
_ROLE = "a function's role is of its own account: use one of that"
_LOG_KEY = "CloudWatch Logs uses only keys of its own Region: use one of that Region"


def check_provider(stack: cdk.Stack, id: str, options: ProviderOptions) -> None:
    """Checks the parameters of a provider.

    Raises:
        ValueError: They break the rules; the message lists all of it.
    """
    problems = Problems(stack, id)
    if options.runtime is not None and not _can_run(options.runtime):
        problems.found.append(f"runtime must be Python 3.{_OLDEST_PYTHON} or newer, got {options.runtime.name!r}")
    reserved = options.reserved_concurrent_executions
    if reserved is not None and not cdk.Token.is_unresolved(reserved) and reserved < 1:
        problems.found.append(
            f"reserved_concurrent_executions must be at least 1, got {reserved}: with 0, the function never runs, and"
            " no resource is created, changed or deleted"
        )
    problems.number("memory_size", options.memory_size, _MEMORY)
    problems.resource("vpc", options.vpc, stack, _VPC)
    check_dead_letter_queue(problems, options.dead_letter_queue, stack)
    key = options.log_encryption_key
    problems.resource("log_encryption_key", key, stack, _LOG_KEY, account=False)
    problems.key("log_encryption_key", None if key is None else key_arn_of(key))
    if options.log_removal_policy is not None:
        check_removal_policy(problems, options.log_removal_policy, "log_removal_policy")
    _check_log_group(problems, options, stack)
    _check_role(problems, options, stack)
    problems.raise_if_any()


def _check_log_group(problems: Problems, options: ProviderOptions, stack: cdk.Stack) -> None:
    if options.log_group is None:
        return
    problems.resource("log_group", options.log_group, stack, _LOG_GROUP)
    given = {
        "log_retention": options.log_retention,
        "log_encryption_key": options.log_encryption_key,
        "log_removal_policy": options.log_removal_policy,
    }
    problems.found += [
        f"{name} must be left out with log_group, which has its own"
        for name, value in given.items()
        if value is not None
    ]


def _check_role(problems: Problems, options: ProviderOptions, stack: cdk.Stack) -> None:
    if options.role is None:
        return
    arn = options.role.role_ref.role_arn
    problems.policy_text("role", arn)
    if not is_dummy(arn):
        problems.same("role's account", options.role.env.account, environment_of(stack).account, _ROLE)
    if options.permissions_boundary is not None:
        problems.found.append("permissions_boundary must be left out with role, which has its own")


def _can_run(runtime: lambda_.Runtime) -> bool:
    version = re.fullmatch(r"python3\.(\d+)", runtime.name)
    return version is not None and int(version[1]) >= _OLDEST_PYTHON
