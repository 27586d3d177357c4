"""A dataset and the audience model that is trained on it, from the template to the service."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml.audience_model import AudienceModel
from cdk_cleanroomsml.training_dataset import GlueTable, TrainingColumn, TrainingDataset

from .conftest import DeploymentError, define_model
from .test_permissions_go_last import failing

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

    from .conftest import Deployment

MARKER = "cdk-cleanroomsml:"
COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("time")]
JANUARY = datetime(2026, 1, 1, tzinfo=timezone.utc)
FEBRUARY = datetime(2026, 2, 1, tzinfo=timezone.utc)
HOURS = 24 * 3600
"""How long a training takes, in seconds of the service's clock."""


DESTROY = {"removal_policy": cdk.RemovalPolicy.DESTROY}


def define_dataset(stack: cdk.Stack, **parameters: Any) -> TrainingDataset:
    """A dataset, with the bucket, the database and the table that it is made from."""
    bucket = s3.Bucket(stack, "Interactions", removal_policy=cdk.RemovalPolicy.DESTROY)
    database = glue.CfnDatabase(
        stack,
        "Database",
        catalog_id=stack.account,
        database_input=glue.CfnDatabase.DatabaseInputProperty(name="publisher"),
    )
    table = glue.CfnTable(
        stack,
        "Table",
        catalog_id=stack.account,
        database_name=database.ref,
        table_input=glue.CfnTable.TableInputProperty(
            name="interactions",
            storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                location=bucket.s3_url_for_object("clicks"),
                columns=[
                    glue.CfnTable.ColumnProperty(name=name, type="bigint") for name in ("user", "item", "time", "price")
                ],
            ),
        ),
    )
    parameters.setdefault("columns", COLUMNS)
    return TrainingDataset(
        stack, "Dataset", table=GlueTable.from_table(table), bucket=bucket, prefix="clicks", **parameters
    )


def define(stack: cdk.Stack, dataset: dict[str, Any] | None = None, **parameters: Any) -> AudienceModel:
    """A dataset and a model on it, which go with their stack, and what the deployment says of them."""
    return define_kept(stack, {**DESTROY, **(dataset or {})}, **{**DESTROY, **parameters})


def define_kept(stack: cdk.Stack, dataset: dict[str, Any] | None = None, **parameters: Any) -> AudienceModel:
    """The same by default."""
    trained_on = define_dataset(stack, **(dataset or {}))
    model = AudienceModel(stack, "Model", training_dataset=trained_on, **parameters)
    cdk.CfnOutput(stack, "Trained", value=trained_on.training_dataset_arn)
    cdk.CfnOutput(stack, "Arn", value=model.audience_model_arn)
    cdk.CfnOutput(stack, "Name", value=model.audience_model_name)
    cdk.CfnOutput(stack, "Status", value=model.audience_model_status)
    return model


def datasets_of(deployment: Deployment) -> list[dict[str, Any]]:
    listed = deployment.cleanroomsml.list_training_datasets()["trainingDatasets"]
    arns = [dataset["trainingDatasetArn"] for dataset in listed]
    return [deployment.cleanroomsml.get_training_dataset(trainingDatasetArn=arn) for arn in arns]


def dataset_of(deployment: Deployment) -> dict[str, Any]:
    (dataset,) = datasets_of(deployment)
    return dataset


def model_of(deployment: Deployment, stack: str = "Stack") -> dict[str, Any]:
    """The one audience model of the stack, beside those that the engine came with."""
    (model,) = models_of(deployment, stack)
    return model


def models_of(deployment: Deployment, stack: str = "Stack") -> list[dict[str, Any]]:
    listed = deployment.cleanroomsml.list_audience_models()["audienceModels"]
    models = [
        deployment.cleanroomsml.get_audience_model(audienceModelArn=model["audienceModelArn"]) for model in listed
    ]
    return [model for model in models if f"/{stack}/" in model["tags"].get(f"{MARKER}stack-id", "")]


