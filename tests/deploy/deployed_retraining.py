"""A retraining on the local engine: one template, deployed as often as it is needed, its executions and the clock."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from cdk_cleanroomsml import (
    AudienceModelRetraining,
    ConfiguredAudienceModel,
)

from ..references import a_dataset
from .conftest import AUDIENCE_MODEL_ARN

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

DAY = 24 * 3600
POLLING_INTERVAL = DAY // 4
TRAINING_TIMEOUT = 2 * DAY
WINDOW = 90 * DAY
ROLE_ARN = "arn:aws:iam::111122223333:role/cleanrooms-ml"
TRAINING_DATA = {
    "type": "INTERACTIONS",
    "inputConfig": {
        "schema": [
            {"columnName": "reader", "columnTypes": ["USER_ID"]},
            {"columnName": "article", "columnTypes": ["ITEM_ID"]},
            {"columnName": "at", "columnTypes": ["TIMESTAMP"]},
        ],
        "dataSource": {"glueDataSource": {"tableName": "interactions", "databaseName": "media"}},
    },
}


@cache
def client(engine: Engine, service: str) -> Any:
    """A client for all tests: making one takes longer than most of them."""
    return engine.client(service)


def create_training_dataset(engine: Engine) -> str:
    created = client(engine, "cleanroomsml").create_training_dataset(
        name="interactions", roleArn=ROLE_ARN, trainingData=[TRAINING_DATA]
    )
    return str(created["trainingDatasetArn"])


def create_model(engine: Engine, audience_model: str = AUDIENCE_MODEL_ARN) -> str:
    created = client(engine, "cleanroomsml").create_configured_audience_model(
        name="lookalikes",
        audienceModelArn=audience_model,
        outputConfig={"destination": {"s3Destination": {"s3Uri": "s3://segments"}}, "roleArn": ROLE_ARN},
        sharedAudienceMetrics=["ALL"],
    )
    return str(created["configuredAudienceModelArn"])


def put_template(engine: Engine, template: str) -> str:
    """Puts a template into a bucket, as one that is long has to be, and returns its address."""
    s3 = client(engine, "s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="stack.json", Body=template.encode())
    return f"{engine.url}/templates/stack.json"


@cache
def template(keep: int = 2) -> str:
    """A stack that is told by parameters what to retrain; failure notices go to a queue."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
    topic, queue = sns.Topic(stack, "Topic"), sqs.Queue(stack, "Queue")
    topic.add_subscription(
        cast("sns.ITopicSubscription", subscriptions.SqsSubscription(queue, raw_message_delivery=True))
    )
    model_arn = cdk.CfnParameter(stack, "ModelArn").value_as_string
    retraining = AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Model", model_arn),
        training_dataset=a_dataset(stack, cdk.CfnParameter(stack, "DatasetArn").value_as_string),
        training_window=cdk.Duration.seconds(WINDOW),
        training_timeout=cdk.Duration.seconds(TRAINING_TIMEOUT),
        polling_interval=cdk.Duration.seconds(POLLING_INTERVAL),
        keep=keep,
        audience_model_name_prefix="weekly",
        description="{% 'of the week' %}",
        tags={"team": "media"},
        failure_topic=topic,
    )
    cdk.CfnOutput(stack, "StateMachine", value=retraining.state_machine.state_machine_arn)
    cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)
    news = sqs.Queue(stack, "News")
    retraining.on_success("News", target=events_targets.SqsQueue(news))
    cdk.CfnOutput(stack, "NewsUrl", value=news.queue_url)
    return json.dumps(app.synth().get_stack_by_name("Stack").template)


class Retraining:
    """One configured audience model with a retraining, deployed."""

    def __init__(
        self,
        engine: Engine,
        *,
        keep: int = 2,
        scheduled: bool = False,
        change: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self.dataset_arn = create_training_dataset(engine)
        self.model_arn = create_model(engine)
        self.cleanroomsml = client(engine, "cleanroomsml")
        self.cloudformation = client(engine, "cloudformation")
        self._states = client(engine, "stepfunctions")
        document = json.loads(template(keep))
        # A clock that is turned by days would start executions that a test doesn't ask for.
        (schedule,) = (r for r in document["Resources"].values() if r["Type"] == "AWS::Scheduler::Schedule")
        schedule["Properties"]["State"] = "ENABLED" if scheduled else "DISABLED"
        change(document)
        parameters = {"ModelArn": self.model_arn, "DatasetArn": self.dataset_arn}
        self.cloudformation.create_stack(
            StackName="Stack",
            TemplateURL=put_template(engine, json.dumps(document)),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        engine.settle()
        (stack,) = self.cloudformation.describe_stacks(StackName="Stack")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        engine.forget_calls()

    def start(self) -> str:
        started = self._states.start_execution(stateMachineArn=self.outputs["StateMachine"])
        return str(started["executionArn"])

    def run(self) -> dict[str, Any]:
        """A whole execution."""
        return self.finish(self.start())

    def finish(self, execution: str) -> dict[str, Any]:
        """Turns the clock whenever the execution waits, until it ends; answers its description."""
        while (described := self.at_rest(execution))["status"] == "RUNNING":
            self.engine.advance(POLLING_INTERVAL)
        return described

    def wait_until_waiting(self, execution: str) -> None:
        assert self.at_rest(execution)["status"] == "RUNNING"

    def at_rest(self, execution: str) -> dict[str, Any]:
        """An execution, when all of them wait or have ended."""
        self.engine.settle()
        described: dict[str, Any] = self._states.describe_execution(executionArn=execution)
        return described

    def executions(self) -> list[str]:
        listed = self._states.list_executions(stateMachineArn=self.outputs["StateMachine"])["executions"]
        return [each["executionArn"] for each in listed]

    def current(self) -> str:
        """The audience model that the configured one uses."""
        got = self.cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=self.model_arn)
        return str(got["audienceModelArn"])

    def audience_models(self) -> list[str]:
        """All audience models but those that were there from the beginning."""
        listed = self.cleanroomsml.list_audience_models()["audienceModels"]
        return [each["audienceModelArn"] for each in listed if each["name"].startswith("weekly-")]

    def notice(self) -> dict[str, Any]:
        """The next failure notice."""
        return self._received("QueueUrl")[0]

    def news(self) -> list[dict[str, Any]]:
        """What was said of successes."""
        return self._received("NewsUrl")

    def _received(self, url: str) -> list[dict[str, Any]]:
        sqs = client(self.engine, "sqs")
        received = sqs.receive_message(QueueUrl=self.outputs[url], WaitTimeSeconds=10, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


def output(execution: dict[str, Any]) -> dict[str, Any]:
    """What a successful execution says was done."""
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    said: dict[str, Any] = json.loads(execution["output"])
    return said
