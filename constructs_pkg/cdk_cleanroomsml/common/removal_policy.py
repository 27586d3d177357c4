"""What becomes of a resource that leaves its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii

from .problems import Problems

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from constructs import Construct


def check_removal_policy(problems: Problems, policy: cdk.RemovalPolicy, parameter: str = "removal_policy") -> None:
    """Refuses what CloudFormation would refuse at deployment."""
    if policy is cdk.RemovalPolicy.SNAPSHOT:
        problems.found.append(
            f"{parameter} must be DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE, got SNAPSHOT: there is nothing to take"
            " a snapshot of"
        )


def apply_removal_policy(construct: Construct, resource: cdk.CfnResource, policy: cdk.RemovalPolicy) -> None:
    """Gives a resource a removal policy.

    Args:
        construct: What it stands for.
        resource: What is in the template.
        policy: ``DESTROY`` or ``RETAIN``.

    Raises:
        ValueError: It is ``SNAPSHOT``.
    """
    problems = Problems(construct, "")
    check_removal_policy(problems, policy, "policy")
    problems.raise_if_any()
    resource.apply_removal_policy(unless_just_created(policy))


def unless_just_created(policy: cdk.RemovalPolicy) -> cdk.RemovalPolicy:
    """Retains what has been in use, not what the deployment that created it takes back (`RetainExceptOnCreate`)."""
    return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if policy is cdk.RemovalPolicy.RETAIN else policy


def let_policy_follow(bucket: s3.Bucket) -> None:
    """Has a bucket's policy stay and go with the bucket: without it, a bucket that is kept would be open to plain HTTP.

    What becomes of the bucket can be said later, and by an Aspect, so it is looked up as late as possible.

    Args:
        bucket: The bucket, which has its policy already, unless an injector of the application's has it without.
    """
    if bucket.policy is None:
        return
    resource = cast("cdk.CfnResource", bucket.node.default_child)
    policy = cast("cdk.CfnResource", bucket.policy.node.default_child)
    for attribute, name in (("deletion_policy", "DeletionPolicy"), ("update_replace_policy", "UpdateReplacePolicy")):
        producer = cast("cdk.IStableStringProducer", _RemovalOf(resource, attribute))
        policy.add_override(name, cdk.Lazy.string(producer))


@jsii.implements(cdk.IStableStringProducer)
class _RemovalOf:
    """What becomes of a resource, as CloudFormation writes it; nothing where nothing is said."""

    def __init__(self, resource: cdk.CfnResource, attribute: str) -> None:
        self._resource = resource
        self._attribute = attribute

    def produce(self) -> str | None:
        said: cdk.CfnDeletionPolicy | None = getattr(self._resource.cfn_options, self._attribute)
        return None if said is None else "".join(word.capitalize() for word in said.name.split("_"))
