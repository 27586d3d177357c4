"""What reaches a policy means itself: IAM takes *, ? and ${…} for more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import AudienceModel, AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import a_dataset, an_audience_model
from ..composition.test_parts import DATASET, define_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
WIDE = ["*", "?", "${aws:SourceAccount}"]


def output_prefix(synth: Synth, text: str) -> None:
    AudienceOutput(synth.stack, "Output", prefix=f"{text}/x")


def output_role(synth: Synth, text: str) -> None:
    role = iam.Role.from_role_arn(synth.stack, "Role", f"arn:aws:iam::111122223333:role/{text}")
    AudienceOutput(synth.stack, "Output", role=role)


def output_key(synth: Synth, text: str) -> None:
    AudienceOutput(synth.stack, "Output", encryption_key=key(synth, text))


def key(synth: Synth, text: str) -> Any:
    return kms.Key.from_key_arn(synth.stack, "Key", f"arn:aws:kms:us-east-1:111122223333:key/{text}")


def bucket_key(synth: Synth, text: str) -> None:
    bucket = s3.Bucket.from_bucket_attributes(
        synth.stack, "Bucket", bucket_name="exports", encryption_key=key(synth, text)
    )
    AudienceOutput(synth.stack, "Output", bucket=bucket)


def dataset_prefix(synth: Synth, text: str) -> None:
    define_dataset(synth.stack, bucket=s3.Bucket(synth.stack, "Bucket"), prefix=f"x/{text}")


def dataset_role(synth: Synth, text: str) -> None:
    role = iam.Role.from_role_arn(synth.stack, "Role", f"arn:aws:iam::111122223333:role/{text}")
    define_dataset(synth.stack, bucket=s3.Bucket(synth.stack, "Bucket"), role=role)


def audience_model_key(synth: Synth, text: str) -> None:
    AudienceModel(
        synth.stack, "AudienceModel", training_dataset=a_dataset(synth.stack, DATASET), encryption_key=key(synth, text)
    )


def grants(synth: Synth) -> tuple[Any, Any]:
    model = ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    return model.grants, iam.Role(synth.stack, "Grantee", assumed_by=iam.AccountRootPrincipal())


def seed_role(synth: Synth, text: str) -> None:
    given, grantee = grants(synth)
    role = iam.Role.from_role_arn(synth.stack, "Role", f"arn:aws:iam::111122223333:role/{text}")
    given.start_audience_generation(grantee, seed_role=role)


def collaboration(synth: Synth, text: str) -> None:
    given, grantee = grants(synth)
    given.start_audience_generation(grantee, collaboration_id=text)


@pytest.mark.parametrize("text", WIDE)
@pytest.mark.parametrize(
    "give",
    [
        output_prefix,
        output_role,
        output_key,
        bucket_key,
        dataset_prefix,
        dataset_role,
        audience_model_key,
        seed_role,
        collaboration,
    ],
)
def test_nothing_wider_than_it_looks(synth: Synth, give: Callable[[Synth, str], None], text: str) -> None:
    with pytest.raises(ValueError, match=r"(prefix|role|key|collaboration_id) must (be|have) "):
        give(synth, text)


def test_a_dollar_is_a_character(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", prefix="us$/x")
