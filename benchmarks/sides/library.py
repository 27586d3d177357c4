"""This library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.work import AUDIENCE_MODEL_ARN, DESCRIPTION, PERCENTAGES, TAGS, run
from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from benchmarks.work import Model


def define(stack: cdk.Stack, models: Sequence[Model], output: AudienceOutput | None) -> None:
    audience_model = AudienceModel.from_audience_model_arn(stack, "AudienceModel", AUDIENCE_MODEL_ARN)
    for model in models:
        ConfiguredAudienceModel(
            stack,
            model.name,
            configured_audience_model_name=model.name,
            description=DESCRIPTION,
            audience_model=audience_model,
            output=output,
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            min_matching_seed_size=model.min_matching_seed_size,
            audience_sizes=AudienceSizes.percentage(*PERCENTAGES),
            tags=TAGS,
        )


if __name__ == "__main__":
    run(AudienceOutput, define)
