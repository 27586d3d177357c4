"""Who may do what with a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import aws_iam as iam

from cdk_cleanroomsml import ConfiguredAudienceModel, ConfiguredAudienceModelGrants

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/8ad5aa2a"
SEED_ROLE = "arn:aws:iam::111122223333:role/seed"


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


def test_start_audience_generation(synth: Synth) -> None:
    assert granted(synth, lambda grants, role: grants.start_audience_generation(role)) == [
        statement("cleanrooms-ml:StartAudienceGenerationJob")
    ]


def test_start_audience_generation_in_one_collaboration_with_one_role(synth: Synth) -> None:
    seed = iam.Role.from_role_arn(synth.stack, "Seed", SEED_ROLE)
    assert granted(
        synth,
        lambda grants, role: grants.start_audience_generation(
            role, seed_role=seed, collaboration_id="0a1b2c3d-0000-4000-8000-00000000000c"
        ),
    ) == [
        statement(
            "cleanrooms-ml:StartAudienceGenerationJob",
            StringEquals={"cleanrooms-ml:CollaborationId": "0a1b2c3d-0000-4000-8000-00000000000c"},
        ),
        statement("iam:PassRole", resource=SEED_ROLE, StringEquals=PASSED),
    ]


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
    assert not grant.success
    with pytest.raises(RuntimeError):
        grant.assert_success()
