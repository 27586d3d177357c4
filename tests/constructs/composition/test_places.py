"""What is written into the policy of another stack names the place that is meant, not that of the other stack."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelPolicy,
    GlueTable,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_dataset
from ..conftest import an_app

ACCOUNT = "111122223333"
VIRGINIA = cdk.Environment(account=ACCOUNT, region="us-east-1")
OREGON = cdk.Environment(account=ACCOUNT, region="us-west-2")
PARTNER = cdk.Environment(account="444455556666", region="us-west-2")
COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")]


class Two:
    """One stack in Oregon, and one elsewhere whose policies are written to."""

    def __init__(self, elsewhere: cdk.Environment = VIRGINIA) -> None:
        self.app = an_app()
        self.oregon = cdk.Stack(self.app, "Oregon", env=OREGON, cross_region_references=True)
        self.elsewhere = cdk.Stack(self.app, "Elsewhere", env=elsewhere, cross_region_references=True)

    def role(self) -> iam.Role:
        return iam.Role(
            self.elsewhere, "Role", role_name="theirs", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com")
        )

    def policies(self) -> str:
        """All that any policy of any stack says."""
        found = [
            resource["Properties"]
            for stack in (self.oregon, self.elsewhere)
            for resource in Template.from_stack(stack).to_json()["Resources"].values()
            if "Policy" in resource["Type"] or resource["Type"] in ("AWS::KMS::Key", "AWS::IAM::Role")
        ]
        return str(found)


def test_the_glue_table_of_a_dataset_is_where_the_dataset_is() -> None:
    two = Two()
    bucket = s3.Bucket.from_bucket_name(two.oregon, "Data", "data")
    TrainingDataset(
        two.oregon, "Dataset", columns=COLUMNS, table=GlueTable("shop", "p"), bucket=bucket, role=two.role()
    )
    assert f":glue:us-west-2:{ACCOUNT}:table/shop/p" in two.policies()
    assert "AWS::Region" not in two.policies().replace(":logs:", "")


def tag_after_training(two: Two) -> str:
    arn = f"arn:aws:cleanrooms-ml:us-west-2:{ACCOUNT}:training-dataset/d"
    dataset = TrainingDataset.from_training_dataset_arn(two.elsewhere, "Dataset", arn)
    dataset.grants.create_audience_model(two.role())
    return f":cleanrooms-ml:us-west-2:{ACCOUNT}:audience-model/*"


def tag_after_configuring(two: Two) -> str:
    arn = f"arn:aws:cleanrooms-ml:us-west-2:{ACCOUNT}:training-dataset/d"
    model = AudienceModel(two.oregon, "AudienceModel", training_dataset=a_dataset(two.oregon, arn))
    model.grants.create_configured_audience_model(two.role())
    return f":cleanrooms-ml:us-west-2:{ACCOUNT}:configured-audience-model/*"


@pytest.mark.parametrize("grant", [tag_after_training, tag_after_configuring])
def test_grants_are_on_what_is_where_the_thing_is(grant: Any) -> None:
    two = Two()
    expected = grant(two)
    statements = [
        statement
        for policy in Template.from_stack(two.elsewhere).find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "cleanrooms-ml:TagResource"
    ]
    assert len(statements) == 1
    assert expected in str(statements)


def test_a_created_buckets_account_is_its_own_in_a_role_of_another_stack() -> None:
    two = Two()
    AudienceOutput(two.oregon, "Output", role=two.role())
    assert f"'s3:ResourceAccount': '{ACCOUNT}'" in two.policies()


def test_a_log_key_lets_in_the_logs_of_the_provider_s_place() -> None:
    two = Two(cdk.Environment(account="444455556666", region="us-west-2"))
    key = kms.Key(two.elsewhere, "Key", alias="logs")
    CleanRoomsMLProvider(two.oregon, log_encryption_key=key)
    (theirs,) = Template.from_stack(two.elsewhere).find_resources("AWS::KMS::Key").values()
    assert f":logs:us-west-2:{ACCOUNT}:log-group:*" in str(theirs)
    assert "logs.us-west-2.amazonaws.com" in str(theirs)


def test_a_topic_of_another_account_lets_in_the_alarms_account() -> None:
    two = Two(PARTNER)
    topic = sns.Topic(two.elsewhere, "Topic", topic_name="alarms")
    CleanRoomsMLMonitoring(two.oregon, "Monitoring", provider=CleanRoomsMLProvider(two.oregon), alarm_topic=topic)
    (policy,) = Template.from_stack(two.elsewhere).find_resources("AWS::SNS::TopicPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_jobs_of_a_model_are_where_its_arn_says() -> None:
    """The stack doesn't know where it will be, the ARN does."""
    app = an_app()
    stack = cdk.Stack(app, "Stack")
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Model", f"arn:aws:cleanrooms-ml:eu-west-1:{ACCOUNT}:configured-audience-model/m"
    )
    ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model=model)
    model.grants.start_audience_generation(
        iam.AccountPrincipal("444455556666"), collaboration_id="8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
    )
    (policy,) = Template.from_stack(stack).find_resources("Custom::CleanRoomsMLConfiguredAudienceModelPolicy").values()
    assert f":cleanrooms-ml:eu-west-1:{ACCOUNT}:audience-generation-job/*" in str(policy)
