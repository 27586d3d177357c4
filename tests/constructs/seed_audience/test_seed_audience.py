"""The role that a partner's seed is read with: what the User Guide documents, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import SeedAudience

from ..conftest import an_app

if TYPE_CHECKING:
    from ..conftest import Synth

BUCKET = "arn:aws:s3:::shop-seeds"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1"


def statements(synth: Synth) -> list[dict[str, Any]]:
    (policy,) = synth.only("AWS::IAM::Role")["Properties"]["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def a_bucket(stack: cdk.Stack, **more: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_arn=BUCKET, **more)


def test_it_may_read_below_the_prefix(synth: Synth) -> None:
    seed = SeedAudience(synth.stack, "Seed", bucket=a_bucket(synth.stack), prefix="spring")
    own = {"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    assert statements(synth) == [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET, "Condition": own},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/spring/*", "Condition": own},
    ]
    assert seed.s3_uri == "s3://shop-seeds/spring/"


def test_it_may_use_the_key_of_the_bucket(synth: Synth) -> None:
    key = kms.Key.from_key_arn(synth.stack, "Key", KEY)
    seed = SeedAudience(synth.stack, "Seed", bucket=a_bucket(synth.stack, encryption_key=key))
    decrypt, describe = statements(synth)[2:]
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", KEY)
    assert decrypt["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [BUCKET, f"{BUCKET}/*"]}}
    # What describes a key has no encryption context.
    assert describe == {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": KEY}
    assert seed.encryption_key is not None


def test_a_key_may_be_known_by_its_alias(synth: Synth) -> None:
    alias: Any = kms.Alias.from_alias_name(synth.stack, "Key", "alias/seeds")
    SeedAudience(synth.stack, "Seed", bucket=a_bucket(synth.stack), encryption_key=alias)
    of_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/seeds"}}
    assert statements(synth)[3]["Condition"] == of_alias
    assert set(statements(synth)[2]["Condition"]) == {"ArnLike", *of_alias}


def test_the_service_may_assume_it_for_jobs_of_the_account(synth: Synth) -> None:
    SeedAudience(synth.stack, "Seed", bucket=a_bucket(synth.stack), role_name="cleanrooms-ml-seed")
    role = synth.only("AWS::IAM::Role")["Properties"]
    (said,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert said["Principal"] == {"Service": "cleanrooms-ml.amazonaws.com"}
    assert said["Condition"]["StringEqualsIfExists"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert ":audience-generation-job/*" in str(said["Condition"]["ArnLikeIfExists"])
    assert role["RoleName"] == "cleanrooms-ml-seed"


def test_all_that_is_wrong_is_said_at_once() -> None:
    env = cdk.Environment(account="111122223333", region="us-east-1")
    stack = cdk.Stack(an_app(), "Stack", env=env)
    bucket = a_bucket(stack, region="eu-west-1")
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Seed'") as caught:
        SeedAudience(stack, "Seed", bucket=bucket, prefix="/spring", role_name="a role")
    for each in ("prefix must be a folder's name", "role_name must be letters", "bucket's Region 'eu-west-1' is not"):
        assert each in str(caught.value)


def test_a_bucket_of_another_account_must_let_it_in() -> None:
    env = cdk.Environment(account="111122223333", region="us-east-1")
    stack = cdk.Stack(an_app(), "Stack", env=env)
    SeedAudience(stack, "Seed", bucket=a_bucket(stack, account="444455556666"))
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp("the given bucket belongs to account 4444"))