def own_tags(resource: dict[str, Any]) -> dict[str, str]:
    return {key: value for key, value in resource["tags"].items() if not key.startswith(MARKER)}


def test_a_dataset_arrives_as_it_was_defined(deployment: Deployment) -> None:
    deployment.deploy(
        lambda stack: define_dataset(
            stack, columns=[*COLUMNS, TrainingColumn.numerical_feature("price")], description="Clicks"
        )
    )
    dataset = dataset_of(deployment)
    (data,) = dataset["trainingData"]
    assert dataset["description"] == "Clicks"
    assert dataset["name"].startswith("Stack-Dataset-")
    assert data["inputConfig"]["dataSource"]["glueDataSource"]["databaseName"] == "publisher"
    assert data["inputConfig"]["dataSource"]["glueDataSource"]["tableName"] == "interactions"
    assert [(column["columnName"], *column["columnTypes"]) for column in data["inputConfig"]["schema"]] == [
        ("user", "USER_ID"),
        ("item", "ITEM_ID"),
        ("time", "TIMESTAMP"),
        ("price", "NUMERICAL_FEATURE"),
    ]
    assert ":role/Stack-DatasetRole" in dataset["roleArn"]


def test_a_datasets_tags_change_in_place_and_all_else_replaces_it(deployment: Deployment) -> None:
    deployment.deploy(lambda stack: define_dataset(stack, tags={"team": "media"}, **DESTROY))
    first = dataset_of(deployment)
    deployment.deploy(lambda stack: define_dataset(stack, tags={"team": "sports"}, **DESTROY))
    retagged = dataset_of(deployment)
    assert retagged["trainingDatasetArn"] == first["trainingDatasetArn"]
    assert own_tags(retagged) == {"team": "sports"}
    deployment.deploy(lambda stack: define_dataset(stack, description="Clicks", tags={"team": "sports"}, **DESTROY))
    replaced = dataset_of(deployment)
    assert replaced["trainingDatasetArn"] != first["trainingDatasetArn"]
    assert replaced["name"] != first["name"]
    deployment.destroy()
    assert deployment.cleanroomsml.list_training_datasets()["trainingDatasets"] == []


def test_an_audience_model_starts_its_training_and_the_deployment_goes_on(
    deployment: Deployment, engine: Engine
) -> None:
    engine.set_switches(training_seconds=HOURS)
    outputs = deployment.deploy(
        lambda stack: define(
            stack,
            audience_model_name="readers",
            description="What people\nread",
            training_data_start_time=JANUARY,
            training_data_end_time=FEBRUARY,
            tags={"team": "media"},
        )
    )
    # Under a name of one's own, a look follows what is created.
    assert deployment.calls() == ["CreateTrainingDataset", "CreateAudienceModel", "GetAudienceModel"]
    model = model_of(deployment)
    assert outputs == {
        "Trained": model["trainingDatasetArn"],
        "Arn": model["audienceModelArn"],
        "Name": "readers",
        "Status": "CREATE_PENDING",
    }
    assert model["description"] == "What people\nread"
    assert (model["trainingDataStartTime"], model["trainingDataEndTime"]) == (JANUARY, FEBRUARY)
    assert own_tags(model) == {"team": "media"}


def test_tags_change_in_place_and_the_status_is_that_of_the_moment(deployment: Deployment, engine: Engine) -> None:
    engine.set_switches(training_seconds=HOURS)
    before = deployment.deploy(lambda stack: define(stack, tags={"keep": "1", "change": "1", "remove": "1"}))
    engine.advance(HOURS)
    deployment.calls()
    after = deployment.deploy(lambda stack: define(stack, tags={"keep": "1", "change": "2", "add": "1"}))
    assert deployment.calls() == ["GetAudienceModel", "UntagResource", "TagResource"]
    assert own_tags(model_of(deployment)) == {"keep": "1", "change": "2", "add": "1"}
    assert after == before | {"Status": "ACTIVE"}


