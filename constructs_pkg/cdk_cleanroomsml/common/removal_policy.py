"""What becomes of a resource that leaves its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

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


def retain_with_policy(bucket: s3.Bucket) -> None:
    """Retains a bucket together with its policy, without which it would be open to plain HTTP."""
    bucket.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    if bucket.policy is not None:
        bucket.policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
