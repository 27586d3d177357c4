"""Permissions on a training dataset, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from ..common.environment import environment_of_resource, resources_of
from ..common.grant import grant_on
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from .interface import ITrainingDataset


@checked
class TrainingDatasetGrants:
    """Grants permissions on one training dataset; every dataset shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference. A grantee that can't be given identity
    permissions (a service principal, say) gets none: ``Grant.success`` tells, ``Grant.assert_success()`` insists.
    """

    def __init__(self, dataset: ITrainingDataset) -> None:
        """Defines the grants of a dataset.

        Args:
            dataset: The dataset, created or imported.
        """
        self._dataset = dataset

    def read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody see the dataset and its tags; not the data, which only its role reads.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        return self._grant(grantee, "cleanrooms-ml:GetTrainingDataset", "cleanrooms-ml:ListTagsForResource")

    def create_audience_model(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets somebody train audience models on the dataset, and tag those of its account and Region.

        Args:
            grantee: A role, a user, a group, or what has one.
        """
        # The grantee may be of another stack.
        own = resources_of(environment_of_resource(self._dataset), "cleanrooms-ml", "audience-model")
        return self._grant(grantee, "cleanrooms-ml:CreateAudienceModel").combine(
            iam.Grant.add_to_principal(grantee=grantee, actions=["cleanrooms-ml:TagResource"], resource_arns=[own])
        )

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return grant_on(self._dataset, self._dataset.training_dataset_arn, grantee, actions)
