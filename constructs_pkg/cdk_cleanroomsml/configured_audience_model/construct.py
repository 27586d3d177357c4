"""A configured audience model of AWS Clean Rooms ML."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam

from ..audience_output import ONE_REGION, AudienceOutput
from ..common import limits
from ..common.arns import id_of
from ..common.claims import claim, claimed_by
from ..common.environment import (
    Environment,
    audience_models,
    configured_audience_models,
    environment_of,
    is_token,
    stack_of,
)
from ..common.imported import ImportedResource
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import check_removal_policy
from ..common.role_permissions import ONE_ACCOUNT
from ..common.roles import shown
from ..provider import PASS_ROLE, Permission, TaggedCustomResource, check_adopt
from .audience_sizes import check_audience_sizes
from .grants import ConfiguredAudienceModelGrants
from .interface import ConfiguredAudienceModelReference
from .resource_policy import ConfiguredAudienceModelPolicy, add_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_s3 as s3
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct
    from typing_extensions import TypeIs

    from ..audience_model import IAudienceModelRef
    from ..provider import Statements
    from .audience_sizes import AudienceSizes
    from .interface import IConfiguredAudienceModel
    from .shared_audience_metrics import SharedAudienceMetrics
    from .tag_on_create_policy import TagOnCreatePolicy

RESOURCE_TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"

_WHERE_IT_IS = "an audience model is used only in its own account and Region: use one from there"


@property_injectable
@checked
@jsii.implements(iam.IResourceWithPolicyV2)
class ConfiguredAudienceModel(TaggedCustomResource):
    """What partners in a collaboration get lookalike segments from.

    It names the audience model that was trained on your data, what a partner may see and ask for, and where segments
    are written. CloudFormation has no type for it: a function in this stack, one for all models, calls
    ``CreateConfiguredAudienceModel`` and its siblings.

    ``cdk.Tags.of()`` reaches the model. ``apply_removal_policy`` does, too.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.ConfiguredAudienceModel"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        audience_model: IAudienceModelRef,
        shared_audience_metrics: SharedAudienceMetrics,
        configured_audience_model_name: str | None = None,
        output: AudienceOutput | None = None,
        description: str | None = None,
        min_matching_seed_size: jsii.Number | None = None,
        audience_sizes: AudienceSizes | None = None,
        child_resource_tag_on_create_policy: TagOnCreatePolicy | None = None,
        tags: Mapping[str, str] | None = None,
        wait_for_audience_model: cdk.Duration | None = None,
        retrained: bool = False,
        replacement_protection: bool | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        adopt: str | None = None,
    ) -> None:
        """Defines the model.

        Every rule is the API reference's, if nothing else is said. All parameters can be Tokens, but for the keys of
        ``tags``; what is only known at deployment is checked then, by the service.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            audience_model: What segments are generated from, of the same account and Region: an
                :class:`AudienceModel`, or an import. Updated in place.
            shared_audience_metrics: Whether partners see the metrics of a segment. Updated in place.
            configured_audience_model_name: 1 to 63 printable characters, not only spaces. A change replaces the
                model, and with a name of your own so must any change that needs a replacement.
                ``cdk.PhysicalName.GENERATE_IF_NEEDED`` is one only where another account or Region is told the name.
                Default: a name made from the stack's and the construct's, which is free to change in a replacement.
            output: Where segments are written: a bucket of the same Region, with a role of the same account. Updated
                in place. Default: a new bucket, key and role.
            description: Up to 255 printable characters and line breaks. Updated in place. Default: none.
            min_matching_seed_size: How many users of a partner's seed must be found in the training data for a
                segment to be made, from 25 to 500,000. Updated in place. Default: 500.
            audience_sizes: The sizes of segment that partners can ask for. Updated in place, but taking it away
                replaces the model: the API has no way to unset it. Default: the service's.
            child_resource_tag_on_create_policy: Whether audience generation jobs inherit the model's tags. A change
                replaces the model. Default: the service's, which isn't documented.
            tags: Up to 47: the service allows 50 on a resource, and three mark the model as its stack's.
                Keys have 1 to 128 characters and don't start with ``aws:``, values up to 256. Updated in place.
                Default: none but those of ``cdk.Tags``.
            wait_for_audience_model: How long a deployment waits for the audience model to become ``ACTIVE``, at most
                13 minutes; training takes hours to days (User Guide). Default: it doesn't; if the service refuses an
                audience model that is still training, which isn't documented, the deployment fails and says so.
            retrained: Whether something other than the template decides which audience model is used once the model
                exists. ``audience_model`` is then only where it begins: no later deployment, replacement or roll-back
                points back to it. :class:`AudienceModelRetraining` sees to it by itself. Default: the template decides.
            replacement_protection: Whether a deployment that would have to replace the model fails instead, and says
                because of which member: a replacement removes the model from every collaboration that it is associated
                with. To ask for a replacement, deploy it together with ``False``. A roll-back is never refused: what
                only a replacement could take back stays as it is. The function asks CloudFormation which of the two
                goes on, so in a VPC it must reach that. Default: it does where partners depend on the model, by an
                association or a resource policy that this application defines.
            removal_policy: What becomes of the model when it leaves the stack. ``RETAIN`` keeps it. Default: it is
                deleted, which removes it from every collaboration that it is associated with. One that the stack has
                adopted is released instead, as it is by then and without markers, unless ``DESTROY`` is given.
            adopt: The ARN of a model that exists, of the same account and Region. The first deployment takes it over
                instead of creating one: it changes in place what the template says otherwise, and marks it. It fails,
                and changes nothing, if it would have to replace the model, could not take a change back, or the model
                is that of a living stack. If the deployment is rolled back, the model is as it was before, earlier
                markers included. Once it is adopted, this is not read any more: leave it in or take it out. Under a
                new construct id in the same stack it moves the model: the old one's deletion leaves it alone. The
                function asks CloudFormation about stacks, so in a VPC it must reach that, and unless
                ``replacement_protection`` says otherwise, the model is protected as long as this is given. Default:
                a model is created.

        Raises:
            ValueError: Parameters break the API's rules, or name what is in another account or Region; the message
                lists all of them.
        """
        problems = Problems(scope, id)
        problems.name("configured_audience_model_name", configured_audience_model_name)
        problems.description(description)
        if removal_policy is not None:
            check_removal_policy(problems, removal_policy)
        problems.number("min_matching_seed_size", min_matching_seed_size, limits.MIN_MATCHING_SEED_SIZE)
        check_audience_sizes(problems, "audience_sizes", audience_sizes)
        problems.tags("tags", tags)
        if wait_for_audience_model is not None and not wait_for_audience_model.is_unresolved():
            seconds = wait_for_audience_model.to_milliseconds() / 1000
            problems.number("wait_for_audience_model in seconds", seconds, limits.WAIT_SECONDS)
        stack = stack_of(scope)
        problems.resource("audience_model", audience_model, stack, _WHERE_IT_IS)
        if output is not None:
            problems.same("output's Region", output.region, environment_of(stack).region, ONE_REGION)
            problems.same("output's role's account", output.role_account, environment_of(stack).account, ONE_ACCOUNT)
        if adopt is not None:
            problems.arn("adopt", adopt, "configured-audience-model")
            check_adopt(problems, adopt, stack, RESOURCE_TYPE)
        problems.raise_if_any()

        super().__init__(scope, id, stack=stack, type=RESOURCE_TYPE, name=configured_audience_model_name)
        self.output: AudienceOutput = AudienceOutput(self, "Output") if output is None else output
        """Where segments are written."""
        self.grants: ConfiguredAudienceModelGrants = ConfiguredAudienceModelGrants.from_configured_audience_model(self)
        """Permissions on the model, for others."""
        self.policy: ConfiguredAudienceModelPolicy | None = None
        """The resource policy; ``None`` before somebody of another account is let in."""
        audience_model_arn = audience_model.audience_model_ref.audience_model_arn
        self._waits = wait_for_audience_model is not None
        self._adopts = adopt is not None
        self._define(
            {
                "WaitForAudienceModelSeconds": wait_for_audience_model and wait_for_audience_model.to_seconds(),
                # From here on, the request of CreateConfiguredAudienceModel.
                "name": self._requested_name(),
                "description": description,
                "audienceModelArn": audience_model_arn,
                "outputConfig": {
                    "destination": {"s3Destination": {"s3Uri": self.output.s3_uri}},
                    "roleArn": self.output.role_arn,
                },
                "sharedAudienceMetrics": [shared_audience_metrics.value],
                "minMatchingSeedSize": min_matching_seed_size,
                "audienceSizeConfig": audience_sizes
                and {"audienceSizeType": audience_sizes.type, "audienceSizeBins": list(audience_sizes.bins)},
                "childResourceTagOnCreatePolicy": child_resource_tag_on_create_policy
                and child_resource_tag_on_create_policy.value,
            },
            tags=tags,
            removal_policy=removal_policy,
            adopt=adopt,
        )
        self._provider.permissions.of_type(RESOURCE_TYPE, _needed_by_any, user=self._resource)
        self._pass_role(stack)
        self._use(audience_model_arn)
        if self.output.permissions:
            self._resource.node.add_dependency(*self.output.permissions)
        self._replacement_protection = replacement_protection
        if retrained:
            self.mark_retrained()
        if adopt is not None:
            self._take_over(adopt)
            self.mark_shared()
        if replacement_protection:
            self._protect()

    @staticmethod
    def from_configured_audience_model_arn(
        scope: Construct, id: str, configured_audience_model_arn: str
    ) -> IConfiguredAudienceModel:
        """A model that is defined elsewhere, known by its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            configured_audience_model_arn: The ARN, or a Token. The account and Region of the model are those of its
                ARN.

        Raises:
            ValueError: It is not the ARN of a configured audience model.
        """
        return _ImportedConfiguredAudienceModel(Problems(scope, id), configured_audience_model_arn)

    @staticmethod
    def from_configured_audience_model_attributes(
        scope: Construct,
        id: str,
        *,
        configured_audience_model_arn: str,
        role: IRoleRef | None = None,
        account: str | None = None,
        region: str | None = None,
    ) -> IConfiguredAudienceModel:
        """A model that is defined elsewhere, of which more is known than its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            configured_audience_model_arn: The ARN, or a Token.
            role: What Clean Rooms ML assumes to write segments. ``grants.manage`` lets it be passed, and a retraining
                may pass it. Default: unknown.
            account: The account it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                Region is given.
            region: The Region it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                account is given.

        Raises:
            ValueError: It is not the ARN of a configured audience model, or that of another account or Region.
        """
        return _ImportedConfiguredAudienceModel(
            Problems(scope, id), configured_audience_model_arn, role, account=account, region=region
        )

    @staticmethod
    def is_configured_audience_model(x: object) -> TypeIs[ConfiguredAudienceModel]:
        """Whether something is a configured audience model of this library that is defined in this application.

        Args:
            x: Anything.
        """
        return isinstance(x, ConfiguredAudienceModel)

    @property
    def configured_audience_model_ref(self) -> ConfiguredAudienceModelReference:
        """A reference to it, for whatever takes an ``IConfiguredAudienceModelRef``."""
        return ConfiguredAudienceModelReference(configured_audience_model_arn=self.configured_audience_model_arn)

    @property
    def configured_audience_model_arn(self) -> str:
        """The ARN, a Token."""
        return self._resource.ref

    @property
    def configured_audience_model_id(self) -> str:
        """The last part of the ARN, a Token."""
        return id_of(self.configured_audience_model_arn)

    @property
    def configured_audience_model_name(self) -> str:
        """The name, a Token: it is only known at deployment when it is generated."""
        return self._name()

    @property
    def bucket(self) -> s3.IBucket:
        """Where segments are written."""
        return self.output.bucket

    @property
    def encryption_key(self) -> IKeyRef | None:
        """The customer managed key of the bucket; ``None`` when a given bucket is not known to have one."""
        return self.output.encryption_key

    @property
    def role(self) -> iam.IRole:
        """What Clean Rooms ML assumes to write."""
        return self.output.role

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Adds a statement to the model's resource policy, which is defined with the first one.

        ``grants`` write what the User Guide documents; a statement of your own is put as it is.

        Args:
            statement: The statement, with principals, actions and resources.
        """
        policy = self.policy or ConfiguredAudienceModelPolicy(self, "Policy", configured_audience_model=self)
        return add_to(policy, statement)

    def mark_retrained(self) -> None:
        """Leaves it to something other than the template which audience model is used, see ``retrained``."""
        self._resource.add_property_override("Retrained", True)
        # A replacement begins with whatever audience model there is by then.
        self._use(audience_models())

    def _pass_role(self, stack: cdk.Stack) -> None:
        """Lets the function pass the output's role."""
        output = self.output
        self._provider.permissions.named(
            PASS_ROLE,
            output.role_arn,
            what="PassRole",
            type=RESOURCE_TYPE,
            user=self._resource,
            part_of=output if output.owns_role and output.stack is stack else None,
            made_of=output.made_of,
            to_give_back=self._adopts,
        )

    def _use(self, audience_model_arn: str) -> None:
        """Lets the function base the model on an audience model."""
        provider = self._provider
        name = audience_models() if audience_model_arn in provider.served_arns else audience_model_arn
        for permission in (_CONFIGURE, _SEE) if self._waits else (_CONFIGURE,):
            provider.permissions.named(
                permission,
                name,
                what="AudienceModels" if name == audience_models() else "AudienceModel",
                type=RESOURCE_TYPE,
                user=self._resource,
                to_give_back=self._adopts,
            )

    def _stage_if(self, where: Environment) -> str:
        """What tells stacks apart whose account or Region isn't known: those of two stages need not share it."""
        if not is_token(where.account + where.region):
            return ""
        stage = cdk.Stage.of(self)
        return "" if stage is None else stage.node.path

    def mark_shared(self) -> None:
        """Says that partners depend on the model, see ``replacement_protection``.

        An association and a resource policy of this application say so by themselves.
        """
        if self._replacement_protection is None:
            self._protect()

    def _protect(self) -> None:
        self._resource.add_property_override("ReplacementProtection", True)
        # Whether a roll-back goes on.
        self._provider.permissions.named(
            _SEE_STACK, cdk.Aws.STACK_ID, what="Stack", type=RESOURCE_TYPE, user=self._resource
        )

    def add_arn_output(self, *, export_name: str | None = None, description: str | None = None) -> cdk.CfnOutput:
        """Shows the ARN as an output of the stack.

        It is not there by itself, because a stack can have only 200 outputs, but some 450 models.

        Args:
            export_name: The name under which other stacks of the account and Region can import the ARN. Default: it
                is not exported.
            description: What the output says about itself. Default: nothing.

        Raises:
            ValueError: Another model of the account and Region is exported under this name.
        """
        if export_name is not None and not is_token(export_name):
            where = environment_of(self.stack)
            export = ("Export", where.account, where.region, self._stage_if(where), export_name)
            other = claimed_by(self, *export)
            if other:
                problems = Problems(self, "Arn")
                problems.found.append(
                    f"export_name {export_name!r} is that of '{other}' already: each name is there once in an account"
                    " and Region"
                )
                problems.raise_if_any()
            claim(self, *export)
        return cdk.CfnOutput(
            self,
            "Arn",
            value=self.configured_audience_model_arn,
            export_name=export_name,
            description=description,
        )


