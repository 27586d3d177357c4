"""What a model that is to be adopted is in the template, and what is refused before any deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml import ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE

from ...references import an_audience_model

if TYPE_CHECKING:
    from ..conftest import Synth

HERE = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
ARN = f"{HERE}:configured-audience-model/by-hand"
LOOKS = {"cloudformation:DescribeStackResource", "cloudformation:DescribeStacks"}


def model(stack: cdk.Stack, id: str = "Model", **parameters: Any) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        stack,
        id,
        audience_model=an_audience_model(stack, f"{HERE}:audience-model/readers"),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        **parameters,
    )


def properties(synth: Synth) -> dict[str, Any]:
    found: dict[str, Any] = synth.only(RESOURCE_TYPE)["Properties"]
    return found


def looks_at_stacks(synth: Synth) -> bool:
    """Whether the function may look at any stack of its account and Region."""
    return any(
        "stack/*" in str(statement["Resource"]) and {*statement["Action"]} == LOOKS
        for statement in synth.function_statements()
    )


def test_the_function_is_told_and_may_see_whose_it_is(synth: Synth) -> None:
    model(synth.stack, adopt=ARN)
    assert properties(synth)["Adopt"] == ARN
    assert looks_at_stacks(synth)


def test_without_it_there_is_nothing_of_it(synth: Synth) -> None:
    model(synth.stack)
    assert not {"Adopt", "DeleteAdopted", "ReplacementProtection"} & properties(synth).keys()
    assert not looks_at_stacks(synth)


def test_what_is_asked_of_the_api_is_the_same(synth: Synth) -> None:
    model(synth.stack, adopt=ARN, configured_audience_model_name="by hand")
    assert synth.request()["name"] == "by hand"
    assert "Adopt" not in synth.request()


@pytest.mark.parametrize(("said", "protected"), [(None, True), (True, True), (False, None)])
def test_it_is_protected_unless_said_otherwise(synth: Synth, said: bool | None, protected: bool | None) -> None:
    model(synth.stack, adopt=ARN, replacement_protection=said)
    assert properties(synth).get("ReplacementProtection") is protected


@pytest.mark.parametrize(
    ("said", "deletes"),
    [(None, None), (cdk.RemovalPolicy.DESTROY, True), (cdk.RemovalPolicy.RETAIN, None)],
)
@pytest.mark.parametrize("later", [True, False])
def test_it_is_deleted_only_where_that_is_said(
    synth: Synth, said: cdk.RemovalPolicy | None, deletes: bool | None, later: bool
) -> None:
    if later and said:
        model(synth.stack, adopt=ARN, removal_policy=cdk.RemovalPolicy.DESTROY).apply_removal_policy(said)
    else:
        model(synth.stack, adopt=ARN, removal_policy=said)
    assert properties(synth).get("DeleteAdopted") is deletes


def test_a_parameter_may_say_which(synth: Synth) -> None:
    parameter = cdk.CfnParameter(synth.stack, "Which")
    model(synth.stack, adopt=parameter.value_as_string)
    assert properties(synth)["Adopt"] == {"Ref": "Which"}


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("by-hand", "adopt must be the ARN of a configured audience model"),
        (f"{HERE}:audience-model/readers", "adopt must be the ARN of a configured audience model"),
        (ARN.replace("us-east-1", "eu-west-1"), "adopt's Region 'eu-west-1' is not 'us-east-1'"),
        (ARN.replace("1111", "9999"), "adopt's account '999922223333' is not '111122223333'"),
    ],
)
def test_what_is_refused_at_synthesis(synth: Synth, arn: str, said: str) -> None:
    stack = cdk.Stack(synth.app, "Here", env=cdk.Environment(account="111122223333", region="us-east-1"))
    with pytest.raises(ValueError, match=said):
        model(stack, adopt=arn)


def test_one_model_belongs_to_one_construct(synth: Synth) -> None:
    model(synth.stack, adopt=ARN)
    with pytest.raises(ValueError, match="is adopted by 'Stack/Model' already"):
        model(cdk.Stack(synth.app, "Other"), adopt=ARN)


@pytest.mark.parametrize("same", [True, False])
def test_what_this_application_defines_exists_already(synth: Synth, same: bool) -> None:
    defined = model(synth.stack)
    stack = synth.stack if same else cdk.Stack(synth.app, "Other")
    with pytest.raises(ValueError, match=r"got that of 'Stack/Model/Resource', which this application defines"):
        model(stack, "Second", adopt=defined.configured_audience_model_arn)
