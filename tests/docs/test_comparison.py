"""Both sides of the comparison are programs, and their lines are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines
from aws_cdk.assertions import Template

from . import lines
from .comparison import aws_custom_resource, library
from .pages import DOCS, table

if TYPE_CHECKING:
    from types import ModuleType

SIDES: list[Any] = [library, aws_custom_resource]


def test_the_page_says_what_was_counted() -> None:
    counted = [[task, str(ours), str(theirs)] for task, ours, theirs in lines.rows()]
    assert table("comparison.md", "task")[:-1] == counted
    totals = [sum(int(row[side]) for row in counted) for side in (1, 2)]
    assert table("comparison.md", "task")[-1] == ["**all**", *(f"**{total}**" for total in totals)]


def test_the_page_shows_what_was_counted() -> None:
    text = (DOCS / "comparison.md").read_text()
    for side in lines.SIDES:
        for task in lines.TASKS:
            file = "txt" if task == "upgrade" else "py"
            assert f'--8<-- "{side}.{file}:{task}"' in text


def output(stack: cdk.Stack) -> tuple[s3.Bucket, iam.Role]:
    key = kms.Key(stack, "OwnKey")
    bucket = s3.Bucket(stack, "OwnBucket", encryption=s3.BucketEncryption.KMS, encryption_key=key)
    return bucket, iam.Role(stack, "OwnRole", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))


@pytest.mark.parametrize("side", SIDES, ids=lines.SIDES)
def test_all_tasks_synthesise(side: Any) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    model = side.create(stack)
    assert side.import_(stack) == side.THEIR_ARN
    side.grant(model, iam.Role(stack, "Analyst", assumed_by=iam.AccountRootPrincipal()))
    bucket, role = output(stack)
    side.bring_your_own(stack, bucket, role)
    if side is library:
        side.tag(stack)
        side.retain(model)
    else:
        side.tag(stack, model)
        side.retain(stack, role)
    catalogue = cdk.Stack(app, "Catalogue")
    side.cross_stack(catalogue, model)
    brands = side.nested(stack)
    type_ = "Custom::CleanRoomsMLConfiguredAudienceModel" if side is library else "Custom::AWS"
    pipeline = defined_pipeline(app, side)

    template = Template.from_stack(stack)
    retained = [r for r in template.find_resources(type_).values() if "Retain" in r.get("DeletionPolicy", "")]
    assert len(retained) == 1
    assert len(template.find_resources(type_)) == (2 if side is library else 4)
    assert "collaboration" in str(template.to_json()["Resources"]).lower()
    assert len(Template.from_stack(catalogue).find_resources("AWS::SSM::Parameter")) == 1
    assert len(Template.from_stack(brands).find_resources(type_)) == 1
    assert "Production" in str(Template.from_stack(pipeline).find_resources("AWS::CodePipeline::Pipeline"))


def defined_pipeline(app: cdk.App, side: ModuleType) -> cdk.Stack:
    stack = cdk.Stack(app, "Pipeline")
    source = pipelines.CodePipelineSource.connection(
        "owner/repository", "main", connection_arn="arn:aws:codeconnections:us-east-1:111122223333:connection/c"
    )
    pipeline = pipelines.CodePipeline(
        stack, "Pipeline", synth=pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    )
    side.add_stage(pipeline, app)
    return stack


@pytest.mark.parametrize("side", SIDES, ids=lines.SIDES)
def test_what_a_test_sees(side: Any) -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    side.create(stack)
    assert side.test_of(stack)["tags"] == {"brand": "sports"}


def test_what_is_wrong_is_refused_on_both_sides() -> None:
    with pytest.raises(ValueError, match="min_matching_seed_size"):
        library.validate(cdk.Stack(cdk.App(), "Stack"), 24)
    valid = {"audienceModelArn": library.AUDIENCE_MODEL_ARN, "name": "readers"}
    aws_custom_resource.validate(valid)
    with pytest.raises(ValueError, match="minMatchingSeedSize"):
        aws_custom_resource.validate({**valid, "minMatchingSeedSize": 24})
