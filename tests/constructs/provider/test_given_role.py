"""The function's role can be given: it gets what a new one has, wherever it comes from, or a warning says what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match, Template

from cdk_cleanroomsml import AudienceModel, CleanRoomsMLProvider, ConfiguredAudienceModel, SharedAudienceMetrics

from ...references import a_dataset, an_audience_model
from ..composition.test_given_roles import (
    of_a_nested_stack,
    of_a_sibling,
    of_another_stack,
    of_the_parent,
    of_the_same_stack,
)
from ..conftest import Synth, an_app
from ..graph import circles, everything_before, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.interfaces.aws_iam import IRoleRef

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/readers"
GIVEN = "arn:aws:iam::111122223333:role/teams/media/functions"
LAMBDA = "lambda.amazonaws.com"
ID = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
WARNING = "cdk-cleanroomsml:functionRolePermissionsNotAdded"


def role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal(LAMBDA))


def imported(stack: cdk.Stack, **options: Any) -> IRoleRef:
    return iam.Role.from_role_arn(stack, "Given", GIVEN, **options)


def l1_role(stack: cdk.Stack, principal: object = LAMBDA) -> iam.CfnRole:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": principal}}
    return iam.CfnRole(stack, "Given", assume_role_policy_document={"Statement": [statement]})


def everything(stack: cdk.Stack, given: IRoleRef | None) -> ConfiguredAudienceModel:
    """What needs permissions of each kind: of the function, of types, on what is named by a text or a reference."""
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["a"], private_subnet_ids=["subnet-0a1b2c3d"]
    )
    CleanRoomsMLProvider(
        stack,
        role=given,
        vpc=vpc,
        tracing=lambda_.Tracing.ACTIVE,
        dead_letter_queue=sqs.Queue(stack, "Queue", encryption=sqs.QueueEncryption.KMS),
    )
    trained = AudienceModel(stack, "Trained", training_dataset=a_dataset(stack, DATASET))
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=trained,
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    model.grants.start_audience_generation(iam.AccountPrincipal("444455556666"), collaboration_id=ID)
    return model


def resources(stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = Template.from_stack(stack).to_json().get("Resources", {})
    return found


def allowed(documents: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Each action with what it is allowed on, and when."""
    return {
        (action, json.dumps(resource), json.dumps(statement.get("Condition")))
        for document in documents
        for statement in document["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def own_policies(stack: cdk.Stack) -> dict[str, dict[str, Any]]:
    """The policies of the provider and its models in a stack, by logical id."""
    policies = {name: each for name, each in resources(stack).items() if each["Type"] == "AWS::IAM::Policy"}
    return {name: each["Properties"] for name, each in policies.items()}


@pytest.fixture(scope="module")
def of_a_new_role() -> set[tuple[str, str, str]]:
    """What the function may do by default."""
    synth = Synth()
    everything(synth.stack, None)
    (new,) = (each for name, each in resources(synth.stack).items() if name.startswith("CleanRoomsMLProviderRole4"))
    inline = [each["PolicyDocument"] for each in new["Properties"]["Policies"]]
    return allowed(inline + [each["PolicyDocument"] for each in own_policies(synth.stack).values()])


def here(make: Callable[[cdk.Stack], IRoleRef]) -> Callable[[Synth], tuple[cdk.Stack, cdk.Stack, IRoleRef]]:
    return lambda synth: (synth.stack, synth.stack, make(synth.stack))


def there(places: Callable[[Synth], tuple[cdk.Stack, cdk.Stack]]) -> Any:
    def of_a_place(synth: Synth) -> tuple[cdk.Stack, cdk.Stack, IRoleRef]:
        theirs, ours = places(synth)
        return theirs, ours, role(theirs)

    return of_a_place


CHANGEABLE = {
    "the same stack": there(of_the_same_stack),
    "another stack": there(of_another_stack),
    "the parent": there(of_the_parent),
    "a nested stack": there(of_a_nested_stack),
    "a sibling": there(of_a_sibling),
    "an ARN": here(imported),
    "a name": here(lambda stack: iam.Role.from_role_name(stack, "Given", "functions")),
}
FIXED = {
    "without policy updates": here(lambda stack: role(stack).without_policy_updates()),
    "an ARN, not to be changed": here(lambda stack: imported(stack, mutable=False)),
    "an L1": here(l1_role),
}


@pytest.mark.parametrize("given", CHANGEABLE.values(), ids=CHANGEABLE)
def test_a_role_that_can_be_changed(synth: Synth, given: Any, of_a_new_role: set[tuple[str, str, str]]) -> None:
    theirs, ours, its = given(synth)
    model = everything(ours, its)
    if theirs is ours:
        # Its own policy may name what waits for the function.
        model.grants.manage(its)
    said = [str(each.entry.data) for artifact in synth.app.synth().stacks for each in artifact.messages]
    assert [each for each in said if WARNING in each] == []
    policies = {name: each for name, each in own_policies(ours).items() if not name.startswith("Given")}
    assert allowed([each["PolicyDocument"] for each in policies.values()]) == of_a_new_role
    for each in policies.values():
        assert "CleanRoomsML-" in str(each["PolicyName"])
        assert "AWS::StackId" in str(each["PolicyName"])
    found = resources(ours)
    edges = waits_for(found)
    before = everything_before("CleanRoomsMLProviderFunction3A8A3602", edges)
    assert before & set(policies) == {name for name in policies if name.startswith("CleanRoomsMLProviderRolePolicy")}
    for name, each in found.items():
        if each["Type"].startswith("Custom::"):
            assert len(everything_before(name, edges) & set(policies)) >= 2
    for stack in {synth.stack, theirs, ours}:
        assert circles(resources(stack)) == []


@pytest.mark.parametrize("given", FIXED.values(), ids=FIXED)
def test_a_role_that_cannot_be_changed(synth: Synth, given: Any, of_a_new_role: set[tuple[str, str, str]]) -> None:
    """One warning has all of it, as a policy that can be copied."""
    _, ours, its = given(synth)
    everything(ours, its)
    (warning,) = Annotations.from_stack(ours).find_warning("*", Match.string_like_regexp(WARNING))
    words, _, document = str(warning.entry.data).partition("\n")
    assert f"must trust {LAMBDA}" in words
    said = allowed([json.loads(document[: document.rindex("}") + 1])])
    assert len(said) == len(of_a_new_role)
    assert {(action, when) for action, _, when in said} == {(action, when) for action, _, when in of_a_new_role}
    on = {action: json.loads(resource) for action, resource, _ in said}
    assert on["iam:PassRole"].startswith("<ModelOutputRole")
    assert on["logs:PutLogEvents"] == "<CleanRoomsMLProviderLogGroupB5FD6D74.Arn>"
    stacks = "cloudformation:<AWS::Region>:<AWS::AccountId>:stack/Stack/*"
    assert on["cloudformation:DescribeStackResource"] == f"arn:<AWS::Partition>:{stacks}"
    assert own_policies(ours).keys() <= {"CleanRoomsMLAccessLogsPolicy46E41794"}
    assert "DependsOn" not in resources(ours)["CleanRoomsMLProviderFunction3A8A3602"]
    assert circles(resources(ours)) == []


def test_what_is_known_is_said_as_it_is() -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="111122223333", region="us-east-1"))
    everything(stack, imported(stack, mutable=False))
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(WARNING))
    text = str(warning.entry.data)
    assert '"arn:aws:cloudformation:us-east-1:111122223333:stack/Stack/*"' in text
    assert '"arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/*"' in text
    assert "AWS::" not in text


