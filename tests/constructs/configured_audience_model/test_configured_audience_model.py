"""Every parameter of the construct, as the API gets to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest

from cdk_cleanroomsml import (
    AudienceOutput,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
    TagOnCreatePolicy,
)
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE

from ...references import an_audience_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
EVERYTHING: dict[str, Any] = {
    "configured_audience_model_name": "sports readers",
    "description": "Readers who\nresemble your customers",
    "min_matching_seed_size": 100,
    "audience_sizes": AudienceSizes.percentage(1, 5, 10),
    "child_resource_tag_on_create_policy": TagOnCreatePolicy.FROM_PARENT_RESOURCE,
    "tags": {"team": "media"},
}


def model(synth: Synth, id: str = "Model", **parameters: Any) -> ConfiguredAudienceModel:
    parameters.setdefault("audience_model", an_audience_model(synth.stack, ARN))
    parameters.setdefault("shared_audience_metrics", SharedAudienceMetrics.ALL)
    return ConfiguredAudienceModel(synth.stack, id, **parameters)


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The members of a shape that hold a value, however deep."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from leaves(member, (*path, name))
    else:
        yield path


def test_every_member_of_the_request_has_a_parameter(synth: Synth) -> None:
    model(synth, **EVERYTHING)
    request = synth.request()
    operation = botocore.session.get_session().get_service_model("cleanroomsml")
    missing = []
    for path in leaves(operation.operation_model("CreateConfiguredAudienceModel").input_shape):
        value: Any = request
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is None:
            missing.append(".".join(path))
    assert missing == []


def test_the_request_has_nothing_but_members_of_the_api(synth: Synth) -> None:
    model(synth, **EVERYTHING)
    operation = botocore.session.get_session().get_service_model("cleanroomsml")
    assert set(synth.request()) <= set(operation.operation_model("CreateConfiguredAudienceModel").input_shape.members)


def test_the_least_that_can_be_said(synth: Synth) -> None:
    model(synth)
    request = synth.request()
    assert set(request) == {"audienceModelArn", "outputConfig", "sharedAudienceMetrics"}
    assert request["audienceModelArn"] == ARN
    assert request["sharedAudienceMetrics"] == ["ALL"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"configured_audience_model_name": "sports readers"}, {"name": "sports readers"}),
        ({"description": ""}, {"description": ""}),
        ({"description": "two\nlines"}, {"description": "two\nlines"}),
        ({"shared_audience_metrics": SharedAudienceMetrics.NONE}, {"sharedAudienceMetrics": ["NONE"]}),
        ({"shared_audience_metrics": SharedAudienceMetrics.of("SOME")}, {"sharedAudienceMetrics": ["SOME"]}),
        ({"min_matching_seed_size": 25}, {"minMatchingSeedSize": 25}),
        (
            {"audience_sizes": AudienceSizes.absolute(1000, 20_000_000)},
            {"audienceSizeConfig": {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000, 20_000_000]}},
        ),
        (
            {"audience_sizes": AudienceSizes.percentage(100)},
            {"audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [100]}},
        ),
        (
            {"child_resource_tag_on_create_policy": TagOnCreatePolicy.NONE},
            {"childResourceTagOnCreatePolicy": "NONE"},
        ),
        ({"tags": {"team": "media", "empty": ""}}, {"tags": {"team": "media", "empty": ""}}),
    ],
)
def test_a_parameter_is_the_member_of_the_request(
    synth: Synth, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    model(synth, **parameters)
    assert synth.request() | expected == synth.request()


def test_the_output_is_where_segments_are_written(synth: Synth) -> None:
    output = AudienceOutput(synth.stack, "Output", prefix="segments")
    one = model(synth, "One", output=output)
    two = model(synth, "Two", output=output)
    assert (one.bucket, one.encryption_key, one.role) == (output.bucket, output.encryption_key, output.role)
    first, second = (r["Properties"]["outputConfig"] for r in synth.resources(RESOURCE_TYPE).values())
    assert first == second
    assert first["destination"]["s3Destination"]["s3Uri"] == synth.stack.resolve(output.s3_uri)
    assert first["roleArn"] == synth.stack.resolve(two.role.role_ref.role_arn)
    synth.template.resource_count_is("AWS::KMS::Key", 1)


def test_attributes_are_those_of_the_custom_resource(synth: Synth) -> None:
    one = model(synth, configured_audience_model_name="sports")
    (logical_id,) = synth.resources(RESOURCE_TYPE)
    assert synth.stack.resolve(one.configured_audience_model_arn) == {"Ref": logical_id}
    assert synth.stack.resolve(one.configured_audience_model_name) == {"Fn::GetAtt": [logical_id, "Name"]}


def test_the_arn_is_an_output_when_asked(synth: Synth) -> None:
    one = model(synth)
    assert synth.template.find_outputs("*") == {}
    synth = type(synth)()
    one = model(synth)
    one.add_arn_output(export_name="LookalikesArn", description="For the media team")
    (output,) = synth.template.find_outputs("*").values()
    assert output == {
        "Value": synth.stack.resolve(one.configured_audience_model_arn),
        "Export": {"Name": "LookalikesArn"},
        "Description": "For the media team",
    }


def test_tags_of_the_application_reach_the_model(synth: Synth) -> None:
    one = model(synth, tags={"team": "media", "stage": "beta"})
    cdk.Tags.of(synth.app).add("environment", "beta")
    cdk.Tags.of(one).add("team", "sports")
    cdk.Tags.of(one).remove("stage")
    # What is said at the construct itself stands nearest to it, and wins as with any other resource.
    assert synth.request()["tags"] == {"environment": "beta", "team": "sports"}


@pytest.mark.parametrize(
    ("policy", "expected"),
    # Nothing said is CloudFormation's own default: the resource is deleted.
    [(cdk.RemovalPolicy.RETAIN, "RetainExceptOnCreate"), (cdk.RemovalPolicy.DESTROY, None), (None, None)],
)
def test_the_removal_policy(synth: Synth, policy: cdk.RemovalPolicy | None, expected: str | None) -> None:
    parameters: dict[str, Any] = {} if policy is None else {"removal_policy": policy}
    model(synth, **parameters)
    resource = synth.only(RESOURCE_TYPE)
    assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == (expected, expected and "Retain")


def test_the_removal_policy_can_be_applied_from_outside(synth: Synth) -> None:
    model(synth).apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    assert synth.only(RESOURCE_TYPE)["DeletionPolicy"] == "RetainExceptOnCreate"
    synth = type(synth)()
    model(synth)
    cdk.RemovalPolicies.of(synth.stack).retain()
    assert synth.only(RESOURCE_TYPE)["DeletionPolicy"] == "Retain"


def test_everything_can_be_a_token(synth: Synth) -> None:
    def text(name: str) -> str:
        return cdk.CfnParameter(synth.stack, name).value_as_string

    def number(name: str) -> int | float:
        return cdk.CfnParameter(synth.stack, name, type="Number").value_as_number

    model(
        synth,
        audience_model=an_audience_model(synth.stack, text("Arn")),
        shared_audience_metrics=SharedAudienceMetrics.of(text("Metrics")),
        configured_audience_model_name=text("Name"),
        description=text("Description"),
        min_matching_seed_size=number("Seed"),
        audience_sizes=AudienceSizes.percentage(number("Small"), 10),
        child_resource_tag_on_create_policy=TagOnCreatePolicy.of(text("Policy")),
        tags={"team": text("Team")},
    )
    request = synth.request()
    del request["outputConfig"]
    assert request == {
        "audienceModelArn": {"Ref": "Arn"},
        "sharedAudienceMetrics": [{"Ref": "Metrics"}],
        "name": {"Ref": "Name"},
        "description": {"Ref": "Description"},
        "minMatchingSeedSize": {"Ref": "Seed"},
        "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [{"Ref": "Small"}, 10]},
        "childResourceTagOnCreatePolicy": {"Ref": "Policy"},
        "tags": {"team": {"Ref": "Team"}},
    }


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Model'") as error:
        model(
            synth,
            configured_audience_model_name=" ",
            description="\u0007" * 256,
            min_matching_seed_size=24,
            audience_sizes=AudienceSizes.percentage(0, 5, 101),
            tags={"aws:team": "media", "team": "media!"},
        )
    message = str(error.value)
    for said in (
        "configured_audience_model_name must be printable characters on one line, not only spaces, got ' '",
        "description must have 0 to 255 characters, got 256",
        "description must be printable characters and line breaks",
        "min_matching_seed_size must be a whole number from 25 to 500000, got 24",
        "audience_sizes[0] must be a whole number from 1 to 100, got 0",
        "audience_sizes[2] must be a whole number from 1 to 100, got 101",
        "tags key must not start with 'aws:'",
        "tags['team'] must be of letters, numbers, spaces",
    ):
        assert said in message


def test_the_model_waits_for_the_permissions_of_the_function(synth: Synth) -> None:
    model(synth)
    (function,) = synth.resources("AWS::Lambda::Function")
    assert synth.only(RESOURCE_TYPE)["Properties"]["ServiceToken"] == {"Fn::GetAtt": [function, "Arn"]}
    assert set(synth.only(RESOURCE_TYPE)["DependsOn"]) == set(synth.function_policies())


def members_of_ours(synth: Synth) -> dict[str, Any]:
    properties = synth.only(RESOURCE_TYPE)["Properties"]
    return {name: value for name, value in properties.items() if name[0].isupper() and not name.startswith("Service")}


def test_waiting_for_the_audience_model(synth: Synth) -> None:
    model(synth, wait_for_audience_model=cdk.Duration.minutes(10))
    assert members_of_ours(synth) == {"WaitForAudienceModelSeconds": 600}
    statements = synth.function_statements()
    (reading,) = [s for s in statements if s["Action"] == "cleanrooms-ml:GetAudienceModel"]
    assert reading["Resource"] == ARN


@pytest.mark.parametrize("wait", [cdk.Duration.minutes(14), cdk.Duration.seconds(0), cdk.Duration.millis(1500)])
def test_it_can_not_wait_for_ever(synth: Synth, wait: cdk.Duration) -> None:
    with pytest.raises(
        ValueError, match="wait_for_audience_model in seconds must be a whole number from 1 to 780, got"
    ):
        model(synth, wait_for_audience_model=wait)


def test_by_default_the_template_decides_which_audience_model_it_uses(synth: Synth) -> None:
    model(synth)
    assert members_of_ours(synth) == {}


@pytest.mark.parametrize("at_once", [True, False])
def test_leaving_it_to_something_else(synth: Synth, at_once: bool) -> None:
    one = model(synth, retrained=at_once)
    if not at_once:
        one.mark_retrained()
    assert members_of_ours(synth) == {"Retrained": True}
    # A replacement begins with whatever audience model there is by then.
    statements = synth.function_statements()
    (creating,) = [s for s in statements if "cleanrooms-ml:CreateConfiguredAudienceModel" in s["Action"]]
    assert "audience-model/*" in str(creating["Resource"])
