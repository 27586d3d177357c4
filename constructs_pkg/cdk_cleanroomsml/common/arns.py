"""What the ARN of a resource says about it."""

from __future__ import annotations

import aws_cdk as cdk

from .environment import is_dummy


def id_of(arn: str) -> str:
    """The last part of an ARN, which is a Token when the ARN is.

    Args:
        arn: The ARN of a resource of Clean Rooms ML, ``…:kind/id``.
    """
    if is_dummy(arn):
        return arn
    # A Token stands for an ARN as a whole, and its stand-in has no slash.
    return arn.partition("/")[2] or cdk.Fn.select(1, cdk.Fn.split("/", arn))
