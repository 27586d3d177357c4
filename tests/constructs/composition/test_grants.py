"""Who may do what with a model."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelGrants,
    SeedAudience,
    SharedAudienceMetrics,
    TrainingDataset,
)
from cdk_cleanroomsml.configured_audience_model import RESOURCE_POLICY_TYPE, RESOURCE_TYPE

from ...references import an_audience_model
from ..conftest import an_app, warnings_of
from .compositions import imported_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml import IConfiguredAudienceModel

    from ..conftest import Synth

    Made = Callable[[Construct], iam.IGrantable]

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/8ad5aa2a"


def granted(synth: Synth, grant: Callable[[ConfiguredAudienceModelGrants, iam.IGrantable], iam.Grant]) -> Any:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", ARN)
    role = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    assert grant(model.grants, role).success
    return synth.only("AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]


def statement(*actions: str, resource: str = ARN, **condition: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"Effect": "Allow", "Action": list(actions) if actions[1:] else actions[0]}
    return said | {"Resource": resource} | ({"Condition": condition} if condition else {})


READ = statement(
    "cleanrooms-ml:GetConfiguredAudienceModel",
    "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
    "cleanrooms-ml:ListTagsForResource",
)
PASSED = {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}


def test_read(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.read(role)) == [READ]


def test_manage(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.manage(role)) == [
        READ,
        statement(
            "cleanrooms-ml:UpdateConfiguredAudienceModel",
            "cleanrooms-ml:DeleteConfiguredAudienceModel",
            "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
            "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
            "cleanrooms-ml:TagResource",
            "cleanrooms-ml:UntagResource",
        ),
    ]


@pytest.mark.parametrize(
    "grantee",
    [
        lambda stack: iam.User(stack, "Grantee"),
        lambda stack: iam.Group(stack, "Grantee"),
        lambda stack: iam.Role.from_role_arn(stack, "Grantee", "arn:aws:iam::111122223333:role/analyst"),
    ],
    ids=["user", "group", "imported role"],
)
def test_who_can_be_granted_something(synth: Synth, grantee: Callable[..., iam.IGrantable]) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", ARN)
    model.grants.read(grantee(synth.stack)).assert_success()
    synth.template.resource_count_is("AWS::IAM::Policy", 1)


def test_a_service_principal_has_no_identity_to_grant_to(synth: Synth) -> None:
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(synth.stack, "Model", ARN)
    grant = model.grants.read(iam.ServicePrincipal("states.amazonaws.com"))
    assert_nothing(grant, synth.stack, "has no policy of its own that can be added to: grant it to a role")


def assert_nothing(grant: iam.Grant, stack: cdk.Stack, *words: str) -> None:
    """It says so itself, and what to do."""
    assert_dropped(grant)
    for each in words:
        assert_warned(stack, each)


def assert_dropped(grant: iam.Grant) -> None:
    assert not grant.success
    with pytest.raises(RuntimeError):
        grant.assert_success()


def assert_warned(stack: cdk.Stack, words: str) -> None:
    found = warnings_of(stack)
    assert any(re.search(words, each) for each in found), found


DATASET = "arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/d"
AUDIENCE_MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/a"
ASSOCIATION = (
    "arn:aws:cleanrooms:us-east-1:111122223333:membership/0a1b2c3d-0000-4000-8000-000000000001"
    "/configuredaudiencemodelassociation/0a1b2c3d-0000-4000-8000-000000000002"
)
NOT_ACROSS: dict[str, Callable[[cdk.Stack, iam.IGrantable], iam.Grant]] = {
    "read": lambda stack, who: imported(stack).grants.read(who),
    "manage": lambda stack, who: imported(stack).grants.manage(who),
    "dataset": lambda stack, who: TrainingDataset.from_training_dataset_arn(stack, "D", DATASET).grants.read(who),
    "train": lambda stack, who: TrainingDataset.from_training_dataset_arn(
        stack, "D", DATASET
    ).grants.create_audience_model(who),
    "audience model": lambda stack, who: AudienceModel.from_audience_model_arn(
        stack, "A", AUDIENCE_MODEL
    ).grants.manage(who),
    "configure": lambda stack, who: AudienceModel.from_audience_model_arn(
        stack, "A", AUDIENCE_MODEL
    ).grants.create_configured_audience_model(who),
    "association": lambda stack, who: ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(
        stack, "C", ASSOCIATION
    ).grants.manage(who),
}


def imported(stack: cdk.Stack) -> IConfiguredAudienceModel:
    return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Imported", ARN)


@pytest.mark.parametrize("what", NOT_ACROSS)
@pytest.mark.parametrize("who", ["account", "role"])
def test_what_does_not_reach_across_accounts_is_no_success(two: Two, what: str, who: str) -> None:
    """Only StartAudienceGenerationJob does (User Guide)."""
    grantee: Any = iam.AccountPrincipal(PARTNER) if who == "account" else two.partner_role()
    grant = NOT_ACROSS[what](two.own, grantee)
    assert_nothing(grant, two.own, f"it is of account {PARTNER}, and only {OWN} itself can use that")
    assert Template.from_stack(two.theirs).find_resources("AWS::IAM::Policy") == {}


# start_audience_generation, whoever it is


OWN, PARTNER = "111122223333", "444455556666"
START = "cleanrooms-ml:StartAudienceGenerationJob"
COLLABORATION = "0a1b2c3d-0000-4000-8000-00000000000c"
OWN_JOBS, THEIR_JOBS = (
    f"arn:<AWS::Partition>:cleanrooms-ml:us-east-1:{account}:audience-generation-job/*" for account in (OWN, PARTNER)
)


class Two:
    """A model, and a stack in the account of a partner."""

    def __init__(self, *, customized: bool = False) -> None:
        self.app = an_app()
        if customized:
            iam.Role.customize_roles(self.app)
        self.own = cdk.Stack(self.app, "Own", env=cdk.Environment(account=OWN, region="us-east-1"))
        self.theirs = cdk.Stack(self.app, "Theirs", env=cdk.Environment(account=PARTNER, region="us-east-1"))

    @cached_property
    def model(self) -> ConfiguredAudienceModel:
        return ConfiguredAudienceModel(
            self.own,
            "Model",
            audience_model=an_audience_model(self.own, AUDIENCE_MODEL),
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            output=imported_output(self.own),
        )

    def partner_role(self, id: str = "Role") -> iam.Role:
        return iam.Role(self.theirs, id, role_name="analyst", assumed_by=iam.AccountRootPrincipal())

    def in_resource_policy(self, scope: str = "") -> list[tuple[Any, Any]]:
        """Who is let in, and on which conditions; each on the model of a scope and its jobs."""
        arn = self.arn_below(scope)
        return [
            (each["Principal"], each.get("Condition"))
            for each in self.statements(scope)
            if each["Action"] == START and set(each["Resource"]) == {arn, OWN_JOBS}
        ]

    def of_identities(self, stack: cdk.Stack) -> list[dict[str, Any]]:
        template = plain(Template.from_stack(stack).to_json())
        policies = [each for each in template["Resources"].values() if each["Type"] in IDENTITY_POLICIES]
        # Not what the function may do.
        granted = [each["Properties"] for each in policies if "CleanRoomsMLProvider" not in str(each["Properties"])]
        found = [line for each in granted for line in each["PolicyDocument"]["Statement"]]
        return [each for each in found if each["Action"] in (START, "cleanrooms:ListMembers", "iam:PassRole")]

    @property
    def arn(self) -> str:
        return self.arn_below("")

    def arn_below(self, scope: str) -> str:
        (name,) = self._resources(scope, RESOURCE_TYPE)
        return f"<{name}>"

    def statements(self, scope: str = "") -> list[dict[str, Any]]:
        """What the resource policy says."""
        found = self._resources(scope, RESOURCE_POLICY_TYPE).values()
        policies = [plain(each["Properties"]["configuredAudienceModelPolicy"]) for each in found]
        return [said for policy in policies for said in policy["Statement"]]

    def _resources(self, scope: str, type_: str) -> dict[str, Any]:
        every = self._own_resources.items()
        return {name: each for name, each in every if name.startswith(scope) and each["Type"] == type_}

    @cached_property
    def _own_resources(self) -> dict[str, Any]:
        """CDK lets nothing be defined after it."""
        found: dict[str, Any] = Template.from_stack(self.own).to_json()["Resources"]
        return found


IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def plain(value: Any) -> Any:
    """A template with its intrinsic functions as texts, to read."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Join"}:
            return "".join(str(plain(each)) for each in value["Fn::Join"][1])
        if set(value) == {"Ref"}:
            return f"<{value['Ref']}>"
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, str):
        return value
    return [plain(each) for each in value] if hasattr(value, "__iter__") else value


