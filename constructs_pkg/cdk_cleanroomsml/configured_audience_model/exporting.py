"""Who may have a segment exported: either account of the job that generated it, by a policy of its own.

Source: User Guide, "IAM behaviors for AWS Clean Rooms ML"; Service Authorization Reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam

from ..common.environment import environment_of_resource, known_to_differ, resources_of, stack_of
from ..common.grant import (
    NO_IDENTITY,
    account_of,
    add_to_identity,
    nothing_granted,
    stack_of_grantee,
    warn_if_elsewhere,
)
from .starting import JOBS

if TYPE_CHECKING:
    from constructs import Construct

    from .interface import IConfiguredAudienceModelRef

_EXPORT = ("cleanrooms-ml:StartAudienceExportJob", "cleanrooms-ml:GetAudienceGenerationJob")
_LIST = "cleanrooms-ml:ListAudienceExportJobs"
"""How far an export is and where it went only a list tells, and IAM knows that on `*` only."""


def grant_export(model: IConfiguredAudienceModelRef, grantee: iam.IGrantable) -> iam.Grant:
    """Lets somebody export what was generated, under the ARNs that jobs have in the account of the grantee.

    Args:
        model: What jobs are started on; it carries the warning.
        grantee: A role, a user, a group, or what has one.
    """
    where, own = environment_of_resource(model), stack_of(cast("Construct", model))
    principal = grantee.grant_principal
    account, home = account_of(principal, own), stack_of_grantee(principal, own)
    if home is not None and known_to_differ(account, home.account):
        # CDK takes a role of another account as it is, and attaches a user's policy to a user of this one.
        why = f"it is of account {account}, where a policy of its own is needed: grant it in an application there"
        return nothing_granted(model, grantee, _EXPORT, why)
    jobs = resources_of(where._replace(account=account or where.account), "cleanrooms-ml", JOBS)
    grant = add_to_identity(grantee, [jobs], _EXPORT)
    if grant.success:
        warn_if_elsewhere(model, grantee, account, own)
        return grant.combine(add_to_identity(grantee, ["*"], [_LIST]))
    if isinstance(principal, iam.UnknownPrincipal):
        return grant
    return nothing_granted(model, grantee, _EXPORT, NO_IDENTITY)
