"""The resource policy of a configured audience model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from ..common import limits
from ..common.claims import claim, claimed_by, has_claims
from ..common.environment import KNOWN_STACK, configured_audience_models, environment_of, is_token, stack_of
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import apply_removal_policy
from ..provider import SEE_STACKS, SERVICE_TIMEOUT, AdoptingResource, Permission, let_see_stacks, provider_of

if TYPE_CHECKING:
    from constructs import Construct

    from ..provider import Statements
    from .interface import IConfiguredAudienceModel, IConfiguredAudienceModelRef

RESOURCE_TYPE = "Custom::CleanRoomsMLConfiguredAudienceModelPolicy"

_SEE_STACKS = Permission((*SEE_STACKS.actions, "cloudformation:ListStackResources"))
_FIND_STACK = Permission(("cloudformation:DescribeStackResources",))
"""A policy has no markers: CloudFormation knows it by its physical id. On which stack that is authorised, where none is
named, isn't documented."""
_REMEMBER = Permission(
    ("cleanrooms-ml:GetConfiguredAudienceModel", "cleanrooms-ml:TagResource", "cleanrooms-ml:UntagResource")
)
"""What a policy was like stands in tags of its model."""

_OWNER = "only its owner can give a model a resource policy, and only where it is"


@property_injectable
@checked
class ConfiguredAudienceModelPolicy(cdk.Resource):
    """The resource policy of a model: which other accounts may start audience generation jobs on it.

    There is one document for a model, and this owns it. What somebody else has put in its place is never overwritten:
    the deployment fails and says so. A model that is defined here has one as soon as somebody is let in
    (``model.grants.start_audience_generation(...)``); for one that is imported, define it, once in an application. It
    is changed under the guard of the policy's hash, and is deleted when it leaves the stack.

    Source: User Guide, "IAM behaviors for AWS Clean Rooms ML".
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.ConfiguredAudienceModelPolicy"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configured_audience_model: IConfiguredAudienceModel,
        adopt: bool = False,
        overwrite: bool = False,
    ) -> None:
        """Defines the policy of a model.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            configured_audience_model: The model. It must be in the account and Region of the stack. From here on, its
                ``add_to_resource_policy`` and its grants write into this policy.
            adopt: Whether the first deployment takes over the policy that the model has, whoever has put it outside of
                CloudFormation, instead of putting one. If that says the same, in whatever spelling, nothing is
                written. It fails, and changes nothing, if there is none, if it says something else, or if a living
                stack has it. When it leaves the stack it stays as it is by then, unless ``DESTROY`` was given to
                ``apply_removal_policy``. Once it is adopted, this is not read any more: leave it in or take it out.
                Under a new construct id in the same stack it moves the policy: the old one's deletion leaves it alone.
                The function asks CloudFormation about stacks, so in a VPC it must reach that. Default: there must be
                none.
            overwrite: Whether a policy that says something else is overwritten when it is adopted. Until the next
                deployment that changes it, the old document stands compressed in tags of the model, and a roll-back
                puts it back. What doesn't fit in there is not overwritten. Default: it isn't.

        Raises:
            ValueError: The model has a policy already, also one that was given to another import of the same ARN; it is
                in another account or Region; or ``overwrite`` is given without ``adopt``.
        """
        stack = stack_of(scope)
        problems = Problems(scope, id)
        problems.resource("configured_audience_model", configured_audience_model, stack, _OWNER)
        other = policy_of(configured_audience_model)
        if other:
            problems.found.append(
                f"configured_audience_model has a resource policy already, '{other}': a model has one"
            )
        if overwrite and not adopt:
            problems.found.append("overwrite is only for what is adopted: give adopt=True as well, or leave it out")
        problems.raise_if_any()

        super().__init__(scope, id)
        setattr(self, KNOWN_STACK, stack)
        claim(self, *_claimed(configured_audience_model))
        self.document: iam.PolicyDocument = iam.PolicyDocument(minimize=True)
        """What the policy says. Statements that differ only in whom they let in become one."""
        configured_audience_model.policy = self
        mark_shared = getattr(configured_audience_model, "mark_shared", None)
        if mark_shared is not None:
            mark_shared()
        provider = provider_of(stack)
        provider.checks.append(self._check_document)
        model_arn = configured_audience_model.configured_audience_model_arn
        self._resource = AdoptingResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": SERVICE_TIMEOUT,
                "Adopt": adopt or None,
                "Overwrite": overwrite or None,
                # From here on, the request of PutConfiguredAudienceModelPolicy, its document as an object.
                "configuredAudienceModelArn": model_arn,
                "configuredAudienceModelPolicy": self.document,
            },
        )
        permissions = provider.permissions
        permissions.of_type(RESOURCE_TYPE, _needed_by_any, user=self._resource)
        if adopt:
            let_see_stacks(permissions, self._resource, _SEE_STACKS)
            permissions.named(_FIND_STACK, "*", what="Stack", type=RESOURCE_TYPE, user=self._resource)
        if overwrite:
            permissions.named(
                _REMEMBER,
                model_arn,
                what="ConfiguredAudienceModel",
                type=RESOURCE_TYPE,
                user=self._resource,
                to_delete=True,
            )

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Says what becomes of the policy when it leaves the stack.

        By default it is deleted; one that was adopted stays as it is by then.

        Args:
            policy: ``DESTROY`` or ``RETAIN``. What a failed deployment has just created is deleted either way, and what
                it has just adopted is as it was before.

        Raises:
            ValueError: It is ``SNAPSHOT``.
        """
        apply_removal_policy(self, self._resource, policy)

    def _check_document(self) -> list[str]:
        if self.document.is_empty:
            problems = ["lets nobody in: grant something on the model, or leave the policy out"]
        else:
            problems = list(self.document.validate_for_resource_policy())
            _, most = limits.POLICY_LENGTH
            length = least_length(stack_of(self).resolve(self.document))
            if length > most:
                problems.append(
                    f"has at least {length} characters, the service allows {most}: let fewer collaborations use the"
                    " model, or configure another one"
                )
        return [f"the resource policy of '{self.node.path}' {problem}" for problem in problems]


