"""What is taken where a construct is meant, what is said of everything else, and what imports know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from aws_cdk.interfaces.aws_logs import LogGroupReference

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelReference,
    AudienceModelRetraining,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelAssociationReference,
    ConfiguredAudienceModelReference,
    Membership,
    SharedAudienceMetrics,
    TrainingDataset,
)

from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
READERS = f"{HERE}:audience-model/readers"
DATASET = f"{HERE}:training-dataset/clicks"
MODEL = f"{HERE}:configured-audience-model/1f3d4c5b"
LOG_GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:theirs"
ID = "0a1b2c3d-0000-4000-8000-00000000000a"
MEMBERSHIP = f"arn:aws:cleanrooms:us-east-1:111122223333:membership/{ID}"
ASSOCIATION = f"{MEMBERSHIP}/configuredaudiencemodelassociation/{ID}"
IMPORT = "AudienceModel.from_audience_model_arn(self, 'AudienceModel', "


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return cdk.Stack(an_app(), "Stack")


def said(define: Callable[[], object]) -> str:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/One'") as error:
        define()
    first, line = str(error.value).splitlines()
    assert first
    return line.removeprefix("  - ").partition(" must be ")[2]


def l1_membership(stack: cdk.Stack) -> cleanrooms.CfnMembership:
    found: Any = stack.node.try_find_child("L1") or cleanrooms.CfnMembership(
        stack, "L1", collaboration_identifier=ID, query_log_status="DISABLED"
    )
    return found  # type: ignore[no-any-return]


def of_the_stack(stack: cdk.Stack) -> AudienceModel:
    found: Any = stack.node.try_find_child("Own") or AudienceModel(
        stack, "Own", training_dataset=TrainingDataset.from_training_dataset_arn(stack, "Dataset", DATASET)
    )
    return found  # type: ignore[no-any-return]


def token(stack: cdk.Stack) -> str:
    return of_the_stack(stack).audience_model_arn


OTHERWISE: dict[str, tuple[Callable[[cdk.Stack], Any], str]] = {
    "an ARN": (lambda _: READERS, f"got '{READERS}': write {IMPORT}'{READERS}')"),
    "a name": (lambda _: "readers", f"got 'readers': write {IMPORT}'arn:…')"),
    "the ARN of a dataset": (lambda _: DATASET, f"got '{DATASET}': that is the ARN of a training dataset"),
    "that of a model": (lambda _: MODEL, f"got '{MODEL}': that is the ARN of a configured audience model"),
    "that of an association": (
        lambda _: ASSOCIATION,
        f"got '{ASSOCIATION}': that is the ARN of a configured audience model association",
    ),
    "a Token": (token, f"got a Token: give what has that ARN itself, or write {IMPORT}…)"),
    "an intrinsic": (
        lambda _: cdk.Fn.get_att("Other", "Arn"),
        f"got a Token: give what has that ARN itself, or write {IMPORT}cdk.Token.as_string(…))",
    ),
    "a parameter": (
        lambda stack: cdk.CfnParameter(stack, "Parameter"),
        f"got a CfnParameter: give what has that ARN itself, or write {IMPORT}….value_as_string)",
    ),
    "nothing": (lambda _: None, "got None: was it forgotten, or is it a key of the context that isn't there?"),
    "an L1 of another type": (l1_membership, "got a CfnMembership"),
    "an L1 of CDK's like it": (
        lambda stack: cleanroomsml.CfnTrainingDataset(
            stack, "L1Dataset", name="name", role_arn="arn:aws:iam::111122223333:role/reader", training_data=[]
        ),
        "got a CfnTrainingDataset",
    ),
    "another construct of ours": (
        lambda stack: ConfiguredAudienceModel(
            stack, "Configured", audience_model=of_the_stack(stack), shared_audience_metrics=SharedAudienceMetrics.ALL
        ),
        "got a ConfiguredAudienceModel",
    ),
    "an import of another kind": (
        lambda stack: ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Theirs", MODEL),
        "got an imported configured audience model",
    ),
    "an import of CDK's": (
        lambda stack: iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/reader"),
        "got an IRole",
    ),
    "a reference": (
        lambda stack: of_the_stack(stack).audience_model_ref,
        "got an AudienceModelReference: give what it is the reference of",
    ),
    "the class": (lambda _: AudienceModel, "got the class AudienceModel: write AudienceModel(…)"),
    "a list of one": (lambda stack: [of_the_stack(stack)], "got a list: leave out the brackets"),
    "a number": (lambda _: 5, "got 5: write AudienceModel(…)"),
    "the stack": (lambda stack: stack, "got a Stack"),
}


@pytest.mark.parametrize("given", OTHERWISE)
def test_what_is_no_audience_model(stack: cdk.Stack, given: str) -> None:
    make, words = OTHERWISE[given]
    audience_model, metrics = make(stack), SharedAudienceMetrics.ALL
    line = said(
        lambda: ConfiguredAudienceModel(stack, "One", audience_model=audience_model, shared_audience_metrics=metrics)
    )
    assert line == f"an audience model, {words}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ID, f"got '{ID}': write Membership.from_membership_identifier(self, 'Membership', '{ID}')"),
        (MEMBERSHIP, f"got '{MEMBERSHIP}': write Membership.from_membership_arn(self, 'Membership', '{MEMBERSHIP}')"),
        (ASSOCIATION, f"got '{ASSOCIATION}': that is the ARN of a configured audience model association"),
        (None, "got None: was it forgotten, or is it a key of the context that isn't there?"),
        (Membership, "got the class Membership: write Membership.from_membership_identifier(…)"),
        (7, "got 7: write Membership.from_membership_identifier(…)"),
    ],
)
def test_what_is_no_membership(stack: cdk.Stack, given: Any, words: str) -> None:
    model = of_the_stack(stack)
    theirs: Any = stack.node.try_find_child("M") or ConfiguredAudienceModel.from_configured_audience_model_arn(
        stack, "M", MODEL
    )
    assert model
    line = said(
        lambda: ConfiguredAudienceModelAssociation(stack, "One", configured_audience_model=theirs, membership=given)
    )
    assert line == f"a membership, {words}"


@pytest.mark.parametrize("given", [DATASET, None, 5, READERS])
def test_what_is_no_dataset(stack: cdk.Stack, given: Any) -> None:
    assert said(lambda: AudienceModel(stack, "One", training_dataset=given)).startswith(
        f"a training dataset, got {given!r}"
    )


# What imports know


def tell(stack: cdk.Stack, name: str) -> tuple[str, str]:
    found: Any = stack.node.find_child(name)
    return found.env.account, found.env.region


def test_the_place_of_a_token_can_be_said() -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111122223333", region="us-east-1"))
    arn = cdk.Fn.import_value("Arn")
    place: Any = {"account": "444455556666", "region": "eu-west-1"}
    AudienceModel.from_audience_model_attributes(stack, "A", audience_model_arn=arn, **place)
    TrainingDataset.from_training_dataset_attributes(stack, "B", training_dataset_arn=arn, **place)
    ConfiguredAudienceModel.from_configured_audience_model_attributes(
        stack, "C", configured_audience_model_arn=arn, **place
    )
    ConfiguredAudienceModelAssociation.from_configured_audience_model_association_attributes(
        stack, "D", configured_audience_model_association_arn=arn, **place
    )
    Membership.from_membership_attributes(stack, "M", membership_arn=arn, **place)
    assert {tell(stack, name) for name in "ABCDM"} == {("444455556666", "eu-west-1")}
    with pytest.raises(ValueError, match="account must be the 12 digits of an account, got '4444-5555-66'"):
        Membership.from_membership_attributes(stack, "N", membership_arn=arn, account="4444-5555-66")
    here = AudienceModel.from_audience_model_attributes(stack, "E", audience_model_arn=arn, region="eu-west-1")
    assert tell(stack, "E") == ("111122223333", "eu-west-1")
    with pytest.raises(ValueError, match="audience_model's Region 'eu-west-1' is not 'us-east-1'"):
        ConfiguredAudienceModel(stack, "Model", audience_model=here, shared_audience_metrics=SharedAudienceMetrics.ALL)


def test_an_arn_and_its_place_are_not_at_odds(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/One'") as error:
        AudienceModel.from_audience_model_attributes(
            stack, "One", audience_model_arn=READERS, account="444455556666", region="eu-west-1"
        )
    assert "account '444455556666' is not '111122223333': its ARN says where it is" in str(error.value)
    assert "region 'eu-west-1' is not 'us-east-1'" in str(error.value)
    same = AudienceModel.from_audience_model_attributes(
        stack, "Same", audience_model_arn=READERS, account="111122223333"
    )
    assert (same.env.account, same.env.region) == ("111122223333", "us-east-1")


def test_a_token_of_another_stack_tells_where_that_is() -> None:
    app = an_app()
    there = cdk.Stack(app, "There", env=cdk.Environment(account="444455556666", region="us-east-1"))
    here = cdk.Stack(app, "Here", env=cdk.Environment(account="111122223333", region="us-east-1"))
    membership = cleanrooms.CfnMembership(there, "Membership", collaboration_identifier=ID, query_log_status="DISABLED")
    theirs = Membership.from_membership_identifier(here, "Theirs", membership.attr_membership_identifier)
    assert theirs.env.account == "444455556666"


def test_an_import_is_kept_or_deleted_where_it_is_defined(stack: cdk.Stack) -> None:
    theirs = AudienceModel.from_audience_model_arn(stack, "Kept", READERS)
    with pytest.raises(
        ValueError, match="policy DESTROY can't be applied to an import: apply it where that is defined"
    ):
        theirs.apply_removal_policy(cdk.RemovalPolicy.DESTROY)


def test_a_reference_is_a_value(stack: cdk.Stack) -> None:
    one = AudienceModel.from_audience_model_arn(stack, "Value", READERS)
    assert one.audience_model_ref == AudienceModelReference(audience_model_arn=READERS)
    assert one.audience_model_ref.audience_model_id == "readers"
    model = ConfiguredAudienceModelReference(configured_audience_model_arn=MODEL)
    assert model.configured_audience_model_id == "1f3d4c5b"
    association = ConfiguredAudienceModelAssociationReference(configured_audience_model_association_arn=ASSOCIATION)
    assert association.configured_audience_model_association_identifier == ID
    wrong: Any = 5
    with pytest.raises(ValueError, match="audience_model_arn must be a text, got 5"):
        AudienceModelReference(audience_model_arn=wrong)


def test_only_what_is_defined_here_is_one(stack: cdk.Stack) -> None:
    assert AudienceModel.is_audience_model(of_the_stack(stack))
    for other in (AudienceModel.from_audience_model_arn(stack, "NotOne", READERS), stack, None, AudienceModel):
        assert not AudienceModel.is_audience_model(other)


def test_the_role_of_an_l1_has_what_a_role_has() -> None:
    stack = cdk.Stack(an_app(), "Stack")
    role = iam.CfnRole(stack, "Role", assume_role_policy_document={})
    output = AudienceOutput(stack, "Output", role=role)
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=AudienceModel.from_audience_model_arn(stack, "AudienceModel", READERS),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )
    assert stack.resolve(model.role.role_arn) == {"Fn::GetAtt": ["Role", "Arn"]}
    (request,) = Template.from_stack(stack).find_resources("Custom::CleanRoomsMLConfiguredAudienceModel").values()
    assert request["Properties"]["outputConfig"]["roleArn"] == {"Fn::GetAtt": ["Role", "Arn"]}


class OfAnotherLibrary(cdk.Resource):
    """A construct that says what it can be referred to as, and nothing else."""

    @property
    def audience_model_ref(self) -> AudienceModelReference:
        return AudienceModelReference(audience_model_arn=READERS)

    @property
    def configured_audience_model_ref(self) -> ConfiguredAudienceModelReference:
        return ConfiguredAudienceModelReference(configured_audience_model_arn=MODEL)

    @property
    def log_group_ref(self) -> LogGroupReference:
        return LogGroupReference(log_group_arn=LOG_GROUP, log_group_name="theirs")


def test_what_another_library_has_is_taken() -> None:
    stack = cdk.Stack(an_app(), "Stack")
    theirs = OfAnotherLibrary(stack, "Theirs")
    ConfiguredAudienceModel(stack, "Model", audience_model=theirs, shared_audience_metrics=SharedAudienceMetrics.ALL)
    ConfiguredAudienceModelAssociation(
        stack, "Association", configured_audience_model=theirs, membership=l1_membership(stack)
    )
    dataset = TrainingDataset.from_training_dataset_arn(stack, "Dataset", DATASET)
    AudienceModelRetraining(
        stack, "Retraining", configured_audience_model=theirs, training_dataset=dataset, log_group=theirs
    )
    template = Template.from_stack(stack)
    template.has_resource_properties("Custom::CleanRoomsMLConfiguredAudienceModel", {"audienceModelArn": READERS})
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": f"{LOG_GROUP}:*"}}
    template.has_resource_properties(
        "AWS::StepFunctions::StateMachine", {"LoggingConfiguration": {"Destinations": [destination]}}
    )
    template.has_resource_properties(
        "Custom::CleanRoomsConfiguredAudienceModelAssociation", {"configuredAudienceModelArn": MODEL}
    )
