"""What is given to a construct works after deployment, or is refused, or a warning says what to add.

A row for each way in which a key, a bucket, a topic or a queue can be given: what it is, where it comes from, and what
becomes of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from aws_cdk.interfaces.aws_kms import KeyReference
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceOutput,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    GlueTable,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_dataset
from ..conftest import an_app, warnings_of

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = cdk.Environment(account="111122223333", region="us-east-1")
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001"
DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/1f3d4c5b"
MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"


class Place:
    """A stack to put the construct in, and another one for what comes from elsewhere."""

    def __init__(self) -> None:
        self.app = an_app()
        self.stack = cdk.Stack(self.app, "Stack", env=HERE)

    @cached_property
    def elsewhere(self) -> cdk.Stack:
        return cdk.Stack(self.app, "Elsewhere", env=HERE)

    def template(self) -> dict[str, Any]:
        return dict(Template.from_stack(self.stack).to_json())

    def statements(self) -> list[dict[str, Any]]:
        """All statements of the policies of roles."""
        documents: list[dict[str, Any]] = []
        for template in (each.template for each in self.app.synth().stacks):
            for resource in template.get("Resources", {}).values():
                said = resource["Properties"] if resource["Type"].startswith("AWS::IAM::") else {}
                documents += [said[name] for name in ("PolicyDocument",) if name in said]
                documents += [policy["PolicyDocument"] for policy in said.get("Policies", [])]
        return [statement for document in documents for statement in document["Statement"]]

    def warnings(self) -> str:
        return " ".join(warnings_of(self.stack))


def key_here(place: Place) -> Any:
    return kms.Key(place.stack, "GivenKey")


def key_elsewhere(place: Place) -> Any:
    return kms.Key(place.elsewhere, "GivenKey")


def key_by_arn(place: Place) -> Any:
    return kms.Key.from_key_arn(place.stack, "GivenKey", KEY_ARN)


def key_of_l1(place: Place) -> Any:
    return kms.CfnKey(place.stack, "GivenKey", key_policy={})


def alias_here(place: Place) -> Any:
    return kms.Key(place.stack, "GivenKey").add_alias("alias/exports")


def alias_of_alias(place: Place) -> Any:
    return kms.Alias(place.stack, "Alias", alias_name="alias/second", target_key=alias_here(place))


def alias_by_attributes(place: Place) -> Any:
    return kms.Alias.from_alias_attributes(
        place.stack, "Alias", alias_name="alias/exports", alias_target_key=key_by_arn(place)
    )


def alias_by_name(place: Place) -> Any:
    return kms.Alias.from_alias_name(place.stack, "Alias", "alias/exports")


def alias_by_arn(place: Place) -> Any:
    return kms.Key.from_key_arn(place.stack, "Alias", "arn:aws:kms:us-east-1:111122223333:alias/exports")


class OthersKey(Construct):
    """What another library may have for a key: with a reference, and an ARN that CDK knows nothing of."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.env = cdk.interfaces.ResourceEnvironment(account=HERE.account or "", region=HERE.region or "")
        self.key_arn = KEY_ARN
        self.key_ref = KeyReference(key_arn=KEY_ARN, key_id="0a1b2c3d-0000-4000-8000-000000000001")


def key_of_another_library(place: Place) -> Any:
    return OthersKey(place.stack, "GivenKey")


REFERENCES = [key_of_l1, key_of_another_library]
KEYS = [key_here, key_elsewhere, key_by_arn, alias_here, alias_of_alias, alias_by_attributes]
ALIASES = [alias_by_name, alias_by_arn]


def output(place: Place, key: Any) -> None:
    AudienceOutput(place.stack, "Output", encryption_key=key)


def output_of_a_bucket(place: Place, key: Any) -> None:
    AudienceOutput(place.stack, "Output", bucket=s3.Bucket(place.stack, "Bucket", encryption_key=key))


def output_of_a_bucket_and_the_key(place: Place, key: Any) -> None:
    bucket = s3.Bucket.from_bucket_name(place.stack, "Bucket", "exports")
    AudienceOutput(place.stack, "Output", bucket=bucket, encryption_key=key)


