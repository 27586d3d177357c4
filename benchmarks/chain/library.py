"""This library."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from benchmarks.cases import ASSOCIATION, AUDIENCE_MODEL, POLICY, RETRAINING
from benchmarks.chain.work import DESCRIPTION, run
from benchmarks.work import PARTNER
from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    Membership,
    TrainingDataset,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef

    from benchmarks.chain.work import Item
    from cdk_cleanroomsml import IConfiguredAudienceModel, ITrainingDataset


def audience_models(stack: cdk.Stack, items: Sequence[Item]) -> None:
    for item in items:
        AudienceModel(
            stack,
            item.name,
            audience_model_name=item.name,
            description=DESCRIPTION,
            training_dataset=_dataset(stack, item.dataset_arn),
            tags=item.tags,
        )


def policies(stack: cdk.Stack, items: Sequence[Item]) -> None:
    for item in items:
        model = _model(stack, item.model_arn)
        ConfiguredAudienceModelPolicy(stack, item.name, configured_audience_model=model)
        model.grants.start_audience_generation(iam.AccountPrincipal(PARTNER), collaboration_id=item.collaboration)


def associations(stack: cdk.Stack, items: Sequence[Item]) -> None:
    for item in items:
        ConfiguredAudienceModelAssociation(
            stack,
            item.name,
            configured_audience_model=_model(stack, item.model_arn),
            membership=_membership(stack, item.membership),
            configured_audience_model_association_name=item.name,
            description=item.description,
            tags=item.tags,
        )


def retrainings(stack: cdk.Stack, items: Sequence[Item]) -> None:
    for item in items:
        AudienceModelRetraining(
            stack,
            item.name,
            configured_audience_model=_model(stack, item.model_arn, needs_role=True),
            training_dataset=_dataset(stack, item.dataset_arn),
        )


@cache
def _model(stack: cdk.Stack, arn: str, *, needs_role: bool = False) -> IConfiguredAudienceModel:
    name = arn.rpartition("/")[2]
    if not needs_role:
        return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, name, arn)
    return ConfiguredAudienceModel.from_configured_audience_model_attributes(
        stack, name, configured_audience_model_arn=arn, role=_writer(stack)
    )


@cache
def _dataset(stack: cdk.Stack, arn: str) -> ITrainingDataset:
    return TrainingDataset.from_training_dataset_arn(stack, "Dataset", arn)


@cache
def _membership(stack: cdk.Stack, identifier: str) -> IMembershipRef:
    return Membership.from_membership_identifier(stack, "Membership", identifier)


@cache
def _writer(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Writer", "arn:aws:iam::111122223333:role/cleanrooms-ml-writer")


if __name__ == "__main__":
    run(
        {
            AUDIENCE_MODEL: audience_models,
            POLICY: policies,
            ASSOCIATION: associations,
            RETRAINING: retrainings,
        }
    )
