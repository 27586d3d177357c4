"""What makes a configured audience model available in a collaboration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk

from ..common import limits
from ..common.environment import configured_audience_models, resources_of_stack, stack_of
from ..common.imported import ImportedResource
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import check_removal_policy
from ..configured_audience_model import policy_of
from ..provider import Permission, TaggedCustomResource, check_adopt
from .grants import ConfiguredAudienceModelAssociationGrants
from .interface import ConfiguredAudienceModelAssociationReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef
    from constructs import Construct
    from typing_extensions import TypeIs

    from ..configured_audience_model import IConfiguredAudienceModelRef
    from ..provider import Statements
    from .interface import IConfiguredAudienceModelAssociation

RESOURCE_TYPE = "Custom::CleanRoomsConfiguredAudienceModelAssociation"

_WHERE_THE_MODEL_IS = (
    "a model is associated only with a membership of its own account, in its own Region: define it there"
)


@property_injectable
@checked
class ConfiguredAudienceModelAssociation(TaggedCustomResource):
    """Offers a configured audience model to the partners of a collaboration.

    CloudFormation has no type for it. When the model is replaced, the service drops its associations without a word;
    this one is then made anew for the new model.

    ``cdk.Tags.of()`` reaches the association. ``apply_removal_policy`` does, too.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.ConfiguredAudienceModelAssociation"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configured_audience_model: IConfiguredAudienceModelRef,
        membership: IMembershipRef,
        configured_audience_model_association_name: str | None = None,
        manage_resource_policies: bool = True,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt: str | None = None,
    ) -> None:
        """Defines the association.

        Every rule is that of the Clean Rooms API reference, if nothing else is said. A membership has at most 5 such
        associations (quota).

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            configured_audience_model: The model, defined here or imported. A change replaces the association.
            membership: Your membership in the collaboration: a ``cleanrooms.CfnMembership``, or an import, see
                :class:`Membership`. A change replaces the association.
            configured_audience_model_association_name: What partners see: 1 to 100 printable characters, not only
                spaces. Updated in place. With a name of your own, a change that needs a replacement needs another name,
                too, and so does the replacement of the model. ``cdk.PhysicalName.GENERATE_IF_NEEDED`` is one only
                where another account or Region is told the name. Default: a name made from the stack's and the
                construct's, which is free to change in a replacement.
            manage_resource_policies: Whether Clean Rooms itself lets the other members of the collaboration start jobs
                on the model, in the model's resource policy. ``False`` leaves that to
                ``model.grants.start_audience_generation``; the two exclude each other, because a model has one policy
                (inferred). A change replaces the association. Default: Clean Rooms does.
            description: Up to 255 printable characters and line breaks. Updated in place. Default: none.
            tags: Up to 47: the service allows 50 on a resource, and three mark the association as its stack's. Keys
                have 1 to 128 characters and don't start with ``aws:``, values up to 256. Updated in place, if the
                service allows it: its model limits the ARN of what is tagged later to 100 characters, and that of an
                association is longer. Default: none but those of ``cdk.Tags``.
            removal_policy: What becomes of the association when it leaves the stack. ``RETAIN`` keeps it. Default: it
                is deleted. One that the stack has adopted is released instead, as it is by then and without markers,
                unless ``DESTROY`` is given.
            adopt: The ARN of an association that exists, of the same account and Region, or its identifier: then it is
                one of ``membership``. The first deployment takes it over instead of creating one: it changes name and
                description in place where the template says otherwise, and marks it. It fails, and changes nothing, if
                the association is that of another model or membership, if Clean Rooms manages the resource policies
                otherwise than ``manage_resource_policies`` says, if the service doesn't tell its tags, or if it is that
                of a living stack. If the deployment is rolled back, the association is as it was before, earlier
                markers included. Once it is adopted, this is not read any more: leave it in or take it out. Under a
                new construct id in the same stack it moves the association: the old one's deletion leaves it alone. The
                function asks CloudFormation about stacks, so in a VPC it must reach that. Default: an association is
                created.

        Raises:
            ValueError: Parameters break the API's rules, or name what is in another account or Region; the message
                lists all of them.
        """
        stack = stack_of(scope)
        problems = Problems(scope, id)
        if removal_policy is not None:
            check_removal_policy(problems, removal_policy)
        membership_identifier = membership.membership_ref.membership_identifier
        adopted = None if adopt is None else _check_adopt(problems, adopt, stack, membership_identifier)
        _check(
            problems,
            stack,
            configured_audience_model,
            membership,
            name=configured_audience_model_association_name,
            description=description,
            tags=tags,
        )
        name = configured_audience_model_association_name
        super().__init__(scope, id, stack=stack, type=RESOURCE_TYPE, name=name)
        self.grants: ConfiguredAudienceModelAssociationGrants = (
            ConfiguredAudienceModelAssociationGrants.from_configured_audience_model_association(self)
        )
        """Permissions on the association, for others."""
        self._model = configured_audience_model
        mark_shared = getattr(configured_audience_model, "mark_shared", None)
        if mark_shared is not None:
            mark_shared()
        if manage_resource_policies:
            self._provider.checks.append(self._check_policy)
        model_arn = configured_audience_model.configured_audience_model_ref.configured_audience_model_arn
        self._define(
            {
                # The request of CreateConfiguredAudienceModelAssociation.
                "membershipIdentifier": membership_identifier,
                "configuredAudienceModelArn": model_arn,
                "configuredAudienceModelAssociationName": self._requested_name(),
                "manageResourcePolicies": manage_resource_policies,
                "description": description,
            },
            tags=tags,
            removal_policy=removal_policy,
            adopt=adopted,
        )
        permissions = self._provider.permissions
        permissions.of_type(RESOURCE_TYPE, _needed_by_any, user=self._resource)
        permissions.named(
            _ASSOCIATE,
            membership_identifier,
            arns=_memberships(membership_identifier, f"{membership_identifier}/{_ANY}"),
            what="Membership",
            type=RESOURCE_TYPE,
            user=self._resource,
            made_of=(),
        )
        if adopt is not None:
            self._take_over(adopt.rpartition("/")[2])

    @staticmethod
    def from_configured_audience_model_association_arn(
        scope: Construct, id: str, configured_audience_model_association_arn: str
    ) -> IConfiguredAudienceModelAssociation:
        """An association that is defined elsewhere.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            configured_audience_model_association_arn: The ARN, or a Token.

        Raises:
            ValueError: It is not the ARN of a configured audience model association.
        """
        return _ImportedConfiguredAudienceModelAssociation(
            Problems(scope, id), configured_audience_model_association_arn
        )

    @staticmethod
    def from_configured_audience_model_association_attributes(
        scope: Construct,
        id: str,
        *,
        configured_audience_model_association_arn: str,
        account: str | None = None,
        region: str | None = None,
    ) -> IConfiguredAudienceModelAssociation:
        """An association that is defined elsewhere, of which more is known than its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            configured_audience_model_association_arn: The ARN, or a Token.
            account: The account it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                Region is given.
            region: The Region it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                account is given.

        Raises:
            ValueError: It is not the ARN of a configured audience model association, or that of another account or
                Region.
        """
        return _ImportedConfiguredAudienceModelAssociation(
            Problems(scope, id), configured_audience_model_association_arn, account=account, region=region
        )

    @staticmethod
    def is_configured_audience_model_association(x: object) -> TypeIs[ConfiguredAudienceModelAssociation]:
        """Whether something is an association of this library that is defined in this application.

        Args:
            x: Anything.
        """
        return isinstance(x, ConfiguredAudienceModelAssociation)

    @property
    def configured_audience_model_association_ref(self) -> ConfiguredAudienceModelAssociationReference:
        """A reference to it, for whatever takes an ``IConfiguredAudienceModelAssociationRef``."""
        arn = self.configured_audience_model_association_arn
        return ConfiguredAudienceModelAssociationReference(configured_audience_model_association_arn=arn)

    @property
    def configured_audience_model_association_arn(self) -> str:
        """The ARN, a Token."""
        return self._resource.ref

    @property
    def configured_audience_model_association_identifier(self) -> str:
        """The last part of the ARN, a Token."""
        return self._resource.get_att("ConfiguredAudienceModelAssociationIdentifier").to_string()

    @property
    def configured_audience_model_association_name(self) -> str:
        """The name, a Token: it is only known at deployment when it is generated."""
        return self._name()

    @property
    def collaboration_identifier(self) -> str:
        """The collaboration that the membership belongs to, a Token."""
        return self._resource.get_att("CollaborationIdentifier").to_string()

    def _check_policy(self) -> list[str]:
        policy = policy_of(self._model)
        if not policy:
            return []
        problem = (
            f"'{self.node.path}' has Clean Rooms manage the resource policy of its model, and '{policy}' "
            "manages it, too: set manage_resource_policies to False, or leave the grants to other accounts out (whose"
            " account isn't known to be the model's counts as one of those)"
        )
        return [problem]


