"""The association of a model with a membership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_iam as iam

from cdk_cleanroomsml import (
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    Membership,
    SharedAudienceMetrics,
)
from cdk_cleanroomsml.association import RESOURCE_TYPE
from cdk_cleanroomsml.common import limits

from ...references import a_membership, an_audience_model

if TYPE_CHECKING:
    from ..conftest import Synth

MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"
BASE = ("logs:PutLogEvents", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource")
MEMBERSHIP = "0a1b2c3d-0000-4000-8000-00000000000a"
ASSOCIATION = (
    f"arn:aws:cleanrooms:us-east-1:111122223333:membership/{MEMBERSHIP}"
    "/configuredaudiencemodelassociation/0a1b2c3d-0000-4000-8000-00000000000b"
)
SERVICE = botocore.session.get_session().get_service_model("cleanrooms")


def associate(synth: Synth, **parameters: Any) -> ConfiguredAudienceModelAssociation:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", MODEL)
    parameters.setdefault("membership", a_membership(synth.stack, MEMBERSHIP))
    parameters.setdefault("configured_audience_model", model)
    return ConfiguredAudienceModelAssociation(synth.stack, "Association", **parameters)


def request(synth: Synth) -> dict[str, Any]:
    properties = synth.only(RESOURCE_TYPE)["Properties"]
    return {name: value for name, value in properties.items() if name[0].islower()}


def test_the_smallest(synth: Synth) -> None:
    associate(synth)
    assert request(synth) == {
        "membershipIdentifier": MEMBERSHIP,
        "configuredAudienceModelArn": MODEL,
        "manageResourcePolicies": True,
    }


def test_every_member_of_the_api_has_a_parameter(synth: Synth) -> None:
    associate(
        synth,
        configured_audience_model_association_name="Readers like yours",
        manage_resource_policies=False,
        description="who reads\nand may buy",
        tags={"team": "growth"},
    )
    assert request(synth) == {
        "membershipIdentifier": MEMBERSHIP,
        "configuredAudienceModelArn": MODEL,
        "configuredAudienceModelAssociationName": "Readers like yours",
        "manageResourcePolicies": False,
        "description": "who reads\nand may buy",
        "tags": {"team": "growth"},
    }
    operation = SERVICE.operation_model("CreateConfiguredAudienceModelAssociation")
    assert set(request(synth)) == set(operation.input_shape.members)


def test_a_membership_of_the_stack(synth: Synth) -> None:
    membership = cleanrooms.CfnMembership(
        synth.stack, "Membership", collaboration_identifier=MEMBERSHIP, query_log_status="DISABLED"
    )
    model = ConfiguredAudienceModel(
        synth.stack,
        "Own",
        audience_model=an_audience_model(
            synth.stack, "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"
        ),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    associate(synth, configured_audience_model=model, membership=membership)
    assert request(synth)["membershipIdentifier"] == {"Ref": "Membership"}
    (logical_id,) = synth.resources("Custom::CleanRoomsMLConfiguredAudienceModel")
    assert request(synth)["configuredAudienceModelArn"] == {"Ref": logical_id}


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Association'") as caught:
        associate(
            synth,
            configured_audience_model_association_name=" ",
            description="x" * 256,
            tags={"aws:team": "growth"},
        )
    for problem in (
        "configured_audience_model_association_name must be printable characters on one line",
        "description must have 0 to 255 characters",
        "tags key must not start with 'aws:'",
    ):
        assert problem in str(caught.value)


def test_the_limits_are_the_models() -> None:
    name = SERVICE.shape_for("ConfiguredAudienceModelAssociationName").metadata
    assert (name["min"], name["max"]) == limits.ASSOCIATION_NAME_LENGTH
    uuid = SERVICE.shape_for("UUID").metadata
    assert ((uuid["min"], uuid["max"]), uuid["pattern"]) == (limits.UUID_LENGTH, limits.UUID_PATTERN)
    arn = SERVICE.shape_for("ConfiguredAudienceModelAssociationArn").metadata
    # The model knows one partition, and no Region with three hyphens.
    pattern = arn["pattern"].replace("arn:aws:", "arn:aws[-a-z]*:").replace(r"[\w]{2}-[\w]{4,9}-[\d]", "[-a-z0-9]+")
    assert ((arn["min"], arn["max"]), pattern) == (limits.ASSOCIATION_ARN_LENGTH, limits.ASSOCIATION_ARN_PATTERN)
    membership = SERVICE.shape_for("MembershipArn").metadata
    pattern = membership["pattern"].replace("arn:aws:", "arn:aws[-a-z]*:").replace(r"[\w]+:", "cleanrooms:")
    pattern = pattern.replace(r"[\w]{2}-[\w]{4,9}-[\d]", "[-a-z0-9]+")
    assert (membership["max"], pattern) == (limits.MEMBERSHIP_ARN_LENGTH[1], limits.MEMBERSHIP_ARN_PATTERN)
    description = SERVICE.shape_for("ResourceDescription").metadata
    assert (description["min"], description["max"]) == limits.DESCRIPTION_LENGTH


@pytest.mark.parametrize("association_first", [True, False])
def test_one_or_the_other_manages_the_policy(synth: Synth, association_first: bool) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Shared", MODEL)
    if association_first:
        associate(synth, configured_audience_model=model)
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=model)
    model.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=MEMBERSHIP)
    if not association_first:
        associate(synth, configured_audience_model=model)
    with pytest.raises(RuntimeError, match="'Stack/Association' has Clean Rooms manage the resource policy") as caught:
        synth.app.synth()
    assert "set manage_resource_policies to False" in str(caught.value)


def test_one_or_the_other_manages_it_also_by_another_import(synth: Synth) -> None:
    one, other = (
        ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, name, MODEL)
        for name in ("One", "Other")
    )
    associate(synth, configured_audience_model=one)
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=other)
    other.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=MEMBERSHIP)
    with pytest.raises(RuntimeError, match="'Stack/Association' has Clean Rooms manage the resource policy"):
        synth.app.synth()


def test_a_policy_of_ones_own_without_clean_rooms(synth: Synth) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Shared", MODEL)
    associate(synth, configured_audience_model=model, manage_resource_policies=False)
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=model)
    model.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=MEMBERSHIP)
    synth.app.synth()


def arn(service: str, resource: str) -> dict[str, Any]:
    parts = ["arn:", {"Ref": "AWS::Partition"}, f":{service}:", {"Ref": "AWS::Region"}, ":"]
    return {"Fn::Join": ["", [*parts, {"Ref": "AWS::AccountId"}, f":{resource}"]]}


def test_the_function_may_do_what_that_takes_and_no_more(synth: Synth) -> None:
    associate(synth)
    statements = synth.function_statements()
    create = "cleanrooms:CreateConfiguredAudienceModelAssociation"
    assert [(s["Action"], s["Resource"]) for s in statements if not any(each in s["Action"] for each in BASE)] == [
        ("cleanrooms:ListConfiguredAudienceModelAssociations", arn("cleanrooms", "membership/*")),
        (
            [
                "cleanrooms:GetConfiguredAudienceModelAssociation",
                "cleanrooms:UpdateConfiguredAudienceModelAssociation",
                "cleanrooms:DeleteConfiguredAudienceModelAssociation",
                "cleanrooms:ListTagsForResource",
                "cleanrooms:TagResource",
                "cleanrooms:UntagResource",
            ],
            arn("cleanrooms", "membership/*/configuredaudiencemodelassociation/*"),
        ),
        (
            [
                "cleanrooms-ml:GetConfiguredAudienceModel",
                "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
                "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
                "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
            ],
            arn("cleanrooms-ml", "configured-audience-model/*"),
        ),
        (
            create,
            [
                arn("cleanrooms", f"membership/{MEMBERSHIP}"),
                arn("cleanrooms", f"membership/{MEMBERSHIP}/configuredaudiencemodelassociation/*"),
            ],
        ),
    ]


def test_tags_of_the_application_reach_it(synth: Synth) -> None:
    association = associate(synth, tags={"team": "growth"})
    cdk.Tags.of(synth.app).add("stage", "test")
    assert request(synth)["tags"] == {"stage": "test", "team": "growth"}
    assert association.cdk_tag_manager.tag_values() == {"stage": "test", "team": "growth"}


def test_it_can_be_kept(synth: Synth) -> None:
    associate(synth, removal_policy=cdk.RemovalPolicy.RETAIN)
    assert synth.only(RESOURCE_TYPE)["DeletionPolicy"] == "RetainExceptOnCreate"


def test_what_others_can_use_of_it(synth: Synth) -> None:
    association = associate(synth)
    resolve = synth.stack.resolve
    (logical_id,) = synth.resources(RESOURCE_TYPE)
    ref = {"Ref": logical_id}
    assert resolve(association.configured_audience_model_association_arn) == ref
    for value, attribute in (
        (association.configured_audience_model_association_identifier, "ConfiguredAudienceModelAssociationIdentifier"),
        (association.configured_audience_model_association_name, "Name"),
        (association.collaboration_identifier, "CollaborationIdentifier"),
    ):
        assert resolve(value) == {"Fn::GetAtt": [logical_id, attribute]}


def test_an_import(synth: Synth) -> None:
    imported = ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(
        synth.stack, "Theirs", ASSOCIATION
    )
    assert imported.configured_audience_model_association_arn == ASSOCIATION
    assert imported.configured_audience_model_association_identifier == "0a1b2c3d-0000-4000-8000-00000000000b"
    assert imported.env.account == "111122223333"
    token = cdk.Fn.import_value("Association")
    late = ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(synth.stack, "Late", token)
    assert synth.stack.resolve(late.configured_audience_model_association_identifier) == {
        "Fn::Select": [3, {"Fn::Split": ["/", {"Fn::ImportValue": "Association"}]}]
    }


def test_an_import_of_something_else(synth: Synth) -> None:
    with pytest.raises(ValueError, match="configured_audience_model_association_arn must be arn:aws:cleanrooms:"):
        ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(synth.stack, "No", MODEL)


def test_grants(synth: Synth) -> None:
    imported = ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(
        synth.stack, "Theirs", ASSOCIATION
    )
    role = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    imported.grants.manage(role).assert_success()
    statements = synth.only("AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (["cleanrooms:GetConfiguredAudienceModelAssociation", "cleanrooms:ListTagsForResource"], ASSOCIATION),
        (
            [
                "cleanrooms:UpdateConfiguredAudienceModelAssociation",
                "cleanrooms:DeleteConfiguredAudienceModelAssociation",
                "cleanrooms:TagResource",
                "cleanrooms:UntagResource",
            ],
            ASSOCIATION,
        ),
    ]


def test_a_membership_that_is_defined_elsewhere(synth: Synth) -> None:
    arn = f"arn:aws:cleanrooms:eu-west-1:444455556666:membership/{MEMBERSHIP}"
    theirs = Membership.from_membership_arn(synth.stack, "Theirs", arn)
    assert theirs.membership_ref.membership_arn == arn
    assert theirs.membership_ref.membership_identifier == MEMBERSHIP
    assert (theirs.env.account, theirs.env.region) == ("444455556666", "eu-west-1")
    ours = Membership.from_membership_identifier(synth.stack, "Ours", MEMBERSHIP)
    assert ours.membership_ref.membership_identifier == MEMBERSHIP
    assert (ours.env.account, ours.env.region) == (synth.stack.account, synth.stack.region)
    late = Membership.from_membership_arn(synth.stack, "Late", cdk.Fn.import_value("Membership"))
    associate(synth, membership=late)
    assert request(synth)["membershipIdentifier"] == {
        "Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": "Membership"}]}]
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("membership/1", "membership_identifier must have 36 characters, got 12"),
        (
            f"arn:aws:cleanrooms:us-east-1:111122223333:membership/{MEMBERSHIP}",
            "of a membership, not its ARN, got 'arn",
        ),
    ],
)
def test_what_is_no_identifier_of_a_membership_is_refused(synth: Synth, said: str, problem: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/No'") as caught:
        Membership.from_membership_identifier(synth.stack, "No", said)
    assert problem in str(caught.value)


@pytest.mark.parametrize("arn", [MEMBERSHIP, ASSOCIATION, MODEL])
def test_what_is_no_arn_of_a_membership_is_refused(synth: Synth, arn: str) -> None:
    with pytest.raises(ValueError, match="membership_arn must be arn:aws:cleanrooms:<region>:<account>:membership/"):
        Membership.from_membership_arn(synth.stack, "No", arn)
