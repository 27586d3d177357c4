"""The smallest application: one model, and everything it needs.

cdk.json says which audience model it uses, and two values to play with: change
them there, or with `-c`.
"""

import aws_cdk as cdk

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

app = cdk.App()
stack = cdk.Stack(
    app,
    "Quickstart",
    description="A configured audience model of AWS Clean Rooms ML",
)

model = ConfiguredAudienceModel(
    stack,
    "Lookalikes",
    audience_model=AudienceModel.from_audience_model_arn(
        stack, "AudienceModel", app.node.get_context("audienceModelArn")
    ),
    description=app.node.get_context("description"),
    shared_audience_metrics=SharedAudienceMetrics.ALL,
    audience_sizes=AudienceSizes.percentage(1, 5, 10),
    min_matching_seed_size=int(app.node.get_context("minMatchingSeedSize")),
)
model.add_arn_output(export_name="LookalikesArn")

app.synth()
