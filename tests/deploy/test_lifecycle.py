"""A model's life, through the template as it is synthesised and the function as it is shipped."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml import AudienceSizes, SharedAudienceMetrics, TagOnCreatePolicy
from cdk_cleanroomsml.local.service import Fault

from .conftest import OTHER_AUDIENCE_MODEL_ARN, DeploymentError, define_model

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

    from .conftest import Deployment

MARKER = "cdk-cleanroomsml:"
EVERYTHING: dict[str, Any] = {
    "configured_audience_model_name": "sports readers",
    "description": "Readers who\nresemble your customers",
    "min_matching_seed_size": 100,
    "audience_sizes": AudienceSizes.percentage(1, 5, 10),
    "child_resource_tag_on_create_policy": TagOnCreatePolicy.FROM_PARENT_RESOURCE,
    "tags": {"team": "media"},
}


def own_tags(model: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in model["tags"].items() if not key.startswith(MARKER)}


def test_everything_that_can_be_said_arrives(deployment: Deployment) -> None:
    outputs = deployment.deploy(lambda stack: define_model(stack, **EVERYTHING).add_arn_output(export_name="Arn"))
    # Under a name of one's own it is looked whether what the service answers is new.
    assert deployment.calls() == ["CreateConfiguredAudienceModel", "GetConfiguredAudienceModel"]
    model = deployment.model()
    assert list(outputs.values()) == [model["configuredAudienceModelArn"]]
    assert model["name"] == "sports readers"
    assert model["description"] == "Readers who\nresemble your customers"
    assert model["sharedAudienceMetrics"] == ["ALL"]
    assert model["minMatchingSeedSize"] == 100
    assert model["audienceSizeConfig"] == {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5, 10]}
    assert model["childResourceTagOnCreatePolicy"] == "FROM_PARENT_RESOURCE"
    assert own_tags(model) == {"team": "media"}
    exports = deployment.cloudformation.list_exports()["Exports"]
    assert {export["Name"]: export["Value"] for export in exports} == {"Arn": model["configuredAudienceModelArn"]}


def test_the_least_that_can_be_said_works_and_only_data_is_left_of_it(deployment: Deployment, engine: Engine) -> None:
    deployment.deploy(define_model)
    assert deployment.calls() == ["CreateConfiguredAudienceModel"]
    model = deployment.model()
    assert model["minMatchingSeedSize"] == 500
    assert model["name"].startswith("Stack-Model")
    buckets = [bucket["Name"] for bucket in engine.client("s3").list_buckets()["Buckets"]]
    deployment.destroy()
    assert deployment.models() == []
    assert [bucket["Name"] for bucket in engine.client("s3").list_buckets()["Buckets"]] == buckets
    assert engine.client("logs").describe_log_groups()["logGroups"] == []


def test_updates_in_place(deployment: Deployment) -> None:
    """One after another: what the one has changed, the next one takes back."""
    absolute = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000, 2000]}
    steps: list[tuple[dict[str, Any], str, object]] = [
        ({"description": "new"}, "description", "new"),
        ({}, "description", ""),
        ({"audience_model": OTHER_AUDIENCE_MODEL_ARN}, "audienceModelArn", OTHER_AUDIENCE_MODEL_ARN),
        ({"shared_audience_metrics": SharedAudienceMetrics.NONE}, "sharedAudienceMetrics", ["NONE"]),
        ({"min_matching_seed_size": 25}, "minMatchingSeedSize", 25),
        ({"audience_sizes": AudienceSizes.percentage(1)}, "minMatchingSeedSize", 500),
        ({"audience_sizes": AudienceSizes.absolute(1000, 2000)}, "audienceSizeConfig", absolute),
    ]
    deployment.deploy(lambda stack: define_model(stack, description="old"))
    arn = deployment.model()["configuredAudienceModelArn"]
    for parameters, member, value in steps:
        deployment.calls()
        deployment.deploy(partial(define_model, **parameters))
        assert deployment.calls() == ["GetConfiguredAudienceModel", "UpdateConfiguredAudienceModel"], parameters
        model = deployment.model()
        assert (model["configuredAudienceModelArn"], model[member]) == (arn, value), parameters


def test_tags_are_added_changed_and_removed(deployment: Deployment) -> None:
    deployment.deploy(lambda stack: define_model(stack, tags={"keep": "1", "change": "1", "remove": "1"}))
    markers = deployment.model()["tags"].keys() - {"keep", "change", "remove"}
    deployment.calls()
    deployment.deploy(lambda stack: define_model(stack, tags={"keep": "1", "change": "2", "add": "1"}))
    assert deployment.calls() == ["GetConfiguredAudienceModel", "UntagResource", "TagResource"]
    assert own_tags(deployment.model()) == {"keep": "1", "change": "2", "add": "1"}
    deployment.deploy(define_model)
    assert deployment.model()["tags"].keys() == markers


def test_changes_that_replace(deployment: Deployment) -> None:
    """Sizes that go, another policy, a name of one's own: one after another."""
    policy = {"child_resource_tag_on_create_policy": TagOnCreatePolicy.FROM_PARENT_RESOURCE}
    steps: list[dict[str, Any]] = [
        {"audience_sizes": AudienceSizes.percentage(1)},
        {},
        policy,
        {**policy, "configured_audience_model_name": "by name"},
    ]

    def define(stack: cdk.Stack, **parameters: Any) -> None:
        define_model(stack, **parameters).add_arn_output()

    arns = []
    for parameters in steps:
        outputs = deployment.deploy(partial(define, **parameters))
        arns.append(deployment.model()["configuredAudienceModelArn"])
        assert list(outputs.values()) == arns[-1:]
    assert len(set(arns)) == len(steps)


