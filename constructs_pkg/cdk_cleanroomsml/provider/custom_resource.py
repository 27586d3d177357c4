"""What the resources have in common that CloudFormation has no type for and that carry tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii

from ..common.environment import KNOWN_ENVIRONMENT, KNOWN_STACK, environment_of
from ..common.names import is_generated_if_needed
from ..common.parameter_types import checked_call
from ..common.problems import Problems
from ..common.removal_policy import apply_removal_policy
from .adoption import AdoptingResource, claim_adopted, let_see_stacks
from .construct import SERVICE_TIMEOUT, provider_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct


@jsii.implements(cdk.ITaggableV2)
class TaggedCustomResource(cdk.Resource):
    """A resource that the provider of its stack creates, updates, tags and deletes.

    ``cdk.Tags.of()`` reaches it. ``apply_removal_policy`` does, too.
    """

    def __init__(self, scope: Construct, id: str, *, stack: cdk.Stack, type: str, name: str | None) -> None:
        """Defines the construct; :meth:`_define` defines what is in the template.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            stack: The stack that it is in.
            type: The resource type, ``Custom::…``.
            name: The name that was given, be it ``cdk.PhysicalName.GENERATE_IF_NEEDED``; ``None`` if the function is to
                make one.
        """
        super().__init__(scope, id, physical_name=name)
        self._given_name = name
        setattr(self, KNOWN_STACK, stack)
        setattr(self, KNOWN_ENVIRONMENT, environment_of(stack))
        self._type = type
        self._provider = provider_of(stack)
        self._tag_manager: cdk.TagManager
        self._are_tags_checked = False

    def _define(
        self,
        properties: Mapping[str, Any],
        *,
        tags: Mapping[str, str] | None,
        removal_policy: cdk.RemovalPolicy | None,
        adopt: str | None,
    ) -> cdk.CfnResource:
        """Defines the custom resource.

        Args:
            properties: The request of the API, and what else the function is told.
            tags: The tags that were given.
            removal_policy: What becomes of it when it leaves the stack. ``None``: what was created is deleted, and what
                was adopted is released.
            adopt: The ARN of what is taken over instead of creating one; ``None`` if nothing is.
        """
        self._tag_manager = cdk.TagManager(cdk.TagType.MAP, self._type, dict(tags or {}), tag_property_name="tags")
        resource = AdoptingResource(
            self,
            "Resource",
            type=self._type,
            properties={
                "ServiceToken": self._provider.service_token,
                "ServiceTimeout": SERVICE_TIMEOUT,
                "Adopt": adopt,
                "DeleteAdopted": True if removal_policy is cdk.RemovalPolicy.DESTROY else None,
                **properties,
                # What it is told later, by an Aspect, is there, too; a property override comes after both.
                "tags": self._tag_manager.rendered_tags,
            },
        )
        if removal_policy not in (None, cdk.RemovalPolicy.DESTROY):
            apply_removal_policy(self, resource, removal_policy)
        self._resource = resource
        return resource

    def _take_over(self, known_by: str) -> None:
        """Lets the function take over what exists, and nothing else in the application the same.

        Args:
            known_by: What it is known by in the whole application.
        """
        claim_adopted(self, known_by)
        let_see_stacks(self._provider.permissions, self._resource)

    def _requested_name(self) -> str | None:
        """The name for the request; what CDK says of one that is generated if other accounts or Regions need it."""
        name = self._given_name
        return self._physical_name if name is not None and is_generated_if_needed(name) else name

    def _name(self) -> str:
        """The name as others get to see it: what the function answers, and what was given in other environments."""
        answered = self._resource.get_att("Name").to_string()
        return answered if self._given_name is None else self._get_resource_name_attribute(answered)

    @checked_call
    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Says what becomes of it when it leaves the stack, see ``removal_policy``.

        Args:
            policy: ``DESTROY`` or ``RETAIN``. What a failed deployment has just created is deleted either way, and what
                it has just adopted is as it was before.

        Raises:
            ValueError: It is ``SNAPSHOT``.
        """
        apply_removal_policy(self, self._resource, policy)

    @property
    @jsii.member(jsii_name="cdkTagManager")
    def cdk_tag_manager(self) -> cdk.TagManager:
        """What ``cdk.Tags`` adds to and removes from; checked if it is asked for, which most resources never are."""
        if not self._are_tags_checked:
            self._are_tags_checked = True
            self._provider.checks.append(self._check_tags)
        return self._tag_manager

    def _check_tags(self) -> list[str]:
        """What is wrong with the tags when all that the application adds are there."""
        problems = Problems(self, "")
        problems.tags("tags", self.cdk_tag_manager.tag_values())
        return [f"tags of '{self.node.path}': {problem}" for problem in problems.found]
