"""The provider as larger organisations want it."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from cdk_cleanroomsml import CleanRoomsMLProvider, ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.provider.options import ProviderOptions

from ...references import an_audience_model

if TYPE_CHECKING:
    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def model(synth: Synth) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
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


def test_it_may_be_defined_anywhere_in_the_stack(synth: Synth) -> None:
    part = Construct(Construct(synth.stack, "Deep"), "Part")
    CleanRoomsMLProvider(part, memory_size=1024, architecture=lambda_.Architecture.ARM_64)
    model(synth)
    ((logical_id, each),) = synth.resources("AWS::Lambda::Function").items()
    assert logical_id == "CleanRoomsMLProviderFunction3A8A3602"
    assert each["Properties"]["MemorySize"] == 1024
    assert each["Properties"]["Architectures"] == ["arm64"]
    with pytest.raises(ValueError, match="'Stack' has a provider already"):
        CleanRoomsMLProvider(part)


def test_without_a_stack_it_says_what_to_do(synth: Synth) -> None:
    with pytest.raises(ValueError, match=r"'the application' is not in a stack.*CleanRoomsMLProvider\.configure"):
        CleanRoomsMLProvider(synth.app)


def test_a_log_group_of_ones_own(synth: Synth) -> None:
    given = logs.LogGroup.from_log_group_name(synth.stack, "Log", "clean-rooms")
    properties = function(synth, log_group=given)
    assert properties["LoggingConfig"] == {"LogGroup": "clean-rooms"}
    assert synth.resources("AWS::Logs::LogGroup") == {}
    assert ":log-group:clean-rooms:*" in str(synth.function_statements())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"memory_size": 64}, "memory_size must be a whole number from 128 to 10240, got 64"),
        ({"log_retention": logs.RetentionDays.ONE_DAY}, "log_retention must be left out with log_group"),
        ({"log_removal_policy": cdk.RemovalPolicy.RETAIN}, "log_removal_policy must be left out with log_group"),
    ],
)
def test_options_that_do_not_go(options: dict[str, Any], problem: str, synth: Synth) -> None:
    given = logs.LogGroup(synth.stack, "Log")
    with pytest.raises(ValueError, match=problem):
        CleanRoomsMLProvider(synth.stack, log_group=given, **options)


def provider_functions(app: cdk.App, stacks: list[cdk.Stack]) -> list[tuple[Any, Any, Any]]:
    """What the functions of stacks are like: memory, tracing and runtime."""
    for stack in stacks:
        ConfiguredAudienceModel(
            stack,
            "Model",
            audience_model=an_audience_model(stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
        )
    assert app.node.children
    found = []
    for stack in stacks:
        (each,) = Template.from_stack(stack).find_resources("AWS::Lambda::Function").values()
        said = each["Properties"]
        found.append((said["MemorySize"], said.get("TracingConfig", {}).get("Mode"), said["Runtime"]))
    return found


def test_a_whole_application_is_configured_at_once(synth: Synth) -> None:
    """Those nearer to a stack go before; a provider of its own before all of them."""
    CleanRoomsMLProvider.configure(
        synth.app, memory_size=1024, tracing=lambda_.Tracing.ACTIVE, runtime=lambda_.Runtime.PYTHON_3_12
    )
    around = Construct(synth.app, "Around")
    CleanRoomsMLProvider.configure(around, memory_size=2048)
    inner, own = cdk.Stack(around, "Inner"), cdk.Stack(around, "Own")
    CleanRoomsMLProvider(own, tracing=lambda_.Tracing.DISABLED)
    nested = cdk.NestedStack(inner, "Nested")
    assert provider_functions(synth.app, [synth.stack, inner, own, nested]) == [
        (1024, "Active", "python3.12"),
        (2048, "Active", "python3.12"),
        (2048, None, "python3.12"),
        (2048, "Active", "python3.12"),
    ]


def test_what_belongs_together_is_not_mixed(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    CleanRoomsMLProvider.configure(synth.app, log_encryption_key=key, log_retention=logs.RetentionDays.ONE_YEAR)
    given = logs.LogGroup(synth.stack, "Log", retention=logs.RetentionDays.ONE_DAY)
    function(synth, log_group=given)
    assert synth.only("AWS::Logs::LogGroup")["Properties"] == {"RetentionInDays": 1}


def test_configuring_comes_first_and_once(synth: Synth) -> None:
    CleanRoomsMLProvider.configure(synth.app, memory_size=1024)
    with pytest.raises(ValueError, match="'the application' has been configured already"):
        CleanRoomsMLProvider.configure(synth.app, memory_size=2048)
    with pytest.raises(ValueError, match="'Stack/Part' is inside of a stack"):
        CleanRoomsMLProvider.configure(Construct(synth.stack, "Part"), memory_size=2048)
    model(synth)
    with pytest.raises(ValueError, match="'Stack/CleanRoomsMLProvider' is there already: configure providers before"):
        CleanRoomsMLProvider.configure(synth.stack, memory_size=2048)


def test_everything_of_a_provider_can_be_configured() -> None:
    own, configure = (
        set(inspect.signature(each).parameters)
        for each in (CleanRoomsMLProvider.__init__, CleanRoomsMLProvider.configure)
    )
    assert own - {"self"} == configure
    assert configure - {"scope"} == {each.name for each in dataclasses.fields(ProviderOptions)}


class TestWhatIsWrongWhereverTheStacksAre:
    @pytest.mark.parametrize("nearer", [False, True])
    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"runtime": lambda_.Runtime.NODEJS_22_X}, "runtime must be Python 3.10 or newer, got 'nodejs22.x'"),
            ({"runtime": lambda_.Runtime.PYTHON_3_9}, "runtime must be Python 3.10 or newer, got 'python3.9'"),
            ({"memory_size": 64}, "memory_size must be a whole number from 128 to 10240, got 64"),
            ({"reserved_concurrent_executions": 0}, "reserved_concurrent_executions must be at least 1, got 0"),
            ({"log_removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "log_removal_policy must be DESTROY"),
            (
                {
                    "log_group": logs.LogGroup.from_log_group_name(cdk.Stack(), "Log", "log"),
                    "log_retention": logs.RetentionDays.ONE_DAY,
                },
                "log_retention must be left out with log_group",
            ),
            (
                {"dead_letter_queue": sqs.Queue(cdk.Stack(), "Dead", fifo=True)},
                "dead_letter_queue must be a standard queue",
            ),
            (
                {"log_encryption_key": kms.Alias.from_alias_name(cdk.Stack(), "Alias", "alias/log")},
                "log_encryption_key must be a key, got an alias",
            ),
        ],
        ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
    )
    def test_is_refused_at_once(self, synth: Synth, options: dict[str, Any], problem: str, *, nearer: bool) -> None:
        scope = cdk.Stage(synth.app, "Stage") if nearer else synth.app
        of = "' of 'Stage':" if nearer else "':"
        with pytest.raises(ValueError, match="invalid parameters of") as refused:
            CleanRoomsMLProvider.configure(scope, **options)
        assert str(refused.value).splitlines()[0] == f"invalid parameters of 'CleanRoomsMLProvider.configure{of}"
        assert problem in str(refused.value)
        # Nothing of it holds, so that it can be said again.
        CleanRoomsMLProvider.configure(scope, memory_size=1024)

    def test_is_said_together(self, synth: Synth) -> None:
        with pytest.raises(ValueError, match="runtime must") as refused:
            CleanRoomsMLProvider.configure(synth.app, runtime=lambda_.Runtime.NODEJS_22_X, memory_size=1)
        assert len(str(refused.value).splitlines()) == 3

    def test_tokens_pass(self, synth: Synth) -> None:
        number = cdk.CfnParameter(synth.stack, "Number", type="Number").value_as_number
        CleanRoomsMLProvider.configure(synth.app, memory_size=number, reserved_concurrent_executions=number)
