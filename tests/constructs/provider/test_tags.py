"""Tags of custom resources: given, of the application, set past the parameter, and known at deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
import pytest
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    SharedAudienceMetrics,
)

from ...references import a_dataset, a_membership, an_audience_model
from ..composition.test_parts import DATASET, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"


@jsii.implements(cdk.IStableStringProducer)
class Later:
    def produce(self) -> str:
        return "later"


@jsii.implements(cdk.IStableAnyProducer)
class LaterTags:
    def produce(self) -> dict[str, str]:
        return {"team": "media"}


def later() -> str:
    producer: Any = Later()
    return cdk.Lazy.string(producer)


def later_tags() -> Any:
    producer: Any = LaterTags()
    return cdk.Lazy.any(producer)


def model(scope: Construct, **parameters: Any) -> Any:
    return ConfiguredAudienceModel(
        scope,
        "Tagged",
        audience_model=an_audience_model(scope, AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        **parameters,
    )


def audience_model(scope: Construct, **parameters: Any) -> Any:
    return AudienceModel(scope, "Tagged", training_dataset=a_dataset(scope, DATASET), **parameters)


def association(scope: Construct, **parameters: Any) -> Any:
    return ConfiguredAudienceModelAssociation(
        scope,
        "Tagged",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(scope, "Model", MODEL),
        membership=a_membership(scope, "0a1b2c3d-0000-4000-8000-00000000000a"),
        **parameters,
    )


def tags(synth: Synth, scope: str = "") -> Any:
    """What is written for the one tagged resource of a scope, whatever the case of its members."""
    (found,) = (
        each["Properties"].get("tags")
        for name, each in synth.template.to_json()["Resources"].items()
        if name.startswith(f"{scope}Tagged") and each["Type"].startswith("Custom::")
    )
    return found


def override(tagged: Any, path: str, value: Any) -> Any:
    return tagged.node.default_child.add_property_override(path, value)


OVERRIDES: list[tuple[dict[str, str] | None, Callable[[Any], object], dict[str, str] | None]] = [
    (None, lambda _: None, None),
    ({"a": "b"}, lambda _: None, {"a": "b"}),
    (None, lambda t: override(t, "tags.own", "o"), {"own": "o"}),
    (None, lambda t: (override(t, "tags.own", "o"), cdk.Tags.of(t).add("c", "d")), {"own": "o", "c": "d"}),
    (None, lambda t: (cdk.Tags.of(t).add("c", "d"), override(t, "tags.own", "o")), {"own": "o", "c": "d"}),
    ({"a": "b"}, lambda t: (override(t, "tags", {"a": "o"}), cdk.Tags.of(t).add("c", "d")), {"a": "o", "c": "d"}),
    ({"a": "b"}, lambda t: (cdk.Tags.of(t).add("a", "d"), override(t, "tags.a", "o")), {"a": "o"}),
    ({"a": "b"}, lambda t: cdk.Tags.of(t).remove("a"), None),
    (
        {"a": "b"},
        lambda t: (t.node.default_child.add_property_deletion_override("tags.a"), cdk.Tags.of(t).add("c", "d")),
        {"c": "d"},
    ),
]
"""What is given, what is said then, and what is written."""


@pytest.mark.parametrize("define", [model, audience_model, association])
def test_a_property_override_comes_after_the_tags_of_the_application(synth: Synth, define: Callable[..., Any]) -> None:
    for number, (given, say, _) in enumerate(OVERRIDES):
        say(define(Construct(synth.stack, f"Row{number}"), tags=given))
    found = [tags(synth, f"Row{number}") for number in range(len(OVERRIDES))]
    assert found == [written for *_, written in OVERRIDES]


@pytest.mark.parametrize("is_tagged", [True, False])
def test_keys_and_values_may_be_tokens_as_far_as_cloudformation_goes(synth: Synth, *, is_tagged: bool) -> None:
    value = cdk.CfnParameter(synth.stack, "Team").value_as_string
    tagged = model(synth.stack, tags={"team": value, later(): "x", f"cost-{later()}": later()})
    if is_tagged:
        cdk.Tags.of(tagged).add("stage", value)
    added = {"stage": {"Ref": "Team"}} if is_tagged else {}
    assert tags(synth) == {"team": {"Ref": "Team"}, "later": "x", "cost-later": "later", **added}


@pytest.mark.parametrize("define", [model, audience_model, association])
@pytest.mark.parametrize("prefix", ["", "team-"])
@pytest.mark.parametrize(
    "token",
    [
        lambda s: cdk.CfnParameter(s, "Key").value_as_string,
        lambda s: s.region,
        lambda _: cdk.Fn.import_value("Key"),
    ],
)
def test_a_key_that_is_known_at_deployment_is_refused(
    synth: Synth, define: Callable[..., Any], prefix: str, token: Callable[[cdk.Stack], str]
) -> None:
    with pytest.raises(ValueError, match="tags key must be known at synthesis, got a Token") as refused:
        define(synth.stack, tags={prefix + token(synth.stack): "media"})
    assert len(str(refused.value).splitlines()) == 2


def test_a_key_that_is_joined_at_deployment_is_refused_by_cdk(synth: Synth) -> None:
    model(synth.stack, tags={cdk.Fn.join("-", [cdk.Aws.REGION, "a"]): "media"})
    with pytest.raises(RuntimeError, match="is used as the key in a map so must resolve to a string"):
        tags(synth)


def test_a_retrainings_keys_are_known_at_synthesis(synth: Synth) -> None:
    key = cdk.CfnParameter(synth.stack, "Key").value_as_string
    imported = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", MODEL)
    with pytest.raises(ValueError, match="tags key must be known at synthesis, got a Token"):
        AudienceModelRetraining(
            synth.stack,
            "Retraining",
            configured_audience_model=imported,
            training_dataset=a_dataset(synth.stack, DATASET),
            tags={key: "media"},
        )


@pytest.mark.parametrize("define", [model, audience_model, association])
@pytest.mark.parametrize("token", [later_tags, lambda: cdk.Fn.get_att("Other", "Tags"), lambda: cdk.Token.as_any({})])
def test_a_token_of_a_whole_map_is_refused(
    synth: Synth, define: Callable[..., Any], token: Callable[[], cdk.IResolvable]
) -> None:
    with pytest.raises(
        ValueError, match="tags must be a dict of which each is a text, got a Token: write a dict, whose"
    ):
        define(synth.stack, tags=token())
