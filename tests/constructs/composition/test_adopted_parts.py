"""What parts of the chain that are to be adopted are in the template, and what is refused before any deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    Membership,
    SharedAudienceMetrics,
    TrainingDataset,
)
from cdk_cleanroomsml.association import RESOURCE_TYPE as ASSOCIATION
from cdk_cleanroomsml.audience_model import RESOURCE_TYPE as AUDIENCE_MODEL
from cdk_cleanroomsml.configured_audience_model import RESOURCE_POLICY_TYPE as POLICY
from cdk_cleanroomsml.configured_audience_model import RESOURCE_TYPE as MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import IConstruct

    from ..conftest import Synth

HERE = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
ARN = f"{HERE}:audience-model/by-hand"
MEMBERSHIP, OTHER, OWN = (f"c0c0c0c0-0000-4000-8000-00000000000{number}" for number in range(3))
ASSOCIATION_ARN = (
    f"arn:aws:cleanrooms:us-east-1:111122223333:membership/{MEMBERSHIP}/configuredaudiencemodelassociation/{OWN}"
)
LOOKS = {"cloudformation:DescribeStackResource", "cloudformation:DescribeStacks"}


def audience_model(stack: cdk.Stack, id: str = "AudienceModel", **parameters: Any) -> AudienceModel:
    dataset = TrainingDataset.from_training_dataset_arn(stack, f"{id}Dataset", f"{HERE}:training-dataset/readers")
    return AudienceModel(stack, id, training_dataset=dataset, **parameters)


def model(stack: cdk.Stack, id: str) -> Any:
    arn = f"{HERE}:configured-audience-model/{id.lower()}"
    return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, id, arn)


def association(stack: cdk.Stack, id: str = "Association", **parameters: Any) -> ConfiguredAudienceModelAssociation:
    membership = Membership.from_membership_identifier(stack, f"{id}Membership", MEMBERSHIP)
    return ConfiguredAudienceModelAssociation(
        stack, id, configured_audience_model=model(stack, f"{id}Model"), membership=membership, **parameters
    )


def policy(stack: cdk.Stack, id: str = "Policy", **parameters: Any) -> ConfiguredAudienceModelPolicy:
    made = ConfiguredAudienceModelPolicy(stack, id, configured_audience_model=model(stack, f"{id}Model"), **parameters)
    made.document.add_statements(
        iam.PolicyStatement(
            principals=[iam.AccountPrincipal("444455556666")],
            actions=["cleanrooms-ml:StartAudienceGenerationJob"],
            resources=["*"],
        )
    )
    return made


TAGGED = {AUDIENCE_MODEL: (audience_model, ARN), ASSOCIATION: (association, ASSOCIATION_ARN)}
each_kind = pytest.mark.parametrize(
    ("type_", "define", "arn"), [(type_, *rest) for type_, rest in TAGGED.items()], ids=["audience", "association"]
)


def looks(synth: Synth) -> list[str]:
    """Where the function may look at any stack of its account and Region."""
    return [
        str(statement["Resource"])
        for statement in synth.function_statements()
        if {*statement["Action"]} >= LOOKS and isinstance(statement["Action"], list)
    ]


@each_kind
def test_the_function_is_told_and_may_see_whose_it_is(
    synth: Synth, type_: str, define: Callable[..., Any], arn: str
) -> None:
    define(synth.stack, adopt=arn)
    assert synth.only(type_)["Properties"]["Adopt"] == arn
    (where,) = looks(synth)
    assert "stack/*" in where


@each_kind
def test_without_it_there_is_nothing_of_it(synth: Synth, type_: str, define: Callable[..., Any], arn: str) -> None:  # noqa: ARG001
    define(synth.stack)
    assert not {"Adopt", "DeleteAdopted"} & synth.only(type_)["Properties"].keys()
    assert looks(synth) == []


@each_kind
@pytest.mark.parametrize(("said", "deletes"), [(None, None), ("DESTROY", True), ("RETAIN", None)])
def test_it_is_deleted_only_where_that_is_said(
    synth: Synth, type_: str, define: Callable[..., Any], arn: str, said: str | None, deletes: bool | None
) -> None:
    given = {} if said is None else {"removal_policy": cdk.RemovalPolicy[said]}
    made = define(synth.stack, adopt=arn, **given)
    if said == "RETAIN":
        made.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        made.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    assert synth.only(type_)["Properties"].get("DeleteAdopted") is deletes


@jsii.implements(cdk.IAspect)
class Destroying:
    """An Aspect of a user's own."""

    def visit(self, node: IConstruct) -> None:
        if cdk.CfnResource.is_cfn_resource(node):
            cast("cdk.CfnResource", node).apply_removal_policy(cdk.RemovalPolicy.DESTROY)