def add_to(
    policy: ConfiguredAudienceModelPolicy | None, statement: iam.PolicyStatement
) -> iam.AddToResourcePolicyResult:
    """Adds a statement to a policy, if there is one."""
    if policy is None:
        return iam.AddToResourcePolicyResult(statement_added=False)
    policy.document.add_statements(statement)
    return iam.AddToResourcePolicyResult(statement_added=True, policy_dependable=policy)


def policy_of(model: IConfiguredAudienceModelRef) -> str:
    """The path of the resource policy that a model has in this application, on whatever import; "" if it has none."""
    # What names a model may take several calls into CDK.
    return claimed_by(model, *_claimed(model)) if has_claims(model) else ""


def _claimed(model: IConfiguredAudienceModelRef) -> tuple[str, ...]:
    """What there can be once for a model, however it is referred to."""
    arn = model.configured_audience_model_ref.configured_audience_model_arn
    if not is_token(arn):
        return (RESOURCE_TYPE, arn)
    token = cdk.Tokenization.reverse_string(arn).first_token
    if token is not None and cdk.Reference.is_reference(token):
        reference = cast("cdk.Reference", token)
        return (RESOURCE_TYPE, reference.target.node.path, reference.display_name)
    # An imported value, say, which is the same in all stacks of an account and Region.
    stack = stack_of(cast("Construct", model))
    where, stage = environment_of(stack), cdk.Stage.of(stack)
    known = not is_token(where.account + where.region)
    place = (where.account, where.region) if known else ("" if stage is None else stage.node.path,)
    return (RESOURCE_TYPE, *place, json.dumps(stack.resolve(arn)))


def least_length(value: Any) -> int:  # noqa: ANN401 - JSON
    """How long a document is at least, as compact JSON: what is only known at deployment counts for nothing."""
    if isinstance(value, list):
        return 2 + sum(map(least_length, value)) + max(len(value) - 1, 0)
    if not isinstance(value, dict):
        return len(json.dumps(value, ensure_ascii=False))
    parts = value.get("Fn::Join")
    if parts:
        return 2 + sum(least_length(part) - 2 for part in parts[1])
    if "Ref" in value or any(key.startswith("Fn::") for key in value):
        return 2
    return 2 + sum(len(key) + 3 + least_length(each) for key, each in value.items()) + max(len(value) - 1, 0)


def _needed_by_any() -> Statements:
    """What the function needs for any policy, also of a model that was replaced.

    Source: Service Authorization Reference.
    """
    actions = (
        "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
    )
    return {
        Permission(actions): (configured_audience_models(),),
        # Whether a policy that is to be deleted is by now another logical id's.
        Permission(("cloudformation:ListStackResources",)): (cdk.Aws.STACK_ID,),
    }