@pytest.fixture
def two() -> Two:
    return Two()


def test_in_its_own_account_a_policy_of_its_own_is_enough(two: Two) -> None:
    for grantee in (
        iam.Role(two.own, "Role", assumed_by=iam.AccountRootPrincipal()),
        iam.Role.from_role_arn(two.own, "Imported", f"arn:aws:iam::{OWN}:role/analyst"),
        iam.User(two.own, "User"),
        iam.Group(two.own, "Group"),
        iam.ManagedPolicy(two.own, "Managed"),
    ):
        two.model.grants.start_audience_generation(grantee, collaboration_id=COLLABORATION).assert_success()
    said = two.of_identities(two.own)
    assert (
        said == [statement(START, resource=two.arn, StringEquals={"cleanrooms-ml:CollaborationId": COLLABORATION})] * 5
    )
    assert two.model.policy is None
    assert warnings_of(two.own) == []


def within(**more: Any) -> dict[str, Any]:
    return {"StringEquals": {"cleanrooms-ml:CollaborationId": COLLABORATION, **more}}


IN_ORGANIZATION = {"aws:PrincipalOrgID": "o-1234567890"}
THEIR_ROLE, OWN_ROLE = f"arn:aws:iam::{PARTNER}:role/analyst", f"arn:aws:iam::{OWN}:role/analyst"
BY_RESOURCE_POLICY: dict[str, tuple[Made, Any, Any]] = {
    "an account": (lambda _: iam.AccountPrincipal(PARTNER), {"AWS": PARTNER}, within()),
    "an account as a parameter": (
        lambda scope: iam.AccountPrincipal(cdk.CfnParameter(cdk.Stack.of(scope), "Account").value_as_string),
        {"AWS": "<Account>"},
        within(),
    ),
    "an account with a condition": (
        lambda _: iam.AccountPrincipal(PARTNER).with_conditions({"StringEquals": {"aws:PrincipalTag/team": "ads"}}),
        {"AWS": f"arn:<AWS::Partition>:iam::{PARTNER}:root"},
        within(**{"aws:PrincipalTag/team": "ads"}),
    ),
    "an organization": (lambda _: iam.OrganizationPrincipal("o-1234567890"), {"AWS": "*"}, within(**IN_ORGANIZATION)),
    "an ARN": (lambda _: iam.ArnPrincipal(THEIR_ROLE), {"AWS": THEIR_ROLE}, within()),
    "an ARN of an organization": (
        lambda _: iam.ArnPrincipal(THEIR_ROLE).in_organization("o-1234567890"),
        {"AWS": THEIR_ROLE},
        within(**IN_ORGANIZATION),
    ),
    "an ARN of the own account": (lambda _: iam.ArnPrincipal(OWN_ROLE), {"AWS": OWN_ROLE}, within()),
    "an imported role of theirs": (
        lambda scope: iam.Role.from_role_arn(scope, "Analyst", THEIR_ROLE),
        {"AWS": THEIR_ROLE},
        within(),
    ),
    "an imported user of theirs": (
        lambda scope: iam.User.from_user_arn(scope, "Analyst", f"arn:aws:iam::{PARTNER}:user/analyst"),
        {"AWS": f"arn:aws:iam::{PARTNER}:user/analyst"},
        within(),
    ),
    "an imported group of theirs": (
        lambda scope: iam.Group.from_group_arn(scope, "Analysts", f"arn:aws:iam::{PARTNER}:group/analysts"),
        {"AWS": PARTNER},
        within(),
    ),
    "an ARN of a group": (
        lambda _: iam.ArnPrincipal(f"arn:aws:iam::{PARTNER}:group/analysts"),
        {"AWS": PARTNER},
        within(),
    ),
    "a group with a condition": (
        lambda scope: iam.PrincipalWithConditions(
            iam.Group.from_group_arn(scope, "Analysts", f"arn:aws:iam::{PARTNER}:group/analysts"),
            {"StringEquals": {"aws:PrincipalTag/team": "ads"}},
        ),
        {"AWS": PARTNER},
        within(**{"aws:PrincipalTag/team": "ads"}),
    ),
    "anybody in an organization": (
        lambda _: iam.AnyPrincipal().in_organization("o-1234567890"),
        {"AWS": "*"},
        within(**IN_ORGANIZATION),
    ),
    "a role that stays as it is": (
        lambda scope: iam.Role.from_role_arn(scope, "Analyst", OWN_ROLE, mutable=False, add_grants_to_resources=True),
        {"AWS": OWN_ROLE},
        within(),
    ),
    "all members": (lambda _: iam.AnyPrincipal(), {"AWS": "*"}, within()),
    "all members, as a star": (lambda _: iam.StarPrincipal(), "*", within()),
    "two at once": (
        lambda _: iam.CompositePrincipal(iam.ArnPrincipal(PARTNER), iam.ArnPrincipal(THEIR_ROLE)),
        {"AWS": [PARTNER, THEIR_ROLE]},
        within(),
    ),
    "a session with tags": (
        lambda _: iam.AccountPrincipal(PARTNER).with_session_tags(),
        {"AWS": f"arn:<AWS::Partition>:iam::{PARTNER}:root"},
        within(),
    ),
}