def _check(
    problems: Problems,
    stack: cdk.Stack,
    model: IConfiguredAudienceModelRef,
    membership: IMembershipRef,
    *,
    name: str | None,
    description: str | None,
    tags: Mapping[str, str] | None,
) -> None:
    problems.name("configured_audience_model_association_name", name, length=limits.ASSOCIATION_NAME_LENGTH)
    problems.description(description)
    problems.tags("tags", tags)
    problems.resource("configured_audience_model", model, stack, _WHERE_THE_MODEL_IS)
    problems.resource("membership", membership, stack, _WHERE_THE_MODEL_IS)
    problems.raise_if_any()


def _check_adopt(problems: Problems, adopt: str, stack: cdk.Stack, membership_identifier: str) -> str:
    """Checks what is to be adopted, an ARN or an identifier; returns the ARN."""
    if cdk.Token.is_unresolved(adopt):
        check_adopt(problems, adopt, stack, RESOURCE_TYPE)
        return adopt
    own = adopt.rpartition("/")[2]
    arn = adopt
    if re.fullmatch(limits.UUID_PATTERN, adopt):
        (arn,) = _memberships(f"{membership_identifier}/{_ANY.replace('*', adopt)}")
    else:
        problems.text(
            "adopt",
            adopt,
            length=limits.ASSOCIATION_ARN_LENGTH,
            pattern=limits.ASSOCIATION_ARN_PATTERN,
            allowed="the identifier of an association, or its ARN,"
            " arn:aws:cleanrooms:<region>:<account>:membership/<id>/configuredaudiencemodelassociation/<id>",
        )
        in_arn = adopt.partition("membership/")[2].partition("/")[0]
        problems.same("adopt's membership", in_arn, membership_identifier, "name the one that it is associated with")
    check_adopt(problems, arn, stack, RESOURCE_TYPE, known_by=own)
    return arn