SAID_OF_ALL: dict[str, tuple[Callable[[cdk.Stack], object], str | None, bool | None]] = {
    "destroy": (lambda stack: cdk.RemovalPolicies.of(stack).destroy(), None, True),
    "destroy, after all": (lambda stack: cdk.RemovalPolicies.of(stack).destroy(), "RETAIN", True),
    "retain": (lambda stack: cdk.RemovalPolicies.of(stack).retain(), None, None),
    "retain, after all": (lambda stack: cdk.RemovalPolicies.of(stack).retain(), "DESTROY", None),
    "retain on updates": (lambda stack: cdk.RemovalPolicies.of(stack).retain_on_update_or_delete(), "DESTROY", None),
    "destroy others": (
        lambda stack: cdk.RemovalPolicies.of(stack).destroy(apply_to_resource_types=["AWS::S3::Bucket"]),
        None,
        None,
    ),
    "destroy what says nothing": (lambda stack: cdk.MissingRemovalPolicies.of(stack).destroy(), "RETAIN", None),
    "an Aspect": (lambda stack: cdk.Aspects.of(stack).add(cast("cdk.IAspect", Destroying())), None, True),
}


@each_kind
def test_what_is_said_of_all_is_said_of_it(synth: Synth, type_: str, define: Callable[..., Any], arn: str) -> None:  # noqa: ARG001
    for number, (say, before, _) in enumerate(SAID_OF_ALL.values()):
        stack = cdk.Stack(synth.app, f"Stack{number}")
        # It stays said when `adopt` has been taken out.
        define(stack, **({} if before is None else {"removal_policy": cdk.RemovalPolicy[before]}))
        say(stack)
    assembly = synth.app.synth()
    for number, (how, (_, _, deletes)) in enumerate(SAID_OF_ALL.items()):
        resources = assembly.get_stack_by_name(f"Stack{number}").template["Resources"].values()
        (told,) = (each["Properties"] for each in resources if each["Type"] == type_)
        assert told.get("DeleteAdopted") is deletes, how


def test_what_is_said_of_all_is_said_of_a_policy(synth: Synth) -> None:
    policy(synth.stack, adopt=True)
    cdk.RemovalPolicies.of(synth.app).destroy()
    assert synth.only(POLICY)["Properties"]["DeleteAdopted"] is True


@each_kind
def test_one_belongs_to_one_construct(synth: Synth, type_: str, define: Callable[..., Any], arn: str) -> None:  # noqa: ARG001
    define(synth.stack, "First", adopt=arn)
    with pytest.raises(ValueError, match="is adopted by 'Stack/First' already"):
        define(cdk.Stack(synth.app, "Other"), adopt=arn)


@each_kind
@pytest.mark.parametrize("part", [("us-east-1", "eu-west-1"), ("1111", "9999"), (":", "")])
def test_what_is_refused_at_synthesis(
    synth: Synth,
    type_: str,  # noqa: ARG001
    define: Callable[..., Any],
    arn: str,
    part: tuple[str, str],
) -> None:
    stack = cdk.Stack(synth.app, "Here", env=cdk.Environment(account="111122223333", region="us-east-1"))
    with pytest.raises(ValueError, match=r"adopt('s (Region|account)| must be)"):
        define(stack, adopt=arn.replace(*part, 1))


def test_what_this_application_defines_exists_already(synth: Synth) -> None:
    defined = audience_model(synth.stack, "Defined")
    with pytest.raises(ValueError, match=r"got that of 'Stack/Defined/Resource', which this application defines"):
        audience_model(synth.stack, "Second", adopt=defined.audience_model_arn)


def test_an_association_may_be_named_by_its_identifier(synth: Synth) -> None:
    association(synth.stack, adopt=OWN)
    joined = str(synth.only(ASSOCIATION)["Properties"]["Adopt"])
    assert f"membership/{MEMBERSHIP}/configuredaudiencemodelassociation/{OWN}" in joined
    with pytest.raises(ValueError, match="is adopted by 'Stack/Association' already"):
        association(synth.stack, "Other", adopt=ASSOCIATION_ARN)


def test_the_membership_of_its_arn_is_the_one_given(synth: Synth) -> None:
    with pytest.raises(ValueError, match=f"adopt's membership '{OTHER}' is not '{MEMBERSHIP}'"):
        association(synth.stack, adopt=ASSOCIATION_ARN.replace(MEMBERSHIP, OTHER))


@pytest.mark.parametrize("define", [audience_model, association])
def test_a_parameter_may_say_which(synth: Synth, define: Callable[..., Any]) -> None:
    define(synth.stack, adopt=cdk.CfnParameter(synth.stack, "Which").value_as_string)
    (found,) = (each for type_ in TAGGED for each in synth.resources(type_).values())
    assert found["Properties"]["Adopt"] == {"Ref": "Which"}