def test_deploying_the_same_again_asks_the_service_nothing(deployment: Deployment) -> None:
    def again(stack: cdk.Stack, text: str) -> None:
        define(stack, training_data_start_time=JANUARY)
        cdk.CfnOutput(stack, "Text", value=text)

    deployment.deploy(lambda stack: again(stack, "old"))
    deployment.calls()
    deployment.deploy(lambda stack: again(stack, "new"))
    assert deployment.calls() == []


def test_changes_that_train_another_one(deployment: Deployment) -> None:
    """A generated name, no end any more, another start: one after another."""
    steps: list[dict[str, Any]] = [
        {"training_data_start_time": JANUARY, "training_data_end_time": FEBRUARY, "audience_model_name": "one"},
        {"training_data_start_time": JANUARY, "training_data_end_time": FEBRUARY},
        {"training_data_start_time": JANUARY},
        {"training_data_start_time": FEBRUARY},
    ]
    arns = []
    for parameters in steps:
        arns.append(deployment.deploy(partial(define, **parameters))["Arn"])
        assert model_of(deployment)["audienceModelArn"] == arns[-1]
    assert len(set(arns)) == len(steps)


def test_a_replaced_dataset_takes_its_audience_model_along(deployment: Deployment) -> None:
    old = deployment.deploy(define)
    new = deployment.deploy(lambda stack: define(stack, {"description": "Clicks"}))
    assert new["Trained"] != old["Trained"]
    assert new["Arn"] != old["Arn"]
    assert model_of(deployment)["trainingDatasetArn"] == dataset_of(deployment)["trainingDatasetArn"] == new["Trained"]


def test_a_replacement_under_the_same_name_is_refused_before_anything_happens(deployment: Deployment) -> None:
    old = deployment.deploy(lambda stack: define(stack, audience_model_name="fixed"))
    with pytest.raises(DeploymentError, match="change the name"):
        deployment.deploy(lambda stack: define(stack, audience_model_name="fixed", description="Readers"))
    assert model_of(deployment)["audienceModelArn"] == old["Arn"]


def test_one_more_than_the_service_trains_at_a_time_is_refused_with_a_hint(
    deployment: Deployment, engine: Engine
) -> None:
    engine.set_switches(training_seconds=HOURS)
    deployment.deploy(define_dataset)
    arn = dataset_of(deployment)["trainingDatasetArn"]
    for name in ("one", "two"):
        deployment.cleanroomsml.create_audience_model(name=name, trainingDatasetArn=arn)
    with pytest.raises(DeploymentError, match="ServiceQuotaExceededException") as error:
        deployment.deploy(define)
    assert "deploy again" in str(error.value)
    assert models_of(deployment) == []


@pytest.mark.usefixtures("shorter_pauses")
@pytest.mark.parametrize("retrained", [False, True])
def test_one_that_is_gone(deployment: Deployment, retrained: bool) -> None:
    arn = deployment.deploy(lambda stack: define(stack, retrained=retrained))["Arn"]
    deployment.cleanroomsml.delete_audience_model(audienceModelArn=arn)
    if retrained:
        outputs = deployment.deploy(lambda stack: define(stack, retrained=True, tags={"team": "media"}))
        assert (outputs["Arn"], outputs["Status"]) == (arn, "DELETED")
    else:
        with pytest.raises(DeploymentError, match="was deleted outside of cloudformation"):
            deployment.deploy(lambda stack: define(stack, tags={"team": "media"}))
    assert models_of(deployment) == []
    deployment.destroy()


def test_a_configured_model_on_an_audience_model_of_the_same_stack(deployment: Deployment) -> None:
    def both(stack: cdk.Stack, description: str) -> None:
        define_model(stack, "Configured", audience_model=define(stack, description=description))

    deployment.deploy(lambda stack: both(stack, "old"))
    before = deployment.model()
    assert before["audienceModelArn"] == model_of(deployment)["audienceModelArn"]
    deployment.deploy(lambda stack: both(stack, "new"))
    after = deployment.model()
    assert after["configuredAudienceModelArn"] == before["configuredAudienceModelArn"]
    assert after["audienceModelArn"] == model_of(deployment)["audienceModelArn"] != before["audienceModelArn"]
    deployment.destroy()
    assert deployment.models() == models_of(deployment) == []