_ANY = "configuredaudiencemodelassociation/*"
_ASSOCIATE = Permission(("cleanrooms:CreateConfiguredAudienceModelAssociation",))
"""Allowed in one membership and no other."""


def _memberships(*ids: str) -> tuple[str, ...]:
    return tuple(resources_of_stack("cleanrooms", "membership").replace("*", each) for each in ids)


def _needed_by_any() -> Statements:
    """What the function needs for any association.

    One that is replaced is deleted from another membership, or belongs to another model, when what is named is already
    what takes its place.

    Source: Service Authorization Reference, with what creating and deleting one depends on.
    """
    on_itself = (
        "cleanrooms:GetConfiguredAudienceModelAssociation",
        "cleanrooms:UpdateConfiguredAudienceModelAssociation",
        "cleanrooms:DeleteConfiguredAudienceModelAssociation",
        "cleanrooms:ListTagsForResource",
        "cleanrooms:TagResource",
        "cleanrooms:UntagResource",
    )
    on_its_model = (
        "cleanrooms-ml:GetConfiguredAudienceModel",
        "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
    )
    return {
        Permission(("cleanrooms:ListConfiguredAudienceModelAssociations",)): _memberships("*"),
        Permission(on_itself): _memberships(f"*/{_ANY}"),
        Permission(on_its_model): (configured_audience_models(),),
    }


class _ImportedConfiguredAudienceModelAssociation(ImportedResource):
    """An association that is defined elsewhere."""

    def __init__(self, problems: Problems, arn: str, *, account: str | None = None, region: str | None = None) -> None:
        problems.text(
            "configured_audience_model_association_arn",
            arn,
            length=limits.ASSOCIATION_ARN_LENGTH,
            pattern=limits.ASSOCIATION_ARN_PATTERN,
            allowed="arn:aws:cleanrooms:<region>:<account>:membership/<id>/configuredaudiencemodelassociation/<id>",
        )
        super().__init__(problems, arn, RESOURCE_TYPE, account=account, region=region)
        reference = ConfiguredAudienceModelAssociationReference(configured_audience_model_association_arn=arn)
        self.configured_audience_model_association_arn = arn
        self.configured_audience_model_association_identifier = (
            reference.configured_audience_model_association_identifier
        )
        self.configured_audience_model_association_ref = reference
        self.grants = ConfiguredAudienceModelAssociationGrants.from_configured_audience_model_association(self)
