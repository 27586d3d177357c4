"""What a training with a customer managed key takes, when somebody asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_kms as kms

from cdk_cleanroomsml import AudienceModel

from ...references import a_dataset
from ..composition.test_parts import DATASET, Place, key_by_arn, key_here, retraining

if TYPE_CHECKING:
    from collections.abc import Callable


def audience_model(place: Place, key: Any, **parameters: Any) -> None:
    AudienceModel(
        place.stack, "AudienceModel", training_dataset=a_dataset(place.stack, DATASET), encryption_key=key, **parameters
    )


def statements_on_keys(place: Place) -> list[dict[str, Any]]:
    return [each for each in place.statements() if "kms:" in str(each["Action"])]


@pytest.mark.parametrize("train", [audience_model, retraining])
def test_nobody_may_use_it_unasked(train: Callable[..., Any]) -> None:
    place = Place()
    train(place, key_here(place))
    assert statements_on_keys(place) == []
    assert "cleanrooms-ml" not in json.dumps(keys(place))


@pytest.mark.parametrize("train", [audience_model, retraining])
def test_who_trains_may_use_it_by_way_of_the_service(train: Callable[..., Any]) -> None:
    place = Place()
    train(place, key_here(place), allow_encryption_key_use=True)
    grant, use = sorted(statements_on_keys(place), key=lambda each: isinstance(each["Action"], list))
    assert use["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    for each in (use, grant):
        assert "kms:ViaService" in each["Condition"]["StringEquals"]
        assert "GivenKey" in json.dumps(each["Resource"])
    assert grant["Condition"]["StringEquals"]["kms:GrantIsForAWSResource"] == "true"
    (key,) = keys(place).values()
    service = [
        each
        for each in key["Properties"]["KeyPolicy"]["Statement"]
        if each["Principal"] == {"Service": "cleanrooms-ml.amazonaws.com"}
    ]
    assert [each["Action"] for each in service] == [use["Action"], "kms:CreateGrant"]
    assert service[1]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


@pytest.mark.parametrize("train", [audience_model, retraining])
def test_a_key_whose_policy_can_not_be_changed_is_pointed_out(train: Callable[..., Any]) -> None:
    place = Place()
    train(place, key_by_arn(place), allow_encryption_key_use=True)
    assert "the policy of the given encryption_key can't be changed from here" in place.warnings()


def keys(place: Place) -> dict[str, Any]:
    resources = place.template()["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == kms.CfnKey.CFN_RESOURCE_TYPE_NAME}
