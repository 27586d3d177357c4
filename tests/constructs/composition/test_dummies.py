"""The first round of a look-up: CDK synthesises with dummies, to find out what is to be looked up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_dataset, a_membership, an_audience_model
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = cdk.Environment(account="111122223333", region="us-east-1")
MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"


def looked_up(stack: cdk.Stack) -> str:
    return ssm.StringParameter.value_from_lookup(stack, "/lookalikes/value")


def by_a_provider(stack: cdk.Stack) -> str:
    found = cdk.ContextProvider.get_value(stack, provider="ssm", dummy_value="DUMMY", props={"parameterName": "/x"})
    return str(found.value)


def everything(stack: cdk.Stack, text: str) -> None:
    """Each parameter that takes a text, and some that are put together."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:us-east-1:111122223333:key/{text}")
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="exports", encryption_key=key)
    output = AudienceOutput(stack, "Output", bucket=bucket, prefix=f"/{text}/x/")
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=an_audience_model(stack, text),
        configured_audience_model_name=f"{text}\n",
        description=f"{text}\x00",
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
        tags={"team": f"{text}!"},
    )
    imported = ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Imported", text)
    for number, one in enumerate((model, imported)):
        ConfiguredAudienceModelAssociation(
            stack,
            f"Association{number}",
            configured_audience_model=one,
            membership=a_membership(stack, text),
            manage_resource_policies=False,
        )
    model.grants.start_audience_generation(iam.AccountPrincipal(text), collaboration_id=text)
    AudienceModel(stack, "AudienceModel", training_dataset=a_dataset(stack, text), encryption_key=key)
    AudienceModel.from_audience_model_arn(stack, "ImportedAudienceModel", text)
    TrainingDataset.from_training_dataset_arn(stack, "ImportedDataset", text)
    ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(stack, "ImportedOne", text)
    AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Other", MODEL),
        training_dataset=a_dataset(stack, text),
        audience_model_name_prefix=f"{text}\n",
    )
    TrainingDataset(
        stack,
        "Dataset",
        bucket=bucket,
        prefix=f"{text}/",
        table=GlueTable(database_name=text, table_name=f"{text}/x", catalog_id=text),
        columns=[TrainingColumn.user_id(f"{text}!"), TrainingColumn.item_id("i"), TrainingColumn.timestamp("t")],
    )


@pytest.mark.parametrize("look_up", [looked_up, by_a_provider])
def test_it_passes_everywhere_in_the_first_round(look_up: Callable[[cdk.Stack], str]) -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=HERE)
    everything(stack, look_up(stack))
    manifest = json.loads((Path(app.synth().directory) / "manifest.json").read_text())
    assert [missing["provider"] for missing in manifest["missing"]] == ["ssm"]


@pytest.mark.parametrize("found", ["no arn", "a dumb value", "mydummyvalue"])
def test_what_was_found_is_checked_in_the_second(found: str) -> None:
    key = "ssm:account=111122223333:parameterName=/lookalikes/value:region=us-east-1"
    app = an_app(context={key: found})
    stack = cdk.Stack(app, "Stack", env=HERE)
    with pytest.raises(ValueError, match=f"audience_model_arn must be the ARN of an audience model.* got '{found}'"):
        ConfiguredAudienceModel(
            stack,
            "Model",
            audience_model=an_audience_model(stack, looked_up(stack)),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
        )
