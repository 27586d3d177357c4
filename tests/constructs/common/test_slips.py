"""What is said where something is given in place of what is meant: a part, an L1, a class, a word of an API."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SeedAudience, SharedAudienceMetrics
from cdk_cleanroomsml.common.articles import with_article

from ...references import an_audience_model
from ..conftest import an_app
from .test_parameter_types import FUNCTIONS, PARAMETERS, call

if TYPE_CHECKING:
    from collections.abc import Callable

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
TOPIC = "arn:aws:sns:us-east-1:111122223333:notices"


class Things:
    """What people have at hand."""

    def __init__(self) -> None:
        stack = cdk.Stack(an_app(), "Stack")
        self.stack = stack
        self.bucket = s3.Bucket(stack, "Bucket")
        self.l1_bucket = s3.CfnBucket(stack, "L1Bucket")
        self.imported_bucket = s3.Bucket.from_bucket_name(stack, "Imported", "exports")
        self.output = AudienceOutput(stack, "Output", bucket=self.bucket)
        self.model = ConfiguredAudienceModel(
            stack,
            "Model",
            audience_model=an_audience_model(stack, AUDIENCE_MODEL),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=self.output,
        )
        self.seed = SeedAudience(stack, "Seed", bucket=self.bucket)
        self.role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
        self.l1_role = iam.CfnRole(stack, "L1Role", assume_role_policy_document={})
        self.topic = sns.Topic(stack, "Topic")
        self.l1_topic = sns.CfnTopic(stack, "L1Topic")
        self.queue = sqs.Queue(stack, "Queue")
        self.l1_queue = sqs.CfnQueue(stack, "L1Queue")
        self.function = lambda_.Function.from_function_name(stack, "Function", "f")
        self.log_group = logs.LogGroup(stack, "LogGroup")
        self.l1_log_group = logs.CfnLogGroup(stack, "L1LogGroup")
        self.l1_policy = iam.CfnManagedPolicy(stack, "L1Policy", policy_document={})
        self.l1_vpc = ec2.CfnVPC(stack, "L1Vpc", cidr_block="10.0.0.0/16")
        self.table = glue.CfnTable(stack, "Table", catalog_id="1", database_name="d", table_input={})
        self.collaboration = cleanrooms.CfnCollaboration(
            stack,
            "Collaboration",
            name="spring",
            description="a campaign",
            creator_display_name="publisher",
            creator_member_abilities=[],
            query_log_status="DISABLED",
            members=[],
        )


MODEL, OUTPUT, RETRAINING = "ConfiguredAudienceModel.__init__", "AudienceOutput.__init__", "AudienceModelRetraining"
PROVIDER, MONITORING, DATASET = (
    f"{each}.__init__" for each in ("CleanRoomsMLProvider", "CleanRoomsMLMonitoring", "TrainingDataset")
)
START = "ConfiguredAudienceModelGrants.start_audience_generation"
_IN_S3 = "s3.Bucket.from_bucket_name(self, 'Bucket', 'b')"

SLIPS: list[tuple[str, str, Callable[[Things], Any], str]] = [
    (MODEL, "output", lambda _: "s3://b/p/q", f"AudienceOutput(self, 'AudienceOutput', bucket={_IN_S3}, prefix='p/q')"),
    (MODEL, "output", lambda _: "s3://b", f"write AudienceOutput(self, 'AudienceOutput', bucket={_IN_S3})"),
    (MODEL, "output", lambda has: has.bucket, "got a Bucket: write AudienceOutput(self, 'AudienceOutput', bucket=…)"),
    (MODEL, "output", lambda has: has.imported_bucket, "got a Bucket: write AudienceOutput(self, 'AudienceOutput', bu"),
    (MODEL, "output", lambda has: has.l1_bucket, "got a CfnBucket: write AudienceOutput(self, 'AudienceOutput', bu"),
    (MODEL, "output", lambda has: has.model, "got a ConfiguredAudienceModel: write ….output"),
    (MODEL, "output", lambda _: AudienceOutput, "got the class AudienceOutput: write Audien"),
    (MODEL, "adopt", lambda has: has.model, "write ….configured_audience_model_arn"),
    (MODEL, "retrained", lambda _: "true", "must be True or False, got 'true': write True"),
    (MODEL, "retrained", lambda _: 0, "write False"),
    (MODEL, "wait_for_audience_model", lambda _: "10 minutes", "write cdk.Duration.minutes(10)"),
    (MODEL, "wait_for_audience_model", lambda _: "PT10M", "write cdk.Duration.minutes(10)"),
    (MODEL, "wait_for_audience_model", lambda _: "soon", "write cdk.Duration.minutes(…)"),
    (MODEL, "description", lambda _: True, "description must be a text, got True"),
    (OUTPUT, "bucket", lambda has: has.l1_bucket, "got a CfnBucket: write s3.Bucket.from_cfn_bucket(…)"),
    (OUTPUT, "bucket", lambda _: "s3://b/p", f"write {_IN_S3}, with prefix='p'"),
    (OUTPUT, "bucket", lambda has: has.output, "got an AudienceOutput: write ….bucket"),
    (OUTPUT, "bucket", lambda has: has.bucket.bucket_ref, "got a BucketReference: give what it is the reference of"),
    (OUTPUT, "bucket", lambda _: s3.Bucket, "write s3.Bucket(…)"),
    (OUTPUT, "role_name", lambda has: has.role, "that is for the name of a new one"),
    (
        PROVIDER,
        "log_group",
        lambda has: has.l1_log_group,
        "logs.LogGroup.from_log_group_arn(self, 'LogGroup', ….attr_arn)",
    ),
    (PROVIDER, "log_retention", lambda _: 30, "must be logs.RetentionDays.ONE_DAY or .THREE_DAYS or .…, got 30"),
    (PROVIDER, "dead_letter_queue", lambda has: has.l1_queue, "sqs.Queue.from_queue_arn(self, 'Queue', ….attr_arn)"),
    (PROVIDER, "dead_letter_queue", lambda has: has.topic, "must be an sqs.IQueue, got a Topic"),
    (PROVIDER, "vpc", lambda _: "vpc-12", "write ec2.Vpc.from_lookup(self, 'Vpc', vpc_id='vpc-12')"),
    (PROVIDER, "vpc", lambda has: has.l1_vpc, "write ec2.Vpc.from_vpc_attributes(self, 'Vpc', …)"),
    (PROVIDER, "vpc_subnets", lambda _: ec2.SubnetType.PUBLIC, "write ec2.SubnetSelection(subnet_type=…)"),
    (
        PROVIDER,
        "security_groups",
        lambda _: ["sg-12"],
        "ec2.SecurityGroup.from_security_group_id(self, 'SecurityGroup'",
    ),
    (PROVIDER, "runtime", lambda _: "python3.13", "write lambda_.Runtime.PYTHON_3_13"),
    (PROVIDER, "architecture", lambda _: "arm64", "write lambda_.Architecture.ARM_64"),
    (
        PROVIDER,
        "permissions_boundary",
        lambda has: has.l1_policy,
        "from_managed_policy_arn(self, 'ManagedPolicy', ….attr_po",
    ),
    (
        f"{RETRAINING}.on_success",
        "target",
        lambda has: has.topic,
        "an IRuleTarget, got a Topic: write aws_events_targets.SnsTopic(…)",
    ),
    (f"{RETRAINING}.on_failure", "target", lambda has: has.queue, "write aws_events_targets.SqsQueue(…)"),
    (f"{RETRAINING}.on_failure", "target", lambda has: has.function, "write aws_events_targets.LambdaFunction(…)"),
    (f"{RETRAINING}.on_failure", "target", lambda has: has.log_group, "write aws_events_targets.CloudWatchLogGroup(…)"),
    (f"{RETRAINING}.on_failure", "target", lambda has: has.l1_topic, "SnsTopic(an import of that topic)"),
    (f"{RETRAINING}.on_failure", "target", lambda has: has.bucket, "must be an IRuleTarget, got a Bucket"),
    (
        f"{RETRAINING}.on_failure",
        "target",
        lambda _: TOPIC,
        f"SnsTopic(sns.Topic.from_topic_arn(self, 'Topic', '{TOPIC}'))",
    ),
    (
        f"{RETRAINING}.__init__",
        "failure_topic",
        lambda has: has.l1_topic,
        "from_topic_arn(self, 'Topic', ….attr_topic_arn)",
    ),
    (f"{RETRAINING}.__init__", "failure_topic", lambda has: events_targets.SnsTopic(has.topic), "got an SnsTopic"),
    (
        f"{RETRAINING}.on_success",
        "target",
        lambda _: events_targets.SnsTopic,
        "got the class SnsTopic: write aws_events_targets.SnsTopic(…)",
    ),
    (f"{RETRAINING}.on_success", "target", lambda _: sns.Topic, "Topic: write aws_events_targets.SnsTopic(…)"),
    (
        f"{RETRAINING}.on_success",
        "target",
        lambda has: [events_targets.SnsTopic(has.topic)],
        "got a list: leave out the brackets",
    ),
    (
        f"{RETRAINING}.on_success",
        "target",
        lambda _: type("Mine", (), {"bind": print})(),
        "got a Mine, which CDK doesn't know for one: write @jsii.implements(aws_events.IRuleTarget) above its class",
    ),
    (OUTPUT, "role", lambda _: iam.User, "got the class User: write iam.Role(…)"),
    (PROVIDER, "runtime", lambda _: lambda_.Runtime, "got the class Runtime"),
    (
        f"{RETRAINING}.__init__",
        "schedule",
        lambda _: "rate(7 days)",
        "write scheduler.ScheduleExpression.expression('rate(7",
    ),
    (f"{RETRAINING}.__init__", "schedule", lambda _: 7, "write scheduler.ScheduleExpression.rate(…) or .cron(…)"),
    (
        MONITORING,
        "alarm_topic",
        lambda has: has.l1_topic,
        "write sns.Topic.from_topic_arn(self, 'Topic', ….attr_topic_arn)",
    ),
    (DATASET, "table", lambda has: has.table, "got a CfnTable: write GlueTable.from_table(…)"),
    (
        "AudienceModel.__init__",
        "training_data_start_time",
        lambda _: "2026-01-31",
        "write datetime.fromisoformat('2026-01-31T0",
    ),
    (START, "grantee", lambda _: 444455556666, "write iam.AccountPrincipal('444455556666')"),
    (
        START,
        "grantee",
        lambda has: has.l1_role,
        "got a CfnRole: write iam.Role.from_role_arn(self, 'Role', ….attr_arn)",
    ),
    (START, "seed_role", lambda has: has.seed, "got a SeedAudience: write ….role"),
    (START, "collaboration_id", lambda has: has.collaboration, "write ….attr_collaboration_identifier"),
    (
        "ConfiguredAudienceModel.add_to_resource_policy",
        "statement",
        lambda _: {"Effect": "Allow"},
        "iam.PolicyStatement.from_json(…)",
    ),
    (
        "ConfiguredAudienceModel.add_to_resource_policy",
        "statement",
        lambda _: iam.PolicyDocument(),
        "got a PolicyDocument",
    ),
]


@pytest.fixture(scope="module")
def things() -> Things:
    return Things()


@pytest.mark.parametrize(("name", "parameter", "given", "words"), SLIPS)
def test_what_is_meant_is_said(
    things: Things, name: str, parameter: str, given: Callable[[Things], Any], words: str
) -> None:
    lines = [line for line in call(name, parameter, given(things)).splitlines() if line.startswith(f"  - {parameter}")]
    assert len(lines) == 1
    assert words in lines[0]


GIVEN: dict[str, Callable[[Things], Any]] = {
    "a text": lambda _: "s3://b/p",
    "a number": lambda _: 7,
    "a truth": lambda _: True,
    "a list": lambda has: [has.bucket],
    "a dict": lambda _: {"a": object()},
    "a class": lambda _: sns.Topic,
    "an import": lambda has: has.imported_bucket,
    "an L1": lambda has: has.l1_topic,
    "a period": lambda _: cdk.Duration.days(1),
    "a stack": lambda has: has.stack,
}
UGLY = ("_", "Proxy", "object at 0x", "maketrans", "Reference", "Traceback", "jsii")


@pytest.mark.parametrize("given", GIVEN)
def test_whatever_is_given_is_said_in_words(things: Things, given: str) -> None:
    """For each parameter with another annotation: what it is called isn't what it is."""
    once = {
        (parameter, str(inspect.signature(FUNCTIONS[name]).parameters[parameter].annotation)): name
        for name, parameter in PARAMETERS
    }
    for (parameter, annotation), name in once.items():
        if parameter in ("scope", "id") or (given == "a text" and "str" in annotation):
            continue
        try:
            said = call(name, parameter, GIVEN[given](things))
        except (pytest.fail.Exception, AttributeError) as error:
            if "DID NOT RAISE" in str(error) or "'Unlike' object" in str(error):
                # It is what is meant, and nothing is there to take it.
                continue
            raise
        for line in said.splitlines():
            _, found, got = line.partition(", got ")
            if found and line.startswith(f"  - {parameter}"):
                shown = got.partition(":")[0]
                assert not any(each in shown for each in UGLY), line
                assert "maketrans" not in line


@pytest.mark.parametrize(
    ("articles", "names"),
    [
        ("an", ["Alarm", "IRuleTarget", "Output", "Event", "UnknownPrincipal", "Update", "umbrella", "iam.User"]),
        (
            "an",
            [
                "s3.IBucket",
                "sqs.IQueue",
                "SnsTopic",
                "SqsQueue",
                "ssm.StringParameter",
                "HttpApi",
                "L1",
                "MFADevice",
                "X",
            ],
        ),
        ("a", ["User", "user", "UserPool", "unit", "Unit", "UrlSigning", "UUID", "UtcTime", "UsagePlan", "EuRegion"]),
        ("a", ["OneTime", "Session", "Role", "kms.IKeyRef", "Bucket", "Sx", "Rdsx", "Union", "NATGateway"]),
    ],
)
def test_articles_go_by_the_sound(articles: str, names: list[str]) -> None:
    assert [with_article(each) for each in names] == [f"{articles} {each}" for each in names]