def test_a_replacement_under_the_same_name_is_refused_before_anything_happens(deployment: Deployment) -> None:
    deployment.deploy(lambda stack: define_model(stack, configured_audience_model_name="fixed"))
    old = deployment.model()
    with pytest.raises(DeploymentError, match="change the name"):
        deployment.deploy(
            lambda stack: define_model(
                stack,
                configured_audience_model_name="fixed",
                child_resource_tag_on_create_policy=TagOnCreatePolicy.FROM_PARENT_RESOURCE,
            )
        )
    assert deployment.model()["configuredAudienceModelArn"] == old["configuredAudienceModelArn"]


@pytest.mark.usefixtures("shorter_pauses")
def test_deleting_what_is_gone_already_is_fine(deployment: Deployment) -> None:
    deployment.deploy(define_model)
    arn = deployment.model()["configuredAudienceModelArn"]
    deployment.cleanroomsml.delete_configured_audience_model(configuredAudienceModelArn=arn)
    deployment.destroy()


def test_a_service_error_is_the_reason_that_is_shown(deployment: Deployment, engine: Engine) -> None:
    quota = {"quotaName": "configured audience models", "quotaValue": 3.0}
    engine.set_faults(
        Fault("CreateConfiguredAudienceModel", error="ServiceQuotaExceededException", message="full", members=quota)
    )
    with pytest.raises(DeploymentError, match="ServiceQuotaExceededException") as error:
        deployment.deploy(define_model)
    for said in ("CreateConfiguredAudienceModel", "configured audience models", "3.0"):
        assert said in str(error.value)
    assert deployment.models() == []


def test_the_log_that_a_reason_names_is_there(deployment: Deployment, engine: Engine) -> None:
    deployment.deploy(define_model)
    engine.set_faults(
        Fault("UpdateConfiguredAudienceModel", error="ValidationException", message="Value 'other' is not allowed")
    )
    with pytest.raises(DeploymentError, match="ValidationException") as error:
        deployment.deploy(lambda stack: define_model(stack, description="other"))
    logs = engine.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    (named,) = set(re.findall(r"/\S*CleanRoomsMLProvider\S*", str(error.value)))
    assert named in groups
    # The function's keys look like keys, so an account isn't taken for one.
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=named)["events"]]
    assert any(f":{engine.account}:stack/" in message for message in messages)


def test_two_models_are_told_apart(deployment: Deployment) -> None:
    def define(stack: cdk.Stack, description: str) -> None:
        define_model(stack, "One", description=description)
        define_model(stack, "Two", description="two")

    deployment.deploy(lambda stack: define(stack, "one"))
    before = {model["description"]: model["updateTime"] for model in deployment.models()}
    deployment.calls()
    deployment.deploy(lambda stack: define(stack, "changed"))
    assert deployment.calls() == ["GetConfiguredAudienceModel", "UpdateConfiguredAudienceModel"]
    after = {model["description"]: model["updateTime"] for model in deployment.models()}
    assert set(after) == {"changed", "two"}
    assert after["two"] == before["two"]


def test_deploying_the_same_again_asks_the_service_nothing(deployment: Deployment) -> None:
    def define(stack: cdk.Stack, text: str) -> None:
        define_model(stack, **EVERYTHING)
        cdk.CfnOutput(stack, "Text", value=text)

    deployment.deploy(lambda stack: define(stack, "old"))
    deployment.calls()
    deployment.deploy(lambda stack: define(stack, "new"))
    assert deployment.calls() == []


def test_a_model_in_a_nested_stack_and_one_that_is_told_its_arn(deployment: Deployment) -> None:
    def define(stack: cdk.Stack) -> None:
        nested = cdk.NestedStack(stack, "Nested")
        model = define_model(nested)
        cdk.CfnOutput(stack, "Told", value=model.configured_audience_model_arn)
        cdk.CfnOutput(stack, "Name", value=model.configured_audience_model_name)

    outputs = deployment.deploy(define)
    model = deployment.model()
    assert outputs == {"Told": model["configuredAudienceModelArn"], "Name": model["name"]}
    deployment.destroy()
    assert deployment.models() == []
