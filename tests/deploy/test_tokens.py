"""What is only known at deployment, and what is set past the parameters, arrives as what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from cdk_cleanroomsml import AudienceOutput, AudienceSizes

from .conftest import define_model

if TYPE_CHECKING:
    from .conftest import Deployment


def test_sizes(deployment: Deployment) -> None:
    def define(stack: cdk.Stack) -> None:
        def parameter(id: str, type_: str, default: str) -> cdk.CfnParameter:
            return cdk.CfnParameter(stack, id, type=type_, default=default)

        ways = (
            parameter("List", "CommaDelimitedList", "1, 5,10").value_as_list,
            parameter("Numbers", "List<Number>", "1,5,10").value_as_list,
            cdk.Fn.split(",", parameter("Text", "String", "1,5,10").value_as_string),
            cdk.Fn.split(",", parameter("Blanks", "String", "1, 5, 10").value_as_string),
        )
        for number, sizes in enumerate(ways):
            define_model(stack, f"Model{number}", audience_sizes=AudienceSizes.percentage(sizes))

    deployment.deploy(define)
    wanted = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5, 10]}
    assert [model["audienceSizeConfig"] for model in deployment.models()] == [wanted] * 4


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
