"""Permissions on a configured audience model association, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.grant import grant_on
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam

    from .interface import IConfiguredAudienceModelAssociationRef


@checked
class ConfiguredAudienceModelAssociationGrants:
    """Grants permissions on one association; every association shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference; nothing of it reaches across accounts (User
    Guide). Where nothing can be granted, a warning says what to do, ``Grant.success`` is false, and
    ``Grant.assert_success()`` raises.
    """

    def __init__(self, association: IConfiguredAudienceModelAssociationRef) -> None:
        """Defines the grants, see :meth:`from_configured_audience_model_association`.

        Args:
            association: What refers to it.
        """
        self._association = association

    @staticmethod
    def from_configured_audience_model_association(
        association: IConfiguredAudienceModelAssociationRef,
    ) -> ConfiguredAudienceModelAssociationGrants:
        """The grants of whatever refers to a configured audience model association.

        Args:
            association: One that is defined here or imported, or another library's.
        """
        return ConfiguredAudienceModelAssociationGrants(association)

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody see the association and its tags.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self._grant(
            grantee, "cleanrooms:GetConfiguredAudienceModelAssociation", "cleanrooms:ListTagsForResource"
        )

    def manage(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody change the association and its tags, and delete it.

        Deleting one whose resource policy Clean Rooms manages needs permissions on the model, too: ``grants.manage`` of
        the model has them.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self.read(grantee).combine(
            self._grant(
                grantee,
                "cleanrooms:UpdateConfiguredAudienceModelAssociation",
                "cleanrooms:DeleteConfiguredAudienceModelAssociation",
                "cleanrooms:TagResource",
                "cleanrooms:UntagResource",
            )
        )

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        arn = self._association.configured_audience_model_association_ref.configured_audience_model_association_arn
        return grant_on(self._association, arn, grantee, actions)