def test_the_warning_can_be_acknowledged(synth: Synth) -> None:
    provider = CleanRoomsMLProvider(synth.stack, role=imported(synth.stack, mutable=False))
    cdk.Annotations.of(provider).acknowledge_warning(WARNING, "the platform team manages its policies")
    assert Annotations.from_stack(synth.stack).find_warning("*", Match.any_value()) == []


def test_stacks_share_a_role(synth: Synth) -> None:
    """For a whole application; a name of a policy is never that of another stack."""
    CleanRoomsMLProvider.configure(synth.app, role=role(cdk.Stack(synth.app, "Roles")))
    stacks = [synth.stack, cdk.Stack(synth.app, "Other"), cdk.NestedStack(synth.stack, "Nested")]
    for stack in stacks:
        ConfiguredAudienceModel(
            stack,
            "Model",
            audience_model=an_audience_model(stack, ARN),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
        )
    synth.app.synth()
    for stack in stacks:
        names = [str(each["PolicyName"]) for each in own_policies(stack).values()]
        assert len(names) == 3
        assert all("AWS::StackId" in name for name in names)
        roles = [name for name in resources(stack) if name.startswith("CleanRoomsMLProviderRole4")]
        assert roles == []


@pytest.mark.parametrize("outer", [True, False], ids=["the role outside", "the boundary outside"])
def test_a_role_and_a_boundary_are_not_mixed(synth: Synth, outer: bool) -> None:
    boundary = iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess")
    one: dict[str, Any] = {"role": imported(synth.stack)}
    other: dict[str, Any] = {"permissions_boundary": boundary}
    CleanRoomsMLProvider.configure(synth.app, **(one if outer else other))
    CleanRoomsMLProvider(synth.stack, **(other if outer else one))
    assert bool(synth.resources("AWS::IAM::Role")) is outer


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (lambda stack: {"role": imported(stack)}, "role's account '111122223333' is not '999988887777'"),
        (
            lambda stack: {"role": iam.Role.from_role_arn(stack, "Given", "arn:aws:iam::999988887777:role/a*")},
            r"role must be without \*",
        ),
        (
            lambda stack: {
                "role": role(stack),
                "permissions_boundary": iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"),
            },
            "permissions_boundary must be left out with role",
        ),
        (lambda _: {"role": "functions"}, "role must be an iam.IRoleRef, got 'functions'"),
    ],
)
def test_what_could_not_work_is_refused(options: Callable[[cdk.Stack], dict[str, Any]], problem: str) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account="999988887777", region="us-east-1"))
    with pytest.raises(ValueError, match=problem):
        CleanRoomsMLProvider(stack, **options(stack))