class TestPolicy:
    def test_without_it_there_is_nothing_of_it(self, synth: Synth) -> None:
        policy(synth.stack)
        assert not {"Adopt", "Overwrite", "DeleteAdopted"} & synth.only(POLICY)["Properties"].keys()
        assert looks(synth) == []

    def test_the_function_may_see_whose_it_is_and_nothing_more(self, synth: Synth) -> None:
        policy(synth.stack, adopt=True)
        properties = synth.only(POLICY)["Properties"]
        assert (properties["Adopt"], properties.get("Overwrite")) == (True, None)
        assert len(looks(synth)) == 1
        statements = synth.function_statements()
        anywhere = [each["Action"] for each in statements if each["Resource"] == "*"]
        assert anywhere == ["cloudformation:DescribeStackResources"]
        assert "cleanrooms-ml:TagResource" not in str(statements)

    def test_what_is_overwritten_is_remembered_on_the_model(self, synth: Synth) -> None:
        policy(synth.stack, adopt=True, overwrite=True)
        assert synth.only(POLICY)["Properties"]["Overwrite"] is True
        (on,) = [
            each["Resource"]
            for each in synth.function_statements()
            if "cleanrooms-ml:TagResource" in each["Action"] and isinstance(each["Action"], list)
        ]
        assert on == f"{HERE}:configured-audience-model/policymodel"

    def test_overwrite_is_for_what_is_adopted(self, synth: Synth) -> None:
        with pytest.raises(ValueError, match="overwrite is only for what is adopted: give adopt=True as well"):
            policy(synth.stack, overwrite=True)

    @pytest.mark.parametrize(("said", "deletes"), [("DESTROY", True), ("RETAIN", None)])
    def test_it_is_deleted_only_where_that_is_said(self, synth: Synth, said: str, deletes: bool | None) -> None:
        made = policy(synth.stack, adopt=True)
        made.apply_removal_policy(cdk.RemovalPolicy[said])
        assert synth.only(POLICY)["Properties"].get("DeleteAdopted") is deletes

    def test_what_is_asked_of_the_api_is_the_same(self, synth: Synth) -> None:
        policy(synth.stack, adopt=True, overwrite=True)
        found = synth.only(POLICY)["Properties"]
        assert {name for name in found if name[0].islower()} == {
            "configuredAudienceModelArn",
            "configuredAudienceModelPolicy",
        }


def test_what_a_deletion_takes_is_in_no_policy_that_changes_with_it(synth: Synth) -> None:
    """What left the template is deleted after the policy of its type was changed."""
    for id_, adopt in (("Kept", None), ("Adopted", f"{HERE}:configured-audience-model/by-hand")):
        ConfiguredAudienceModel(
            synth.stack,
            id_,
            audience_model=AudienceModel.from_audience_model_arn(synth.stack, f"{id_}Readers", ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            adopt=adopt,
        )
    looking = {
        name
        for name, each in synth.function_policies().items()
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if {*statement["Action"]} == LOOKS
    }
    (own,) = looking
    depend = {id_: own in each["DependsOn"] for id_, each in synth.resources(MODEL).items()}
    assert {id_[:4]: depends for id_, depends in depend.items()} == {"Kept": False, "Adop": True}


def test_what_gives_back_is_in_no_policy_that_a_roll_back_changes_first(synth: Synth) -> None:
    """A roll-back makes the policies of types what they were before it deletes what was adopted."""
    role = iam.Role.from_role_arn(synth.stack, "Role", "arn:aws:iam::111122223333:role/by-hand", mutable=False)
    bucket = s3.Bucket.from_bucket_name(synth.stack, "Bucket", "by-hand")
    ConfiguredAudienceModel(
        synth.stack,
        "Adopted",
        audience_model=AudienceModel.from_audience_model_arn(synth.stack, "Readers", ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=AudienceOutput(synth.stack, "Output", bucket=bucket, role=role),
        adopt=f"{HERE}:configured-audience-model/by-hand",
        retrained=True,
    )
    audience_model(synth.stack, "Trained")
    ConfiguredAudienceModel(
        synth.stack,
        "OfTrained",
        audience_model=audience_model(synth.stack, "Other"),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        adopt=f"{HERE}:configured-audience-model/of-trained",
    )
    policy(synth.stack, adopt=True, overwrite=True)
    waits = [{*each["DependsOn"]} for type_ in (MODEL, POLICY) for each in synth.resources(type_).values()]
    found = {
        action: [name for name, each in synth.function_policies().items() if action in str(each)]
        for action in ("iam:PassRole", "cleanrooms-ml:UpdateConfiguredAudienceModel", "cleanrooms-ml:TagResource")
    }
    own = {action: {name for name in names if "Permissions" in name} for action, names in found.items()}
    assert {action: len(names) for action, names in own.items()} == {
        "iam:PassRole": 1,
        "cleanrooms-ml:UpdateConfiguredAudienceModel": 2,
        "cleanrooms-ml:TagResource": 1,
    }
    assert all(any(name in each for each in waits) for names in own.values() for name in names)
