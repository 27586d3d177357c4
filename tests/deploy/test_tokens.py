"""What is only known at deployment, and what is set past the parameters, arrives as what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml import AudienceOutput, AudienceSizes

from .conftest import define_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Deployment


def parameter(stack: cdk.Stack, type_: str, default: str) -> cdk.CfnParameter:
    return cdk.CfnParameter(stack, "Sizes", type=type_, default=default)


@pytest.mark.parametrize(
    "sizes",
    [
        lambda stack: parameter(stack, "CommaDelimitedList", "1, 5,10").value_as_list,
        lambda stack: parameter(stack, "List<Number>", "1,5,10").value_as_list,
        lambda stack: cdk.Fn.split(",", parameter(stack, "String", "1,5,10").value_as_string),
        lambda stack: cdk.Fn.split(",", parameter(stack, "String", "1, 5, 10").value_as_string),
    ],
    ids=["CommaDelimitedList", "List<Number>", "Fn.split", "Fn.split with blanks"],
)
def test_sizes(deployment: Deployment, sizes: Callable[[cdk.Stack], list[str]]) -> None:
    deployment.deploy(lambda stack: define_model(stack, audience_sizes=AudienceSizes.percentage(sizes(stack))))
    assert deployment.model()["audienceSizeConfig"] == {
        "audienceSizeType": "PERCENTAGE",
        "audienceSizeBins": [1, 5, 10],
    }


def test_names_tags_and_numbers(deployment: Deployment) -> None:
    def define(stack: cdk.Stack) -> None:
        team = cdk.CfnParameter(stack, "Team", default="media").value_as_string
        seed = cdk.CfnParameter(stack, "Seed", type="Number", default=100).value_as_number
        output = AudienceOutput(stack, "Output", role_name="cleanrooms-ml-exports", bucket_name=f"exports-of-{team}")
        model: Any = define_model(stack, tags={"team": team, "gone": "x"}, min_matching_seed_size=seed, output=output)
        resource = model.node.default_child
        resource.add_property_override("name", "set past the parameter")
        resource.add_property_override("tags.own", "o")
        resource.add_property_deletion_override("tags.gone")
        cdk.Tags.of(stack).add("stage", team)
        cdk.CfnOutput(stack, "Name", value=model.configured_audience_model_name)

    outputs = deployment.deploy(define)
    model = deployment.model()
    assert outputs["Name"] == model["name"] == "set past the parameter"
    assert model["minMatchingSeedSize"] == 100
    own = {key: value for key, value in model["tags"].items() if not key.startswith("cdk-cleanroomsml:")}
    assert own == {"team": "media", "own": "o", "stage": "media"}
    assert model["outputConfig"] == {
        "destination": {"s3Destination": {"s3Uri": "s3://exports-of-media/"}},
        "roleArn": "arn:aws:iam::111122223333:role/cleanrooms-ml-exports",
    }