def output_of_an_imported_bucket(place: Place, key: Any) -> None:
    bucket = s3.Bucket.from_bucket_attributes(place.stack, "Bucket", bucket_name="exports", encryption_key=key)
    AudienceOutput(place.stack, "Output", bucket=bucket)


def dataset(place: Place, key: Any) -> None:
    bucket = s3.Bucket.from_bucket_name(place.stack, "Bucket", "interactions")
    define_dataset(place.stack, bucket=bucket, encryption_key=key)


def dataset_of_a_bucket(place: Place, key: Any) -> None:
    define_dataset(place.stack, bucket=s3.Bucket(place.stack, "Bucket", encryption_key=key))


def define_dataset(scope: Construct, table: GlueTable | None = None, **parameters: Any) -> TrainingDataset:
    columns = [TrainingColumn.user_id("u"), TrainingColumn.item_id("i"), TrainingColumn.timestamp("t")]
    given = table or GlueTable(database_name="shop", table_name="purchases")
    return TrainingDataset(scope, "Dataset", columns=columns, table=given, **parameters)


USERS_OF_A_BUCKETS_KEY = [
    output,
    output_of_a_bucket,
    output_of_a_bucket_and_the_key,
    output_of_an_imported_bucket,
    dataset,
    dataset_of_a_bucket,
]


@pytest.mark.parametrize(
    ("use", "key"),
    [
        *((use, key) for use in USERS_OF_A_BUCKETS_KEY for key in KEYS),
        # CDK's own buckets take none of the first level.
        *((use, key) for use in (output, output_of_a_bucket_and_the_key, dataset) for key in REFERENCES),
    ],
)
def test_a_role_may_use_the_key_itself(use: Callable[..., None], key: Callable[[Place], Any]) -> None:
    place = Place()
    use(place, key(place))
    (statement,) = [each for each in place.statements() if "kms:" in str(each["Action"])]
    said = json.dumps(statement["Resource"])
    assert "alias" not in json.dumps(statement)
    assert KEY_ARN in said or "GivenKey" in said


