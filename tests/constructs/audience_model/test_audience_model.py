"""An audience model, as the API gets to see it, and who may do what with one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_cleanroomsml import ConfiguredAudienceModel, SharedAudienceMetrics
from cdk_cleanroomsml.audience_model import RESOURCE_TYPE, AudienceModel
from cdk_cleanroomsml.common import limits

from ...references import a_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/clicks"
ARN = "arn:aws:cleanrooms-ml:eu-west-1:444455556666:audience-model/8ad5aa2a"
KEY = "arn:aws:kms:us-east-1:111122223333:key/one"
ROLE = "arn:aws:iam::111122223333:role/writer"
MODEL = botocore.session.get_session().get_service_model("cleanroomsml")
JANUARY = datetime(2026, 1, 1, tzinfo=timezone.utc)


def model(synth: Synth, id: str = "Model", **parameters: Any) -> AudienceModel:
    parameters.setdefault("training_dataset", a_dataset(synth.stack, DATASET))
    return AudienceModel(synth.stack, id, **parameters)


def everything(synth: Synth) -> dict[str, Any]:
    return {
        "audience_model_name": "readers",
        "description": "What people\nread",
        "training_data_start_time": JANUARY,
        "training_data_end_time": JANUARY + timedelta(days=30),
        "encryption_key": kms.Key.from_key_arn(synth.stack, "Key", KEY),
        "tags": {"team": "media"},
    }


def properties(synth: Synth) -> dict[str, Any]:
    found: dict[str, Any] = synth.only(RESOURCE_TYPE)["Properties"]
    return found


def request(synth: Synth) -> dict[str, Any]:
    """What is the API's: what is ours begins with a capital."""
    return {member: value for member, value in properties(synth).items() if member[0].islower()}


def test_every_member_of_the_request_has_a_parameter(synth: Synth) -> None:
    model(synth, **everything(synth))
    assert set(request(synth)) == set(MODEL.operation_model("CreateAudienceModel").input_shape.members)


def test_the_least_that_can_be_said(synth: Synth) -> None:
    model(synth)
    (function,) = synth.resources("AWS::Lambda::Function")
    assert properties(synth) == {
        "ServiceToken": {"Fn::GetAtt": [function, "Arn"]},
        "ServiceTimeout": 1200,
        "trainingDatasetArn": DATASET,
    }


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"audience_model_name": "readers"}, {"name": "readers"}),
        ({"description": "two\nlines"}, {"description": "two\nlines"}),
        ({"training_data_start_time": JANUARY}, {"trainingDataStartTime": "2026-01-01T00:00:00+00:00"}),
        (
            {"training_data_end_time": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5)))},
            {"trainingDataEndTime": "2026-01-01T05:00:00+00:00"},
        ),
        ({"tags": {"team": "media", "empty": ""}}, {"tags": {"team": "media", "empty": ""}}),
    ],
)
def test_a_parameter_is_the_member_of_the_request(
    synth: Synth, parameters: dict[str, Any], expected: dict[str, Any]
) -> None:
    model(synth, **parameters)
    assert request(synth) == {"trainingDatasetArn": DATASET} | expected


def test_the_key_is_named_and_nobody_is_allowed_anything_on_it(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    model(synth, encryption_key=key)
    assert request(synth)["kmsKeyArn"] == synth.stack.resolve(key.key_arn)
    assert "kms" not in str(permissions(synth))


@pytest.mark.parametrize("marked_later", [False, True])
def test_a_retrained_one_says_so(synth: Synth, marked_later: bool) -> None:
    one = model(synth, retrained=not marked_later)
    if marked_later:
        one.mark_retrained()
    assert properties(synth)["Retrained"] is True


def test_tags_of_the_application_reach_it(synth: Synth) -> None:
    one = model(synth, tags={"team": "media", "stage": "beta"})
    cdk.Tags.of(synth.app).add("environment", "beta")
    cdk.Tags.of(one).add("team", "sports")
    cdk.Tags.of(one).remove("stage")
    assert request(synth)["tags"] == {"environment": "beta", "team": "sports"}


def test_tags_of_the_application_are_checked(synth: Synth) -> None:
    cdk.Tags.of(model(synth)).add("team", "media!")
    with pytest.raises(RuntimeError, match="tags of 'Stack/Model'"):
        synth.app.synth()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (cdk.RemovalPolicy.RETAIN, "RetainExceptOnCreate"),
        (cdk.RemovalPolicy.DESTROY, None),
        (None, "RetainExceptOnCreate"),
    ],
)
def test_the_removal_policy(synth: Synth, policy: cdk.RemovalPolicy | None, expected: str | None) -> None:
    parameters: dict[str, Any] = {} if policy is None else {"removal_policy": policy}
    model(synth, **parameters)
    resource = synth.only(RESOURCE_TYPE)
    assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == (expected, expected and "Retain")


