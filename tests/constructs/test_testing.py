"""The helpers for other people's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.testing import (
    audience_models,
    configured_audience_model,
    configured_audience_model_associations,
    configured_audience_model_policies,
    configured_audience_models,
)

from ..references import an_audience_model
from .composition.test_chain import define_chain

if TYPE_CHECKING:
    from .conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


def define(synth: Synth, *names: str) -> None:
    output = AudienceOutput(synth.stack, "Output")
    for name in names:
        ConfiguredAudienceModel(
            synth.stack,
            name,
            audience_model=an_audience_model(synth.stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            configured_audience_model_name=name,
            min_matching_seed_size=100,
            output=output,
        )


def test_the_one_model(synth: Synth) -> None:
    define(synth, "Sports")
    request = configured_audience_model(synth.template)
    assert set(request) == {"name", "audienceModelArn", "outputConfig", "sharedAudienceMetrics", "minMatchingSeedSize"}
    assert (request["name"], request["minMatchingSeedSize"]) == ("Sports", 100)


@pytest.mark.parametrize("names", [(), ("Sports", "News")])
def test_there_must_be_one(synth: Synth, names: tuple[str, ...]) -> None:
    define(synth, *names)
    with pytest.raises(AssertionError, match=r"expected one .*(none|News.*Sports)"):
        configured_audience_model(synth.template)


def test_all_models(synth: Synth) -> None:
    define(synth, "Sports", "News")
    models = configured_audience_models(synth.template)
    assert sorted(request["name"] for request in models.values()) == ["News", "Sports"]


def test_the_rest_of_the_chain(synth: Synth) -> None:
    define_chain(synth.stack)
    template = synth.template
    (audience_model,) = audience_models(template).values()
    (association,) = configured_audience_model_associations(template).values()
    (policy,) = configured_audience_model_policies(template).values()
    # What is only for the function isn't in them: that a retraining owns the audience model, say.
    assert set(audience_model) == {"trainingDatasetArn"}
    assert set(association) == {"membershipIdentifier", "configuredAudienceModelArn", "manageResourcePolicies"}
    assert set(policy) == {"configuredAudienceModelArn", "configuredAudienceModelPolicy"}
