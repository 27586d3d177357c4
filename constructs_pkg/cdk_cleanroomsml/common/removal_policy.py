"""What becomes of a resource that leaves its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
import jsii
from constructs import IValidation

from .environment import known_of, node_of
from .problems import Problems
from .proxies import member_of

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


def let_policy_follow(
    stack: cdk.Stack, resource: s3.CfnBucket, policy: s3.BucketPolicy | None, removal_policy: cdk.RemovalPolicy
) -> None:
    """Has a bucket's policy stay and go with the bucket: without it, a bucket that is kept would be open to plain HTTP.

    What becomes of the bucket can be said later, and by an Aspect, so it is looked at once more before the template is
    written: once for all buckets of a stack, because each look costs its calls into CDK.

    Args:
        stack: The stack of the bucket.
        resource: The bucket.
        policy: Its policy; ``None`` if an injector of the application's has the bucket without.
        removal_policy: What becomes of the bucket so far.
    """
    if policy is None:
        return
    policy.apply_removal_policy(removal_policy)
    known_of(stack, "followers", lambda: _followers_of(stack)).append((resource, policy))


_Followers = list[tuple["s3.CfnBucket", "s3.BucketPolicy"]]


def _followers_of(stack: cdk.Stack) -> _Followers:
    followers: _Followers = []
    node_of(stack).add_validation(cast("IValidation", _LetFollow(followers)))
    return followers


@jsii.implements(IValidation)
class _LetFollow:
    """What comes after all Aspects and before the template: nothing is refused here."""

    def __init__(self, followers: _Followers) -> None:
        self._followers = followers

    def validate(self) -> list[str]:
        removal = {
            cdk.CfnDeletionPolicy.DELETE: cdk.RemovalPolicy.DESTROY,
            cdk.CfnDeletionPolicy.RETAIN: cdk.RemovalPolicy.RETAIN,
            cdk.CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE: cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        }
        for bucket, policy in self._followers:
            said = member_of(bucket.cfn_options, "deletion_policy")
            if said in removal:
                policy.apply_removal_policy(removal[said])
        return []