def test_the_removal_policy_can_be_applied_from_outside(synth: Synth) -> None:
    model(synth).apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    assert synth.only(RESOURCE_TYPE)["DeletionPolicy"] == "Delete"


def test_attributes(synth: Synth) -> None:
    one = model(synth)
    assert synth.stack.resolve(one.audience_model_arn) == {"Ref": "Model0301700E"}
    assert synth.stack.resolve(one.audience_model_id) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Model0301700E"}]}]
    }
    assert synth.stack.resolve(one.audience_model_name) == {"Fn::GetAtt": ["Model0301700E", "Name"]}
    assert synth.stack.resolve(one.audience_model_status) == {"Fn::GetAtt": ["Model0301700E", "Status"]}


def test_logical_ids(synth: Synth) -> None:
    model(synth)
    resources = synth.template.to_json()["Resources"]
    assert {logical_id: each["Type"] for logical_id, each in resources.items()} == {
        "Model0301700E": "Custom::CleanRoomsMLAudienceModel",
        "CleanRoomsMLProviderLogGroupB5FD6D74": "AWS::Logs::LogGroup",
        "CleanRoomsMLProviderRole4F0785CE": "AWS::IAM::Role",
        "CleanRoomsMLProviderAudienceModelD50316C4": "AWS::IAM::Policy",
        "CleanRoomsMLProviderFunction3A8A3602": "AWS::Lambda::Function",
    }


# What is refused


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Model'") as error:
        model(
            synth,
            audience_model_name=" ",
            description="\u0007" * 256,
            training_data_start_time=JANUARY + timedelta(days=1),
            training_data_end_time=JANUARY,
            encryption_key=kms.Key.from_key_arn(synth.stack, "Key", KEY.replace("key/", "alias/")),
            tags={"aws:team": "media", "team": "media!"},
        )
    message = str(error.value)
    for said in (
        "audience_model_name must be printable characters on one line, not only spaces, got ' '",
        "description must have 0 to 255 characters, got 256",
        "description must be printable characters and line breaks",
        "training_data_start_time must be before training_data_end_time, got 2026-01-02",
        "encryption_key must be a key and no alias",
        "tags key must not start with 'aws:'",
        "tags['team'] must be of letters, numbers, spaces",
    ):
        assert said in message


def test_an_empty_window_is_refused(synth: Synth) -> None:
    with pytest.raises(ValueError, match="training_data_start_time must be before training_data_end_time"):
        model(synth, training_data_start_time=JANUARY, training_data_end_time=JANUARY)


def test_a_time_without_a_time_zone_is_refused(synth: Synth) -> None:
    naive = datetime(2026, 1, 1)
    with pytest.raises(ValueError, match="invalid parameters") as error:
        model(synth, training_data_start_time=naive, training_data_end_time=JANUARY)
    assert "training_data_start_time must have a time zone, got datetime.datetime(2026, 1, 1, 0, 0)" in str(error.value)
    assert "must be before" not in str(error.value)


def test_every_text_can_be_a_token(synth: Synth) -> None:
    def text(parameter: str) -> str:
        return cdk.CfnParameter(synth.stack, parameter).value_as_string

    model(
        synth,
        training_dataset=a_dataset(synth.stack, text("Dataset")),
        audience_model_name=text("Name"),
        description=text("Description"),
        encryption_key=kms.Key.from_key_arn(synth.stack, "Encryption", text("Key")),
        tags={"team": text("Team")},
    )
    assert request(synth) == {
        "trainingDatasetArn": {"Ref": "Dataset"},
        "name": {"Ref": "Name"},
        "description": {"Ref": "Description"},
        "kmsKeyArn": {"Ref": "Key"},
        "tags": {"team": {"Ref": "Team"}},
    }


# What the function may do


def permissions(synth: Synth) -> list[dict[str, Any]]:
    policies = synth.resources("AWS::IAM::Policy").values()
    found = [statement for policy in policies for statement in policy["Properties"]["PolicyDocument"]["Statement"]]
    return [statement for statement in found if "logs:" not in str(statement["Action"])]


def own(synth: Synth, kind: str) -> Any:
    return synth.stack.resolve(
        f"arn:{synth.stack.partition}:cleanrooms-ml:{synth.stack.region}:{synth.stack.account}:{kind}/*"
    )


