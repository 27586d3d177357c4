"""Rules between parameters, and between what stands in different places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from cdk_cleanroomsml import AudienceOutput, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import an_audience_model

if TYPE_CHECKING:
    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
VIRGINIA = cdk.Environment(account="111122223333", region="us-east-1")
IRELAND = cdk.Environment(account="111122223333", region="eu-west-1")


def bucket(stack: cdk.Stack, **attributes: str) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="exports", **attributes)  # type: ignore[arg-type]


def model(
    stack: cdk.Stack, output: AudienceOutput | None = None, tags: dict[str, str] | None = None
) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=an_audience_model(stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
        tags=tags,
    )


def test_a_bucket_in_another_region_is_refused(synth: Synth) -> None:
    stack = cdk.Stack(synth.app, "Virginia", env=VIRGINIA)
    with pytest.raises(ValueError, match="bucket's Region 'eu-west-1' is not 'us-east-1'"):
        AudienceOutput(stack, "Output", bucket=bucket(stack, region="eu-west-1"))


def test_an_output_in_another_region_is_refused(synth: Synth) -> None:
    output = AudienceOutput(cdk.Stack(synth.app, "Ireland", env=IRELAND), "Output")
    with pytest.raises(ValueError, match="output's Region 'eu-west-1' is not 'us-east-1'"):
        model(cdk.Stack(synth.app, "Virginia", env=VIRGINIA), output)


def test_a_region_that_is_only_known_at_deployment_passes(synth: Synth) -> None:
    AudienceOutput(synth.stack, "Output", bucket=bucket(synth.stack, region="eu-west-1"))


def test_a_bucket_in_another_account_gets_a_warning(synth: Synth) -> None:
    stack = cdk.Stack(synth.app, "Virginia", env=VIRGINIA)
    AudienceOutput(stack, "Output", bucket=bucket(stack, account="444455556666"))
    assert Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("account 444455556666"))
    (role,) = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    assert "444455556666" in str(role["Properties"]["Policies"])


def test_a_key_that_is_not_the_buckets_is_refused(synth: Synth) -> None:
    theirs, other = (
        kms.Key.from_key_arn(synth.stack, name, f"arn:aws:kms:us-east-1:111122223333:key/{name}")
        for name in ("theirs", "other")
    )
    exports = s3.Bucket.from_bucket_attributes(synth.stack, "Bucket", bucket_name="exports", encryption_key=theirs)
    AudienceOutput(synth.stack, "Fine", bucket=exports, encryption_key=theirs)
    with pytest.raises(ValueError, match=r"key/other' is not .*key/theirs'"):
        AudienceOutput(synth.stack, "Output", bucket=exports, encryption_key=other)


def test_tags_are_counted_when_all_are_there(synth: Synth) -> None:
    model(synth.stack, tags={f"own{number}": "x" for number in range(40)})
    for number in range(7):
        cdk.Tags.of(synth.app).add(f"added{number}", "x")
    synth.app.synth()

    synth = type(synth)()
    model(synth.stack, tags={f"own{number}": "x" for number in range(40)})
    for number in range(8):
        cdk.Tags.of(synth.app).add(f"added{number}", "x")
    with pytest.raises(RuntimeError, match="tags of 'Stack/Model': tags must be at most 47, got 48"):
        synth.app.synth()


def test_tags_of_the_application_follow_the_rules_of_the_service(synth: Synth) -> None:
    model(synth.stack)
    cdk.Tags.of(synth.app).add("team", "media!")
    with pytest.raises(RuntimeError, match=r"tags of 'Stack/Model': .*'media!'"):
        synth.app.synth()
