"""Permissions on an audience model, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from ..common.environment import environment_of_resource, resources_of
from ..common.grant import grant_on
from ..common.parameter_types import checked
from ..common.role_permissions import SERVICE_PRINCIPAL

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef

    from .interface import IAudienceModel


@checked
class AudienceModelGrants:
    """Grants permissions on one audience model; every audience model shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference. A grantee that can't be given identity
    permissions (a service principal, say) gets none: ``Grant.success`` tells, ``Grant.assert_success()`` insists.
    """

    def __init__(self, model: IAudienceModel) -> None:
        """Defines the grants of an audience model.

        Args:
            model: The audience model, created or imported.
        """
        self._model = model

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody see the audience model, how far its training is, and its tags.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self._grant(grantee, "cleanrooms-ml:GetAudienceModel", "cleanrooms-ml:ListTagsForResource")

    def create_configured_audience_model(
        self, grantee: iam.IGrantable, *, output_role: IRoleRef | None = None
    ) -> iam.Grant:
        """Lets somebody configure the audience model, and tag configured audience models of its account and Region.

        Args:
            grantee: A role, a user, a group, or what has one.
            output_role: The role that segments are written with; it may be passed to Clean Rooms ML, and to no other
                service. Default: passing a role has to be allowed elsewhere.
        """
        # The grantee may be of another stack.
        own = resources_of(environment_of_resource(self._model), "cleanrooms-ml", "configured-audience-model")
        grant = self._grant(grantee, "cleanrooms-ml:CreateConfiguredAudienceModel").combine(
            iam.Grant.add_to_principal(grantee=grantee, actions=["cleanrooms-ml:TagResource"], resource_arns=[own])
        )
        if output_role is None:
            return grant
        return grant.combine(
            iam.Grant.add_to_principal(
                grantee=grantee,
                actions=["iam:PassRole"],
                resource_arns=[output_role.role_ref.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}},
            )
        )

    def manage(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody change the tags of the audience model, and delete it. There is nothing else to change.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self.read(grantee).combine(
            self._grant(
                grantee,
                "cleanrooms-ml:DeleteAudienceModel",
                "cleanrooms-ml:TagResource",
                "cleanrooms-ml:UntagResource",
            )
        )

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return grant_on(self._model, self._model.audience_model_arn, grantee, actions)
