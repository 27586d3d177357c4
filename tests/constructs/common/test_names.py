"""Names and logical ids follow from where a construct stands in its stack, not from where the stack stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceOutput,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)
from cdk_cleanroomsml.common.names import path_of, place_of, unique_name

from ...references import a_membership
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ID = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
VIRGINIA = cdk.Environment(account="111122223333", region="us-east-1")
DATASET = "AWS::CleanRoomsML::TrainingDataset"
COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")]


class Chain:
    """All that there is, with every part that has a name; other stacks refer to all of it."""

    def __init__(self, data: Construct, models: Construct, watch: Construct) -> None:
        provider = CleanRoomsMLProvider(cdk.Stack.of(models))
        # Roles, keys, buckets and tables of another stack, if there is one.
        role = iam.Role(data, "Reader", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
        key = kms.Key(data, "Key")
        bucket = s3.Bucket(data, "Data", encryption_key=key)
        table = glue.CfnTable(data, "Table", catalog_id="111122223333", database_name="shop", table_input={"name": "p"})
        exports = AudienceOutput(data, "Exports", prefix="segments")
        topic, queue = sns.Topic(data, "Topic"), sqs.Queue(data, "Queue")
        dataset = TrainingDataset(
            models, "Dataset", columns=COLUMNS, table=GlueTable.from_table(table), bucket=bucket, role=role
        )
        # With a role and a name of the stack's own, whose name CDK makes late.
        TrainingDataset(models, "Other", columns=COLUMNS, table=GlueTable("shop", "other"), bucket=bucket)
        first = AudienceModel(models, "AudienceModel", training_dataset=dataset, encryption_key=key)
        own, shared = (
            ConfiguredAudienceModel(
                models,
                name,
                audience_model=first,
                shared_audience_metrics=SharedAudienceMetrics.ALL,
                output=output,
            )
            for name, output in (("Own", None), ("Shared", exports))
        )
        own.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=ID)
        own.grants.manage(iam.Role(models, "Person", assumed_by=iam.AccountRootPrincipal()))
        ConfiguredAudienceModelAssociation(
            models, "Association", configured_audience_model=shared, membership=a_membership(models, ID)
        )
        retrainings = [
            AudienceModelRetraining(
                models,
                "Retraining",
                configured_audience_model=own,
                training_dataset=dataset,
                initial_audience_model=first,
                failure_topic=topic,
                dead_letter_queue=queue,
            )
        ]
        CleanRoomsMLMonitoring(watch, "Monitoring", retrainings=retrainings, provider=provider, alarm_topic=topic)


def one_stack(scope: Construct, ids: dict[str, str], **options: Any) -> list[cdk.Stack]:
    stack = cdk.Stack(scope, ids["Shop"], stack_name="Shop", **options)
    chain = Construct(stack, "Chain")
    Chain(chain, chain, chain)
    return [stack]


def three_stacks(scope: Construct, ids: dict[str, str], **options: Any) -> list[cdk.Stack]:
    stacks = [cdk.Stack(scope, ids[name], stack_name=name, **options) for name in ("Data", "Models", "Watch")]
    Chain(*stacks)
    return stacks


def nested_stacks(scope: Construct, ids: dict[str, str], **options: Any) -> list[cdk.Stack]:
    stack = cdk.Stack(scope, ids["Shop"], stack_name="Shop", **options)
    nested = [cdk.NestedStack(stack, name) for name in ("Models", "Watch")]
    Chain(stack, *nested)
    return [stack, *nested]


PLAIN = {name: name for name in ("Shop", "Data", "Models", "Watch")}
RENAMED = {name: f"{name}-renamed" for name in PLAIN}


def synthesised(define: Callable[..., list[cdk.Stack]], *, moved: bool = False, **options: Any) -> list[dict[str, Any]]:
    """The templates; those of stacks that were moved are in constructs, and in a stage, and their ids are others."""
    app = an_app()
    scope = Construct(cdk.Stage(Construct(app, "Deep"), "Production"), "Deeper") if moved else app
    return [
        dict(Template.from_stack(stack).to_json()) for stack in define(scope, RENAMED if moved else PLAIN, **options)
    ]


@pytest.mark.parametrize(("define", "options"), [(one_stack, {"env": VIRGINIA}), (three_stacks, {})])
def test_templates_are_the_same_wherever_their_stacks_stand(
    define: Callable[..., list[cdk.Stack]], options: dict[str, Any]
) -> None:
    assert synthesised(define, moved=True, **options) == synthesised(define, **options)


# CDK names what nested stacks hand each other by the whole path, and so is the hash of their template another one.
# None of it names a resource.
OF_CDK = re.compile(r"referenceto\w+|Outputs\.\w+|[0-9a-f]{64}\.json")


def test_resources_of_nested_stacks_are_the_same_wherever_their_stack_stands() -> None:
    plain, moved = (
        [OF_CDK.sub("*", str(template["Resources"])) for template in synthesised(nested_stacks, moved=moved)]
        for moved in (False, True)
    )
    assert moved == plain


def _start(dataset: Mapping[str, Any]) -> str:
    """What of its name is known at synthesis."""
    found: str = dataset["Properties"]["Name"]["Fn::Join"][1][0]
    return found


def test_another_name_of_the_stack_is_another_name_for_what_an_account_has_once() -> None:
    """A copy of the application in the same account and Region."""

    def names(stack_name: str) -> set[str]:
        stack = cdk.Stack(an_app(), "Shop", stack_name=stack_name)
        bucket = s3.Bucket.from_bucket_name(stack, "Data", "data")
        role = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
        for name, given in (("Dataset", role), ("Other", None)):
            TrainingDataset(stack, name, columns=COLUMNS, table=GlueTable("shop", "p"), bucket=bucket, role=given)
        return {_start(dataset) for dataset in Template.from_stack(stack).find_resources(DATASET).values()}

    assert len(names("Shop") | names("Copy")) == 4


def test_datasets_in_two_nested_stacks_have_names_of_their_own() -> None:
    app = an_app()
    nested = [cdk.NestedStack(stack, name) for stack in (cdk.Stack(app, "One"), cdk.Stack(app, "Two")) for name in "AB"]
    for stack in nested:
        bucket = s3.Bucket.from_bucket_name(stack, "Data", "data")
        TrainingDataset(stack, "Dataset", columns=COLUMNS, table=GlueTable("shop", "p"), bucket=bucket)
    found = [Template.from_stack(stack).find_resources(DATASET).values() for stack in nested]
    names = {_start(dataset) for (dataset,) in found}
    assert len(names) == 4
    assert all(name.startswith(("One-A-Dataset-", "One-B-Dataset-", "Two-A-", "Two-B-")) for name in names)


def test_a_dataset_gets_another_name_with_a_role_of_another_stack() -> None:
    """It is replaced then, and the old one is still there when the new one is created."""

    def name(owner: str, *, wrapped: bool = False) -> str:
        app = an_app()
        stack, roles = cdk.Stack(app, "Shop"), cdk.Stack(app, owner)
        role = iam.Role(roles, "Reader", assumed_by=iam.AccountRootPrincipal())
        arn = cdk.Fn.join("", [role.role_arn, ""]) if wrapped else role.role_arn
        given = iam.Role.from_role_arn(stack, "Role", arn, mutable=False)
        bucket = s3.Bucket.from_bucket_name(stack, "Data", "data")
        TrainingDataset(stack, "Dataset", columns=COLUMNS, table=GlueTable("shop", "p"), bucket=bucket, role=given)
        (dataset,) = Template.from_stack(stack).find_resources(DATASET).values()
        return _start(dataset)

    assert name("One") == name("One")
    assert name("One") != name("Two")
    assert name("One", wrapped=True) == name("One", wrapped=True)
    assert name("One", wrapped=True) != name("Two", wrapped=True)


def test_a_place_is_the_stack_that_is_deployed_and_what_is_below_it() -> None:
    stack = cdk.Stack(cdk.Stage(cdk.App(), "Stage"), "Id", stack_name="Name")
    inner = Construct(cdk.NestedStack(Construct(stack, "A"), "B"), "C/D")
    assert place_of(stack) == ("Name",)
    assert place_of(inner) == ("Name", "A", "B", "C--D")
    assert path_of(inner) == "Name/A/B/C--D"


def test_a_unique_name_is_short_enough_and_one_place_s_only() -> None:
    long = tuple("x" * 100 for _ in range(3))
    assert len(unique_name(long, most=63)) == 63
    assert re.fullmatch(
        "Shop-AudienceModel-[0-9A-F]{8}", unique_name(("Shop", "Audience_Model"), most=63, separator="-")
    )
    places: list[tuple[str, ...]] = [("A", "B", "C"), ("A", "BC"), ("AB", "C"), ("A", "B", "_C"), ("A", "B-C")]
    names = {unique_name(place, most=63) for place in places}
    assert len(names) == len(places)
    assert unique_name(("A",), most=63, also=1) != unique_name(("A",), most=63, also=2)