def test_who_is_let_in_by_the_resource_policy(two: Two) -> None:
    output = AudienceOutput(two.own, "Output")
    for number, (make, *_) in enumerate(BY_RESOURCE_POLICY.values()):
        scope = Construct(two.own, f"Scope{number}x")
        grants = a_model(scope, output).grants
        grants.start_audience_generation(make(scope), collaboration_id=COLLABORATION).assert_success()
    found = {who: two.in_resource_policy(f"Scope{number}x") for number, who in enumerate(BY_RESOURCE_POLICY)}
    assert found == {who: [(principal, condition)] for who, (_, principal, condition) in BY_RESOURCE_POLICY.items()}
    # CDK attaches a policy to an imported user or group of any account.
    assert two.of_identities(two.own) == []
    assert warnings_of(two.own) == []


ACROSS: dict[str, tuple[Callable[[Two], iam.IGrantable], str]] = {
    "a role": (lambda two: two.partner_role(), f"arn:<AWS::Partition>:iam::{PARTNER}:role/analyst"),
    "a user": (
        lambda two: iam.User(two.theirs, "User", user_name="analyst"),
        f"arn:<AWS::Partition>:iam::{PARTNER}:user/analyst",
    ),
    "a group": (lambda two: iam.Group(two.theirs, "Group"), PARTNER),
    "a policy": (lambda two: iam.Policy(two.theirs, "Policy", groups=[iam.Group(two.theirs, "Group")]), PARTNER),
    "a managed policy": (lambda two: iam.ManagedPolicy(two.theirs, "Managed"), PARTNER),
    "a role of a generated name": (
        lambda two: iam.Role(
            two.theirs,
            "Role",
            role_name=cdk.PhysicalName.GENERATE_IF_NEEDED,
            assumed_by=iam.AccountRootPrincipal(),
        ),
        f"arn:<AWS::Partition>:iam::{PARTNER}:role/theirs",
    ),
}


