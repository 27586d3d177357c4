"""Permissions on an audience model, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.environment import environment_of_resource, resources_of
from ..common.grant import add_to_identity, grant_on, grant_pass_role
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk.interfaces.aws_iam import IRoleRef

    from .interface import IAudienceModelRef


@checked
class AudienceModelGrants:
    """Grants permissions on one audience model; every audience model shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference; nothing of it reaches across accounts (User
    Guide). Where nothing can be granted, a warning says what to do, ``Grant.success`` is false, and
    ``Grant.assert_success()`` raises.
    """

    def __init__(self, audience_model: IAudienceModelRef) -> None:
        """Defines the grants, see :meth:`from_audience_model`.

        Args:
            audience_model: What refers to it.
        """
        self._model = audience_model

    @staticmethod
    def from_audience_model(audience_model: IAudienceModelRef) -> AudienceModelGrants:
        """The grants of whatever refers to an audience model.

        Args:
            audience_model: One that is defined here or imported, or another library's.
        """
        return AudienceModelGrants(audience_model)

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
        grant = self._grant(grantee, "cleanrooms-ml:CreateConfiguredAudienceModel")
        if not grant.success:
            return grant
        # The grantee may be of another stack.
        own = resources_of(environment_of_resource(self._model), "cleanrooms-ml", "configured-audience-model")
        grant = grant.combine(add_to_identity(grantee, [own], ["cleanrooms-ml:TagResource"]))
        if output_role is None:
            return grant
        return grant.combine(grant_pass_role(self._model, grantee, output_role, parameter="output_role"))

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
        return grant_on(self._model, self._model.audience_model_ref.audience_model_arn, grantee, actions)