@pytest.mark.parametrize("key", [*KEYS, *ALIASES, *REFERENCES])
def test_a_new_bucket_is_encrypted_with_the_key_that_is_given(key: Callable[[Place], Any]) -> None:
    place = Place()
    given = key(place)
    made = AudienceOutput(place.stack, "Output", encryption_key=given)
    (bucket,) = (
        each
        for name, each in place.template()["Resources"].items()
        if name.startswith("OutputBucket") and each["Type"] == "AWS::S3::Bucket"
    )
    (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    said = json.dumps(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    assert KEY_ARN in said or "GivenKey" in said or "alias/" in said
    assert made.encryption_key is given or key not in REFERENCES


@pytest.mark.parametrize("key", ALIASES)
@pytest.mark.parametrize("use", USERS_OF_A_BUCKETS_KEY)
def test_a_role_may_use_what_has_the_alias(use: Callable[..., None], key: Callable[[Place], Any]) -> None:
    place = Place()
    use(place, key(place))
    (statement,) = [each for each in place.statements() if "kms:" in str(each["Action"])]
    assert ":key/*" in json.dumps(statement["Resource"])
    assert statement["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/exports"}
    assert "kms:EncryptionContext:aws:s3:arn" in statement["Condition"]["ArnLike"]


def other_key(place: Place) -> Any:
    return kms.Key(place.stack, "Other")


def other_alias(place: Place) -> Any:
    return kms.Key(place.stack, "Other").add_alias("alias/other")


def other_arn(place: Place) -> Any:
    return kms.Key.from_key_arn(place.stack, "Other", KEY_ARN.replace("0001", "0002"))


@pytest.mark.parametrize("construct", [AudienceOutput, define_dataset])
@pytest.mark.parametrize(
    ("own", "given"),
    [
        (key_here, other_key),
        (key_elsewhere, other_key),
        (alias_here, other_alias),
        (key_here, other_alias),
        (key_by_arn, other_arn),
        (alias_by_attributes, other_arn),
    ],
)
def test_another_key_than_the_buckets_is_refused(construct: Any, own: Any, given: Any) -> None:
    place = Place()
    bucket = s3.Bucket(place.stack, "Bucket", encryption_key=own(place))
    with pytest.raises(ValueError, match=r"encryption_key .* is not the bucket's, .*: leave encryption_key out"):
        construct(place.stack, *_id(construct), bucket=bucket, encryption_key=given(place))


def _id(construct: Any) -> tuple[str, ...]:
    return ("Given",) if construct is AudienceOutput else ()


@pytest.mark.parametrize("construct", [AudienceOutput, define_dataset])
def test_the_buckets_key_by_another_way_is_the_same(construct: Any) -> None:
    place = Place()
    key = kms.Key(place.stack, "Key")
    bucket = s3.Bucket(place.stack, "Bucket", encryption_key=key.add_alias("alias/exports"))
    again = kms.Key.from_key_arn(place.stack, "Again", key.key_arn)
    for given in (key, again, key.add_alias("alias/second")):
        scope = cdk.Stack(place.app, f"Stack{id(given)}", env=HERE)
        construct(scope, *_id(construct), bucket=bucket, encryption_key=given)


@pytest.mark.parametrize("construct", [AudienceOutput, define_dataset])
def test_a_key_that_only_the_template_knows_is_pointed_out(construct: Any) -> None:
    place = Place()
    bucket = s3.Bucket(place.stack, "Bucket")
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    by_default = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="aws:kms", kms_master_key_id=KEY_ARN)
    resource.bucket_encryption = s3.CfnBucket.BucketEncryptionProperty(
        server_side_encryption_configuration=[
            s3.CfnBucket.ServerSideEncryptionRuleProperty(server_side_encryption_by_default=by_default)
        ]
    )
    construct(place.stack, *_id(construct), bucket=bucket)
    assert "give it as encryption_key" in place.warnings()


def test_a_bucket_that_most_likely_is_another_accounts_is_pointed_out() -> None:
    place = Place()
    table = GlueTable(database_name="shop", table_name="purchases", catalog_id="444455556666")
    define_dataset(place.stack, table, bucket=s3.Bucket.from_bucket_name(place.stack, "Bucket", "interactions"))
    assert "catalog of account 444455556666, and the given bucket counts as one of this account" in place.warnings()
    place = Place()
    theirs = s3.Bucket.from_bucket_attributes(place.stack, "B", bucket_name="interactions", account="444455556666")
    define_dataset(place.stack, table, bucket=theirs)
    assert "counts as one of this account" not in place.warnings()
    assert "belongs to account 444455556666" in place.warnings()


# Keys that the API or CloudWatch Logs takes: no alias


def audience_model(place: Place, key: Any) -> None:
    AudienceModel(place.stack, "AudienceModel", training_dataset=a_dataset(place.stack, DATASET), encryption_key=key)


def retraining(place: Place, key: Any = None, **parameters: Any) -> AudienceModelRetraining:
    return AudienceModelRetraining(
        place.stack,
        "Retraining",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
            place.stack, "Model", MODEL
        ),
        training_dataset=a_dataset(place.stack, DATASET),
        encryption_key=key,
        **parameters,
    )


def provider(place: Place, key: Any) -> None:
    CleanRoomsMLProvider(place.stack, log_encryption_key=key)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("use", [audience_model, retraining, provider])
def test_the_key_of_an_alias_is_taken(use: Callable[..., Any], key: Callable[[Place], Any]) -> None:
    place = Place()
    use(place, key(place))
    said = json.dumps(
        {name: each for name, each in place.template()["Resources"].items() if each["Type"] != "AWS::KMS::Alias"}
    )
    assert "alias" not in said
    assert KEY_ARN in said or "GivenKey" in said


