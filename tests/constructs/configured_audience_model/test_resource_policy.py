"""The resource policy of a model: who else may start jobs on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match

from cdk_cleanroomsml import ConfiguredAudienceModel, ConfiguredAudienceModelPolicy, SharedAudienceMetrics
from cdk_cleanroomsml.common import limits
from cdk_cleanroomsml.configured_audience_model import RESOURCE_POLICY_TYPE
from cdk_cleanroomsml.configured_audience_model.resource_policy import least_length

from ...references import an_audience_model
from ..conftest import an_app

if TYPE_CHECKING:
    from cdk_cleanroomsml import IConfiguredAudienceModel

    from ..conftest import Synth

AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"
BASE = (
    "logs:PutLogEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:ListStackResources",
)
MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1f3d4c5b"
PARTNER, OTHER_PARTNER = "444455556666", "777788889999"
COLLABORATION = "0a1b2c3d-0000-4000-8000-000000000001"
OTHER_COLLABORATION = "0a1b2c3d-0000-4000-8000-000000000002"


def define_model(stack: cdk.Stack, id: str = "Model") -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        stack,
        id,
        audience_model=an_audience_model(stack, AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )


def document(synth: Synth) -> Any:
    return synth.only(RESOURCE_POLICY_TYPE)["Properties"]["configuredAudienceModelPolicy"]


def allowed(synth: Synth) -> list[tuple[list[str], Any]]:
    """The partners of each statement, and their collaboration."""
    found = []
    for statement in document(synth)["Statement"]:
        named = statement["Principal"]["AWS"]
        within = statement["Condition"]["StringEquals"]["cleanrooms-ml:CollaborationId"]
        found.append((named if isinstance(named, list) else [named], within))
    return found


def let_in(model: IConfiguredAudienceModel, account: str = PARTNER, collaboration: str = COLLABORATION) -> iam.Grant:
    return model.grants.start_audience_generation(iam.AccountPrincipal(account), collaboration_id=collaboration)


def in_stack(kind: str) -> dict[str, Any]:
    parts = ["arn:", {"Ref": "AWS::Partition"}, ":cleanrooms-ml:", {"Ref": "AWS::Region"}, ":"]
    return {"Fn::Join": ["", [*parts, {"Ref": "AWS::AccountId"}, f":{kind}/*"]]}


def test_it_is_the_documented_one(synth: Synth) -> None:
    let_in(define_model(synth.stack))
    properties = synth.only(RESOURCE_POLICY_TYPE)["Properties"]
    (arn,) = [{"Ref": name} for name in synth.resources("Custom::CleanRoomsMLConfiguredAudienceModel")]
    assert properties["configuredAudienceModelArn"] == arn
    policy = properties["configuredAudienceModelPolicy"]
    policy["Statement"][0]["Resource"].sort(key=str, reverse=True)
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": PARTNER},
                "Action": "cleanrooms-ml:StartAudienceGenerationJob",
                "Resource": [arn, in_stack("audience-generation-job")],
                "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": COLLABORATION}},
            }
        ],
    }


def test_several_partners_share_one_document(synth: Synth) -> None:
    model = define_model(synth.stack)
    for partner, collaboration in [
        (PARTNER, COLLABORATION),
        (PARTNER, OTHER_COLLABORATION),
        (OTHER_PARTNER, COLLABORATION),
        (PARTNER, COLLABORATION),
    ]:
        assert let_in(model, partner, collaboration).success
    assert allowed(synth) == [([PARTNER, OTHER_PARTNER], COLLABORATION), ([PARTNER], OTHER_COLLABORATION)]


def test_each_model_has_its_own(synth: Synth) -> None:
    for name in ("One", "Two"):
        let_in(define_model(synth.stack, name))
    assert len(synth.resources(RESOURCE_POLICY_TYPE)) == 2


def import_model(stack: cdk.Stack, id: str = "Model", arn: str = MODEL) -> IConfiguredAudienceModel:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, id, arn)


def test_an_imported_model_can_be_given_one(synth: Synth) -> None:
    model = import_model(synth.stack)
    made = ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=model)
    assert model.policy is made
    let_in(model).assert_success()
    assert synth.only(RESOURCE_POLICY_TYPE)["Properties"]["configuredAudienceModelArn"] == MODEL


def test_as_a_bucket_an_imported_model_takes_no_statement_by_itself(synth: Synth) -> None:
    statement = iam.PolicyStatement(
        principals=[iam.ArnPrincipal(PARTNER)], actions=["cleanrooms-ml:StartAudienceGenerationJob"], resources=["*"]
    )
    assert not import_model(synth.stack).add_to_resource_policy(statement).statement_added
    assert define_model(synth.stack, "Own").add_to_resource_policy(statement).statement_added


def test_a_statement_of_ones_own(synth: Synth) -> None:
    model = define_model(synth.stack)
    let_in(model)
    denied = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        principals=[iam.ArnPrincipal(PARTNER)],
        actions=["cleanrooms-ml:StartAudienceGenerationJob"],
        resources=[model.configured_audience_model_arn],
        conditions={"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
    )
    result = model.add_to_resource_policy(denied)
    assert result.policy_dependable is model.policy
    assert [each["Effect"] for each in document(synth)["Statement"]] == ["Allow", "Deny"]


def test_a_statement_without_a_principal_is_refused_at_synthesis(synth: Synth) -> None:
    statement = iam.PolicyStatement(actions=["cleanrooms-ml:StartAudienceGenerationJob"], resources=["*"])
    define_model(synth.stack).add_to_resource_policy(statement)
    with pytest.raises(RuntimeError, match=r"'Stack/Model/Policy' .*must specify at least one IAM principal"):
        synth.app.synth()


def from_reference(stack: cdk.Stack) -> tuple[IConfiguredAudienceModel, IConfiguredAudienceModel]:
    model = define_model(stack)
    return model, import_model(cdk.Stack(stack, "Nested"), arn=model.configured_audience_model_arn)


def from_parameter(stack: cdk.Stack) -> tuple[IConfiguredAudienceModel, IConfiguredAudienceModel]:
    arn = cdk.CfnParameter(stack, "Arn").value_as_string
    return import_model(stack, "One", arn), import_model(stack, "Two", arn)


def from_export(stack: cdk.Stack) -> tuple[IConfiguredAudienceModel, IConfiguredAudienceModel]:
    other = cdk.Stack(stack, "Other")
    return tuple(import_model(each, "Theirs", cdk.Fn.import_value("Arn")) for each in (stack, other))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "two",
    [
        lambda stack: (import_model(stack, "One"), import_model(stack, "Two")),
        lambda stack: (import_model(stack), import_model(cdk.Stack(stack, "Other"))),
        from_reference,
        from_parameter,
        from_export,
    ],
    ids=["two imports", "two stacks", "an import of one that is defined", "a parameter", "an exported value"],
)
def test_a_model_has_one_however_it_is_referred_to(synth: Synth, two: Any) -> None:
    one, other = two(synth.stack)
    ConfiguredAudienceModelPolicy(synth.stack, "First", configured_audience_model=one)
    with pytest.raises(ValueError, match="configured_audience_model has a resource policy already, 'Stack/First'"):
        ConfiguredAudienceModelPolicy(other.stack, "Second", configured_audience_model=other)
    let_in(one).assert_success()
    # What was given to one import is no way to change it by another.
    assert not let_in(other).success
    Annotations.from_stack(other.stack).has_warning(
        "*", Match.string_like_regexp("grant it on the model that 'Stack/First' was given")
    )


def test_models_that_differ_each_have_one(synth: Synth) -> None:
    other = MODEL.replace("1f3d4c5b", "2f3d4c5b")
    for number, arn in enumerate((MODEL, other, cdk.Fn.import_value("A"), cdk.Fn.import_value("B"))):
        model = import_model(synth.stack, f"Model{number}", arn)
        ConfiguredAudienceModelPolicy(synth.stack, f"Policy{number}", configured_audience_model=model)
        let_in(model).assert_success()
    assert len(synth.resources(RESOURCE_POLICY_TYPE)) == 4


def test_the_function_may_do_what_that_takes_and_no_more(synth: Synth) -> None:
    model = import_model(synth.stack)
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=model)
    let_in(model)
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
    model.grants.start_audience_generation(
        iam.AccountPrincipal(PARTNER), collaboration_id=collaboration.attr_collaboration_identifier
    )
    assert allowed(synth) == [([PARTNER], {"Fn::GetAtt": ["Collaboration", "CollaborationIdentifier"]})]


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match=r"start_audience_generation' of 'Stack/Model'") as caught:
        let_in(define_model(synth.stack), "4444-5555-6666", "Spring")
    assert "grantee's account must be the 12 digits of an account, got '4444-5555-6666'" in str(caught.value)
    assert "collaboration_id must be a UUID in small letters" in str(caught.value)


def test_another_accounts_model_can_not_be_given_one() -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=PARTNER, region="eu-west-1"))
    with pytest.raises(ValueError, match="only its owner can give a model a resource policy") as caught:
        ConfiguredAudienceModelPolicy(stack, "Policy", configured_audience_model=import_model(stack))
    assert "account '111122223333' is not '444455556666'" in str(caught.value)
    assert "Region 'us-east-1' is not 'eu-west-1'" in str(caught.value)


def test_a_document_that_is_too_long_is_refused_at_synthesis(synth: Synth) -> None:
    model = import_model(synth.stack)
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=model)
    for number in range(60):
        let_in(model, PARTNER, f"0a1b2c3d-0000-4000-8000-{number:012}")
    with pytest.raises(RuntimeError, match=r"has at least \d+ characters, the service allows 20480"):
        synth.app.synth()


@pytest.mark.parametrize("value", [{"a": [1, "b", {"c": []}], "d": {}}, [], ["x"], {"e": "é\n"}, 7])
def test_a_length_is_that_of_the_json(value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert least_length(value) == len(text)


def test_what_is_only_known_at_deployment_counts_for_nothing() -> None:
    assert least_length({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam"]]}) == len('"arn::iam"')
    assert least_length({"Ref": "Model"}) == least_length({"Fn::ImportValue": "Arn"}) == len('""')


def test_one_that_lets_nobody_in_is_refused_at_synthesis(synth: Synth) -> None:
    ConfiguredAudienceModelPolicy(synth.stack, "Policy", configured_audience_model=define_model(synth.stack))
    with pytest.raises(RuntimeError, match="'Stack/Policy' lets nobody in: grant something on the model"):
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
    model = define_model(synth.stack)
    let_in(model)
    assert model.policy is not None
    model.policy.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    assert synth.only(RESOURCE_POLICY_TYPE)["DeletionPolicy"] == "RetainExceptOnCreate"
    Annotations.from_stack(synth.stack).has_no_warning("*", "*")
