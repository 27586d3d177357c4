"""Metrics: what they can be told, as with the CDK's own, and the names of those that only this library has."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "CleanRoomsML"
"""Of metrics that AWS has none of."""

AGE = "AudienceModelAge"
AGE_DIMENSION = "ConfiguredAudienceModel"


class MetricOptions(TypedDict, total=False):
    """How a metric is read and shown; all of it is optional, and means what it does in ``cloudwatch.MetricOptions``."""

    account: str
    """The account that it is from. Default: that of what it is about."""
    color: str
    """The colour in a graph, such as ``#1f77b4`` or one of ``cloudwatch.Color``. Default: CloudWatch's."""
    dimensions_map: Mapping[str, str]
    """Dimensions in place of those that tell what it is about. Default: those."""
    id: str
    """What it is called in metric expressions. Default: none."""
    label: str
    """What a graph calls it. Default: its name."""
    period: cdk.Duration
    """Over which time it is summed up. Default: 5 minutes, for ages one day."""
    region: str
    """The Region that it is from. Default: that of what it is about."""
    stack_account: str
    """The account of the stack that it is used in. Default: that of what it is about."""
    stack_region: str
    """The Region of the stack that it is used in. Default: that of what it is about."""
    statistic: str
    """How it is summed up, one of ``cloudwatch.Stats``. Default: the sum for numbers of events, else as each says."""
    unit: cloudwatch.Unit
    """The unit to filter by. Default: all."""
    visible: bool
    """Whether a graph shows it. Default: it does."""
