"""Grants on whatever refers to something: ours, an import, an L1, what another library makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match
from aws_cdk.interfaces import ResourceEnvironment
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelGrants,
    AudienceModelReference,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelAssociationGrants,
    ConfiguredAudienceModelAssociationReference,
    ConfiguredAudienceModelGrants,
    ConfiguredAudienceModelReference,
    SharedAudienceMetrics,
    TrainingDataset,
    TrainingDatasetGrants,
)

from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Synth

OWN, PARTNER = "111122223333", "444455556666"
DATASET = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:training-dataset/d"
AUDIENCE_MODEL = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:audience-model/a"
MODEL = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:configured-audience-model/m"
ASSOCIATION = (
    f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/0a1b2c3d-0000-4000-8000-000000000001"
    "/configuredaudiencemodelassociation/0a1b2c3d-0000-4000-8000-000000000002"
)


class Foreign(Construct):
    """What another library makes: a construct that says where it is, and refers to everything."""

    @property
    def env(self) -> ResourceEnvironment:
        return ResourceEnvironment(account=OWN, region="us-east-1")

    @property
    def audience_model_ref(self) -> AudienceModelReference:
        return AudienceModelReference(audience_model_arn=AUDIENCE_MODEL)

    @property
    def configured_audience_model_ref(self) -> ConfiguredAudienceModelReference:
        return ConfiguredAudienceModelReference(configured_audience_model_arn=MODEL)

    @property
    def configured_audience_model_association_ref(self) -> ConfiguredAudienceModelAssociationReference:
        return ConfiguredAudienceModelAssociationReference(configured_audience_model_association_arn=ASSOCIATION)


def l1(stack: cdk.Stack) -> cleanroomsml.CfnTrainingDataset:
    return cleanroomsml.CfnTrainingDataset(
        stack, "L1", name="shoppers", role_arn=f"arn:aws:iam::{OWN}:role/r", training_data=[]
    )


FACADES: dict[str, tuple[Callable[[cdk.Stack], Any], str, Any]] = {
    "an imported dataset": (
        lambda stack: TrainingDatasetGrants.from_training_dataset(
            TrainingDataset.from_training_dataset_arn(stack, "Imported", DATASET)
        ),
        "GetTrainingDataset",
        DATASET,
    ),
    "an L1 dataset": (
        lambda stack: TrainingDatasetGrants.from_training_dataset(l1(stack)),
        "GetTrainingDataset",
        {"Ref": "L1"},
    ),
    "an imported audience model": (
        lambda stack: AudienceModelGrants.from_audience_model(
            AudienceModel.from_audience_model_arn(stack, "Imported", AUDIENCE_MODEL)
        ),
        "GetAudienceModel",
        AUDIENCE_MODEL,
    ),
    "another library's audience model": (
        lambda stack: AudienceModelGrants.from_audience_model(Foreign(stack, "Foreign")),
        "GetAudienceModel",
        AUDIENCE_MODEL,
    ),
    "an imported model": (
        lambda stack: ConfiguredAudienceModelGrants.from_configured_audience_model(
            ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Imported", MODEL)
        ),
        "GetConfiguredAudienceModel",
        MODEL,
    ),
    "another library's model": (
        lambda stack: ConfiguredAudienceModelGrants.from_configured_audience_model(Foreign(stack, "Foreign")),
        "GetConfiguredAudienceModel",
        MODEL,
    ),
    "an imported association": (
        lambda stack: ConfiguredAudienceModelAssociationGrants.from_configured_audience_model_association(
            ConfiguredAudienceModelAssociation.from_configured_audience_model_association_arn(
                stack, "Imported", ASSOCIATION
            )
        ),
        "GetConfiguredAudienceModelAssociation",
        ASSOCIATION,
    ),
    "another library's association": (
        lambda stack: ConfiguredAudienceModelAssociationGrants.from_configured_audience_model_association(
            Foreign(stack, "Foreign")
        ),
        "GetConfiguredAudienceModelAssociation",
        ASSOCIATION,
    ),
}


@pytest.mark.parametrize("of", FACADES)
def test_they_grant_on_whatever_refers_to_it(synth: Synth, of: str) -> None:
    make, action, resource = FACADES[of]
    role = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    make(synth.stack).read(role).assert_success()
    (statement,) = synth.only("AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"][0].endswith(f":{action}")
    assert statement["Resource"] == resource


@pytest.mark.parametrize("of", FACADES)
def test_they_say_where_they_reach_nobody(of: str) -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=OWN, region="us-east-1"))
    make, _, _ = FACADES[of]
    assert not make(stack).read(iam.AccountPrincipal(PARTNER)).success
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp("was not granted"))


def test_what_is_trained_on_an_l1_can_be_granted(synth: Synth) -> None:
    role = iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())
    TrainingDatasetGrants.from_training_dataset(l1(synth.stack)).create_audience_model(role).assert_success()
    create, tag = synth.only("AWS::IAM::Policy")["Properties"]["PolicyDocument"]["Statement"]
    assert create["Resource"] == {"Ref": "L1"}
    assert tag["Action"] == "cleanrooms-ml:TagResource"


def test_a_partner_is_let_in_by_another_librarys_policy_if_it_has_one(synth: Synth) -> None:
    class Silent(Foreign):
        pass

    grants = ConfiguredAudienceModelGrants.from_configured_audience_model(Silent(synth.stack, "Silent"))
    assert not grants.start_audience_generation(iam.AccountPrincipal(PARTNER)).success
    Annotations.from_stack(synth.stack).has_warning("*", Match.string_like_regexp("can't be changed from here"))


def test_two_facades_of_one_model_write_one_policy() -> None:
    app = an_app()
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=OWN, region="us-east-1"))
    model = ConfiguredAudienceModel(
        stack,
        "Model",
        audience_model=AudienceModel.from_audience_model_arn(stack, "AudienceModel", AUDIENCE_MODEL),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    for account in (PARTNER, "777788889999"):
        facade = ConfiguredAudienceModelGrants.from_configured_audience_model(model)
        facade.start_audience_generation(iam.AccountPrincipal(account)).assert_success()
    assert model.policy is not None
    (statement,) = stack.resolve(model.policy.document)["Statement"]
    assert statement["Principal"] == {"AWS": [PARTNER, "777788889999"]}
