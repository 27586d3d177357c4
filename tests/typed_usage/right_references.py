"""Constructs given to constructs, created, imported and L1s, that every type checker must accept: checked, not run."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces import ResourceEnvironment
from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef
from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef
from constructs import Construct, IConstruct, Node

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelReference,
    AudienceModelRetraining,
    AudienceOutput,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelReference,
    IAudienceModel,
    IAudienceModelRef,
    IConfiguredAudienceModel,
    IConfiguredAudienceModelAssociation,
    IConfiguredAudienceModelAssociationRef,
    IConfiguredAudienceModelRef,
    ITrainingDataset,
    Membership,
    SharedAudienceMetrics,
    TrainingDataset,
)


def datasets(stack: cdk.Stack, created: TrainingDataset, l1: cleanroomsml.CfnTrainingDataset) -> list[AudienceModel]:
    imported: ITrainingDataset = TrainingDataset.from_training_dataset_arn(stack, "Dataset", "arn")
    known = TrainingDataset.from_training_dataset_attributes(
        stack, "Known", training_dataset_arn="arn", account="111122223333", region="us-east-1"
    )
    references: list[ITrainingDatasetRef] = [created, l1, imported, known]
    return [
        AudienceModel(stack, "OnACreatedOne", training_dataset=created),
        AudienceModel(stack, "OnAnL1", training_dataset=l1),
        AudienceModel(stack, "OnAnImportedOne", training_dataset=imported),
        AudienceModel(stack, "OnAnyOne", training_dataset=references[0]),
    ]


def models(stack: cdk.Stack, created: AudienceModel, of_another_library: IAudienceModelRef) -> IConfiguredAudienceModel:
    imported: IAudienceModel = AudienceModel.from_audience_model_attributes(stack, "Model", audience_model_arn="arn")
    for number, each in enumerate((created, imported, of_another_library)):
        ConfiguredAudienceModel(
            stack, f"Model{number}", audience_model=each, shared_audience_metrics=SharedAudienceMetrics.NONE
        )
    reference: AudienceModelReference = of_another_library.audience_model_ref
    arn: str = reference.audience_model_arn + reference.audience_model_id
    return ConfiguredAudienceModel.from_configured_audience_model_arn(stack, "Imported", arn)


def associations(
    stack: cdk.Stack,
    model: ConfiguredAudienceModel,
    imported: IConfiguredAudienceModel,
    reference: IConfiguredAudienceModelRef,
    l1: cleanrooms.CfnMembership,
) -> list[IConfiguredAudienceModelAssociationRef]:
    memberships: list[IMembershipRef] = [
        l1,
        Membership.from_membership_arn(stack, "Membership", "arn"),
        Membership.from_membership_identifier(stack, "Ours", "id"),
        Membership.from_membership_attributes(stack, "Yours", membership_arn="arn", account="1", region="us-east-1"),
    ]
    made: list[IConfiguredAudienceModelAssociationRef] = [
        ConfiguredAudienceModelAssociation(stack, "One", configured_audience_model=model, membership=l1),
        ConfiguredAudienceModelAssociation(stack, "Two", configured_audience_model=imported, membership=memberships[1]),
        ConfiguredAudienceModelAssociation(stack, "Three", configured_audience_model=reference, membership=l1),
    ]
    theirs: IConfiguredAudienceModelAssociation = (
        ConfiguredAudienceModelAssociation.from_configured_audience_model_association_attributes(
            stack, "Theirs", configured_audience_model_association_arn="arn"
        )
    )
    return [*made, theirs]


def retrain(stack: cdk.Stack, model: IConfiguredAudienceModelRef, dataset: ITrainingDatasetRef) -> None:
    AudienceModelRetraining(stack, "Retraining", configured_audience_model=model, training_dataset=dataset)


def as_resources(
    model: ConfiguredAudienceModel,
    imported: IConfiguredAudienceModel,
    audience_model: IAudienceModel,
    dataset: TrainingDataset,
    association: IConfiguredAudienceModelAssociation,
) -> list[Node]:
    """What every resource of CDK has."""
    resources: list[cdk.IResource] = [model, imported, audience_model, dataset, association]
    constructs: list[IConstruct] = [model, imported, audience_model, dataset, association]
    for each in resources:
        cdk.Tags.of(each).add("team", "media")
        each.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        stack: cdk.Stack = each.stack
        where: ResourceEnvironment = each.env
        cdk.CfnOutput(stack, "Where", value=where.region + where.account)
    cdk.Tags.of(imported).add("team", "media")
    imported.node.add_dependency(association)
    return [each.node for each in constructs]


def roles(
    stack: cdk.Stack, model: ConfiguredAudienceModel, dataset: TrainingDataset, output: AudienceOutput, l1: iam.CfnRole
) -> list[str]:
    role: iam.IRole = model.role
    theirs = ConfiguredAudienceModel.from_configured_audience_model_attributes(
        stack, "Theirs", configured_audience_model_arn="arn", role=l1
    )
    known: iam.IRole | None = theirs.role
    AudienceOutput(stack, "OfAnL1", role=l1)
    AudienceOutput(stack, "OfARole", role=role)
    return [role.role_arn, dataset.role.role_name, output.role.role_arn, known.role_arn if known else ""]


def narrowed(scope: Construct) -> list[str]:
    """What is told apart by asking."""
    found: list[str] = []
    for each in scope.node.find_all():
        if ConfiguredAudienceModel.is_configured_audience_model(each):
            found.append(each.configured_audience_model_name)
        elif AudienceModel.is_audience_model(each):
            found.append(each.audience_model_status)
        elif TrainingDataset.is_training_dataset(each):
            found.append(each.training_dataset_name)
        elif ConfiguredAudienceModelAssociation.is_configured_audience_model_association(each):
            found.append(each.collaboration_identifier)
    return [*found, ConfiguredAudienceModel.PROPERTY_INJECTION_ID]


class OfAnotherLibrary(cdk.Resource):
    """A construct that says what it can be referred to as, and nothing else."""

    @property
    def configured_audience_model_ref(self) -> ConfiguredAudienceModelReference:
        return ConfiguredAudienceModelReference(configured_audience_model_arn="arn")


def take(stack: cdk.Stack, l1: cleanrooms.CfnMembership) -> None:
    theirs = OfAnotherLibrary(stack, "Theirs")
    reference: IConfiguredAudienceModelRef = theirs
    ConfiguredAudienceModelAssociation(stack, "Association", configured_audience_model=reference, membership=l1)
    ConfiguredAudienceModelAssociation(stack, "Another", configured_audience_model=theirs, membership=l1)
