"""A given role that Clean Rooms ML can't assume is refused where that is certain, and pointed out where it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import AudienceOutput, GlueTable, TrainingColumn, TrainingDataset

from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable

OWN, OTHER = "111122223333", "444455556666"
SERVICE = "cleanrooms-ml.amazonaws.com"
KIND = "configured-audience-model"


def principal(**conditions: Any) -> Any:
    found: Any = iam.ServicePrincipal(SERVICE)
    return found.with_conditions(conditions) if conditions else found


def arn(*, service: str = "cleanrooms-ml", region: str = "us-east-1", account: str = OWN, kind: str = KIND) -> str:
    return f"arn:aws:{service}:{region}:{account}:{kind}/*"


def role(assumed_by: Any, **more: Any) -> Callable[[cdk.Stack], Any]:
    return lambda stack: iam.Role(stack, "Role", assumed_by=assumed_by, **more)


def source(operator: str, value: Any) -> Callable[[cdk.Stack], Any]:
    return role(principal(**{operator: {"aws:SourceArn": value}}))


def account(operator: str, value: Any) -> Callable[[cdk.Stack], Any]:
    return role(principal(**{operator: {"aws:SourceAccount": value}}))


def l1(document: Any) -> Callable[[cdk.Stack], Any]:
    return lambda stack: iam.CfnRole(stack, "Role", assume_role_policy_document=document)


def inline(who: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Action": action, "Principal": who, **more}}


def told_later(stack: cdk.Stack) -> Any:
    given = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    document = given.assume_role_policy
    assert document is not None
    document.add_statements(iam.PolicyStatement(principals=[principal()], actions=["sts:AssumeRole"]))
    return given


FITS: dict[str, Callable[[cdk.Stack], Any]] = {
    "the service": role(principal()),
    "one of two": role(iam.CompositePrincipal(iam.ServicePrincipal("lambda.amazonaws.com"), principal())),
    "two conditions, one for it": role(
        iam.CompositePrincipal(
            iam.ServicePrincipal("lambda.amazonaws.com").with_conditions(
                {"StringEquals": {"aws:SourceAccount": OTHER}}
            ),
            principal(),
        )
    ),
    "as the guide has it": role(
        principal(StringEqualsIfExists={"aws:SourceAccount": OWN}, ArnLikeIfExists={"aws:SourceArn": arn()})
    ),
    "its account, as a pseudo parameter": account("StringEquals", cdk.Aws.ACCOUNT_ID),
    "one of two accounts": account("StringEquals", [OTHER, OWN]),
    "whichever resource": source("ArnLike", "*"),
    "all of the account": source("StringLike", f"arn:*:cleanrooms-ml:*:{OWN}:*"),
    "one model": source("ArnEquals", arn().replace("*", "8ad5aa2a")),
    "put together": source(
        "ArnLike", f"arn:{cdk.Aws.PARTITION}:cleanrooms-ml:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{KIND}/*"
    ),
    "known at deployment": source("ArnLike", cdk.Fn.import_value("Model")),
    "another operator": source("ArnNotLike", arn(account=OTHER)),
    "told later": told_later,
    "imported": lambda stack: iam.Role.from_role_arn(stack, "Role", f"arn:aws:iam::{OWN}:role/writer"),
    "an L1": l1(inline({"Service": [SERVICE, "lambda.amazonaws.com"]})),
    "an L1 of whose document nothing is known": l1(cdk.Fn.get_att("Other", "Document")),
    "an L1 of whose principal nothing is known": l1(inline({"Fn::GetAtt": ["Other", "Principal"]})),
    "an L1 that trusts everybody": l1(inline("*")),
    "all actions": l1(inline({"Service": SERVICE}, action="sts:*")),
    "as it is": lambda stack: role(principal())(stack).without_policy_updates(),
}
REFUSED: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "another service": (
        role(iam.ServicePrincipal("cleanrooms.amazonaws.com")),
        "it trusts [{'Service': 'cleanrooms.am",
    ),
    "an account": (role(iam.AccountRootPrincipal()), "it trusts [{'AWS':"),
    "two that aren't it": (
        role(iam.CompositePrincipal(iam.AccountRootPrincipal(), iam.ServicePrincipal("ec2.amazonaws.com"))),
        "must trust cleanrooms-ml.amazonaws.com, it trusts",
    ),
    "as it is": (
        lambda stack: role(iam.ServicePrincipal("ec2.amazonaws.com"))(stack).without_policy_updates(),
        "it trusts [{'Service': 'ec2.amazonaws.com'}]",
    ),
    "an L1": (l1(inline({"Service": "ec2.amazonaws.com"})), "it trusts [{'Service': 'ec2.amazonaws.com'}]"),
    "an L1 that may be used otherwise": (l1(inline({"Service": SERVICE}, action="sts:TagSession")), "it trusts"),
    "an L1 with a condition": (
        l1(inline({"Service": SERVICE}, Condition={"StringEquals": {"AWS:SourceAccount": OTHER}})),
        "StringEquals AWS:SourceAccount 444455556666",
    ),
    "another account": (account("StringEquals", OTHER), "StringEquals aws:SourceAccount 444455556666"),
    "another account's models": (source("ArnLike", arn(account=OTHER)), "ArnLike aws:SourceArn arn:aws:cleanrooms-ml:"),
    "another Region": (source("ArnLike", arn(region="eu-west-1")), "of account 111122223333 in us-east-1, and what it"),
    "datasets": (source("StringLike", arn(kind="training-dataset")), "for configured audience models of account"),
    "Clean Rooms itself": (source("ArnLike", arn(service="cleanrooms")), "ArnLike aws:SourceArn"),
    "a star that isn't one": (source("StringEquals", arn()), "StringEquals aws:SourceArn"),
    "one of two conditions": (
        role(principal(StringEquals={"aws:SourceAccount": OTHER}, ArnLikeIfExists={"aws:SourceArn": arn()})),
        "StringEquals aws:SourceAccount 444455556666",
    ),
}
POINTED_OUT: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "another account, if it is sent": (
        account("StringEqualsIfExists", OTHER),
        "StringEqualsIfExists aws:SourceAccount",
    ),
    "another resource, if it is sent": (
        source("ArnLikeIfExists", arn(kind="training-dataset")),
        "ArnLikeIfExists aws:SourceArn",
    ),
    "an external id": (role(principal(), external_ids=["x"]), "if the service says for whom it acts: sts:ExternalId"),
}


@pytest.fixture
def stack() -> cdk.Stack:
    app = an_app()
    return cdk.Stack(app, "Stack", env=cdk.Environment(account=OWN, region="us-east-1"))


def said_of_an_output(stack: cdk.Stack, given: Any) -> list[str]:
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "exports")
    AudienceOutput(stack, "Output", bucket=bucket, role=given)
    return stack.node.validate()


@pytest.mark.parametrize("what", FITS)
def test_what_the_service_may_be_able_to_assume_passes(stack: cdk.Stack, what: str) -> None:
    assert said_of_an_output(stack, FITS[what](stack)) == []
    Annotations.from_stack(stack).has_no_warning("*", Match.string_like_regexp("must trust"))


@pytest.mark.parametrize("what", REFUSED)
def test_what_it_can_not_assume_is_refused(stack: cdk.Stack, what: str) -> None:
    make, words = REFUSED[what]
    (problem,) = said_of_an_output(stack, make(stack))
    assert problem.startswith("'Stack/Output': role 'Stack/")
    assert words in problem


@pytest.mark.parametrize("what", POINTED_OUT)
def test_what_it_may_not_be_able_to_assume_is_pointed_out(stack: cdk.Stack, what: str) -> None:
    make, words = POINTED_OUT[what]
    assert said_of_an_output(stack, make(stack)) == []
    # Where it says it: when the application is synthesised, it has been asked already.
    said = [str(each.data) for each in stack.node.find_child("Output").node.metadata]
    assert any("must trust" in each and words in each for each in said)


def test_the_role_of_a_dataset_is_another(stack: cdk.Stack) -> None:
    for number, kind in enumerate(("training-dataset", KIND)):
        given = iam.Role(stack, f"Reader{number}", assumed_by=principal(ArnLike={"aws:SourceArn": arn(kind=kind)}))
        TrainingDataset(
            stack,
            f"Dataset{number}",
            columns=[TrainingColumn.user_id("u"), TrainingColumn.item_id("i"), TrainingColumn.timestamp("t")],
            table=GlueTable("shop", "purchases"),
            bucket=s3.Bucket.from_bucket_name(stack, f"Bucket{number}", "interactions"),
            role=given,
        )
    (problem,) = stack.node.validate()
    assert problem.startswith(
        "'Stack/Dataset1': role 'Stack/Reader1' must trust cleanrooms-ml.amazonaws.com for training"
    )


def test_of_an_unknown_environment_only_what_is_written_counts() -> None:
    stack = cdk.Stack(an_app(), "Stack")
    assert said_of_an_output(stack, source("ArnLike", arn(account=OTHER, region="eu-west-1"))(stack)) == []
    other = cdk.Stack(an_app(), "Stack")
    assert said_of_an_output(other, source("ArnLike", arn(kind="training-dataset"))(other)) != []
