"""Models that are defined elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

import cdk_cleanroomsml
from cdk_cleanroomsml import ConfiguredAudienceModel

if TYPE_CHECKING:
    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:eu-west-1:444455556666:configured-audience-model/8ad5aa2a"


def test_an_import_knows_what_its_arn_says(synth: Synth) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Theirs", ARN)
    assert model.configured_audience_model_arn == ARN
    assert model.configured_audience_model_id == "8ad5aa2a"
    assert (model.env.account, model.env.region) == ("444455556666", "eu-west-1")
    assert model.stack == synth.stack
    assert model.node.path == "Stack/Theirs"
    assert synth.template.to_json().get("Resources") is None


def test_the_arn_can_be_a_token(synth: Synth) -> None:
    arn = cdk.Fn.import_value("LookalikesArn")
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Theirs", arn)
    assert synth.stack.resolve(model.configured_audience_model_arn) == {"Fn::ImportValue": "LookalikesArn"}
    assert synth.stack.resolve(model.configured_audience_model_id) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": "LookalikesArn"}]}]
    }


@pytest.mark.parametrize(
    "arn",
    [
        "lookalikes",
        "arn:aws:cleanrooms-ml:eu-west-1:444455556666:audience-model/8ad5aa2a",
        ARN + "x" * 2048,
    ],
)
def test_what_is_no_arn_of_a_model_is_refused(synth: Synth, arn: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Theirs':\n  - configured_audience_model_arn"):
        ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Theirs", arn)


def test_more_than_the_arn_can_be_known(synth: Synth) -> None:
    reader = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    model = ConfiguredAudienceModel.from_configured_audience_model_attributes(
        synth.stack,
        "Theirs",
        configured_audience_model_arn=ARN,
        role=iam.Role.from_role_arn(synth.stack, "Writer", "arn:aws:iam::444455556666:role/writer"),
    )
    model.grants.manage(reader)
    assert "arn:aws:iam::444455556666:role/writer" in str(synth.only("AWS::IAM::Policy"))


def test_whatever_has_an_import_by_its_arn_has_one_by_all_that_is_known() -> None:
    imports = {
        each
        for name in cdk_cleanroomsml.__all__
        for each in vars(getattr(cdk_cleanroomsml, name))
        if each[:5] == "from_"
    }
    arns = {each.removesuffix("_arn") for each in imports if each.endswith("_arn")}
    assert arns == {each.removesuffix("_attributes") for each in imports if each.endswith("_attributes")}
    assert len(arns) == 5