@pytest.mark.parametrize("key", ALIASES)
@pytest.mark.parametrize("use", [audience_model, retraining, provider])
def test_an_alias_whose_key_nobody_knows_is_refused(use: Callable[..., Any], key: Callable[[Place], Any]) -> None:
    place = Place()
    with pytest.raises(ValueError, match="encryption_key must be a key, got an alias"):
        use(place, key(place))


# Topics


def topic_here(place: Place) -> Any:
    return sns.Topic(place.stack, "Topic")


def topic_elsewhere(place: Place) -> Any:
    return sns.Topic(place.elsewhere, "Topic")


def topic_with_key(place: Place) -> Any:
    return sns.Topic(place.stack, "Topic", master_key=key_here(place))


def topic_with_key_elsewhere(place: Place) -> Any:
    return sns.Topic(place.elsewhere, "Topic", master_key=key_elsewhere(place))


def topic_with_alias(place: Place) -> Any:
    return sns.Topic(place.stack, "Topic", master_key=alias_here(place))


def topic_with_imported_key(place: Place) -> Any:
    return sns.Topic(place.stack, "Topic", master_key=key_by_arn(place))


def topic_with_key_of_aws(place: Place) -> Any:
    return sns.Topic(
        place.stack, "Topic", master_key=kms.Alias.from_alias_name(place.stack, "Managed", "alias/aws/sns")
    )


def topic_with_key_in_the_template(place: Place) -> Any:
    topic = sns.Topic(place.stack, "Topic")
    resource = topic.node.default_child
    assert isinstance(resource, sns.CfnTopic)
    resource.kms_master_key_id = KEY_ARN
    return topic


def topic_imported(place: Place) -> Any:
    return sns.Topic.from_topic_arn(place.stack, "Topic", "arn:aws:sns:us-east-1:111122223333:notices")


def topic_of_another_account(place: Place) -> Any:
    return sns.Topic.from_topic_arn(place.stack, "Topic", "arn:aws:sns:us-east-1:444455556666:notices")


def topic_imported_with_key(place: Place) -> Any:
    return sns.Topic.from_topic_attributes(
        place.stack, "Topic", topic_arn="arn:aws:sns:us-east-1:111122223333:notices", key_arn=KEY_ARN
    )


def topic_fifo(place: Place) -> Any:
    return sns.Topic(place.stack, "Topic", fifo=True)


@dataclass(frozen=True)
class Sender:
    """A parameter that takes a topic."""

    parameter: str
    service: str

    def give(self, place: Place, topic: Any) -> None:
        if self.parameter == "failure_topic":
            retraining(place, failure_topic=topic)
        else:
            CleanRoomsMLMonitoring(
                place.stack, "Monitoring", provider=CleanRoomsMLProvider(place.stack), alarm_topic=topic
            )


SENDERS = [Sender("failure_topic", "events.amazonaws.com"), Sender("alarm_topic", "cloudwatch.amazonaws.com")]
NO_POLICY = "the policy of the given {parameter} can't be changed from here; it must let {service} publish"
NO_KEY_POLICY = "the policy of the key of the given {parameter} can't be changed from here; it must allow {service}"
UNKNOWN_KEY = "the given {parameter} has a key that isn't known here; its policy must allow {service}"


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.parameter)
@pytest.mark.parametrize(
    ("topic", "warnings"),
    [
        (topic_here, []),
        (topic_elsewhere, []),
        (topic_with_key, []),
        (topic_with_key_elsewhere, []),
        (topic_with_alias, []),
        (topic_with_imported_key, [NO_KEY_POLICY]),
        (topic_with_key_of_aws, [NO_KEY_POLICY]),
        (topic_with_key_in_the_template, [UNKNOWN_KEY]),
        (topic_imported, [NO_POLICY + ", and its key, if it has one, allow it kms:Decrypt"]),
        (topic_imported_with_key, [NO_POLICY, NO_KEY_POLICY]),
        (topic_fifo, ["the given {parameter} is a FIFO topic"]),
    ],
)
def test_a_topic(sender: Sender, topic: Callable[[Place], Any], warnings: list[str]) -> None:
    place = Place()
    given = topic(place)
    sender.give(place, given)
    said = place.warnings()
    for warning in warnings:
        assert warning.format(parameter=sender.parameter, service=sender.service) in said
    for warning in (NO_POLICY, NO_KEY_POLICY, UNKNOWN_KEY):
        if not any(each.startswith(warning) for each in warnings):
            assert warning.format(parameter=sender.parameter, service=sender.service) not in said
    if given.node.default_child is not None:
        assert may_publish(given.stack, sender.service)
    if topic in (topic_with_key, topic_with_key_elsewhere, topic_with_alias):
        assert may_use_the_key(given.stack, sender.service)


