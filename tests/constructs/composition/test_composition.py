"""Models as a part of something larger."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ssm as ssm
from aws_cdk import pipelines
from aws_cdk.assertions import Template

import cdk_cleanroomsml
from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE
from cdk_cleanroomsml.testing import configured_audience_models

from ...references import an_audience_model

if TYPE_CHECKING:
    from types import ModuleType

    from constructs import Construct

    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def model(scope: Construct, name: str = "Model", output: AudienceOutput | None = None) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        scope,
        name,
        audience_model=an_audience_model(scope, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )


def told(stack: cdk.Stack, arn: str) -> Any:
    """A stack that is told an ARN, and what its template says of it."""
    ssm.StringParameter(stack, "Told", string_value=arn)
    (parameter,) = Template.from_stack(stack).find_resources("AWS::SSM::Parameter").values()
    return parameter["Properties"]["Value"]


def test_another_stack_imports_the_arn(synth: Synth) -> None:
    arn = model(synth.stack).configured_audience_model_arn
    value = told(cdk.Stack(synth.app, "Consumer"), arn)
    (exported,) = synth.template.find_outputs("*").values()
    assert value == {"Fn::ImportValue": exported["Export"]["Name"]}
    assert list(exported["Value"]) == ["Ref"]


def test_another_stack_looks_the_arn_up_if_the_reference_is_to_be_weak(synth: Synth) -> None:
    weak = model(synth.stack)
    weak.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)
    value = told(cdk.Stack(synth.app, "Consumer"), weak.configured_audience_model_arn)
    assert "Fn::ImportValue" not in value
    assert "Export" not in str(synth.template.find_outputs("*"))


def test_a_model_may_write_to_the_output_of_another_stack(synth: Synth) -> None:
    output = AudienceOutput(cdk.Stack(synth.app, "Exports"), "Output")
    model(synth.stack, output=output)
    (request,) = configured_audience_models(synth.template).values()
    assert "Fn::ImportValue" in request["outputConfig"]["roleArn"]
    synth.template.resource_count_is("AWS::S3::Bucket", 0)


def test_a_nested_stack(synth: Synth) -> None:
    nested = cdk.NestedStack(synth.stack, "Nested")
    inside = model(nested)
    cdk.CfnOutput(synth.stack, "Arn", value=inside.configured_audience_model_arn)
    assert len(configured_audience_models(Template.from_stack(nested))) == 1
    assert configured_audience_models(synth.template) == {}


class Lookalikes(cdk.Stage):
    """What is deployed to each environment."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.models = cdk.Stack(self, "Models")
        model(self.models)


def test_stages_are_alike(synth: Synth) -> None:
    one, two = (Template.from_stack(Lookalikes(synth.app, name).models).to_json() for name in ("Beta", "Production"))
    assert one == two


def test_a_pipeline(synth: Synth) -> None:
    source = pipelines.CodePipelineSource.connection(
        "owner/repository", "main", connection_arn="arn:aws:codeconnections:us-east-1:111122223333:connection/c"
    )
    pipeline = pipelines.CodePipeline(
        synth.stack, "Pipeline", synth=pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    )
    pipeline.add_stage(Lookalikes(synth.app, "Beta"))
    stages = synth.only("AWS::CodePipeline::Pipeline")["Properties"]["Stages"]
    assert "Beta" in [stage["Name"] for stage in stages]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arns_have_the_partition_of_the_stack(synth: Synth, partition: str) -> None:
    arn = ARN.replace("arn:aws:", f"arn:{partition}:")
    ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, arn),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    template = str(synth.template.to_json()).replace(arn, "")
    assert "arn:aws" not in template
    assert "{'Ref': 'AWS::Partition'}, ':cleanrooms-ml:'" in template


def test_a_condition(synth: Synth) -> None:
    wanted = cdk.CfnCondition(synth.stack, "Wanted", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "us-east-1"))
    resource = model(synth.stack).node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.cfn_options.condition = wanted
    assert synth.only(RESOURCE_TYPE)["Condition"] == "Wanted"


@pytest.mark.parametrize(
    "synthesizer", [cdk.DefaultStackSynthesizer, cdk.CliCredentialsStackSynthesizer, cdk.LegacyStackSynthesizer]
)
def test_any_synthesizer_that_can_publish_a_file(synth: Synth, synthesizer: type[Any]) -> None:
    stack = cdk.Stack(synth.app, "Own", synthesizer=synthesizer())
    model(stack)
    assert len(configured_audience_models(Template.from_stack(stack))) == 1


@pytest.fixture
def second_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The library once more, as an application gets it that vendors one and installs another."""
    folder = tmp_path / "vendored_cleanroomsml"
    shutil.copytree(Path(cdk_cleanroomsml.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, folder.name, module)
    spec.loader.exec_module(module)
    return module


def test_two_copies_of_the_library_share_what_a_stack_has_one_of(synth: Synth, second_copy: ModuleType) -> None:
    model(synth.stack, "Ours")
    second_copy.ConfiguredAudienceModel(
        synth.stack,
        "Theirs",
        audience_model=an_audience_model(synth.stack, ARN),
        shared_audience_metrics=second_copy.SharedAudienceMetrics.ALL,
    )
    assert len(configured_audience_models(synth.template)) == 2
    synth.template.resource_count_is("AWS::Lambda::Function", 1)
    synth.template.resource_count_is("AWS::S3::Bucket", 3)


def test_an_aspect_reaches_everything(synth: Synth) -> None:
    model(synth.stack)
    cdk.RemovalPolicies.of(synth.app).destroy()
    kept = [
        name for name, r in synth.template.to_json()["Resources"].items() if "Retain" in r.get("DeletionPolicy", "")
    ]
    assert kept == []
