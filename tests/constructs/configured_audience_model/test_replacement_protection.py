"""Which models a deployment refuses to replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from cdk_cleanroomsml import (
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    SharedAudienceMetrics,
)
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE

from ...references import a_membership, an_audience_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
COLLABORATION = "0a1b2c3d-0000-4000-8000-00000000000c"
MEMBERSHIP = "0a1b2c3d-0000-4000-8000-00000000000a"


def model(synth: Synth, **parameters: Any) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        **parameters,
    )


def associate(of: ConfiguredAudienceModel, stack: cdk.Stack) -> None:
    ConfiguredAudienceModelAssociation(
        stack, "Association", configured_audience_model=of, membership=a_membership(stack, MEMBERSHIP)
    )


def policy(of: ConfiguredAudienceModel, stack: cdk.Stack) -> None:
    ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model=of)
    grant(of, stack)


def grant(of: ConfiguredAudienceModel, _stack: cdk.Stack) -> None:
    of.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=COLLABORATION)


def is_protected(synth: Synth) -> bool:
    protected = synth.only(RESOURCE_TYPE)["Properties"].get("ReplacementProtection", False)
    assert protected == ("cloudformation:DescribeStacks" in str(synth.template.to_json()))
    return bool(protected)


def test_what_nobody_depends_on_can_be_replaced(synth: Synth) -> None:
    model(synth)
    assert not is_protected(synth)


@pytest.mark.parametrize("wanted", [None, True, False])
@pytest.mark.parametrize("attach", [associate, policy, grant])
def test_what_partners_depend_on_is_protected_unless_said_otherwise(
    synth: Synth, attach: Callable[[ConfiguredAudienceModel, cdk.Stack], None], wanted: bool | None
) -> None:
    attach(model(synth, replacement_protection=wanted), synth.stack)
    assert is_protected(synth) is (wanted is not False)


def test_partners_of_another_stack(synth: Synth) -> None:
    associate(model(synth), cdk.Stack(synth.app, "Consumer"))
    assert is_protected(synth)


def test_it_can_be_asked_for(synth: Synth) -> None:
    model(synth, replacement_protection=True)
    assert is_protected(synth)


def test_the_function_may_ask_for_no_other_stack(synth: Synth) -> None:
    output = AudienceOutput(synth.stack, "Output")
    model(synth, replacement_protection=True, output=output)
    policies = Template.from_stack(synth.stack).find_resources("AWS::IAM::Policy").values()
    statements = [each for one in policies for each in one["Properties"]["PolicyDocument"]["Statement"]]
    (asking,) = [each for each in statements if each["Action"] == "cloudformation:DescribeStacks"]
    assert asking["Resource"] == {"Ref": "AWS::StackId"}
