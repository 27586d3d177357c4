"""What the usual checkers say of the whole chain, of models and of parts of them: nothing but what is intrinsic."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModelRetraining,
    AudienceOutput,
    CleanRoomsMLMonitoring,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

from ...linting import linted
from ...nagging import findings
from ...references import a_dataset, an_audience_model
from ..conftest import Synth, an_app
from ..retraining.test_retraining import definition
from .test_chain import ID, define_chain

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
CLEAN_ROOMS_ML = "arn:<AWS::Partition>:cleanrooms-ml:<AWS::Region>:<AWS::AccountId>"


def define_models(stack: cdk.Stack) -> None:
    shared = AudienceOutput(stack, "Shared", prefix="segments")
    for name, output in (("Own", None), ("One", shared), ("Two", shared)):
        ConfiguredAudienceModel(
            stack,
            name,
            audience_model=an_audience_model(stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=output,
            tags={"team": "media"},
        ).add_arn_output(export_name=name)


def define_retraining(stack: cdk.Stack, **parameters: Any) -> AudienceModelRetraining:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "Model", "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/lookalikes"
    )
    dataset = a_dataset(stack, "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/interactions")
    return AudienceModelRetraining(
        stack, "Retraining", configured_audience_model=model, training_dataset=dataset, **parameters
    )


def define_monitoring(stack: cdk.Stack) -> None:
    CleanRoomsMLMonitoring(stack, "Monitoring", retrainings=[define_retraining(stack)])


def define_careless(stack: cdk.Stack) -> None:
    s3.Bucket(stack, "Careless")


class Nagged:
    """What AwsSolutions finds in stacks of one application."""

    def __init__(self) -> None:
        self._app = an_app()
        definitions: dict[str, Callable[[cdk.Stack], None]] = {
            "Chain": define_chain,
            "Models": define_models,
            "Parts": define_monitoring,
            "Careless": define_careless,
        }
        self._stacks = {name: cdk.Stack(self._app, name) for name in definitions}
        for name, define in definitions.items():
            define(self._stacks[name])
        self._found = findings(cdk_nag.AwsSolutionsChecks, self._app)

    def below(self, place: str) -> dict[str, set[str]]:
        """The rules that are broken below a path, and where below it."""
        below = {
            rule: {path.removeprefix(f"{place}/") for path in paths if path.startswith(f"{place}/")}
            for rule, paths in self._found.items()
        }
        return {rule: paths for rule, paths in below.items() if paths}

    def logical_id(self, stack: str, *path: str) -> str:
        construct: Any = self._stacks[stack]
        for name in path:
            construct = construct.node.find_child(name)
        return self._stacks[stack].get_logical_id(cast("cdk.CfnElement", construct.node.default_child))


@pytest.fixture(scope="module")
def nagged() -> Nagged:
    return Nagged()


def test_nag_finds_only_wildcards_that_nobody_can_name_in_the_chain(nagged: Nagged) -> None:
    memberships = "arn:<AWS::Partition>:cleanrooms:<AWS::Region>:<AWS::AccountId>:membership"
    resources = {
        "*",
        "<ModelOutputBucket349CA07F.Arn>/*",
        "arn:<AWS::Partition>:s3:::shop-data/purchases/*",
        "arn:<AWS::Partition>:s3:::shop-seeds/spring/*",
        f"{CLEAN_ROOMS_ML}:audience-model/*",
        f"{CLEAN_ROOMS_ML}:configured-audience-model/*",
        f"{memberships}/*",
        f"{memberships}/*/configuredaudiencemodelassociation/*",
        f"{memberships}/{ID}/configuredaudiencemodelassociation/*",
    }
    assert set(nagged.below("Chain")) == {f"AwsSolutions-IAM5[Resource::{resource}]" for resource in resources}


def test_nag_finds_only_wildcards_that_nobody_can_name_in_models(nagged: Nagged) -> None:
    own, shared = (nagged.logical_id("Models", *path, "Bucket") for path in (("Own", "Output"), ("Shared",)))
    provider = {"CleanRoomsMLProvider/ConfiguredAudienceModel"}
    assert nagged.below("Models") == {
        # Objects below the prefix: their keys are the service's to choose.
        f"AwsSolutions-IAM5[Resource::<{own}.Arn>/*]": {"Own/Output/Role/Resource"},
        f"AwsSolutions-IAM5[Resource::<{shared}.Arn>/segments/*]": {"Shared/Role/Resource"},
        # Models: their ARNs don't exist before they do, and List can't be allowed on less than everything.
        f"AwsSolutions-IAM5[Resource::{CLEAN_ROOMS_ML}:configured-audience-model/*]": provider,
        "AwsSolutions-IAM5[Resource::*]": provider,
    }


def test_nag_finds_only_wildcards_that_nobody_can_name_in_a_retraining(nagged: Nagged) -> None:
    assert nagged.below("Parts/Retraining") == {
        f"AwsSolutions-IAM5[Resource::{CLEAN_ROOMS_ML}:audience-model/*]": {"Role/DefaultPolicy/Resource"},
        # ListAudienceModels, delivery of logs and traces know no resources.
        "AwsSolutions-IAM5[Resource::*]": {"Role/DefaultPolicy/Resource"},
    }


def test_nag_finds_only_wildcards_that_nobody_can_name_in_a_monitoring(nagged: Nagged) -> None:
    assert set(nagged.below("Parts/Monitoring")) == {
        f"AwsSolutions-IAM5[Resource::{CLEAN_ROOMS_ML}:audience-model/*]",
        # PutMetricData, delivery of logs and traces know no resources.
        "AwsSolutions-IAM5[Resource::*]",
    }


def test_nag_would_find_more_if_there_was_more(nagged: Nagged) -> None:
    assert {"AwsSolutions-S1", "AwsSolutions-S10"} <= set(nagged.below("Careless"))


def test_what_is_defined_after_nag_has_looked_is_allowed_as_well(synth: Synth) -> None:
    """It resolves every policy."""
    define_models(synth.stack)
    findings(cdk_nag.AwsSolutionsChecks, synth.app)
    ConfiguredAudienceModel(
        synth.stack,
        "Later",
        audience_model=an_audience_model(synth.stack, f"{ARN}-2"),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    assert f"{ARN}-2" in str(synth.function_statements())


def test_cfn_lint_finds_only_what_is_there_to_be_found(synth: Synth) -> None:
    """In one template, because each costs it its time. What a state machine does it reads where it is no reference."""
    alone = Synth()
    define_retraining(alone.stack, training_window=cdk.Duration.days(90))
    machine = {"RoleArn": "arn:aws:iam::111122223333:role/retraining", "Definition": definition(alone)}
    broken = copy.deepcopy(machine)
    cast("Any", broken)["Definition"]["States"]["GetAudienceModel"]["Type"] = "Tusk"
    define_chain(synth.stack)
    define_models(synth.stack)
    template = dict(synth.template.to_json())
    template["Resources"] |= {
        "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
        "BrokenMachine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": broken},
        "Careless": {"Type": "AWS::S3::Bucket", "Properties": {"BucketNaem": "x"}},
    }
    # W3005: CDK itself lets each function depend on its role, which the function already refers to.
    found = linted(json.dumps(template), regions=["us-east-1", "eu-west-1"], ignore=["W3005"])
    of_the_machine = [each for each in found if "'BrokenMachine'" in each]
    (of_the_bucket,) = (each for each in found if each not in of_the_machine)
    assert of_the_bucket.startswith("E3002 ")
    assert "BucketNaem" in of_the_bucket
    assert any("Tusk" in each for each in of_the_machine)


def test_cdks_own_validation_finds_only_what_is_there_to_be_found() -> None:
    """The gate has it switched off, and by default it only warns. With it goes the search for circular dependencies."""
    app = cdk.App(context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    cdk.Validations.of(app).add_plugins(cdk.CloudFormationValidatePlugin())
    define_chain(cdk.Stack(app, "Stack"))
    define_models(cdk.Stack(app, "Models"))
    careless = cdk.Stack(app, "Careless")
    cdk.CfnResource(careless, "Bucket", type="AWS::S3::Bucket", properties={"BucketNaem": "x"})
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    violations = [violation for plugin in report["pluginReports"] for violation in plugin["violations"]]
    errors = [violation for violation in violations if violation["severity"] == "error"]
    found = {construct["constructPath"] for violation in errors for construct in violation["violatingConstructs"]}
    assert found == {"Careless/Bucket"}
