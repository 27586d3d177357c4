"""With `iam.Role.customize_roles` somebody else makes the roles: CDK's report says all that each must allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    CleanRoomsMLMonitoring,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SeedAudience,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_membership
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")]
MEMBERSHIP = "0a1b2c3d-0000-4000-8000-00000000000a"


def chain(customize: Callable[[cdk.Stack], None]) -> cdk.Stack:
    """A stack with all that has a role."""
    stack = cdk.Stack(an_app(), "Shop")
    customize(stack)
    bucket = s3.Bucket(stack, "Data")
    dataset = TrainingDataset(stack, "Dataset", columns=COLUMNS, table=GlueTable("shop", "clicks"), bucket=bucket)
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=AudienceModel(stack, "Readers", training_dataset=dataset),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    model.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.AccountPrincipal("444455556666")],
            actions=["cleanrooms-ml:StartAudienceGenerationJob"],
            resources=[model.configured_audience_model_arn],
        )
    )
    ConfiguredAudienceModelAssociation(
        stack,
        "Offer",
        configured_audience_model=model,
        membership=a_membership(stack, MEMBERSHIP),
        manage_resource_policies=False,
    )
    weekly = AudienceModelRetraining(stack, "Weekly", configured_audience_model=model, training_dataset=dataset)
    CleanRoomsMLMonitoring(stack, "Monitoring", retrainings=[weekly])
    SeedAudience(stack, "Seed", bucket=bucket)
    return stack


def allowed(statements: list[dict[str, Any]]) -> set[str]:
    return {
        action
        for each in statements
        for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
    }


def in_template(stack: cdk.Stack, resources: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Each role of a template, and the actions of all of its policies."""
    policies = [each["Properties"] for each in resources.values() if each["Type"].endswith("Policy")]
    for role in (each for each in stack.node.find_all() if isinstance(each, iam.CfnRole)):
        name = stack.resolve(role.logical_id)
        own = resources[name]["Properties"].get("Policies", [])
        documents = [*own, *(each for each in policies if {"Ref": name} in each.get("Roles", []))]
        statements = [statement for each in documents for statement in each["PolicyDocument"]["Statement"]]
        yield role.node.path.removesuffix("/Resource"), allowed(statements)


@pytest.fixture(scope="module")
def needed() -> dict[str, set[str]]:
    """What each role is allowed in an application that makes its roles itself."""
    stack = chain(lambda _: None)
    app: Any = stack.node.root
    return dict(in_template(stack, app.synth().get_stack_by_name("Shop").template["Resources"]))


@pytest.mark.parametrize("prevented", [True, False], ids=["none is made", "to look at"])
def test_the_report_has_all_that_a_role_needs(needed: dict[str, set[str]], prevented: bool) -> None:
    stack = chain(lambda stack: iam.Role.customize_roles(stack, prevent_synthesis=prevented))
    app: Any = stack.node.root
    assembly = app.synth()
    report = json.loads(Path(assembly.directory, "iam-policy-report.json").read_text())
    reported = {each["roleConstructPath"]: allowed(each["identityPolicyStatements"]) for each in report["roles"]}
    assert reported == needed
    types = [each["Type"] for each in assembly.get_stack_by_name("Shop").template["Resources"].values()]
    assert not [each for each in types if each in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")]
    assert types.count("AWS::IAM::Role") == (0 if prevented else len(needed))
    # What is asked for once more isn't said twice.
    before = len(report["roles"][1]["identityPolicyStatements"])
    again = json.loads(Path(app.synth(force=True).directory, "iam-policy-report.json").read_text())
    assert len(again["roles"][1]["identityPolicyStatements"]) == before
