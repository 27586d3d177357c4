"""What a provider's parameters must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from ..common.dead_letter_queues import QUEUE_REGION, check_is_standard
from ..common.environment import environment_of, environment_of_resource, is_dummy
from ..common.keys import key_arn_of
from ..common.problems import Problems
from ..common.removal_policy import check_removal_policy

if TYPE_CHECKING:
    from constructs import Construct

    from .options import ProviderOptions

_OLDEST_PYTHON = 10
"""The oldest 3.x that the handler runs on."""

_VPC = "a function runs only in a VPC of its own account and Region, or one shared with it: import that in its stack"
_LOG_GROUP = "a function logs only to a group of its own account and Region: use one of those"
_MEMORY = (128, 10_240)  # Lambda Developer Guide, "Lambda quotas"
_ROLE = "a function's role is of its own account: use one of that"
_HAVE_THEIR_OWN = {
    "log_group": ("log_retention", "log_encryption_key", "log_removal_policy"),
    "role": ("permissions_boundary",),
}
_LOG_KEY = "CloudWatch Logs uses only keys of its own Region: use one of that Region"


def check_provider(stack: cdk.Stack, id: str, options: ProviderOptions) -> None:
    """Checks the parameters of a provider.

    Raises:
        ValueError: They break the rules; the message lists all of it.
    """
    problems = Problems(stack, id)
    _check_values(problems, options)
    problems.resource("vpc", options.vpc, stack, _VPC)
    problems.resource("dead_letter_queue", options.dead_letter_queue, stack, QUEUE_REGION, account=False)
    problems.resource("log_encryption_key", options.log_encryption_key, stack, _LOG_KEY, account=False)
    problems.resource("log_group", options.log_group, stack, _LOG_GROUP)
    role = options.role
    if role is not None and not is_dummy(role.role_ref.role_arn):
        problems.same("role's account", environment_of_resource(role).account, environment_of(stack).account, _ROLE)
    problems.raise_if_any()


def check_options(scope: Construct, options: ProviderOptions) -> None:
    """Checks what is said for the providers of all stacks in a construct, as far as it doesn't take a stack.

    Raises:
        ValueError: They break the rules; the message lists all of it.
    """
    problems = Problems(scope, "", call="CleanRoomsMLProvider.configure")
    _check_values(problems, options)
    problems.raise_if_any()


def _check_values(problems: Problems, options: ProviderOptions) -> None:
    """What is wrong wherever a stack is."""
    if options.runtime is not None and not _can_run(options.runtime):
        problems.found.append(f"runtime must be Python 3.{_OLDEST_PYTHON} or newer, got {options.runtime.name!r}")
    reserved = options.reserved_concurrent_executions
    if reserved is not None and not cdk.Token.is_unresolved(reserved) and reserved < 1:
        problems.found.append(
            f"reserved_concurrent_executions must be at least 1, got {reserved}: with 0, the function never runs, and"
            " no resource is created, changed or deleted"
        )
    problems.number("memory_size", options.memory_size, _MEMORY)
    check_is_standard(problems, options.dead_letter_queue)
    key = options.log_encryption_key
    problems.key("log_encryption_key", None if key is None else key_arn_of(key))
    if options.log_removal_policy is not None:
        check_removal_policy(problems, options.log_removal_policy, "log_removal_policy")
    problems.policy_text("role", None if options.role is None else options.role.role_ref.role_arn)
    problems.found += [
        f"{name} must be left out with {given}, which has its own"
        for given, names in _HAVE_THEIR_OWN.items()
        if getattr(options, given) is not None
        for name in names
        if getattr(options, name) is not None
    ]


def _can_run(runtime: lambda_.Runtime) -> bool:
    version = re.fullmatch(r"python3\.(\d+)", runtime.name)
    return version is not None and int(version[1]) >= _OLDEST_PYTHON
