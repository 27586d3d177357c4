"""What other constructs may ask for, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import Node

    from .audience_model_grants import AudienceModelGrants
    from .configured_audience_model_association_grants import ConfiguredAudienceModelAssociationGrants
    from .configured_audience_model_grants import ConfiguredAudienceModelGrants
    from .training_dataset_grants import TrainingDatasetGrants


class _Resource(Protocol):
    """What is the same for all of them."""

    @property
    def env(self) -> ResourceEnvironment:
        """The account and the Region it is in."""
        ...

    @property
    def stack(self) -> cdk.Stack:
        """The stack in which it is defined or imported."""
        ...

    @property
    def node(self) -> Node:
        """The construct's place in the tree."""
        ...


class IConfiguredAudienceModel(_Resource, Protocol):
    """A configured audience model, defined in this application or elsewhere."""

    @property
    def configured_audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def configured_audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> ConfiguredAudienceModelGrants:
        """Permissions on the model, for others."""
        ...


class IConfiguredAudienceModelAssociation(_Resource, Protocol):
    """The association of a configured audience model with a membership, defined in this application or elsewhere."""

    @property
    def configured_audience_model_association_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def configured_audience_model_association_identifier(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> ConfiguredAudienceModelAssociationGrants:
        """Permissions on the association, for others."""
        ...


class IAudienceModel(_Resource, Protocol):
    """An audience model, defined in this application or elsewhere."""

    @property
    def audience_model_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def audience_model_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> AudienceModelGrants:
        """Permissions on the audience model, for others."""
        ...


class ITrainingDataset(_Resource, Protocol):
    """A training dataset, defined in this application or elsewhere."""

    @property
    def training_dataset_arn(self) -> str:
        """The ARN."""
        ...

    @property
    def training_dataset_id(self) -> str:
        """The last part of the ARN."""
        ...

    @property
    def grants(self) -> TrainingDatasetGrants:
        """Permissions on the dataset, for others."""
        ...
