"""What a failed first deployment leaves, and what a destroyed stack does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from .conftest import DeploymentError, define_model
from .engine_driver import CODE

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

    from .conftest import Deployment

MISSING = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/missing"


def buckets(engine: Engine) -> list[str]:
    """All but the one that assets are published to."""
    listed = engine.client("s3").list_buckets()["Buckets"]
    return [bucket["Name"] for bucket in listed if not bucket["Name"].startswith("cdk-")]


def keys(engine: Engine) -> list[str]:
    kms = engine.client("kms")
    ids = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    described = [kms.describe_key(KeyId=each)["KeyMetadata"] for each in ids]
    return [key["KeyId"] for key in described if key["KeyState"] == "Enabled" and key["KeyManager"] == "CUSTOMER"]


def retained_model(stack: cdk.Stack) -> Any:
    return define_model(stack, removal_policy=cdk.RemovalPolicy.RETAIN)


@pytest.mark.scenario(45)
@pytest.mark.usefixtures("shorter_pauses")
def test_a_failed_first_deployment_leaves_nothing(engine: Engine, deployment: Deployment) -> None:

    def define(stack: cdk.Stack) -> None:
        retained_model(stack)
        define_model(stack, "Second", audience_model=MISSING, removal_policy=cdk.RemovalPolicy.RETAIN)

    with pytest.raises(DeploymentError, match="is there an audience model"):
        deployment.deploy(define)
    assert deployment.models() == []
    assert (buckets(engine), keys(engine)) == ([CODE["S3Bucket"]], [])


@pytest.mark.scenario(45)
def test_what_is_retained_is_retained_with_its_policies(engine: Engine, deployment: Deployment) -> None:
    deployment.deploy(retained_model)
    arn = deployment.model()["configuredAudienceModelArn"]
    deployment.destroy()
    assert deployment.model()["configuredAudienceModelArn"] == arn
    assert len(keys(engine)) == 1
    s3 = engine.client("s3")
    policies = [json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) for name in buckets(engine)]
    assert len(policies) == 2
    assert all("aws:SecureTransport" in json.dumps(policy) for policy in policies)
    assert sum("logging.s3.amazonaws.com" in json.dumps(policy) for policy in policies) == 1
    # Whoever empties it can delete a bucket as it is: its policy doesn't stand in the way.
    for name in buckets(engine):
        s3.delete_bucket(Bucket=name)
    deployment.deploy(retained_model)
