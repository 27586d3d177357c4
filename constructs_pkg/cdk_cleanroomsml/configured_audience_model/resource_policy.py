"""The resource policy of a configured audience model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from ..common import limits
from ..common.environment import (
    Environment,
    configured_audience_models,
    environment_of,
    environment_of_resource,
    resources_of,
    stack_of,
)
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.removal_policy import apply_removal_policy
from ..provider import SERVICE_TIMEOUT, Permission, provider_of

if TYPE_CHECKING:
    from constructs import Construct

    from ..provider import Statements
    from .interface import IConfiguredAudienceModel

RESOURCE_TYPE = "Custom::CleanRoomsMLConfiguredAudienceModelPolicy"

_OWNER = "only its owner can give a model a resource policy, and only where it is"


@checked
class ConfiguredAudienceModelPolicy(cdk.Resource):
    """Which other accounts may start audience generation jobs on a model, and in which collaborations.

    There is one document for a model, and this owns it. What somebody else has put in its place is never overwritten:
    the deployment fails and says so. It comes with the first
    ``model.grants.start_audience_generation_to_partner(...)``, is changed under the guard of the policy's hash, and is
    deleted when it leaves the stack.

    Source: User Guide, "IAM behaviors for AWS Clean Rooms ML".
    """

    def __init__(self, scope: Construct, id: str, *, configured_audience_model: IConfiguredAudienceModel) -> None:
        """Defines the policy of a model.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            configured_audience_model: The model. It must be in the account and Region of the stack.

        Raises:
            ValueError: The model has a policy already, or is in another account or Region.
        """
        stack = stack_of(scope)
        self._where = _known_where(environment_of_resource(configured_audience_model), environment_of(stack))
        self._model_arn = configured_audience_model.configured_audience_model_arn
        problems = Problems(scope, id)
        problems.resource("configured_audience_model", configured_audience_model, stack, _OWNER)
        grants = configured_audience_model.grants
        if grants.policy is not None:
            problems.found.append(
                f"configured_audience_model has a resource policy already, '{grants.policy.node.path}': a model has one"
            )
        problems.raise_if_any()

        super().__init__(scope, id)
        grants.policy = self
        mark_shared = getattr(configured_audience_model, "mark_shared", None)
        if mark_shared is not None:
            mark_shared()
        self._partners: dict[str, list[str]] = {}
        provider = provider_of(stack)
        provider.checks.append(self._check_document)
        self._resource = cdk.CfnResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": SERVICE_TIMEOUT,
                # From here on, the request of PutConfiguredAudienceModelPolicy, its document as an object.
                "configuredAudienceModelArn": self._model_arn,
                "configuredAudienceModelPolicy": self._document(),
            },
        )
        provider.permissions.of_type(RESOURCE_TYPE, _needed_by_any, user=self._resource)

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Says what becomes of the policy when it leaves the stack. By default it is deleted.

        Args:
            policy: ``DESTROY`` or ``RETAIN``. What a failed deployment has just created is deleted either way.

        Raises:
            ValueError: It is ``SNAPSHOT``.
        """
        apply_removal_policy(self, self._resource, policy)

    def allow_start_audience_generation(self, account: str, collaboration_id: str) -> None:
        """Lets another account start audience generation jobs on the model, in one collaboration.

        Args:
            account: The partner's account, 12 digits, or a Token.
            collaboration_id: The collaboration's identifier, a UUID, or a Token.

        Raises:
            ValueError: One of them isn't that, or the account is the model's own, which needs no resource policy.
        """
        problems = Problems(self, "")
        problems.text(
            "account",
            account,
            length=limits.ACCOUNT_ID_LENGTH,
            pattern=limits.ACCOUNT_PATTERN,
            allowed="an account's 12 digits",
        )
        problems.text(
            "collaboration_id",
            collaboration_id,
            length=limits.UUID_LENGTH,
            pattern=limits.UUID_PATTERN,
            allowed="a UUID in small letters, the identifier of a collaboration",
        )
        if account == self._where.account and not cdk.Token.is_unresolved(account):
            problems.found.append(
                f"account {account!r} owns the model: it needs no resource policy, use grants.start_audience_generation"
            )
        problems.raise_if_any()
        partners = self._partners.setdefault(collaboration_id, [])
        if account not in partners:
            partners.append(account)
        self._resource.add_property_override("configuredAudienceModelPolicy", self._document())

    def _document(self) -> dict[str, Any]:
        resources = [self._model_arn, resources_of(self._where, "cleanrooms-ml", "audience-generation-job")]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": list(accounts)},
                    "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                    "Resource": resources,
                    "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": collaboration_id}},
                }
                for collaboration_id, accounts in self._partners.items()
            ],
        }

    def _check_document(self) -> list[str]:
        """A Token counts for as long as its stand-in, which is shorter than any ARN: what is refused is too long."""
        _, most = limits.POLICY_LENGTH
        length = len(json.dumps(self._document(), separators=(",", ":")))
        problem = ""
        if not self._partners:
            problem = "lets nobody in: call allow_start_audience_generation, or leave the policy out"
        elif length > most:
            problem = (
                f"has at least {length} characters, the service allows {most}: let fewer collaborations use the model,"
                " or configure another one"
            )
        return [f"the resource policy of '{self.node.path}' {problem}"] if problem else []


def _known_where(model: Environment, stack: Environment) -> Environment:
    """Where the model is, which must be where the stack is: what either of them knows."""
    if cdk.Token.is_unresolved(model.region) or cdk.Token.is_unresolved(model.account):
        return stack
    return model


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