_CONFIGURE = Permission(("cleanrooms-ml:CreateConfiguredAudienceModel", "cleanrooms-ml:UpdateConfiguredAudienceModel"))
"""Create is authorised on the audience model, Update on both (Service Authorization Reference)."""
_SEE = Permission(("cleanrooms-ml:GetAudienceModel",))
_SEE_STACK = Permission(("cloudformation:DescribeStacks",))

_LISTS = ("cleanrooms-ml:ListConfiguredAudienceModels", "cleanrooms-ml:ListAudienceGenerationJobs")


def _needed_by_any() -> Statements:
    """What the function needs for any model.

    Source: Service Authorization Reference. List knows no resource.
    """
    actions = (
        "cleanrooms-ml:GetConfiguredAudienceModel",
        "cleanrooms-ml:UpdateConfiguredAudienceModel",
        "cleanrooms-ml:DeleteConfiguredAudienceModel",
        "cleanrooms-ml:TagResource",
        "cleanrooms-ml:UntagResource",
    )
    return {
        Permission(actions): (configured_audience_models(),),
        Permission(_LISTS): ("*",),
    }


@jsii.implements(iam.IResourceWithPolicyV2)
class _ImportedConfiguredAudienceModel(ImportedResource):
    """A model that is defined elsewhere."""

    def __init__(
        self,
        problems: Problems,
        arn: str,
        role: IRoleRef | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
    ) -> None:
        problems.arn("configured_audience_model_arn", arn, "configured-audience-model")
        super().__init__(problems, arn, RESOURCE_TYPE, account=account, region=region)
        self.configured_audience_model_arn = arn
        self.configured_audience_model_id = id_of(arn)
        self.configured_audience_model_ref = ConfiguredAudienceModelReference(configured_audience_model_arn=arn)
        self.role = None if role is None else shown(self, role)
        self.grants = ConfiguredAudienceModelGrants.from_configured_audience_model(self)
        self.policy: ConfiguredAudienceModelPolicy | None = None

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Adds to the policy that was defined for this import; without one nothing is added, as with a bucket's."""
        return add_to(self.policy, statement)
