"""IAM's documents: of roles, and resource policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account

WRITER = {"Service": "cleanrooms-ml.amazonaws.com"}
"""Who assumes a role for output."""

Document = dict[str, Any]


def document(*statements: Document) -> Document:
    """A policy."""
    return {"Version": "2012-10-17", "Statement": [*statements]}


def allow(*actions: str, on: str | list[str] = "*", **more: object) -> Document:
    """A statement that allows actions.

    Args:
        actions: which.
        on: the resources.
        more: further elements, such as `Condition`.
    """
    return {"Effect": "Allow", "Action": [*actions], "Resource": on, **more}


def trust(principal: dict[str, str]) -> Document:
    """The trust policy of a role that a principal may assume."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def write_policy(account: Account, bucket: str) -> Document:
    """What the User Guide has a role for output do ("Create a service role to write a lookalike segment")."""
    arn, own = f"arn:{account.partition}:s3:::{bucket}", {"StringEquals": {"s3:ResourceAccount": account.id}}
    return document(
        allow("s3:GetBucketLocation", "s3:ListBucket", on=arn, Condition=own),
        allow("s3:PutObject", on=f"{arn}/segments/*", Condition=own),
    )