@pytest.mark.parametrize("who", ACROSS)
def test_across_accounts_both_are_granted(two: Two, who: str) -> None:
    make, principal = ACROSS[who]
    two.model.grants.start_audience_generation(make(two), collaboration_id=COLLABORATION).assert_success()
    ((named, condition),) = two.in_resource_policy()
    assert named["AWS"].startswith(principal)
    assert condition == within()
    # The ARN of the model is only known at deployment, and not in another account.
    models = f"arn:<AWS::Partition>:cleanrooms-ml:us-east-1:{OWN}:configured-audience-model/*"
    start, members = two.of_identities(two.theirs)
    assert start == {**statement(START), "Resource": [models, OWN_JOBS, THEIR_JOBS], "Condition": within()}
    collaboration = f"arn:<AWS::Partition>:cleanrooms:us-east-1:*:collaboration/{COLLABORATION}"
    assert members == statement("cleanrooms:ListMembers", resource=collaboration)
    assert warnings_of(two.own) == []


def test_of_stages_both_are_granted() -> None:
    app = an_app()
    stacks = [
        cdk.Stack(cdk.Stage(app, name, env=cdk.Environment(account=account, region="us-east-1")), "Stack")
        for name, account in (("Own", OWN), ("Theirs", PARTNER))
    ]
    model = ConfiguredAudienceModel(
        stacks[0],
        "Model",
        audience_model=an_audience_model(stacks[0], AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    role = iam.Role(stacks[1], "Role", role_name="analyst", assumed_by=iam.AccountRootPrincipal())
    model.grants.start_audience_generation(role, collaboration_id=COLLABORATION).assert_success()
    app.synth()
    assert f"iam::{PARTNER}:role/analyst" in str(Template.from_stack(stacks[0]).to_json())
    assert f":{OWN}:audience-generation-job/*" in str(Template.from_stack(stacks[1]).to_json())


@pytest.mark.parametrize("known", [True, False], ids=["its ARN", "a parameter"])
def test_in_the_partners_application_one_call_is_all(two: Two, known: bool) -> None:
    arn = ARN if known else cdk.CfnParameter(two.theirs, "ModelArn").value_as_string
    model = ConfiguredAudienceModel.from_configured_audience_model_arn(two.theirs, "Imported", arn)
    role = iam.Role(two.theirs, "Role", assumed_by=iam.AccountRootPrincipal())
    seeds = iam.Role(two.theirs, "Seeds", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
    grant = model.grants.start_audience_generation(role, seed_role=seeds, collaboration_id=COLLABORATION)
    grant.assert_success()
    start, members, passes = two.of_identities(two.theirs)
    owner = OWN if known else str({"Fn::Select": [4, {"Fn::Split": [":", "<ModelArn>"]}]})
    jobs = [str(each) for each in start["Resource"]]
    assert start["Condition"] == within()
    assert jobs[0] == (ARN if known else "<ModelArn>")
    assert f"{owner}:audience-generation-job/*" in jobs[1].replace('"', "'")
    assert f":{PARTNER}:audience-generation-job/*" in jobs[2]
    assert members["Action"] == "cleanrooms:ListMembers"
    assert passes["Action"] == "iam:PassRole"
    assert warnings_of(two.theirs) == []


NOBODY: dict[str, tuple[Callable[[Two], iam.IGrantable], str]] = {
    "a service": (lambda _: iam.ServicePrincipal("states.amazonaws.com"), "nobody whom a model's policy lets in"),
    "a federation": (lambda _: iam.FederatedPrincipal("cognito-identity.amazonaws.com"), "nobody whom"),
    "a canonical user": (lambda _: iam.CanonicalUserPrincipal("79a59df9"), "nobody whom"),
    "a service beside an account": (
        lambda _: iam.CompositePrincipal(iam.ArnPrincipal(PARTNER), iam.ServicePrincipal("states.amazonaws.com")),
        "nobody whom",
    ),
    "an ARN of a group of the own account": (
        lambda _: iam.ArnPrincipal(f"arn:aws:iam::{OWN}:group/analysts"),
        "nobody whom",
    ),
    "a group among others": (
        lambda _: iam.CompositePrincipal(
            iam.ArnPrincipal(PARTNER), iam.ArnPrincipal(f"arn:aws:iam::{PARTNER}:group/analysts")
        ),
        "nobody whom",
    ),
    "the own account": (lambda _: iam.AccountPrincipal(OWN), "the model is its own already: grant it to a role"),
    "the own account with a condition": (
        lambda _: iam.AccountPrincipal(OWN).with_conditions({"StringEquals": {"aws:PrincipalTag/team": "ads"}}),
        "the model is its own already",
    ),
    "the own account's sessions": (lambda _: iam.AccountRootPrincipal().with_session_tags(), "its own already"),
    "the own root": (lambda _: iam.AccountRootPrincipal(), "the model is its own already: grant it to a role"),
    "a resource without a role": (
        lambda two: lambda_.Function.from_function_arn(
            two.own, "Function", f"arn:aws:lambda:us-east-1:{OWN}:function:theirs"
        ),
        f"Add statement to this resource's role: .*{START}",
    ),
}


def test_the_seed_role_can_be_passed(two: Two) -> None:
    role = iam.Role(two.own, "Role", assumed_by=iam.AccountRootPrincipal())
    seeds = SeedAudience(two.own, "Seed", bucket=s3.Bucket.from_bucket_name(two.own, "Seeds", "seeds")).role
    two.model.grants.start_audience_generation(role, seed_role=seeds).assert_success()
    start, passes = two.of_identities(two.own)
    assert start == statement(START, resource=two.arn)
    assert passes["Action"] == "iam:PassRole"
    assert passes["Condition"] == {"StringEquals": PASSED}


def test_a_seed_role_that_the_service_can_not_assume_is_refused(two: Two) -> None:
    """For jobs of the account of who starts them: the partner's, in the partner's application."""
    model = imported(two.theirs)
    sources = {PARTNER: "audience-generation-job", OWN: "audience-generation-job", "": "training-dataset"}
    for number, (account, kind) in enumerate(sources.items()):
        arn = f"arn:aws:cleanrooms-ml:us-east-1:{account or PARTNER}:{kind}/*"
        service: Any = iam.ServicePrincipal(
            "cleanrooms-ml.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": arn}}
        )
        seeds = iam.Role(two.theirs, f"Seeds{number}", assumed_by=service)
        model.grants.start_audience_generation(two.partner_role(f"Role{number}"), seed_role=seeds)
    first, second = two.theirs.node.validate()
    assert first.startswith(
        "'Theirs/Imported': seed_role 'Theirs/Seeds1' must trust cleanrooms-ml.amazonaws.com for audience"
    )
    assert "Seeds2" in second


@pytest.mark.parametrize("who", NOBODY)
def test_who_is_granted_nothing_is_told(two: Two, who: str) -> None:
    make, words = NOBODY[who]
    grant = two.model.grants.start_audience_generation(make(two), collaboration_id=COLLABORATION)
    assert_nothing(grant, two.own, words)
    assert two.model.policy is None


def test_an_account_principal_of_an_unknown_environment(synth: Synth) -> None:
    """A stack that may be deployed anywhere is its own account's, whichever that is."""
    model = ConfiguredAudienceModel(
        synth.stack,
        "Model",
        audience_model=an_audience_model(synth.stack, AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    for own in (iam.AccountRootPrincipal(), iam.AccountPrincipal(cdk.Aws.ACCOUNT_ID)):
        assert_dropped(model.grants.start_audience_generation(own))
    assert model.policy is None
    model.grants.start_audience_generation(iam.AccountPrincipal(PARTNER)).assert_success()
    assert model.policy is not None
    found = warnings_of(synth.stack)
    assert sum("the model is its own already" in each for each in found) == 2


def role_of(account: str) -> Made:
    return lambda scope: iam.Role.from_role_arn(scope, "Grantee", f"arn:aws:iam::{account}:role/analyst")


def role_by_parameter(scope: Construct) -> iam.IGrantable:
    return iam.Role.from_role_arn(scope, "Grantee", cdk.CfnParameter(scope, "RoleArn").value_as_string)


def user_of(account: str) -> Made:
    return lambda scope: iam.User.from_user_arn(scope, "Grantee", f"arn:aws:iam::{account}:user/analyst")


def group_of(account: str) -> Made:
    return lambda scope: iam.Group.from_group_arn(scope, "Grantee", f"arn:aws:iam::{account}:group/analysts")


def with_condition(make: Made) -> Made:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "ads"}}
    return lambda scope: iam.PrincipalWithConditions(make(scope).grant_principal, tagged)


def own_role(scope: Construct) -> iam.IGrantable:
    return iam.Role(scope, "Grantee", assumed_by=iam.AccountRootPrincipal())


WHOEVER: dict[str, Made] = {
    "a role of a known account": role_of(PARTNER),
    "a role of a known account, as it is": lambda scope: iam.Role.from_role_arn(
        scope, "Grantee", THEIR_ROLE, mutable=False
    ),
    "a role of a known account, with a condition": with_condition(role_of(PARTNER)),
    "a role by a parameter": role_by_parameter,
    "a role by its name": lambda scope: iam.Role.from_role_name(scope, "Grantee", "analyst"),
    "a role of the account, said so": role_of(cdk.Aws.ACCOUNT_ID),
    "a user of a known account": user_of(PARTNER),
    "a group of a known account": group_of(PARTNER),
    "a role of the stack": own_role,
    "a role of the stack, with a condition": with_condition(own_role),
    "an account": lambda _: iam.AccountPrincipal(PARTNER),
    "the account": lambda _: iam.AccountPrincipal(cdk.Aws.ACCOUNT_ID),
    "an organization": lambda _: iam.OrganizationPrincipal("o-1234567890"),
    "an ARN": lambda _: iam.ArnPrincipal(THEIR_ROLE),
    "two at once": lambda _: iam.CompositePrincipal(iam.ArnPrincipal(PARTNER), iam.ArnPrincipal(THEIR_ROLE)),
}
OF_THE_ACCOUNT = ("a role of the account, said so", "the account")
"""What a Token says is of the stack's account; CDK doesn't look into it, and a bucket takes it for another's."""


@pytest.mark.parametrize("env", [None, OWN, PARTNER], ids=["anywhere", "the owner's", "the partner's"])
def test_who_is_granted_what_as_a_bucket_grants_it(env: str | None) -> None:
    """By a policy of its own, by the resource's, by both: also where one of the accounts, or neither, is known."""
    stack = a_stack(env)
    output = AudienceOutput(stack, "Output")
    for number, make in enumerate(WHOEVER.values()):
        scope = Construct(stack, f"Scope{number}x")
        grantee = make(scope)
        s3.Bucket(scope, "Bucket").grant_read(grantee)
        a_model(scope, output).grants.start_audience_generation(grantee, collaboration_id=COLLABORATION)
    resources = Template.from_stack(stack).to_json()["Resources"]
    for number, who in enumerate(WHOEVER):
        own = [each for name, each in resources.items() if name.startswith(f"Scope{number}x")]
        types = [each["Type"] for each in own]
        said = str([each for each in own if each["Type"] == "AWS::IAM::Policy"])
        by_itself = ["s3:GetObject*" in said, START in said]
        by_policy = [each in types for each in ("AWS::S3::BucketPolicy", RESOURCE_POLICY_TYPE)]
        if who in OF_THE_ACCOUNT or (who == "an account" and env == PARTNER):
            # Nobody needs to be let in by the account that they are of.
            assert not by_policy[1], who
        elif who.startswith(("a user", "a group")) and env == OWN:
            # CDK attaches it to a user and a group of whatever account, by the name.
            assert (by_itself[1], by_policy[1]) == (False, True), who
        else:
            assert (by_itself[1], by_policy[1]) == (by_itself[0], by_policy[0]), who


@pytest.mark.parametrize(
    ("who", "env"),
    [("a role of a known account", None), ("a role by a parameter", OWN), ("a user of a known account", None)],
)
def test_a_policy_that_is_attached_to_what_may_be_elsewhere_is_pointed_out(who: str, env: str | None) -> None:
    stack = a_stack(env)
    model = a_model(stack)
    model.grants.start_audience_generation(WHOEVER[who](stack), collaboration_id=COLLABORATION).assert_success()
    assert_warned(stack, "IAM finds no such grantee")


@pytest.mark.parametrize("grant", ["read", "manage", "start_audience_export"])
@pytest.mark.parametrize("env", [None, PARTNER])
def test_a_policy_of_any_other_grant_is_pointed_out_likewise(grant: str, env: str | None) -> None:
    stack = a_stack(env)
    getattr(a_model(stack).grants, grant)(WHOEVER["a role of a known account"](stack)).assert_success()
    assert ("IAM finds no such grantee" in str(warnings_of(stack))) == (env is None)


@pytest.mark.parametrize("env", [None, OWN])
def test_of_what_is_where_it_seems_nothing_is_pointed_out(env: str | None) -> None:
    stack = a_stack(env)
    output = AudienceOutput(stack, "Output")
    for who in ("a role of the stack", "a role by its name", "an account", "an ARN", "two at once"):
        scope = Construct(stack, who)
        a_model(scope, output).grants.start_audience_generation(WHOEVER[who](scope), collaboration_id=COLLABORATION)
    assert warnings_of(stack) == []


def test_of_an_imported_model_a_policy_of_its_own_is_enough_where_the_account_may_be_the_same() -> None:
    """Of a model whose policy can't be changed here: it is the grantee's own that counts then."""
    stack = a_stack(None)
    arn = cdk.CfnParameter(stack, "ModelArn").value_as_string
    model = ConfiguredAudienceModel.from_configured_audience_model_attributes(
        stack, "Model", configured_audience_model_arn=arn, region="us-east-1"
    )
    model.grants.start_audience_generation(role_of(PARTNER)(stack), collaboration_id=COLLABORATION).assert_success()
    assert "was not granted" not in str(warnings_of(stack))


def a_stack(account: str | None) -> cdk.Stack:
    env = None if account is None else cdk.Environment(account=account, region="us-east-1")
    return cdk.Stack(an_app(), "Stack", env=env)


def a_model(scope: Construct, output: AudienceOutput | None = None) -> ConfiguredAudienceModel:
    return ConfiguredAudienceModel(
        scope,
        "Model",
        audience_model=an_audience_model(scope, cdk.CfnParameter(scope, "Trained").value_as_string),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
        output=output,
    )


def test_of_an_imported_model_the_owner_is_asked(two: Two) -> None:
    theirs = ConfiguredAudienceModel.from_configured_audience_model_arn(two.theirs, "Imported", ARN)
    partner, role = iam.AccountPrincipal(PARTNER), two.partner_role()
    assert_dropped(theirs.grants.start_audience_generation(partner, collaboration_id=COLLABORATION))
    owners = imported(two.own)
    for who in (partner, role):
        assert_dropped(owners.grants.start_audience_generation(who, collaboration_id=COLLABORATION))
    assert_warned(two.theirs, f"can't be changed from here: its owner, account {OWN}, has to grant it")
    found = warnings_of(two.own)
    words = "grant it where the model is defined, or give the model a ConfiguredAudienceModelPolicy here"
    assert sum(words in each for each in found) == 2


def test_everybody_is_refused(two: Two) -> None:
    for everybody in (iam.AnyPrincipal(), iam.StarPrincipal()):
        with pytest.raises(ValueError, match="grantee is everybody, in any collaboration: give collaboration_id"):
            two.model.grants.start_audience_generation(everybody)
    # IAM User Guide, "Principal": a wildcard is no part of a name or an ARN.
    some = iam.ArnPrincipal(f"arn:aws:iam::{PARTNER}:role/*")
    with pytest.raises(ValueError, match=r"role/\*' has a wildcard, .*: name each, or .* aws:PrincipalArn"):
        two.model.grants.start_audience_generation(some, collaboration_id=COLLABORATION)


def test_outside_of_a_collaboration_it_is_pointed_out(two: Two) -> None:
    two.model.grants.start_audience_generation(iam.AccountPrincipal(PARTNER)).assert_success()
    assert two.in_resource_policy() == [({"AWS": PARTNER}, None)]
    assert_warned(two.own, "give collaboration_id")


def test_conditions_of_a_principal_hold_in_a_policy_of_its_own(two: Two) -> None:
    role = iam.Role(two.own, "Role", assumed_by=iam.AccountRootPrincipal())
    tagged = iam.PrincipalWithConditions(role, {"StringEquals": {"aws:PrincipalTag/team": "ads"}})
    two.model.grants.start_audience_generation(tagged, collaboration_id=COLLABORATION).assert_success()
    (said,) = two.of_identities(two.own)
    assert said["Condition"] == within(**{"aws:PrincipalTag/team": "ads"})
    another = iam.PrincipalWithConditions(role, {"StringEquals": {"cleanrooms-ml:CollaborationId": "x"}})
    with pytest.raises(ValueError, match="the grantee has a condition StringEquals on cleanrooms-ml:CollaborationId"):
        two.model.grants.start_audience_generation(another, collaboration_id=COLLABORATION)


EXPORT = ["cleanrooms-ml:StartAudienceExportJob", "cleanrooms-ml:GetAudienceGenerationJob"]


def exports(stack: cdk.Stack) -> list[dict[str, Any]]:
    policies = plain(Template.from_stack(stack).find_resources("AWS::IAM::Policy")).values()
    found = [line for each in policies for line in each["Properties"]["PolicyDocument"]["Statement"]]
    return [each for each in found if "Export" in str(each["Action"])]


@pytest.mark.parametrize("whose", ["the partner's", "the owner's", "the partner's, told by the owner"])
def test_either_account_of_a_job_may_export_what_it_generated(two: Two, whose: str) -> None:
    """Each under the ARN that the job has in it (User Guide)."""
    of_partner = whose.startswith("the partner's")
    stack, jobs = (two.theirs, THEIR_JOBS) if of_partner else (two.own, OWN_JOBS)
    role = iam.Role(stack, "Role", role_name="analyst", assumed_by=iam.AccountRootPrincipal())
    model = two.model if whose != "the partner's" else imported(two.theirs)
    model.grants.start_audience_export(role).assert_success()
    assert two.model.policy is None
    assert exports(stack) == [
        statement(*EXPORT, resource=jobs),
        statement("cleanrooms-ml:ListAudienceExportJobs", resource="*"),
    ]
    assert warnings_of(two.own) == []


NOT_EXPORTING: dict[str, tuple[Callable[[cdk.Stack], iam.IGrantable], str]] = {
    "an account": (lambda _: iam.AccountPrincipal(PARTNER), "has no policy of its own that can be added to"),
    "a service": (lambda _: iam.ServicePrincipal("states.amazonaws.com"), "has no policy of its own"),
    "an imported role of theirs": (
        role_of(PARTNER),
        f"it is of account {PARTNER}, where a policy of its own is needed",
    ),
    "an imported user of theirs": (user_of(PARTNER), "grant it in an application there"),
}


@pytest.mark.parametrize("who", NOT_EXPORTING)
def test_who_can_not_be_allowed_to_export_is_told(two: Two, who: str) -> None:
    make, words = NOT_EXPORTING[who]
    assert_nothing(two.model.grants.start_audience_export(make(two.own)), two.own, words)


def test_a_role_is_passed_in_its_own_account_only(two: Two) -> None:
    seeds = iam.Role.from_role_arn(two.own, "Seeds", f"arn:aws:iam::{OWN}:role/seeds")
    with pytest.raises(ValueError, match="seed_role's account '111122223333' is not '444455556666': a role can't be"):
        two.model.grants.start_audience_generation(two.partner_role(), seed_role=seeds)


def test_a_role_is_passed_by_identities_only(two: Two) -> None:
    seeds = iam.Role.from_role_arn(two.own, "Seeds", f"arn:aws:iam::{PARTNER}:role/seeds")
    grant = two.model.grants.start_audience_generation(
        iam.AccountPrincipal(PARTNER), seed_role=seeds, collaboration_id=COLLABORATION
    )
    assert grant.success
    assert_warned(two.own, "was not granted iam:PassRole")


def test_something_can_wait_for_all_of_a_grant(two: Two) -> None:
    late, later = (cdk.CfnResource(stack, "Late", type="Test::Late") for stack in (two.own, two.theirs))
    grant = two.model.grants.start_audience_generation(iam.AccountPrincipal(PARTNER), collaboration_id=COLLABORATION)
    grant.apply_before(late)
    theirs = ConfiguredAudienceModel.from_configured_audience_model_arn(two.theirs, "Imported", ARN)
    theirs.grants.start_audience_generation(two.partner_role(), collaboration_id=COLLABORATION).apply_before(later)
    (policy,) = Template.from_stack(two.own).find_resources(RESOURCE_POLICY_TYPE)
    (found,) = Template.from_stack(two.own).find_resources("Test::Late").values()
    assert policy in found["DependsOn"]
    (identity,) = Template.from_stack(two.theirs).find_resources("AWS::IAM::Policy")
    (found,) = Template.from_stack(two.theirs).find_resources("Test::Late").values()
    assert identity in found["DependsOn"]


def test_what_others_grant_goes_into_the_same_policy(two: Two) -> None:
    """A library that knows only `IResourceWithPolicyV2`."""
    two.model.grants.start_audience_generation(iam.AccountPrincipal(PARTNER), collaboration_id=COLLABORATION)
    resource = iam.ResourceWithPolicies.of(two.model)
    assert resource is two.model
    iam.Grant.add_to_principal_or_resource(
        grantee=iam.AccountPrincipal("777788889999"), actions=[START], resource_arns=["*"], resource=resource
    ).assert_success()
    assert len(two.statements()) == 2


def test_roles_that_somebody_else_makes() -> None:
    """With `customize_roles`, what is granted stands in a report instead of a policy."""
    two = Two(customized=True)
    role = iam.Role(two.own, "Role", assumed_by=iam.AccountRootPrincipal())
    two.model.grants.start_audience_generation(role, collaboration_id=COLLABORATION).assert_success()
    folder = Path(two.app.synth().directory)
    assert START in (folder / "iam-policy-report.txt").read_text()
