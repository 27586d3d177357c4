"""What each interface of this library has: what CDK calls a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import Node


class IResource(Protocol):
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
