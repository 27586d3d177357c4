"""What other constructs may ask for, created or imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import Node

    from .configured_audience_model_grants import ConfiguredAudienceModelGrants


class IConfiguredAudienceModel(Protocol):
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
