"""What can be said of the bucket, the key and the role that an output creates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import an_audience_model
from ..conftest import Synth, an_app

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
KEPT = ("RetainExceptOnCreate", "Retain")
DELETED = ("Delete", "Delete")
DESTROY = cdk.RemovalPolicy.DESTROY
IF_NEEDED = cdk.PhysicalName.GENERATE_IF_NEEDED
DATA = ("AWS::KMS::Key", "AWS::S3::Bucket", "AWS::S3::BucketPolicy")


def bucket_in(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Given", "given")


def removal_in(synth: Synth, *, below: str = "Output") -> dict[str, tuple[Any, Any]]:
    """What becomes of the data of an output, by resource type."""
    return {
        each["Type"]: (each.get("DeletionPolicy"), each.get("UpdateReplacePolicy"))
        for name, each in synth.template.to_json()["Resources"].items()
        if name.startswith(below) and each["Type"] in DATA
    }


def test_the_bucket_and_the_role_have_the_names_that_they_are_given(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", bucket_name="exports-of-111122223333", role_name="cleanrooms-ml-exports")
    synth.template.has_resource_properties("AWS::S3::Bucket", {"BucketName": "exports-of-111122223333"})
    synth.template.has_resource_properties("AWS::IAM::Role", {"RoleName": "cleanrooms-ml-exports"})


@pytest.mark.parametrize("is_generated", [True, False])
def test_another_account_can_be_told_of_bucket_and_role(*, is_generated: bool) -> None:
    app = an_app()
    owner = cdk.Stack(app, "Owner", env=cdk.Environment(account="111122223333", region="us-east-1"))
    other = cdk.Stack(app, "Other", env=cdk.Environment(account="444455556666", region="us-east-1"))
    name = IF_NEEDED if is_generated else None
    output = AudienceOutput(owner, "Output", bucket_name=name, role_name=name)
    ConfiguredAudienceModel(
        owner,
        "Model",
        audience_model=an_audience_model(owner, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )
    assumed_by: Any = iam.AccountRootPrincipal()
    reader: Any = iam.Role(other, "Reader", assumed_by=assumed_by, role_name=IF_NEEDED)
    output.bucket.grant_read(reader)
    role: Any = output.role
    s3.Bucket(other, "Lookup", bucket_name=IF_NEEDED).grant_read(role)
    if not is_generated:
        with pytest.raises(RuntimeError, match="Cannot use resource 'Owner/Output/"):
            app.synth()
        return
    resources = Template.from_stack(owner).to_json()["Resources"]
    (bucket,) = (v["Properties"]["BucketName"] for k, v in resources.items() if k.startswith("OutputBucketB"))
    (named,) = (v["Properties"]["RoleName"] for k, v in resources.items() if k.startswith("OutputRole8"))
    told = str(Template.from_stack(other).to_json())
    assert f":s3:::{bucket}/*" in told
    assert f":iam::111122223333:role/{named}" in told


def test_a_name_that_is_not_needed_changes_no_template(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", bucket_name=IF_NEEDED, role_name=IF_NEEDED)
    plain = Synth()
    AudienceOutput(plain.stack, "Output")
    assert synth.template.to_json() == plain.template.to_json()


@pytest.mark.parametrize(
    "name",
    ["ab", "x" * 64, "Exports", "-exports", "exports-", "a..b", "10.0.0.1", "under_score", "xn--a", "a-s3alias", "a b"],
)
def test_a_name_that_s3_refuses_is_refused(synth: Synth, name: str) -> None:
    with pytest.raises(ValueError, match=r"invalid parameters of 'Stack/Output':\n  - bucket_name must"):
        AudienceOutput(synth.stack, "Output", bucket_name=name)


@pytest.mark.parametrize("name", ["", "x" * 65, "cleanrooms ml", "cleanrooms/ml", "rôle"])
def test_a_name_that_iam_refuses_is_refused(synth: Synth, name: str) -> None:
    with pytest.raises(ValueError, match=r"invalid parameters of 'Stack/Output':\n  - role_name must"):
        AudienceOutput(synth.stack, "Output", role_name=name)


def test_names_may_be_tokens(synth: Synth) -> None:
    name = cdk.CfnParameter(synth.stack, "Name").value_as_string
    AudienceOutput(synth.stack, "Output", bucket_name=name, role_name=f"cleanrooms-ml-{name}")
    synth.template.has_resource_properties("AWS::S3::Bucket", {"BucketName": {"Ref": "Name"}})


def test_what_is_said_of_new_parts_does_not_go_with_given_ones(synth: Synth) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Output'") as refused:
        AudienceOutput(
            synth.stack,
            "Output",
            bucket=bucket_in(synth.stack),
            role=iam.Role.from_role_name(synth.stack, "Role", "writer"),
            bucket_name="exports",
            role_name="cleanrooms-ml",
            removal_policy=DESTROY,
            auto_delete_objects=True,
            server_access_logs_bucket=s3.Bucket.from_bucket_name(synth.stack, "Logs", "logs"),
        )
    lines = str(refused.value).splitlines()[1:]
    assert [line.split()[1] for line in lines] == [
        "role_name",
        "server_access_logs_bucket",
        "bucket_name",
        "removal_policy",
        "auto_delete_objects",
    ]
    assert "s3.Bucket(…, server_access_logs_bucket=…)" in lines[1]


def test_data_go_with_the_stack_when_that_is_said(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", removal_policy=DESTROY)
    assert removal_in(synth) == dict.fromkeys(DATA, DELETED)
    assert removal_in(synth, below="CleanRoomsMLAccessLogs") == dict.fromkeys(DATA[1:], KEPT)


@pytest.mark.parametrize("policy", [None, cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])
def test_data_are_kept_unless_they_were_just_created(synth: Synth, policy: cdk.RemovalPolicy | None) -> None:
    AudienceOutput(synth.stack, "Output", removal_policy=policy)
    assert removal_in(synth) == dict.fromkeys(DATA, KEPT)


def test_a_given_key_keeps_its_own_policy(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    AudienceOutput(synth.stack, "Output", encryption_key=key, removal_policy=DESTROY)
    assert removal_in(synth) == dict.fromkeys(DATA[1:], DELETED)
    assert removal_in(synth, below="Key") == {"AWS::KMS::Key": ("Retain", "Retain")}


def test_snapshots_are_refused(synth: Synth) -> None:
    with pytest.raises(ValueError, match=r"removal_policy must be .*, got SNAPSHOT"):
        AudienceOutput(synth.stack, "Output", removal_policy=cdk.RemovalPolicy.SNAPSHOT)


def test_a_bucket_that_goes_is_emptied_when_that_is_said(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", removal_policy=DESTROY, auto_delete_objects=True)
    synth.template.resource_count_is("Custom::S3AutoDeleteObjects", 1)


@pytest.mark.parametrize("policy", [None, cdk.RemovalPolicy.RETAIN])
def test_a_bucket_that_stays_is_not_emptied(synth: Synth, policy: cdk.RemovalPolicy | None) -> None:
    with pytest.raises(ValueError, match=r"auto_delete_objects .* removal_policy=cdk.RemovalPolicy.DESTROY"):
        AudienceOutput(synth.stack, "Output", removal_policy=policy, auto_delete_objects=True)


BUCKET: dict[str, Any] = {"apply_to_resource_types": ["AWS::S3::Bucket"]}


@pytest.mark.parametrize(
    ("say", "said", "policy"),
    [
        (lambda output: output.bucket.apply_removal_policy(DESTROY), None, DELETED),
        (lambda output: output.bucket.node.default_child.apply_removal_policy(DESTROY), None, DELETED),
        (lambda output: cdk.RemovalPolicies.of(output).destroy(), None, DELETED),
        (lambda output: cdk.RemovalPolicies.of(output.bucket).destroy(), None, DELETED),
        (lambda output: cdk.RemovalPolicies.of(output).destroy(**BUCKET), None, DELETED),
        (lambda output: cdk.RemovalPolicies.of(output).retain(**BUCKET), DESTROY, ("Retain", "Retain")),
        (
            lambda output: cdk.RemovalPolicies.of(output).destroy(exclude_resource_types=["AWS::S3::Bucket"]),
            None,
            KEPT,
        ),
        (lambda output: cdk.MissingRemovalPolicies.of(output).destroy(), None, KEPT),
    ],
)
def test_a_buckets_policy_goes_where_the_bucket_goes(
    synth: Synth, say: Callable[[Any], None], said: cdk.RemovalPolicy | None, policy: tuple[str, str]
) -> None:
    say(AudienceOutput(synth.stack, "Output", removal_policy=said))
    found = removal_in(synth)
    assert found["AWS::S3::Bucket"] == found["AWS::S3::BucketPolicy"] == policy


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize(
    "ownership", [None, s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, s3.ObjectOwnership.OBJECT_WRITER]
)
def test_logs_get_into_a_bucket_of_the_application_by_its_policy(
    *, flag: bool, ownership: s3.ObjectOwnership | None
) -> None:
    """Without the feature flag `s3.Bucket` sets an ACL, which a bucket may refuse; a policy does for all."""
    synth = Synth({"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": flag})
    logs = s3.Bucket(synth.stack, "Logs", object_ownership=ownership)
    for name in ("Output", "Second"):
        AudienceOutput(synth.stack, name, server_access_logs_bucket=logs)
    resources = synth.template.to_json()["Resources"]
    (policy,) = (v for k, v in resources.items() if k.startswith("LogsPolicy"))
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": "s3:PutObject",
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Resource": synth.stack.resolve(logs.arn_for_objects("*")),
        }
    ]
    (bucket,) = (v for k, v in resources.items() if k.startswith("Logs") and v["Type"] == "AWS::S3::Bucket")
    assert "AccessControl" not in bucket.get("Properties", {})


def test_a_bucket_that_locks_its_objects_takes_no_logs(synth: Synth) -> None:
    retention = s3.ObjectLockRetention.governance(cdk.Duration.days(7))
    logs = s3.Bucket(synth.stack, "Logs", object_lock_default_retention=retention)
    with pytest.raises(ValueError, match=r"server_access_logs_bucket locks its objects .* Object Lock"):
        AudienceOutput(synth.stack, "Output", server_access_logs_bucket=logs)


def statement_for(principal: Any, *actions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(principals=[principal], actions=list(actions), resources=["*"])


CLOSED = "lets neither this account nor the role in"


@pytest.mark.parametrize("is_given", [True, False])
@pytest.mark.parametrize(
    ("make", "is_closed"),
    [
        (lambda s: kms.Key(s, "Key"), False),
        (lambda s: kms.CfnKey(s, "Key"), False),
        (lambda s: kms.Alias(s, "Alias", alias_name="alias/exports", target_key=kms.Key(s, "Key")), False),
        (lambda s: kms.Key.from_key_arn(s, "Key", "arn:aws:kms:us-east-1:111122223333:key/1"), False),
        (
            lambda s: kms.Key(
                s,
                "Key",
                policy=iam.PolicyDocument(
                    statements=[statement_for(iam.ArnPrincipal("arn:aws:iam::111122223333:role/admin"), "kms:*")]
                ),
            ),
            True,
        ),
        (
            lambda s: kms.Key(
                s, "Key", policy=iam.PolicyDocument(statements=[statement_for(iam.AccountRootPrincipal(), "kms:Get*")])
            ),
            True,
        ),
        (
            lambda s: kms.Key(
                s, "Key", policy=iam.PolicyDocument(statements=[statement_for(iam.AccountRootPrincipal(), "kms:*")])
            ),
            False,
        ),
    ],
)
def test_a_key_that_leaves_nothing_to_iam_is_pointed_out(
    synth: Synth, make: Callable[[cdk.Stack], Any], *, is_closed: bool, is_given: bool
) -> None:
    key = make(synth.stack)
    bucket = s3.Bucket(synth.stack, "Bucket", encryption_key=key) if is_given and hasattr(key, "key_arn") else None
    AudienceOutput(synth.stack, "Output", bucket=bucket, encryption_key=None if bucket else key)
    found = Annotations.from_stack(synth.stack).find_warning("/Stack/Output", Match.string_like_regexp(CLOSED))
    assert bool(found) == is_closed


def test_a_key_that_is_opened_later_is_not_pointed_out(synth: Synth) -> None:
    admin: Any = iam.ArnPrincipal("arn:aws:iam::111122223333:role/admin")
    root: Any = iam.AccountRootPrincipal()
    key = kms.Key(synth.stack, "Key", policy=iam.PolicyDocument(statements=[statement_for(admin, "kms:*")]))
    AudienceOutput(synth.stack, "Output", encryption_key=key)
    key.add_to_resource_policy(statement_for(root, "kms:*"))
    assert not Annotations.from_stack(synth.stack).find_warning("*", Match.string_like_regexp(CLOSED))
