"""Permissions on a configured audience model, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..common.grant import grant_on, grant_pass_role
from ..common.parameter_types import checked
from ..common.problems import Problems
from .exporting import grant_export
from .starting import Start

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct

    from .interface import IConfiguredAudienceModelRef


@checked
class ConfiguredAudienceModelGrants:
    """Grants permissions on one model; every model shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference. Only jobs reach across accounts (User
    Guide). Where nothing can be granted, a warning says what to do, ``Grant.success`` is false, and
    ``Grant.assert_success()`` raises.
    """

    def __init__(self, configured_audience_model: IConfiguredAudienceModelRef) -> None:
        """Defines the grants, see :meth:`from_configured_audience_model`.

        Args:
            configured_audience_model: What refers to it.
        """
        self._model = configured_audience_model

    @staticmethod
    def from_configured_audience_model(
        configured_audience_model: IConfiguredAudienceModelRef,
    ) -> ConfiguredAudienceModelGrants:
        """The grants of whatever refers to a configured audience model.

        Args:
            configured_audience_model: One that is defined here or imported, or another library's.
        """
        return ConfiguredAudienceModelGrants(configured_audience_model)

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
        """Lets somebody start audience generation jobs on the model, be it from another account.

        As ``bucket.grant_read`` does, it adds to the policy of the grantee where that can be changed, to the model's
        resource policy where that is needed, and to both across accounts. All that is granted so on one model stands in
        the one document that a model can have. If Clean Rooms manages that document (``manage_resource_policies`` of an
        association), it lets the members in by itself: synthesis refuses both.

        Across accounts both sides have to grant: the owner of the model as here, and the partner in its own
        application, to its own roles, on the imported model. An identity gets there what the User Guide says that it
        needs: to start jobs on the model and on jobs in both accounts, and to list the members of the collaboration.

        Args:
            grantee: A role, a user, a group, or what has one; of another account also
                ``iam.AccountPrincipal``, whose administrators then decide who there may; an organization; an ARN. For
                a group, whom no resource policy can name, its account is let in. Conditions of a principal hold. The
                User Guide shows accounts; that a model's policy may name others as any of IAM's may is inferred.
            seed_role: The role that jobs read the seed with, of the grantee's account, such as that of a
                :class:`SeedAudience`; it may be passed to Clean Rooms ML, and to no other service. Where this
                application defines it, synthesis says if the service can't assume it. Default: passing a role has to be
                allowed elsewhere.
            collaboration_id: The one collaboration that jobs may be started in, a UUID, or a Token such as
                ``CfnCollaboration.attr_collaboration_identifier``. In a resource policy there should be one (User
                Guide), so that the service checks that both are its members; a warning says so. Default: any.

        Raises:
            ValueError: The account, the role's ARN or the collaboration's identifier isn't one, the role is of another
                account than the grantee, or it would let everybody in, or whom a wildcard means.
        """
        call = "ConfiguredAudienceModelGrants.start_audience_generation"
        problems = Problems(cast("Construct", self._model), "", call=call)
        problems.policy_text("seed_role", None if seed_role is None else seed_role.role_ref.role_arn)
        start = Start(self._model, grantee, collaboration_id)
        start.check(problems)
        problems.raise_if_any()
        grant = start.grant()
        if seed_role is None:
            return grant
        start.check_trust_of(seed_role)
        return grant.combine(grant_pass_role(self._model, grantee, seed_role, parameter="seed_role"))

    def start_audience_export(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody have segments exported to where the model's owner wants them, and see how far that is.

        Either account of a job may do so, the partner's and the owner's, each under the ARN that the job has in it
        (User Guide). So this is a permission of an identity only, in the partner's application on the imported model.
        It isn't on the model, but on all jobs of the grantee's account, in the Region of the model: an export names a
        job, whose ARN isn't known before it is started. Exports can be listed only, which IAM knows on ``*`` only.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return grant_export(self._model, grantee)

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
        role: IRoleRef | None = getattr(self._model, "role", None)
        if role is None or not grant.success:
            return grant
        return grant.combine(grant_pass_role(self._model, grantee, role, parameter="the model's role"))

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return grant_on(
            self._model, self._model.configured_audience_model_ref.configured_audience_model_arn, grantee, actions
        )
