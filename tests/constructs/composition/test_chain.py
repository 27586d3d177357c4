"""The whole chain in one stack: what never changes by accident."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    GlueTable,
    SeedAudience,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_dataset, a_membership
from ..conftest import Synth

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml import IConfiguredAudienceModel

ID = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
CONTEXT: dict[str, Any] = json.loads((Path(__file__).parents[3] / "cdk.json").read_text())["context"]
FLAGS = {name: value for name, value in CONTEXT.items() if name.startswith("@aws-cdk")}


def define_chain(stack: cdk.Stack) -> None:
    provider = CleanRoomsMLProvider(stack)
    dataset = TrainingDataset(
        stack,
        "Dataset",
        columns=[TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")],
        table=GlueTable("shop", "purchases"),
        bucket=s3.Bucket.from_bucket_name(stack, "Data", "shop-data"),
        prefix="purchases",
    )
    first = AudienceModel(stack, "AudienceModel", training_dataset=dataset)
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=first,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        wait_for_audience_model=cdk.Duration.minutes(1),
    )
    ConfiguredAudienceModelAssociation(
        stack,
        "Association",
        configured_audience_model=model,
        membership=a_membership(stack, ID),
        manage_resource_policies=False,
    )
    model.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=ID)
    retraining = AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=model,
        training_dataset=dataset,
        initial_audience_model=first,
    )
    CleanRoomsMLMonitoring(stack, "Monitoring", retrainings=[retraining], provider=provider)
    SeedAudience(stack, "Seed", bucket=s3.Bucket.from_bucket_name(stack, "Seeds", "shop-seeds"), prefix="spring")


@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended flags", "no flags"])
def test_logical_ids_and_types(flags: dict[str, Any]) -> None:
    """Those of the model and the provider are in test_contract.py."""
    synth = Synth(flags)
    define_chain(synth.stack)
    resources = synth.template.to_json()["Resources"]
    known = ("CleanRoomsML", "ModelOutput")
    assert {name: each["Type"] for name, each in resources.items() if not name.startswith(known)} == {
        "DatasetRoleEA36AE91": "AWS::IAM::Role",
        "DatasetB87AF082": "AWS::CleanRoomsML::TrainingDataset",
        "AudienceModel4585445D": "Custom::CleanRoomsMLAudienceModel",
        "Model0301700E": "Custom::CleanRoomsMLConfiguredAudienceModel",
        "ModelPolicy4EDEB0D0": "Custom::CleanRoomsMLConfiguredAudienceModelPolicy",
        "AssociationA4069362": "Custom::CleanRoomsConfiguredAudienceModelAssociation",
        "RetrainingRole67AE5B85": "AWS::IAM::Role",
        "RetrainingRoleDefaultPolicy07003A15": "AWS::IAM::Policy",
        "RetrainingLogGroupA7CF792A": "AWS::Logs::LogGroup",
        "RetrainingStateMachine88099325": "AWS::StepFunctions::StateMachine",
        "RetrainingOwnExecutions23B85E6D": "AWS::IAM::Policy",
        "RetrainingSchedule4BADF883": "AWS::Scheduler::Schedule",
        "RetrainingScheduleRoleD61FE8E4": "AWS::IAM::Role",
        "RetrainingScheduleRoleDefaultPolicy64ED3098": "AWS::IAM::Policy",
        "MonitoringRetraining0C29D521ExecutionsFailedB539EBB1": "AWS::CloudWatch::Alarm",
        "MonitoringRetraining0C29D521ExecutionsTimedOut15043CEB": "AWS::CloudWatch::Alarm",
        "MonitoringRetraining0C29D521ExecutionsAbortedDF8B1677": "AWS::CloudWatch::Alarm",
        "MonitoringRetraining0C29D521AudienceModelTooOldC01B35AA": "AWS::CloudWatch::Alarm",
        "MonitoringAgeRole6EF5B488": "AWS::IAM::Role",
        "MonitoringAgeRoleDefaultPolicy01522775": "AWS::IAM::Policy",
        "MonitoringAgeLogGroup6DAF27B8": "AWS::Logs::LogGroup",
        "MonitoringAgeStateMachineEE2F3A63": "AWS::StepFunctions::StateMachine",
        "MonitoringAgeScheduleEF7B1F31": "AWS::Scheduler::Schedule",
        "MonitoringAgeScheduleRole3BA1978E": "AWS::IAM::Role",
        "MonitoringAgeScheduleRoleDefaultPolicyE86C1ACF": "AWS::IAM::Policy",
        "MonitoringExecutionsFailedACC22879": "AWS::CloudWatch::Alarm",
        "MonitoringExecutionsTimedOutC6BB25FD": "AWS::CloudWatch::Alarm",
        "MonitoringExecutionsAborted3FF0A28C": "AWS::CloudWatch::Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCFailed7D9D0DD0": "AWS::CloudWatch::Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCErrorsD64C64F5": "AWS::CloudWatch::Alarm",
        "MonitoringCleanRoomsMLProvider54431EFCThrottles95894422": "AWS::CloudWatch::Alarm",
        "MonitoringDashboard0C3675C6": "AWS::CloudWatch::Dashboard",
        "SeedRoleBEFA786D": "AWS::IAM::Role",
    }


def train(stack: cdk.Stack) -> None:
    AudienceModel(
        stack,
        "AudienceModel",
        training_dataset=a_dataset(stack, "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/5d2c1b0a"),
    )


def let_in_a_partner(stack: cdk.Stack) -> None:
    model = theirs(stack)
    ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model=model)
    model.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=ID)


def associate(stack: cdk.Stack) -> None:
    ConfiguredAudienceModelAssociation(
        stack, "Association", configured_audience_model=theirs(stack), membership=a_membership(stack, ID)
    )


def theirs(stack: cdk.Stack) -> IConfiguredAudienceModel:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Theirs", "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"
    )


@pytest.mark.parametrize(
    ("define", "subjects"),
    [
        (CleanRoomsMLProvider, set()),
        (train, {"AudienceModel", "AudienceModels", "TagResource", "UntagResource"}),
        (let_in_a_partner, {"ConfiguredAudienceModelPolicy"}),
        (
            associate,
            {
                "ConfiguredAudienceModel",
                "ConfiguredAudienceModelAssociation",
                "ConfiguredAudienceModelAssociations",
                "ConfiguredAudienceModelPolicy",
                "TagsForResource",
                "TagResource",
                "UntagResource",
            },
        ),
    ],
)
def test_the_permissions_of_the_provider_grow_only_with_the_types_in_use(
    synth: Synth, define: Callable[[cdk.Stack], None], subjects: set[str]
) -> None:
    define(synth.stack)
    statements = synth.function_statements()
    actions = [
        each
        for said in statements
        for each in ([said["Action"]] if isinstance(said["Action"], str) else said["Action"])
    ]
    ours = [action.partition(":")[2] for action in actions if action.startswith("cleanrooms")]
    assert {re.sub("^(Create|Get|List|Update|Put|Delete)", "", name) for name in ours} == subjects


def test_what_has_a_role_can_be_granted_something(synth: Synth) -> None:
    """By what CDK has: a bucket knows no more of it than that it is an `IGrantable`."""
    define_chain(synth.stack)
    reports = s3.Bucket(synth.stack, "Reports")
    model: Any = synth.stack.node.find_child("Model")
    grantees = [model.output, *(synth.stack.node.find_child(each) for each in ("Dataset", "Retraining", "Seed"))]
    for each in grantees:
        grantee: Any = each
        reports.grant_read(grantee).assert_success()
    policies = synth.template.find_resources("AWS::IAM::Policy").values()
    granted = [each for each in policies if "Reports" in json.dumps(each)]
    roles = sorted(each["Properties"]["Roles"][0]["Ref"] for each in granted)
    assert [re.sub("Role[0-9A-F]{8}$", "", each) for each in roles] == ["Dataset", "ModelOutput", "Retraining", "Seed"]