def may_publish(stack: cdk.Stack, service: str) -> bool:
    policies = Template.from_stack(stack).find_resources("AWS::SNS::TopicPolicy").values()
    statements = [each for one in policies for each in one["Properties"]["PolicyDocument"]["Statement"]]
    return any(each["Principal"] == {"Service": service} and each["Action"] == "sns:Publish" for each in statements)


def may_use_the_key(stack: cdk.Stack, service: str) -> bool:
    (key,) = Template.from_stack(stack).find_resources("AWS::KMS::Key").values()
    statements = key["Properties"]["KeyPolicy"]["Statement"]
    (one,) = [each for each in statements if each["Principal"] == {"Service": service}]
    return bool(one["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"])


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.parameter)
def test_a_topic_of_another_region_is_refused(sender: Sender) -> None:
    place = Place()
    topic = sns.Topic.from_topic_arn(place.stack, "Topic", "arn:aws:sns:eu-west-1:111122223333:notices")
    with pytest.raises(ValueError, match=f"{sender.parameter}'s Region 'eu-west-1' is not 'us-east-1'"):
        sender.give(place, topic)


def test_a_topic_of_another_account() -> None:
    """CloudWatch sends to one that lets it in; that EventBridge does isn't for CDK to arrange."""
    place = Place()
    SENDERS[1].give(place, topic_of_another_account(place))
    assert NO_POLICY.format(parameter="alarm_topic", service="cloudwatch.amazonaws.com") in place.warnings()
    with pytest.raises(ValueError, match="failure_topic's account '444455556666' is not '111122223333'"):
        SENDERS[0].give(place, topic_of_another_account(Place()))


# Queues


def queue_of_provider(place: Place, queue: Any) -> None:
    CleanRoomsMLProvider(place.stack, dead_letter_queue=queue)


def queue_of_retraining(place: Place, queue: Any) -> None:
    retraining(place, dead_letter_queue=queue)


def queue_here(place: Place) -> Any:
    return sqs.Queue(place.stack, "Queue")


def queue_with_key_of_aws(place: Place) -> Any:
    return sqs.Queue(place.stack, "Queue", encryption=sqs.QueueEncryption.KMS_MANAGED)


def queue_with_key(place: Place) -> Any:
    return sqs.Queue(place.stack, "Queue", encryption_master_key=key_here(place))


def queue_with_key_elsewhere(place: Place) -> Any:
    return sqs.Queue(place.elsewhere, "Queue", encryption_master_key=key_elsewhere(place))


def queue_with_alias(place: Place) -> Any:
    return sqs.Queue(place.stack, "Queue", encryption_master_key=alias_here(place))


def queue_imported(place: Place) -> Any:
    return sqs.Queue.from_queue_arn(place.stack, "Queue", "arn:aws:sqs:us-east-1:111122223333:dead")


def queue_imported_with_key(place: Place) -> Any:
    return sqs.Queue.from_queue_attributes(
        place.stack, "Queue", queue_arn="arn:aws:sqs:us-east-1:111122223333:dead", key_arn=KEY_ARN
    )


def queue_of_another_account(place: Place) -> Any:
    return sqs.Queue.from_queue_attributes(
        place.stack, "Queue", queue_arn="arn:aws:sqs:us-east-1:444455556666:dead", key_arn=KEY_ARN
    )


