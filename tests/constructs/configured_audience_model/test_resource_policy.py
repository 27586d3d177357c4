"""The resource policy of a model: who else may start jobs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk.assertions import Annotations

from cdk_cleanroomsml import ConfiguredAudienceModel, ConfiguredAudienceModelPolicy, SharedAudienceMetrics
from cdk_cleanroomsml.common import limits
from cdk_cleanroomsml.configured_audience_model import RESOURCE_POLICY_TYPE

if TYPE_CHECKING:
    from ..conftest import Synth

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"
BASE = ("logs:PutLogEvents", "cloudformation:DescribeStackResource", "cloudformation:ListStackResources")
MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"
PARTNER, OTHER_PARTNER = "444455556666", "777788889999"
COLLABORATION = "0a1b2c3d-0000-4000-8000-000000000001"
OTHER_COLLABORATION = "0a1b2c3d-0000-4000-8000-000000000002"


def define_model(stack: cdk.Stack, id: str = "Model") -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        stack, id, audience_model_arn=AUDIENCE_MODEL, shared_audience_metrics=SharedAudienceMetrics.ALL
    )


def document(synth: Synth) -> Any:
    return synth.only(RESOURCE_POLICY_TYPE)["Properties"]["configuredAudienceModelPolicy"]


def allowed(synth: Synth) -> list[tuple[list[str], Any]]:
    """The partners of each statement, and their collaboration."""
    return [
        (statement["Principal"]["AWS"], statement["Condition"]["StringEquals"]["cleanrooms-ml:CollaborationId"])
        for statement in document(synth)["Statement"]
    ]


def in_stack(kind: str) -> dict[str, Any]:
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":cleanrooms-ml:", {"Ref": "AWS::Region"}, ":"]
    return {"Fn::Join": ["", [*parts, {"Ref": "AWS::AccountId"}, f":{kind}/*"]]}


def test_it_is_the_documented_one(synth: Synth) -> None:
    define_model(synth.stack).grants.start_audience_generation_to_partner(PARTNER, COLLABORATION)
    properties = synth.only(RESOURCE_POLICY_TYPE)["Properties"]
    (arn,) = [{"Ref": name} for name in synth.resources("Custom::CleanRoomsMLConfiguredAudienceModel")]
    assert properties["configuredAudienceModelArn"] == arn
    assert properties["configuredAudienceModelPolicy"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [PARTNER]},
                "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                "Resource": [arn, in_stack("audience-generation-job")],
                "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": COLLABORATION}},
            }
        ],
    }


def test_several_partners_share_one_document(synth: Synth) -> None:
    grants = define_model(synth.stack).grants
    policies = [
        grants.start_audience_generation_to_partner(partner, collaboration)
        for partner, collaboration in [
            (PARTNER, COLLABORATION),
            (PARTNER, OTHER_COLLABORATION),
            (OTHER_PARTNER, COLLABORATION),
            (PARTNER, COLLABORATION),
        ]
    ]
    assert all(policy is policies[0] for policy in policies)
    assert allowed(synth) == [([PARTNER, OTHER_PARTNER], COLLABORATION), ([PARTNER], OTHER_COLLABORATION)]


def test_each_model_has_its_own(synth: Synth) -> None:
    for name in ("One", "Two"):
        define_model(synth.stack, name).grants.start_audience_generation_to_partner(PARTNER, COLLABORATION)
    assert len(synth.resources(RESOURCE_POLICY_TYPE)) == 2


def test_an_imported_model_can_have_one(synth: Synth) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", MODEL)
    model.grants.start_audience_generation_to_partner(PARTNER, COLLABORATION)
    assert synth.only(RESOURCE_POLICY_TYPE)["Properties"]["configuredAudienceModelArn"] == MODEL


def test_the_function_may_do_what_that_takes_and_no_more(synth: Synth) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", MODEL)
    model.grants.start_audience_generation_to_partner(PARTNER, COLLABORATION)
    statements = synth.function_statements()
    assert [s for s in statements if not any(each in s["Action"] for each in BASE)] == [
        {
            "Effect": "Allow",
            "Action": [
                "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
                "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
                "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
            ],
            "Resource": in_stack("configured-audience-model"),
        }
    ]


def test_a_collaboration_of_the_stack(synth: Synth) -> None:
    collaboration = cleanrooms.CfnCollaboration(
        synth.stack,
        "Collaboration",
        name="Spring",
        description="A campaign",
        creator_display_name="Publisher",
        query_log_status="DISABLED",
    )
    model = define_model(synth.stack)
    model.grants.start_audience_generation_to_partner(PARTNER, collaboration.attr_collaboration_identifier)
    assert allowed(synth) == [([PARTNER], {"Fn::GetAtt": ["Collaboration", "CollaborationIdentifier"]})]


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match=r"invalid parameters of 'Stack/Model/Policy'") as caught:
        define_model(synth.stack).grants.start_audience_generation_to_partner("4444-5555-6666", "Spring")
    assert "account must be an account's 12 digits, got '4444-5555-6666'" in str(caught.value)
    assert "collaboration_id must be a UUID in small letters" in str(caught.value)


def test_the_owner_is_no_partner() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111122223333", region="us-east-1"))
    with pytest.raises(ValueError, match="owns the model: it needs no resource policy, use grants"):
        define_model(stack).grants.start_audience_generation_to_partner("111122223333", COLLABORATION)


def test_another_accounts_model_can_not_be_given_one() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=PARTNER, region="eu-west-1"))
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Model", MODEL)
    with pytest.raises(ValueError, match="only its owner can give a model a resource policy") as caught:
        model.grants.start_audience_generation_to_partner(OTHER_PARTNER, COLLABORATION)
    assert "account '111122223333' is not '444455556666'" in str(caught.value)
    assert "Region 'us-east-1' is not 'eu-west-1'" in str(caught.value)


def test_a_document_that_is_too_long_is_refused_at_synthesis(synth: Synth) -> None:
    grants = define_model(synth.stack).grants
    for number in range(60):
        collaboration = f"0a1b2c3d-0000-4000-8000-{number:012}"
        grants.start_audience_generation_to_partner(PARTNER, collaboration)
    with pytest.raises(RuntimeError, match=r"has at least \d+ characters, the service allows 20480"):
        synth.app.synth()


def test_a_model_has_one(synth: Synth) -> None:
    model = define_model(synth.stack)
    first = ConfiguredAudienceModelPolicy(synth.stack, "First", configured_audience_model=model)
    assert model.grants.start_audience_generation_to_partner(PARTNER, COLLABORATION) is first
    with pytest.raises(ValueError, match="configured_audience_model has a resource policy already, 'Stack/First'"):
        ConfiguredAudienceModelPolicy(synth.stack, "Second", configured_audience_model=model)


def test_one_that_lets_nobody_in_is_refused_at_synthesis(synth: Synth) -> None:
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=define_model(synth.stack))
    with pytest.raises(RuntimeError, match="'Stack/Policy' lets nobody in: call allow_start_audience_generation"):
        synth.app.synth()


def test_the_limits_are_the_models() -> None:
    model = botocore.session.get_session().get_service_model("cleanroomsml")
    length = model.shape_for("ResourcePolicy").metadata
    assert (length["min"], length["max"]) == limits.POLICY_LENGTH
    uuid = model.shape_for("UUID").metadata
    assert ((uuid["min"], uuid["max"]), uuid["pattern"]) == (limits.UUID_LENGTH, limits.UUID_PATTERN)
    account = model.shape_for("AccountId").metadata
    assert account["pattern"] == limits.ACCOUNT_PATTERN


def test_it_can_be_kept(synth: Synth) -> None:
    policy = define_model(synth.stack).grants.start_audience_generation_to_partner(PARTNER, COLLABORATION)
    policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    assert synth.only(RESOURCE_POLICY_TYPE)["DeletionPolicy"] == "RetainExceptOnCreate"
    Annotations.from_stack(synth.stack).has_no_warning("*", "*")
