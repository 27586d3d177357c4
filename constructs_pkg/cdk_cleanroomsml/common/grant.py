"""A grant of permissions on one resource of Clean Rooms or Clean Rooms ML."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .environment import known_to_differ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from .environment import Resource


def grant_on(
    resource: Resource,
    arn: str,
    grantee: iam.IGrantable,
    actions: Sequence[str],
    *,
    conditions: Mapping[str, Mapping[str, str]] | None = None,
) -> iam.Grant:
    """Adds permissions to a grantee; warns where they can't reach.

    Args:
        resource: What they are on, created or imported; it carries the warning.
        arn: Its ARN.
        grantee: A role, a user, a group, or what has one.
        actions: The IAM actions.
        conditions: Conditions of the statement.
    """
    theirs, ours = grantee.grant_principal.principal_account, resource.env.account
    if theirs is not None and known_to_differ(theirs, ours):
        cdk.Annotations.of(cast("Construct", resource)).add_warning_v2(
            "cdk-cleanroomsml:granteeInAnotherAccount",
            f"a grantee belongs to account {theirs}, this is {ours}: permissions of its own don't reach across"
            " accounts; those who start jobs are let in with start_audience_generation_to_partner",
        )
    return iam.Grant.add_to_principal(
        grantee=grantee, actions=list(actions), resource_arns=[arn], conditions=conditions
    )