@pytest.mark.parametrize("give", [queue_of_provider, queue_of_retraining])
@pytest.mark.parametrize(
    ("queue", "has_key", "warning"),
    [
        (queue_here, False, None),
        (queue_with_key_of_aws, False, None),
        (queue_with_key, True, None),
        (queue_with_key_elsewhere, True, None),
        (queue_with_alias, True, None),
        (queue_imported, False, "import it with Queue.from_queue_attributes and its key_arn"),
        (queue_imported_with_key, True, None),
        (queue_of_another_account, True, "belongs to account 444455556666: its policy, and its key's, must allow"),
    ],
)
def test_a_dead_letter_queue(give: Any, queue: Callable[[Place], Any], has_key: bool, warning: str | None) -> None:
    place = Place()
    give(place, queue(place))
    statements = place.statements()
    assert any(each["Action"] == "sqs:SendMessage" for each in statements)
    using = [each for each in statements if each["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]]
    assert len(using) == has_key
    assert "alias" not in str(using)
    assert ("dead_letter_queue" in place.warnings()) is (warning is not None)
    assert (warning or "") in place.warnings()


@pytest.mark.parametrize("give", [queue_of_provider, queue_of_retraining])
def test_a_queue_that_takes_nothing_is_refused(give: Any) -> None:
    place = Place()
    fifo = sqs.Queue.from_queue_arn(place.stack, "Queue", "arn:aws:sqs:eu-west-1:111122223333:dead.fifo")
    with pytest.raises(ValueError, match="must be a standard queue") as refused:
        give(place, fifo)
    assert "dead_letter_queue's Region 'eu-west-1' is not 'us-east-1'" in str(refused.value)


# Buckets of access logs


def test_a_given_logs_bucket_is_written_to_under_one_statement() -> None:
    place = Place()
    logs = s3.Bucket(place.elsewhere, "Logs")
    for number in range(3):
        AudienceOutput(place.stack, f"Output{number}", server_access_logs_bucket=logs)
    (policy,) = Template.from_stack(place.elsewhere).find_resources("AWS::S3::BucketPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert statement["Action"] == "s3:PutObject"
    assert "server_access_logs_bucket" not in place.warnings()


def test_a_logs_bucket_whose_policy_can_not_be_changed_is_pointed_out() -> None:
    place = Place()
    logs = s3.Bucket.from_bucket_name(place.stack, "Logs", "logs")
    AudienceOutput(place.stack, "Output", server_access_logs_bucket=logs)
    assert "must let logging.s3.amazonaws.com put objects" in place.warnings()


def imported_logs(place: Place, **attributes: Any) -> Any:
    return s3.Bucket.from_bucket_attributes(place.stack, "Logs", bucket_name="logs", **attributes)


@pytest.mark.parametrize(
    ("logs", "problem"),
    [
        (lambda place: s3.Bucket(place.stack, "Logs", encryption_key=key_here(place)), "encrypted with a key of KMS"),
        (
            lambda place: s3.Bucket(place.stack, "Logs", encryption=s3.BucketEncryption.KMS_MANAGED),
            "encrypted with a key of KMS",
        ),
        (lambda place: imported_logs(place, encryption_key=key_by_arn(place)), "encrypted with a key of KMS"),
        (lambda place: imported_logs(place, region="eu-west-1"), "Region 'eu-west-1' is not 'us-east-1'"),
        (lambda place: imported_logs(place, account="444455556666"), "account '444455556666' is not '111122223333'"),
    ],
)
def test_a_logs_bucket_that_gets_none_is_refused(logs: Any, problem: str) -> None:
    place = Place()
    with pytest.raises(ValueError, match=problem):
        AudienceOutput(place.stack, "Output", server_access_logs_bucket=logs(place))


def test_a_logs_bucket_is_for_a_new_bucket() -> None:
    place = Place()
    given = s3.Bucket(place.stack, "Bucket")
    with pytest.raises(ValueError, match="server_access_logs_bucket is for a new bucket"):
        AudienceOutput(place.stack, "Output", bucket=given, server_access_logs_bucket=given)
