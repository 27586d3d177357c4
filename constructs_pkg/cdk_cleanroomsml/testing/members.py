"""The members of each request, as the API names them: what an assertion can be about.

A value is what is expected, or a matcher of ``aws_cdk.assertions.Match``.
"""

from __future__ import annotations

from typing import TypedDict


class TrainingDatasetMembers(TypedDict, total=False):
    """The members of ``CreateTrainingDataset``."""

    description: object
    name: object
    roleArn: object
    tags: object
    trainingData: object


class AudienceModelMembers(TypedDict, total=False):
    """The members of ``CreateAudienceModel``."""

    description: object
    kmsKeyArn: object
    name: object
    tags: object
    trainingDataEndTime: object
    trainingDataStartTime: object
    trainingDatasetArn: object


class ConfiguredAudienceModelMembers(TypedDict, total=False):
    """The members of ``CreateConfiguredAudienceModel``."""

    audienceModelArn: object
    audienceSizeConfig: object
    childResourceTagOnCreatePolicy: object
    description: object
    minMatchingSeedSize: object
    name: object
    outputConfig: object
    sharedAudienceMetrics: object
    tags: object


class ConfiguredAudienceModelAssociationMembers(TypedDict, total=False):
    """The members of ``CreateConfiguredAudienceModelAssociation``."""

    configuredAudienceModelArn: object
    configuredAudienceModelAssociationName: object
    description: object
    manageResourcePolicies: object
    membershipIdentifier: object
    tags: object


class ConfiguredAudienceModelPolicyMembers(TypedDict, total=False):
    """The members of ``PutConfiguredAudienceModelPolicy`` that a template gives."""

    configuredAudienceModelArn: object
    configuredAudienceModelPolicy: object


class AudienceModelRetrainingMembers(TypedDict, total=False):
    """What a retraining does, and when: see :func:`audience_model_retrainings`."""

    configuredAudienceModelArn: object
    description: object
    initialAudienceModelArn: object
    keep: object
    kmsKeyArn: object
    namePrefix: object
    pollingInterval: object
    scheduleExpression: object
    scheduleExpressionTimezone: object
    state: object
    tags: object
    trainingDatasetArn: object
    trainingTimeout: object
    trainingWindow: object
