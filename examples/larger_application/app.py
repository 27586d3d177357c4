"""Two environments; in each, many models that share an output.

Another stack is told their ARNs.
"""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    AudienceSizes,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

BRANDS = ("news", "sports", "travel")


class ModelsStack(cdk.Stack):
    """One model for each brand, all with one folder, one bucket, one role."""

    def __init__(
        self, scope: Construct, id: str, *, audience_model_arn: str
    ) -> None:
        super().__init__(scope, id)
        audience_model = AudienceModel.from_audience_model_arn(
            self, "AudienceModel", audience_model_arn
        )
        output = AudienceOutput(self, "Output", prefix="segments")
        self.models = {
            brand: ConfiguredAudienceModel(
                self,
                f"{brand.title()}Lookalikes",
                audience_model=audience_model,
                shared_audience_metrics=SharedAudienceMetrics.ALL,
                audience_sizes=AudienceSizes.absolute(10_000, 50_000, 100_000),
                output=output,
                tags={"brand": brand},
            )
            for brand in BRANDS
        }


class CatalogueStack(cdk.Stack):
    """Where those who set up collaborations look for what they can offer."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        models: Mapping[str, ConfiguredAudienceModel],
    ) -> None:
        super().__init__(scope, id)
        for brand, model in models.items():
            ssm.StringParameter(
                self,
                brand.title(),
                parameter_name=f"/lookalikes/{self.stack_name}/{brand}",
                string_value=model.configured_audience_model_arn,
            )


class Environment(cdk.Stage):
    """All stacks of one environment."""

    def __init__(
        self, scope: Construct, id: str, *, audience_model_arn: str
    ) -> None:
        super().__init__(scope, id)
        models = ModelsStack(
            self, "Models", audience_model_arn=audience_model_arn
        )
        CatalogueStack(self, "Catalogue", models=models.models)
        cdk.Tags.of(self).add("environment", id.lower())


app = cdk.App()
for name in ("Beta", "Production"):
    Environment(
        app, name, audience_model_arn=app.node.get_context("audienceModelArn")
    )

app.synth()
