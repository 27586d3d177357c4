"""The bucket, the key and the role that segments are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE

from ...references import an_audience_model
from ..conftest import an_app

if TYPE_CHECKING:
    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def model(synth: Synth, output: AudienceOutput | None = None) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )


def statements(synth: Synth, of: AudienceOutput) -> list[dict[str, Any]]:
    """What the role of an output is allowed, wherever the statements stand."""
    ref = synth.stack.resolve(of.role.role_ref.role_name)
    found: list[dict[str, Any]] = []
    for logical_id, role in synth.resources("AWS::IAM::Role").items():
        if ref == {"Ref": logical_id}:
            for policy in role["Properties"].get("Policies", []):
                found += policy["PolicyDocument"]["Statement"]
    for policy in synth.resources("AWS::IAM::Policy").values():
        if ref in policy["Properties"]["Roles"]:
            found += policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_the_bucket_is_as_safe_as_s3_can_make_it(synth: Synth) -> None:
    output = AudienceOutput(synth.stack, "Output")
    key_arn = synth.stack.resolve(output.encryption_key.key_ref.key_arn) if output.encryption_key else None
    synth.template.has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn},
                        }
                    ]
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "LoggingConfiguration": {
                    "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
                },
            },
        },
    )
    synth.template.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": synth.stack.resolve(output.bucket.bucket_name),
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Effect": "Deny",
                                "Action": "s3:*",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        )
                    ]
                )
            },
        },
    )


def test_the_key_is_rotated_and_stays(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output")
    synth.template.has_resource(
        "AWS::KMS::Key", {"DeletionPolicy": "RetainExceptOnCreate", "Properties": {"EnableKeyRotation": True}}
    )


def test_the_role_trusts_clean_rooms_ml_for_models_of_this_account(synth: Synth) -> None:
    output = AudienceOutput(synth.stack, "Output")
    role = synth.template.find_resources("AWS::IAM::Role")
    (trust,) = (r["Properties"]["AssumeRolePolicyDocument"]["Statement"] for r in role.values())
    assert trust == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "cleanrooms-ml.amazonaws.com"},
            "Condition": {
                "StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                "ArnLikeIfExists": {
                    "aws:SourceArn": synth.stack.resolve(
                        f"arn:{synth.stack.partition}:cleanrooms-ml:{synth.stack.region}:{synth.stack.account}"
                        ":configured-audience-model/*"
                    )
                },
            },
        }
    ]
    assert isinstance(output.role, iam.Role)


@pytest.mark.parametrize("prefix", [None, "segments", "teams/media"])
def test_the_role_is_allowed_what_is_documented_and_nothing_else(synth: Synth, prefix: str | None) -> None:
    output = AudienceOutput(synth.stack, "Output", prefix=prefix)
    assert output.encryption_key is not None
    bucket_arn = output.bucket.bucket_arn
    objects = synth.stack.resolve(f"{bucket_arn}/{prefix}/*" if prefix else f"{bucket_arn}/*")
    account = {"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    assert statements(synth, output) == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": synth.stack.resolve(bucket_arn),
            "Condition": account,
        },
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects, "Condition": account},
        {
            "Effect": "Allow",
            "Action": [
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": synth.stack.resolve(output.encryption_key.key_ref.key_arn),
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [synth.stack.resolve(bucket_arn), objects]}},
        },
    ]


@pytest.mark.parametrize(
    ("prefix", "rest"), [(None, "/"), ("segments", "/segments/"), ("teams/media", "/teams/media/")]
)
def test_the_uri(synth: Synth, prefix: str | None, rest: str) -> None:
    bucket = s3.Bucket.from_bucket_name(synth.stack, "Bucket", "exports")
    output = AudienceOutput(synth.stack, "Output", bucket=bucket, prefix=prefix)
    assert output.s3_uri == f"s3://exports{rest}"


@pytest.mark.parametrize(
    "prefix", ["", "/", "/segments", "segments/", " segments", "*", "seg*", "seg?ents", "x" * 1216]
)
def test_a_prefix_that_makes_no_uri_is_refused(synth: Synth, prefix: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Output':\n  - prefix must"):
        AudienceOutput(synth.stack, "Output", prefix=prefix)


def test_the_longest_prefix_still_makes_a_uri_that_the_api_takes(synth: Synth) -> None:
    bucket = s3.Bucket.from_bucket_name(synth.stack, "Bucket", "b" * 63)
    output = AudienceOutput(synth.stack, "Output", bucket=bucket, prefix="x" * 1215)
    assert len(output.s3_uri) == 1285


def test_own_parts_are_used_and_nothing_is_created_in_their_place(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    bucket = s3.Bucket(synth.stack, "Bucket", encryption_key=key)
    role = iam.Role(synth.stack, "Role", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
    output = AudienceOutput(synth.stack, "Output", bucket=bucket, role=role)
    assert (output.bucket, output.role) == (bucket, role)
    assert output.encryption_key is not None
    assert output.encryption_key.key_ref.key_arn == key.key_arn
    for type_ in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::IAM::Role"):
        synth.template.resource_count_is(type_, 1)
    actions = [statement["Action"] for statement in statements(synth, output)]
    assert actions[:2] == [["s3:ListBucket", "s3:GetBucketLocation"], "s3:PutObject"]
    assert "kms:Encrypt" in actions[2]


def test_the_model_waits_for_the_policy_of_an_own_role(synth: Synth) -> None:
    role = iam.Role(synth.stack, "Role", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
    model(synth, AudienceOutput(synth.stack, "Output", role=role))
    (policy,) = (name for name in synth.resources("AWS::IAM::Policy") if not name.startswith("CleanRoomsML"))
    assert policy in synth.only(RESOURCE_TYPE)["DependsOn"]


def test_a_bucket_without_a_known_key_needs_no_key_permissions(synth: Synth) -> None:
    bucket = s3.Bucket.from_bucket_name(synth.stack, "Bucket", "exports")
    output = AudienceOutput(synth.stack, "Output", bucket=bucket)
    assert output.encryption_key is None
    assert not [s for s in statements(synth, output) if "kms" in str(s["Action"])]


def test_an_own_key_encrypts_the_new_bucket(synth: Synth) -> None:
    key = kms.Key.from_key_arn(synth.stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k")
    AudienceOutput(synth.stack, "Output", encryption_key=key)
    synth.template.resource_count_is("AWS::KMS::Key", 0)
    synth.template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"KMSMasterKeyID": key.key_arn}},
                ]
            }
        },
    )


def test_an_imported_role_gets_a_policy_of_its_own(synth: Synth) -> None:
    role = iam.Role.from_role_arn(synth.stack, "Role", "arn:aws:iam::111122223333:role/writer")
    bucket = s3.Bucket.from_bucket_name(synth.stack, "Bucket", "exports")
    AudienceOutput(synth.stack, "Output", bucket=bucket, role=role)
    synth.template.has_resource_properties("AWS::IAM::Policy", {"Roles": ["writer"]})


def test_a_role_that_cannot_be_changed_gets_a_warning_that_says_what_it_must_allow(synth: Synth) -> None:
    role = iam.CfnRole(synth.stack, "Role", assume_role_policy_document={})
    AudienceOutput(synth.stack, "Output", role=role)
    (warning,) = Annotations.from_stack(synth.stack).find_warning("*", Match.string_like_regexp("s3:PutObject"))
    assert warning.id == "/Stack/Output"


def test_a_role_of_another_account_gets_the_same_warning(synth: Synth) -> None:
    stack = cdk.Stack(synth.app, "Virginia", env=cdk.Environment(account="111122223333", region="us-east-1"))
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::444455556666:role/writer")
    AudienceOutput(stack, "Output", role=role)
    assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("s3:PutObject"))


def test_outputs_of_a_stack_share_one_bucket_for_access_logs(synth: Synth) -> None:
    for name in ("One", "Two", "Three"):
        AudienceOutput(synth.stack, name)
    buckets = synth.resources("AWS::S3::Bucket")
    (logs,) = [name for name, bucket in buckets.items() if "LoggingConfiguration" not in bucket["Properties"]]
    targets = [b["Properties"].get("LoggingConfiguration") for name, b in buckets.items() if name != logs]
    assert [target["DestinationBucketName"] for target in targets] == [{"Ref": logs}] * 3
    policies = synth.resources("AWS::S3::BucketPolicy").values()
    (policy,) = [p for p in policies if p["Properties"]["Bucket"] == {"Ref": logs}]
    allowed = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert [s["Principal"] for s in allowed] == [{"Service": "logging.s3.amazonaws.com"}]


def test_access_is_logged_to_the_users_own_bucket(synth: Synth) -> None:
    logs = s3.Bucket.from_bucket_name(synth.stack, "Logs", "central-logs")
    AudienceOutput(synth.stack, "Output", server_access_logs_bucket=logs)
    synth.template.resource_count_is("AWS::S3::Bucket", 1)
    synth.template.has_resource_properties(
        "AWS::S3::Bucket", {"LoggingConfiguration": {"DestinationBucketName": "central-logs"}}
    )


@pytest.mark.parametrize("encryption", [None, s3.BucketEncryption.S3_MANAGED, s3.BucketEncryption.KMS_MANAGED])
def test_a_key_that_the_bucket_does_not_have_is_pointed_out(encryption: s3.BucketEncryption | None) -> None:
    stack = cdk.Stack(an_app(), "Stack")
    bucket = s3.Bucket(stack, "Bucket", encryption=encryption)
    AudienceOutput(stack, "Output", bucket=bucket, encryption_key=kms.Key(stack, "Key"))
    words = Match.string_like_regexp("isn't known to be encrypted with encryption_key")
    assert len(Annotations.from_stack(stack).find_warning("/Stack/Output", words)) == 1
