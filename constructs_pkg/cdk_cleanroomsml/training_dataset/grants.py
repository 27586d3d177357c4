"""Permissions on a training dataset, for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..common.environment import environment_of_resource, resources_of
from ..common.grant import add_to_identity, grant_on
from ..common.parameter_types import checked

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef


@checked
class TrainingDatasetGrants:
    """Grants permissions on one training dataset; every dataset shows its own as ``grants``.

    Actions and resources are those of the Service Authorization Reference; nothing of it reaches across accounts (User
    Guide). Where nothing can be granted, a warning says what to do, ``Grant.success`` is false, and
    ``Grant.assert_success()`` raises.
    """

    def __init__(self, training_dataset: ITrainingDatasetRef) -> None:
        """Defines the grants, see :meth:`from_training_dataset`.

        Args:
            training_dataset: What refers to it.
        """
        self._dataset = training_dataset

    @staticmethod
    def from_training_dataset(training_dataset: ITrainingDatasetRef) -> TrainingDatasetGrants:
        """The grants of whatever refers to a training dataset, an L1 among them.

        Args:
            training_dataset: One that is defined here or imported, or another library's.
        """
        return TrainingDatasetGrants(training_dataset)

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
        grant = self._grant(grantee, "cleanrooms-ml:CreateAudienceModel")
        if not grant.success:
            return grant
        # The grantee may be of another stack.
        own = resources_of(environment_of_resource(self._dataset), "cleanrooms-ml", "audience-model")
        return grant.combine(add_to_identity(grantee, [own], ["cleanrooms-ml:TagResource"]))

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return grant_on(self._dataset, self._dataset.training_dataset_ref.training_dataset_arn, grantee, actions)
