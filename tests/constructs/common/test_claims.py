"""What an application may have once only."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from cdk_cleanroomsml import AudienceModelRetraining, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import a_dataset, an_audience_model
from ..conftest import an_app

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"
DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/1f3d4c5b"


def app() -> cdk.App:
    return an_app()


def model(scope: Any, name: str = "Model", of: str = AUDIENCE_MODEL) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        scope, name, audience_model=an_audience_model(scope, of), shared_audience_metrics=SharedAudienceMetrics.ALL
    )


def imported(scope: Any, name: str = "Imported", arn: str = MODEL) -> Any:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(scope, name, arn)


def retrain(scope: Any, of: Any, name: str = "Retraining") -> AudienceModelRetraining:
    return AudienceModelRetraining(
        scope, name, configured_audience_model=of, training_dataset=a_dataset(scope, DATASET)
    )


def test_a_model_is_retrained_once() -> None:
    one = cdk.Stack(app(), "One")
    of = model(one)
    retrain(one, of)
    for scope in (one, cdk.Stack(one.node.root, "Two"), cdk.NestedStack(one, "Nested")):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="configured_audience_model is retrained by 'One/Retraining' already"):
            retrain(scope, of, "Another")


def test_so_is_one_that_is_imported_twice() -> None:
    root = app()
    retrain(one := cdk.Stack(root, "One"), imported(one))
    with pytest.raises(ValueError, match="is retrained by 'One/Retraining' already"):
        retrain(two := cdk.Stack(root, "Two"), imported(two))
    retrain(three := cdk.Stack(root, "Three"), imported(three, arn=MODEL + "-other"))


def test_an_export_name_is_there_once() -> None:
    root = app()
    here = cdk.Environment(account="111122223333", region="us-east-1")
    one = cdk.Stack(root, "One", env=here)
    model(one).add_arn_output(export_name="readers")
    for number, scope in enumerate((one, cdk.Stack(root, "Two", env=here))):
        with pytest.raises(ValueError, match="export_name 'readers' is that of 'One/Model' already"):
            model(scope, f"Another{number}").add_arn_output(export_name="readers")
    elsewhere = cdk.Environment(account="111122223333", region="eu-west-1")
    there = AUDIENCE_MODEL.replace("us-east-1", "eu-west-1")
    model(cdk.Stack(root, "Three", env=elsewhere), of=there).add_arn_output(export_name="readers")
    model(one, "Third").add_arn_output(export_name="writers")


def test_stages_have_names_of_their_own_where_their_place_is_not_known() -> None:
    root = app()
    for name in ("Beta", "Production"):
        stack = cdk.Stack(cdk.Stage(root, name), "Models")
        model(stack).add_arn_output(export_name="readers")
        with pytest.raises(ValueError, match=f"is that of '{name}/Models/Model' already"):
            model(stack, "Another").add_arn_output(export_name="readers")
