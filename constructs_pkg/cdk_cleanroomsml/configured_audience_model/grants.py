"""Permissions on a configured audience model, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam

from ..common import limits
from ..common.grant import grant_on
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.role_permissions import SERVICE_PRINCIPAL
from .resource_policy import ConfiguredAudienceModelPolicy

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct

    from .interface import IConfiguredAudienceModel


@checked
class ConfiguredAudienceModelGrants:
    """Grants permissions on one model; every model shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference. A grantee that can't be given identity
    permissions (a service principal, say) gets none: ``Grant.success`` tells, ``Grant.assert_success()`` insists.
    """

    def __init__(self, model: IConfiguredAudienceModel, *, output_role: IRoleRef | None = None) -> None:
        """Defines the grants of a model.

        Args:
            model: The model, created or imported.
            output_role: The role that segments are written with, if it is known.
        """
        self._model = model
        self._output_role = output_role
        self.policy: ConfiguredAudienceModelPolicy | None = None
        """The resource policy; ``None`` before a partner is let in."""

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody see the model, its tags and its resource policy.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self._grant(
            grantee,
            "cleanrooms-ml:GetConfiguredAudienceModel",
            "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
            "cleanrooms-ml:ListTagsForResource",
        )

    def start_audience_generation(
        self, grantee: iam.IGrantable, *, seed_role: IRoleRef | None = None, collaboration_id: str | None = None
    ) -> iam.Grant:
        """Lets somebody start audience generation jobs on the model.

        Args:
            grantee: A role, a user, a group, or what has one.
            seed_role: The role that jobs read the seed with; it may be passed to Clean Rooms ML, and to no other
                service. Default: passing a role has to be allowed elsewhere.
            collaboration_id: The one collaboration that jobs may be started in. Default: any.

        Raises:
            ValueError: The role's ARN or the collaboration's identifier isn't one.
        """
        problems = Problems(None, "start_audience_generation")
        problems.policy_text("seed_role", None if seed_role is None else seed_role.role_ref.role_arn)
        problems.text(
            "collaboration_id",
            collaboration_id,
            length=limits.UUID_LENGTH,
            pattern=limits.UUID_PATTERN,
            allowed="a UUID in small letters, the identifier of a collaboration",
        )
        problems.raise_if_any()
        within = {"StringEquals": {"cleanrooms-ml:CollaborationId": collaboration_id}} if collaboration_id else None
        grant = self._grant(grantee, "cleanrooms-ml:StartAudienceGenerationJob", conditions=within)
        return grant if seed_role is None else grant.combine(self._pass_role(grantee, seed_role))

    def start_audience_generation_to_partner(
        self, account: str, collaboration_id: str
    ) -> ConfiguredAudienceModelPolicy:
        """Lets another account start audience generation jobs on the model, in one collaboration.

        It goes into the model's resource policy; the partner's own administrators decide who there may. Several
        partners and collaborations share the one document that a model can have. If Clean Rooms is to manage it
        instead (``manage_resource_policies`` of an association), leave this out: synthesis refuses both.

        Args:
            account: The partner's account, 12 digits, or a Token.
            collaboration_id: The collaboration's identifier, a UUID, or a Token such as
                ``CfnCollaboration.attr_collaboration_identifier``.

        Returns:
            The resource policy, for those who have to wait for it.

        Raises:
            ValueError: One of them isn't that, the account is the model's own, or the model is imported from another
                account or Region, whose policy can't be changed from here.
        """
        policy = self.policy or ConfiguredAudienceModelPolicy(
            cast("Construct", self._model), "Policy", configured_audience_model=self._model
        )
        policy.allow_start_audience_generation(account, collaboration_id)
        return policy

    def manage(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody change the model, its tags and its resource policy, and delete it.

        To change where segments are written they may pass the model's role, if it is known, to Clean Rooms ML.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        grant = self.read(grantee).combine(
            self._grant(
                grantee,
                "cleanrooms-ml:UpdateConfiguredAudienceModel",
                "cleanrooms-ml:DeleteConfiguredAudienceModel",
                "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
                "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
                "cleanrooms-ml:TagResource",
                "cleanrooms-ml:UntagResource",
            )
        )
        return grant if self._output_role is None else grant.combine(self._pass_role(grantee, self._output_role))

    def _grant(
        self, grantee: iam.IGrantable, *actions: str, conditions: dict[str, dict[str, str]] | None = None
    ) -> iam.Grant:
        arn = self._model.configured_audience_model_arn
        return grant_on(self._model, arn, grantee, actions, conditions=conditions)

    @staticmethod
    def _pass_role(grantee: iam.IGrantable, role: IRoleRef) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["iam:PassRole"],
            resource_arns=[role.role_ref.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}},
        )