def roles(engine: Engine) -> set[str]:
    """The roles that datasets are read with."""
    return {role["Arn"] for role in engine.client("iam").list_roles()["Roles"] if "Dataset" in role["RoleName"]}


def kept(deployment: Deployment) -> tuple[set[str], set[str]]:
    """The datasets and the audience models that there are."""
    datasets = {dataset["trainingDatasetArn"] for dataset in datasets_of(deployment)}
    return datasets, {model["audienceModelArn"] for model in models_of(deployment)}


def define_ground(stack: cdk.Stack) -> None:
    """What is left of the template when both are taken out of it."""
    cdk.CfnWaitConditionHandle(stack, "Nothing")


def test_nothing_is_left_after_destroy_if_that_is_asked_for(deployment: Deployment, engine: Engine) -> None:
    # A generated name is made from the stack's.
    assert deployment.deploy(define)["Name"].startswith("Stack-Model")
    deployment.destroy()
    assert kept(deployment) == (set(), set())
    assert roles(engine) == set()


def test_what_was_trained_outlives_its_stack_and_a_new_one_is_made_beside_it(
    deployment: Deployment, engine: Engine
) -> None:
    with pytest.raises(DeploymentError, match="Custom::Unknown"):
        deployment.deploy(failing(define_kept))
    assert kept(deployment) == (set(), set())
    assert roles(engine) == set()
    deployment.destroy()

    first = deployment.deploy(define_kept)
    deployment.destroy()
    assert kept(deployment) == ({first["Trained"]}, {first["Arn"]})
    assert roles(engine) == {dataset_of(deployment)["roleArn"]}

    second = deployment.deploy(define_kept)
    assert kept(deployment) == ({first["Trained"], second["Trained"]}, {first["Arn"], second["Arn"]})
    # Taken out of the stack, and put back.
    deployment.deploy(define_ground)
    third = deployment.deploy(define_kept)
    arns = [{outputs[name] for outputs in (first, second, third)} for name in ("Trained", "Arn")]
    assert kept(deployment) == (arns[0], arns[1])
    assert [len(each) for each in arns] == [3, 3]
    assert roles(engine) == {dataset["roleArn"] for dataset in datasets_of(deployment)}


def test_what_was_trained_outlives_its_replacement(deployment: Deployment) -> None:
    first = deployment.deploy(define_kept)
    for _ in range(2):
        with pytest.raises(DeploymentError, match="Custom::Unknown"):
            deployment.deploy(failing(lambda stack: define_kept(stack, {"description": "Clicks"})))
        assert kept(deployment) == ({first["Trained"]}, {first["Arn"]})
    second = deployment.deploy(lambda stack: define_kept(stack, {"description": "Clicks"}))
    both = {first["Trained"], second["Trained"]}, {first["Arn"], second["Arn"]}
    assert [len(each) for each in both] == [2, 2]
    assert kept(deployment) == both
    # All parameters are what they were, and so is the name: the one thing that needs another.
    with pytest.raises(DeploymentError, match="dataset of that name"):
        deployment.deploy(define_kept)
    assert kept(deployment) == both
    deployment.deploy(lambda stack: define_kept(stack, {"training_dataset_name": "Clicks again"}))


def test_with_a_given_role_a_new_stack_is_made_beside_what_was_kept(deployment: Deployment) -> None:
    def with_role(stack: cdk.Stack) -> None:
        role = iam.Role.from_role_arn(stack, "Reader", "arn:aws:iam::111122223333:role/reader", mutable=False)
        define_kept(stack, {"role": role})

    first = deployment.deploy(with_role)
    deployment.destroy()
    second = deployment.deploy(with_role)
    assert kept(deployment) == ({first["Trained"], second["Trained"]}, {first["Arn"], second["Arn"]})
