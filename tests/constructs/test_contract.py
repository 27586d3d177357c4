"""What never changes by accident: a deployed stack finds its resources by it, and a change replaces or loses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cdk_cleanroomsml
from cdk_cleanroomsml import ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE

from ..references import an_audience_model
from .conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
CONTEXT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"]
FLAGS = {name: value for name, value in CONTEXT.items() if name.startswith("@aws-cdk")}


def model(synth: Synth) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )


@pytest.mark.parametrize("flags", [FLAGS, {}], ids=["recommended flags", "no flags"])
def test_logical_ids_and_types(flags: dict[str, Any]) -> None:
    synth = Synth(flags)
    model(synth).add_arn_output()
    template = synth.template.to_json()
    assert {name: resource["Type"] for name, resource in template["Resources"].items()} == {
        "ModelOutputKey4193BEA4": "AWS::KMS::Key",
        "ModelOutputBucket349CA07F": "AWS::S3::Bucket",
        "ModelOutputBucketPolicy5E033ADF": "AWS::S3::BucketPolicy",
        "ModelOutputRoleB23AD018": "AWS::IAM::Role",
        "ModelOutputPassRole7BC81F6C": "AWS::IAM::Policy",
        "Model0301700E": "Custom::CleanRoomsMLConfiguredAudienceModel",
        "CleanRoomsMLAccessLogs9E8ED8D0": "AWS::S3::Bucket",
        "CleanRoomsMLAccessLogsPolicy46E41794": "AWS::S3::BucketPolicy",
        "CleanRoomsMLProviderLogGroupB5FD6D74": "AWS::Logs::LogGroup",
        "CleanRoomsMLProviderRole4F0785CE": "AWS::IAM::Role",
        "CleanRoomsMLProviderConfiguredAudienceModel476DFF3C": "AWS::IAM::Policy",
        "CleanRoomsMLProviderFunction3A8A3602": "AWS::Lambda::Function",
    }
    assert list(template["Outputs"]) == ["ModelArn8F92395C"]


def test_attributes(synth: Synth) -> None:
    one = model(synth)
    assert synth.stack.resolve(one.configured_audience_model_arn) == {"Ref": "Model0301700E"}
    assert synth.stack.resolve(one.configured_audience_model_name) == {"Fn::GetAtt": ["Model0301700E", "Name"]}


def test_construct_paths(synth: Synth) -> None:
    model(synth)
    assert {construct.node.path for construct in synth.stack.node.find_all()} >= {
        "Stack/Model/Resource",
        "Stack/Model/Output/Bucket/Resource",
        "Stack/Model/Output/Key/Resource",
        "Stack/Model/Output/Role/Resource",
        "Stack/CleanRoomsMLAccessLogs/Resource",
        "Stack/CleanRoomsMLProvider/Function/Resource",
        "Stack/CleanRoomsMLProvider/LogGroup/Resource",
        "Stack/CleanRoomsMLProvider/Role/Resource",
    }


def test_what_the_function_is_called_with(synth: Synth) -> None:
    model(synth)
    assert set(synth.only(RESOURCE_TYPE)["Properties"]) >= {"ServiceToken", "ServiceTimeout"}
    assert synth.only("AWS::Lambda::Function")["Properties"]["Handler"] == "handler.main.handler"


def test_public_names_are_all_there() -> None:
    for name in cdk_cleanroomsml.__all__:
        assert getattr(cdk_cleanroomsml, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Absent'"):
        _ = cdk_cleanroomsml.Absent


def test_public_names() -> None:
    assert cdk_cleanroomsml.__all__ == [
        "AudienceModel",
        "AudienceModelGrants",
        "AudienceModelReference",
        "AudienceModelRetraining",
        "AudienceOutput",
        "AudienceSizes",
        "CleanRoomsMLMonitoring",
        "CleanRoomsMLProvider",
        "ConfiguredAudienceModel",
        "ConfiguredAudienceModelAssociation",
        "ConfiguredAudienceModelAssociationGrants",
        "ConfiguredAudienceModelAssociationReference",
        "ConfiguredAudienceModelGrants",
        "ConfiguredAudienceModelPolicy",
        "ConfiguredAudienceModelReference",
        "GlueTable",
        "IAudienceModel",
        "IAudienceModelRef",
        "IConfiguredAudienceModel",
        "IConfiguredAudienceModelAssociation",
        "IConfiguredAudienceModelAssociationRef",
        "IConfiguredAudienceModelRef",
        "ITrainingDataset",
        "Membership",
        "MetricOptions",
        "SeedAudience",
        "SharedAudienceMetrics",
        "TagOnCreatePolicy",
        "TrainingColumn",
        "TrainingDataset",
        "TrainingDatasetGrants",
    ]
