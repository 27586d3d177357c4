"""What a construct stands in: its stack, account and Region. CDK is asked once for each, because asking takes time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct

KNOWN_STACK = "_cdk_cleanroomsml_stack"
"""The attribute of a construct of this library that spares a call into CDK."""


def stack_of(construct: Construct) -> cdk.Stack:
    """The stack that a construct belongs to, or is. CDK is only asked when it isn't known here."""
    if isinstance(construct, cdk.Stack):
        return construct
    known: cdk.Stack | None = getattr(construct, KNOWN_STACK, None)
    return known or cdk.Stack.of(construct)


@cache
def account() -> str:
    """The stack's account; not asked for when this is imported, which would start CDK's kernel."""
    return cdk.Aws.ACCOUNT_ID


@cache
def resources_of_stack(service: str, kind: str) -> str:
    """All resources of a kind, such as ``audience-model``, in the stack's account and Region."""
    return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{account()}:{kind}/*"


def configured_audience_models() -> str:
    """All configured audience models of the stack's account and Region."""
    return resources_of_stack("cleanrooms-ml", "configured-audience-model")


def audience_models() -> str:
    """All audience models of the stack's account and Region."""
    return resources_of_stack("cleanrooms-ml", "audience-model")


def known_to_differ(one: str, other: str) -> bool:
    """Whether two values are both known at synthesis, and not the same."""
    return one != other and not _is_token(one) and not _is_token(other)


@cache
def account_of(stack: cdk.Stack) -> str:
    """The account of a stack; a Token when it isn't known."""
    return stack.account


@cache
def region_of(stack: cdk.Stack) -> str:
    """The Region of a stack; a Token when it isn't known."""
    return stack.region


@cache
def _is_token(value: str) -> bool:
    return cdk.Token.is_unresolved(value)
