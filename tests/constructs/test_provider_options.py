"""The provider as larger organisations want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import CleanRoomsMLProvider, ConfiguredAudienceModel, SharedAudienceMetrics

if TYPE_CHECKING:
    from .conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def model(synth: Synth) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack, "Model", audience_model_arn=ARN, shared_audience_metrics=SharedAudienceMetrics.ALL
    )


def function(synth: Synth, **options: Any) -> dict[str, Any]:
    """The properties of the function that serves a model."""
    CleanRoomsMLProvider(synth.stack, **options)
    model(synth)
    properties: dict[str, Any] = synth.only("AWS::Lambda::Function")["Properties"]
    return properties


def actions(synth: Synth) -> list[str]:
    found: list[str] = []
    for said in synth.function_statements():
        found += said["Action"] if isinstance(said["Action"], list) else [said["Action"]]
    return found


def test_own_or_not_the_resources_are_the_same_ones(synth: Synth) -> None:
    function(synth)
    own = set(synth.template.to_json()["Resources"])
    synth = type(synth)()
    model(synth)
    assert set(synth.template.to_json()["Resources"]) == own


def test_it_must_come_before_the_first_model(synth: Synth) -> None:
    model(synth)
    with pytest.raises(ValueError, match="'Stack' has a provider already: define your own before the first model"):
        CleanRoomsMLProvider(synth.stack)


def test_a_vpc(synth: Synth) -> None:
    vpc = ec2.Vpc(synth.stack, "Vpc")
    group = ec2.SecurityGroup(synth.stack, "Group", vpc=vpc)
    properties = function(
        synth,
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[group],
    )
    assert properties["VpcConfig"]["SecurityGroupIds"] == [synth.stack.resolve(group.security_group_id)]
    assert len(properties["VpcConfig"]["SubnetIds"]) == 2
    assert "ec2:CreateNetworkInterface" in actions(synth)


def test_without_a_vpc_the_function_has_no_network_permissions(synth: Synth) -> None:
    function(synth)
    assert [action for action in actions(synth) if action.startswith("ec2:")] == []


def test_a_dead_letter_queue(synth: Synth) -> None:
    queue = sqs.Queue(synth.stack, "Queue")
    properties = function(synth, dead_letter_queue=queue)
    assert properties["DeadLetterConfig"] == {"TargetArn": synth.stack.resolve(queue.queue_arn)}
    assert "sqs:SendMessage" in actions(synth)


def test_reserved_concurrency(synth: Synth) -> None:
    assert function(synth, reserved_concurrent_executions=2)["ReservedConcurrentExecutions"] == 2


def test_the_runtime(synth: Synth) -> None:
    assert function(synth, runtime=lambda_.Runtime.PYTHON_3_12)["Runtime"] == "python3.12"


def test_tracing(synth: Synth) -> None:
    assert function(synth, tracing=lambda_.Tracing.ACTIVE)["TracingConfig"] == {"Mode": "Active"}
    assert "xray:PutTraceSegments" in actions(synth)


def test_the_log(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    function(
        synth,
        log_retention=logs.RetentionDays.ONE_YEAR,
        log_encryption_key=key,
        log_removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    group = synth.only("AWS::Logs::LogGroup")
    assert group["DeletionPolicy"] == "RetainExceptOnCreate"
    assert group["Properties"]["RetentionInDays"] == 365
    assert group["Properties"]["KmsKeyId"] == synth.stack.resolve(key.key_arn)
    policies = [k["Properties"]["KeyPolicy"]["Statement"] for k in synth.resources("AWS::KMS::Key").values()]
    (said,) = [s for statements in policies for s in statements if "logs." in str(s["Principal"])]
    assert "log-group:*" in str(said["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"])


def test_a_log_key_that_cannot_be_changed_gets_a_warning(synth: Synth) -> None:
    key = kms.Key.from_key_arn(synth.stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/k")
    function(synth, log_encryption_key=key)
    assert Annotations.from_stack(synth.stack).find_warning("*", Match.string_like_regexp("log_encryption_key"))


def test_a_permissions_boundary(synth: Synth) -> None:
    boundary = iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess")
    function(synth, permissions_boundary=boundary)
    (role,) = [r for name, r in synth.resources("AWS::IAM::Role").items() if name.startswith("CleanRoomsMLProvider")]
    assert role["Properties"]["PermissionsBoundary"] == synth.stack.resolve(boundary.managed_policy_arn)


def test_a_permissions_boundary_of_the_whole_application_reaches_every_role(synth: Synth) -> None:
    iam.PermissionsBoundary.of(synth.app).apply(iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"))
    function(synth)
    roles = synth.resources("AWS::IAM::Role").values()
    assert len(roles) == 2
    assert all("PermissionsBoundary" in role["Properties"] for role in roles)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "runtime must be Python 3.10 or newer, got 'nodejs22.x'"),
        ({"runtime": lambda_.Runtime.PYTHON_3_9}, "runtime must be Python 3.10 or newer, got 'python3.9'"),
        ({"reserved_concurrent_executions": 0}, "reserved_concurrent_executions must be at least 1, got 0"),
        ({"reserved_concurrent_executions": -1}, "reserved_concurrent_executions must be at least 1, got -1"),
        ({"log_removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "log_removal_policy must be DESTROY, RETAIN"),
    ],
)
def test_what_could_never_run_is_refused(synth: Synth, parameters: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CleanRoomsMLProvider(synth.stack, **parameters)
