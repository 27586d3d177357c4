"""What is no reference, that every type checker must reject: each ignore must be needed. It is checked, not run."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_cleanroomsml as cleanroomsml

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelReference,
    AudienceModelRetraining,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    IAudienceModel,
    IConfiguredAudienceModel,
    ITrainingDataset,
    SharedAudienceMetrics,
)


def define(
    stack: cdk.Stack,
    audience_model: IAudienceModel,
    dataset: ITrainingDataset,
    l1: cleanroomsml.CfnTrainingDataset,
) -> None:
    metrics = SharedAudienceMetrics.ALL
    ConfiguredAudienceModel(stack, "Text", audience_model="arn", shared_audience_metrics=metrics)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModel(stack, "None", audience_model=None, shared_audience_metrics=metrics)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModel(stack, "Dataset", audience_model=dataset, shared_audience_metrics=metrics)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModel(stack, "L1", audience_model=l1, shared_audience_metrics=metrics)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    ConfiguredAudienceModel(
        stack,
        "Arn",
        audience_model_arn="arn",  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        shared_audience_metrics=metrics,
    )
    ConfiguredAudienceModel(
        stack,
        "Reference",
        audience_model=audience_model.audience_model_ref,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        shared_audience_metrics=metrics,
    )
    AudienceModel(stack, "Model", training_dataset=audience_model)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceModel(stack, "Token", training_dataset=l1.attr_training_dataset_arn)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AudienceModelReference("arn")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    audience_model.audience_model_ref.audience_model_arn = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def associate(
    stack: cdk.Stack,
    model: ConfiguredAudienceModel,
    imported: IConfiguredAudienceModel,
    dataset: ITrainingDataset,
    membership: cleanrooms.CfnMembership,
    collaboration: cleanrooms.CfnCollaboration,
) -> str:
    ConfiguredAudienceModelAssociation(
        stack,
        "Collaboration",
        configured_audience_model=model,
        membership=collaboration,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    ConfiguredAudienceModelAssociation(
        stack,
        "Identifier",
        configured_audience_model=model,
        membership=membership.attr_membership_identifier,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    )
    AudienceModelRetraining(
        stack,
        "Retraining",
        configured_audience_model=membership,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        training_dataset=dataset,
    )
    return imported.role.role_arn  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
