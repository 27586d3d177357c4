"""What MiniStack answers for the services that this product relies on, held to botocore's models.

It changes with MiniStack's version, so it is tried with the reproductions of the issues.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from .conformance import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

ROLE = "arn:aws:iam::111122223333:role/role"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TAGS = [{"Key": "team", "Value": "ads"}]
HOUR = 3600

Ask = Any
"""Calls an operation of a service, with these arguments; an error is an answer, too."""


def s3(ask: Ask) -> None:
    here = {"Bucket": "bucket-1"}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    ask("create_bucket", **here)
    ask("put_bucket_encryption", **here, ServerSideEncryptionConfiguration={"Rules": [rule]})
    ask("put_bucket_policy", **here, Policy=DOCUMENT)
    ask("put_public_access_block", **here, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    ask("put_bucket_tagging", **here, Tagging={"TagSet": TAGS})
    ask("put_bucket_versioning", **here, VersioningConfiguration={"Status": "Enabled"})
    ask("put_object", **here, Key="key", Body=b"x")
    for operation in ("get_object", "head_object"):
        ask(operation, **here, Key="key")
        ask(operation, **here, Key="nothing")
    for what in ("encryption", "policy", "tagging", "versioning", "location", "logging"):
        ask(f"get_bucket_{what}", **here)
    ask("get_public_access_block", **here)
    for operation in ("head_bucket", "list_objects_v2", "list_object_versions"):
        ask(operation, **here)
        ask(operation, Bucket="nobody")
    ask("list_buckets")
    ask("delete_objects", **here, Delete={"Objects": [{"Key": "key"}]})


def iam(ask: Ask) -> None:
    here = {"RoleName": "role"}
    ask("create_role", **here, AssumeRolePolicyDocument=DOCUMENT, Tags=TAGS)
    ask("create_role", **here, AssumeRolePolicyDocument=DOCUMENT)
    ask("put_role_policy", **here, PolicyName="policy", PolicyDocument=DOCUMENT)
    ask("get_role_policy", **here, PolicyName="policy")
    policy = {"PolicyArn": ask("create_policy", PolicyName="managed", PolicyDocument=DOCUMENT)["Policy"]["Arn"]}
    ask("attach_role_policy", **here, **policy)
    ask("get_policy", **policy)
    ask("get_policy_version", **policy, VersionId="v1")
    ask("update_assume_role_policy", **here, PolicyDocument=DOCUMENT)
    for operation in ("get_role", "list_role_policies", "list_attached_role_policies", "list_role_tags"):
        ask(operation, **here)
        ask(operation, RoleName="nobody")
    ask("list_roles")
    ask("simulate_principal_policy", PolicySourceArn=ROLE, ActionNames=["s3:GetObject"])
    ask("create_user", UserName="user")
    ask("put_user_policy", UserName="user", PolicyName="policy", PolicyDocument=DOCUMENT)
    ask("create_access_key", UserName="user")


def sts(ask: Ask) -> None:
    ask("get_caller_identity")
    ask("assume_role", RoleArn=ROLE, RoleSessionName="session")
    ask("assume_role", RoleArn=f"{ROLE}-nobody", RoleSessionName="session")


def lambda_(ask: Ask, zipped: Callable[[str], bytes]) -> None:
    here = {"FunctionName": "function"}
    code = zipped("def handler(event, context):\n    return 1 / event['by']")
    made = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Code": {"ZipFile": code}}
    environment = {"Variables": {"NAME": "value"}}
    arn = ask("create_function", **here, **made, Environment=environment, Tags={"team": "ads"})["FunctionArn"]
    ask("create_function", **here, **made)
    for payload in (b'{"by": 1}', b'{"by": 0}'):
        ask("invoke", **here, Payload=payload, LogType="Tail")
    ask("invoke", **here, InvocationType="DryRun")
    ask("invoke", **here, Payload=b'{"by": 1}', InvocationType="Event")
    ask("update_function_code", **here, ZipFile=code)
    ask("update_function_configuration", **here, Timeout=6)
    ask("put_function_event_invoke_config", **here, MaximumRetryAttempts=1)
    ask("put_function_concurrency", **here, ReservedConcurrentExecutions=1)
    ask("add_permission", **here, StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    ask("publish_version", **here)
    ask("list_functions")
    ask("list_tags", Resource=arn)
    reads = ["function", "function_configuration", "function_event_invoke_config", "function_concurrency", "policy"]
    for operation in [*(f"get_{each}" for each in reads), "list_versions_by_function", "delete_function"]:
        ask(operation, FunctionName="nobody")
        ask(operation, **here)


def logs(ask: Ask) -> None:
    here = {"logGroupName": "group"}
    stream = {**here, "logStreamName": "stream"}
    ask("create_log_group", **here)
    ask("create_log_group", **here)
    ask("put_retention_policy", **here, retentionInDays=30)
    ask("create_log_stream", **stream)
    ask("put_log_events", **stream, logEvents=[{"timestamp": int(time.time() * 1000), "message": "said"}])
    ask("get_log_events", **stream)
    metric = {"metricName": "metric", "metricNamespace": "space", "metricValue": "1"}
    ask("put_metric_filter", **here, filterName="filter", filterPattern="said", metricTransformations=[metric])
    for operation in ("describe_log_streams", "filter_log_events", "describe_metric_filters", "delete_log_group"):
        ask(operation, logGroupName="nobody")
        ask(operation, **here)
    ask("describe_log_groups")


def kms(ask: Ask) -> None:
    here = {
        "KeyId": ask("create_key", Description="key", Tags=[{"TagKey": "team", "TagValue": "ads"}])["KeyMetadata"][
            "KeyId"
        ]
    }
    ask("create_alias", AliasName="alias/own", TargetKeyId=here["KeyId"])
    ask("put_key_policy", **here, PolicyName="default", Policy=DOCUMENT)
    ask("encrypt", **here, Plaintext=b"x")
    ask("generate_data_key", **here, KeySpec="AES_256")
    ask("create_grant", **here, GranteePrincipal=ROLE, Operations=["Decrypt"])
    ask("enable_key_rotation", **here)
    for operation in ("describe_key", "get_key_policy", "get_key_rotation_status", "list_resource_tags"):
        ask(operation, **here)
        ask(operation, KeyId="00000000-0000-0000-0000-000000000000")
    ask("list_aliases")
    ask("list_keys")
    ask("schedule_key_deletion", **here)
    ask("encrypt", **here, Plaintext=b"x")


def ssm(ask: Ask) -> None:
    ask("put_parameter", Name="/cdk/version", Value="1", Type="String")
    ask("get_parameter", Name="/cdk/version")
    ask("get_parameter", Name="nothing")
    ask("get_parameters", Names=["/cdk/version", "nothing"])
    ask("get_parameters_by_path", Path="/cdk")


def stepfunctions(ask: Ask) -> None:
    failing = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Fail", "Error": "Wrong", "Cause": "it is"}}
    waiting = {"A": {"Type": "Wait", "Seconds": HOUR, "End": True}}
    for name, states in (("failing", failing), ("waiting", waiting)):
        definition = json.dumps({"StartAt": "A", "States": states})
        machine = ask("create_state_machine", name=name, roleArn=ROLE, definition=definition)["stateMachineArn"]
        here = {"stateMachineArn": machine}
        execution = {"executionArn": ask("start_execution", **here, name="one")["executionArn"]}
        ask("start_execution", **here, name="one", input='{"another": 1}')
        ask("stop_execution", **execution, error="Enough", cause="of it")
        for operation in ("describe_execution", "get_execution_history", "describe_state_machine_for_execution"):
            ask(operation, **execution)
            ask(operation, executionArn=f"{execution['executionArn']}x")
        ask("list_executions", **here)
        ask("describe_state_machine", **here)
        ask("update_state_machine", **here, roleArn=ROLE)
        ask("list_tags_for_resource", resourceArn=machine)
        ask("delete_state_machine", **here)
    ask("list_state_machines")
    ask("create_state_machine", name="wrong", roleArn=ROLE, definition="{}")


def sqs(ask: Ask) -> None:
    here = {"QueueUrl": ask("create_queue", QueueName="queue")["QueueUrl"]}
    ask("send_message", **here, MessageBody="said")
    ask("receive_message", **here, AttributeNames=["All"])
    ask("get_queue_attributes", **here, AttributeNames=["All"])
    ask("get_queue_url", QueueName="queue")
    ask("get_queue_url", QueueName="nobody")
    ask("list_queues")


def sns(ask: Ask) -> None:
    here = {"TopicArn": ask("create_topic", Name="topic")["TopicArn"]}
    queue = "arn:aws:sqs:us-east-1:111122223333:queue"
    ask("subscribe", **here, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
    ask("publish", **here, Message="said")
    for operation in ("get_topic_attributes", "list_subscriptions_by_topic"):
        ask(operation, **here)
        ask(operation, TopicArn=f"{here['TopicArn']}x")
    ask("list_topics")


def events(ask: Ask) -> None:
    ask("put_rule", Name="rule", ScheduleExpression="rate(1 day)")
    ask("put_targets", Rule="rule", Targets=[{"Id": "1", "Arn": "arn:aws:sns:us-east-1:111122223333:topic"}])
    ask("describe_rule", Name="rule")
    ask("describe_rule", Name="nobody")
    ask("list_targets_by_rule", Rule="rule")
    ask("list_rules")
    ask("put_events", Entries=[{"Source": "own", "DetailType": "kind", "Detail": "{}"}])
    ask("describe_event_bus")


def scheduler(ask: Ask) -> None:
    target = {"Arn": "arn:aws:sns:us-east-1:111122223333:topic", "RoleArn": ROLE}
    whole = {"ScheduleExpression": "rate(7 days)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    ask("create_schedule", Name="schedule", **whole)
    ask("create_schedule", Name="schedule", **whole)
    ask("update_schedule", Name="schedule", **whole)
    for operation in ("get_schedule", "delete_schedule"):
        ask(operation, Name="schedule")
        ask(operation, Name="nobody")
    ask("list_schedules")
    ask("get_schedule_group", Name="default")


def cloudwatch(ask: Ask) -> None:
    metric = {"Namespace": "space", "MetricName": "metric"}
    period = {"StartTime": time.time() - HOUR, "EndTime": time.time() + HOUR}
    comparison = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1}
    ask("put_metric_alarm", AlarmName="alarm", **metric, Statistic="Sum", Period=60, **comparison)
    ask("describe_alarms")
    ask("put_metric_data", Namespace="space", MetricData=[{"MetricName": "metric", "Value": 1}])
    ask("list_metrics")
    ask("get_metric_statistics", **metric, **period, Period=60, Statistics=["Sum"])
    query = {"Id": "one", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    ask("get_metric_data", **period, MetricDataQueries=[query])
    ask("put_dashboard", DashboardName="dashboard", DashboardBody="{}")
    ask("get_dashboard", DashboardName="dashboard")
    ask("get_dashboard", DashboardName="nobody")
    ask("list_dashboards")


SERVICES: dict[str, Callable[..., None]] = {
    "cloudwatch": cloudwatch,
    "events": events,
    "iam": iam,
    "kms": kms,
    "lambda": lambda_,
    "logs": logs,
    "s3": s3,
    "scheduler": scheduler,
    "sns": sns,
    "sqs": sqs,
    "ssm": ssm,
    "stepfunctions": stepfunctions,
    "sts": sts,
}


@pytest.mark.skipif(
    "REPRODUCTIONS" not in os.environ,
    reason="what MiniStack answers changes with its version only: REPRODUCTIONS=1 tries it, in the nightly and the"
    " weekly workflow and whenever the pin moves",
)
@pytest.mark.parametrize("service", SERVICES)
def test_an_answer_is_as_the_model_says(engine: Engine, zipped: Callable[[str], bytes], service: str) -> None:
    recorder = Recorder()
    client = recorder.watch(engine.client(service))
    asked: set[str] = set()

    def ask(operation: str, **arguments: Any) -> Any:
        asked.add(client.meta.method_to_api_mapping[operation])
        with contextlib.suppress(ClientError):
            return getattr(client, operation)(**arguments)

    SERVICES[service](ask, *([zipped] if service == "lambda" else []))
    assert recorder.problems == []
    assert {name for _, name in recorder.answered} == asked