def test_the_function_may_do_what_is_documented_and_nothing_else(synth: Synth) -> None:
    model(synth, "One")
    model(synth, "Two")
    assert permissions(synth) == [
        {
            "Effect": "Allow",
            "Action": [
                "cleanrooms-ml:GetAudienceModel",
                "cleanrooms-ml:DeleteAudienceModel",
                "cleanrooms-ml:TagResource",
                "cleanrooms-ml:UntagResource",
            ],
            "Resource": own(synth, "audience-model"),
        },
        {"Effect": "Allow", "Action": "cleanrooms-ml:ListAudienceModels", "Resource": "*"},
        {"Effect": "Allow", "Action": "cleanrooms-ml:CreateAudienceModel", "Resource": DATASET},
    ]


def test_a_configured_model_on_one_of_the_same_stack_makes_no_circle(synth: Synth) -> None:
    one = model(synth)
    ConfiguredAudienceModel(
        synth.stack,
        "Configured",
        audience_model=one,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    logical_id = synth.stack.resolve(one.audience_model_arn)["Ref"]
    policies = synth.resources("AWS::IAM::Policy")
    assert logical_id not in str(policies)
    assert own(synth, "audience-model") in [
        statement["Resource"]
        for policy in policies.values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "cleanrooms-ml:CreateConfiguredAudienceModel" in statement["Action"]
    ]


# Grants and imports


def granted(synth: Synth, grant: Callable[[Any, iam.IGrantable], iam.Grant]) -> Any:
    imported = AudienceModel.from_audience_model_arn(synth.stack, "Theirs", ARN)
    role = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    assert grant(imported.grants, role).success
    return permissions(synth)


def statement(*actions: str, resource: object = ARN, **condition: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"Effect": "Allow", "Action": list(actions) if actions[1:] else actions[0]}
    return said | {"Resource": resource} | ({"Condition": condition} if condition else {})


def beside(synth: Synth, kind: str) -> Any:
    """All of a kind where the imported one is, whatever stack the role is of."""
    place = ARN.split(":", 2)[2].partition("audience-model")[0]
    return synth.stack.resolve(f"arn:{synth.stack.partition}:{place}{kind}/*")


READ = statement("cleanrooms-ml:GetAudienceModel", "cleanrooms-ml:ListTagsForResource")


def test_read(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.read(role)) == [READ]


def test_create_configured_audience_model(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.create_configured_audience_model(role)) == [
        statement("cleanrooms-ml:CreateConfiguredAudienceModel"),
        statement("cleanrooms-ml:TagResource", resource=beside(synth, "configured-audience-model")),
    ]


def test_create_configured_audience_model_with_one_role(synth: Synth) -> None:
    writer = iam.Role.from_role_arn(synth.stack, "Writer", ROLE)
    assert granted(synth, lambda grants, role: grants.create_configured_audience_model(role, output_role=writer)) == [
        statement("cleanrooms-ml:CreateConfiguredAudienceModel"),
        statement("cleanrooms-ml:TagResource", resource=beside(synth, "configured-audience-model")),
        statement("iam:PassRole", resource=ROLE, StringEquals={"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}),
    ]


def test_manage(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.manage(role)) == [
        READ,
        statement("cleanrooms-ml:DeleteAudienceModel", "cleanrooms-ml:TagResource", "cleanrooms-ml:UntagResource"),
    ]


def test_a_created_one_grants_on_itself(synth: Synth) -> None:
    one = model(synth)
    one.grants.read(iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())).assert_success()
    assert {"Ref": "Model0301700E"} in [
        each["Resource"]
        for policy in synth.resources("AWS::IAM::Policy").values()
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_an_import_knows_what_its_arn_says(synth: Synth) -> None:
    imported = AudienceModel.from_audience_model_arn(synth.stack, "Theirs", ARN)
    assert (imported.audience_model_arn, imported.audience_model_id) == (ARN, "8ad5aa2a")
    assert (imported.env.account, imported.env.region) == ("444455556666", "eu-west-1")
    assert imported.stack == synth.stack
    assert imported.node.path == "Stack/Theirs"
    assert synth.template.to_json().get("Resources") is None


def test_the_arn_of_an_import_can_be_a_token(synth: Synth) -> None:
    imported = AudienceModel.from_audience_model_arn(synth.stack, "Theirs", cdk.Fn.import_value("Arn"))
    assert synth.stack.resolve(imported.audience_model_id) == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": "Arn"}]}]
    }


@pytest.mark.parametrize("arn", ["readers", ARN.replace(":audience-model", ":training-dataset"), ARN + "x" * 2048])
def test_what_is_no_arn_of_an_audience_model_is_refused(synth: Synth, arn: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Theirs':\n  - audience_model_arn"):
        AudienceModel.from_audience_model_arn(synth.stack, "Theirs", arn)


def test_the_key_pattern_is_the_models() -> None:
    assert MODEL.shape_for("KmsKeyArn").metadata["pattern"] == limits.KMS_KEY_ARN_PATTERN