CLEAN_ROOMS_ML = "cleanrooms-ml.amazonaws.com"


@pytest.mark.parametrize(
    "untrusting",
    [
        lambda stack: iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal(CLEAN_ROOMS_ML)),
        lambda stack: iam.Role(stack, "Given", assumed_by=iam.AccountRootPrincipal()),
        lambda stack: l1_role(stack, CLEAN_ROOMS_ML),
    ],
    ids=["another service", "an account", "an L1"],
)
def test_a_role_that_does_not_trust_lambda_is_refused(
    synth: Synth, untrusting: Callable[[cdk.Stack], IRoleRef]
) -> None:
    CleanRoomsMLProvider(synth.stack, role=untrusting(synth.stack))
    with pytest.raises(RuntimeError, match=r"the role 'Stack/Given' is that of a function: it must trust lambda\."):
        synth.app.synth()


@pytest.mark.parametrize(
    "trusting",
    [
        lambda stack: iam.Role(
            stack,
            "Given",
            assumed_by=iam.CompositePrincipal(iam.ServicePrincipal(CLEAN_ROOMS_ML), iam.ServicePrincipal(LAMBDA)),
        ),
        lambda stack: l1_role(stack, [CLEAN_ROOMS_ML, LAMBDA]),
        lambda stack: l1_role(stack, cdk.CfnParameter(stack, "Service").value_as_string),
    ],
    ids=["two services", "a list", "a parameter"],
)
def test_a_role_that_may_trust_lambda_passes(synth: Synth, trusting: Callable[[cdk.Stack], IRoleRef]) -> None:
    CleanRoomsMLProvider(synth.stack, role=trusting(synth.stack))
    synth.app.synth()


@pytest.mark.parametrize("given", [False, True])
def test_roles_that_somebody_else_makes(given: bool) -> None:
    """With `customize_roles`, a template has neither roles nor policies: what the function needs is said."""
    app = an_app()
    made = {"Stack/CleanRoomsMLProvider/Role": "functions", "Stack/Given": "functions"}
    iam.Role.customize_roles(
        app, prevent_synthesis=True, use_precreated_roles=made | {"Stack/Model/Output/Role": "own"}
    )
    stack = cdk.Stack(app, "Stack")
    if given:
        CleanRoomsMLProvider(stack, role=role(stack))
    ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=an_audience_model(stack, ARN),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    types = {each["Type"] for each in Template.from_stack(stack).to_json()["Resources"].values()}
    assert not [each for each in types if each.startswith("AWS::IAM::")]
    said = Match.string_like_regexp("cleanrooms-ml:CreateConfiguredAudienceModel")
    Annotations.from_stack(stack).has_warning("/Stack/CleanRoomsMLProvider", said)
    report = json.loads(Path(app.synth().directory, "iam-policy-report.json").read_text())["roles"]
    (statements,) = (
        each["identityPolicyStatements"]
        for each in report
        if each["roleName"] == "functions" and each["identityPolicyStatements"]
    )
    assert "cleanrooms-ml:CreateConfiguredAudienceModel" in json.dumps(statements)
