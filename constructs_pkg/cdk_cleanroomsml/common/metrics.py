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
    """How a metric is read and shown; all of it is optional, and means what it does in ``cloudwatch.MetricOptions``.

    ``None`` is as if it weren't given.
    """

    account: str | None
    """The account that it is from. Default: that of what it is about."""
    color: str | None
    """The colour in a graph, such as ``#1f77b4`` or one of ``cloudwatch.Color``. Default: CloudWatch's."""
    dimensions_map: Mapping[str, str] | None
    """Dimensions in place of those that tell what it is about. Default: those."""
    id: str | None
    """What it is called in metric expressions. Default: none."""
    label: str | None
    """What a graph calls it. Default: its name."""
    period: cdk.Duration | None
    """Over which time it is summed up. Default: 5 minutes, for ages one day."""
    region: str | None
    """The Region that it is from. Default: that of what it is about."""
    stack_account: str | None
    """The account of the stack that it is used in. Default: that of what it is about."""
    stack_region: str | None
    """The Region of the stack that it is used in. Default: that of what it is about."""
    statistic: str | None
    """How it is summed up, one of ``cloudwatch.Stats``. Default: the sum for numbers of events, else as each says."""
    unit: cloudwatch.Unit | None
    """The unit to filter by. Default: all."""
    visible: bool | None
    """Whether a graph shows it. Default: it does."""
