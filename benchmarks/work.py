"""The work that every side does: so many configured audience models, in so many stacks, with own outputs or one."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import aws_cdk as cdk

ROOT = Path(__file__).parents[1]
ON_EVENT = ROOT / "benchmarks" / "sides" / "on_event"
"""The code of the Provider framework's side."""
NODE_PACKAGE = "@aws-sdk/client-cleanroomsml"
"""What AwsCustomResource's function loads; Lambda's Node runtimes bring it, an engine must find it."""

PARTNER = "444455556666"
AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
RESOURCE_TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"
DESCRIPTION = "Readers who resemble your customers"
PERCENTAGES = (1, 5, 10)
TAGS = {"team": "media"}

Output = TypeVar("Output")


@dataclass(frozen=True)
class Model:
    """One model to define; what isn't here is the same for all."""

    name: str
    min_matching_seed_size: int


def request(model: Model, *, s3_uri: str, role_arn: str) -> dict[str, Any]:
    """The model as CreateConfiguredAudienceModel takes it, for the sides that write it themselves."""
    return {
        "name": model.name,
        "description": DESCRIPTION,
        "audienceModelArn": AUDIENCE_MODEL_ARN,
        "outputConfig": {"destination": {"s3Destination": {"s3Uri": s3_uri}}, "roleArn": role_arn},
        "sharedAudienceMetrics": ["ALL"],
        "minMatchingSeedSize": model.min_matching_seed_size,
        "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": list(PERCENTAGES)},
        "tags": TAGS,
    }


def run(
    make_output: Callable[[cdk.Stack, str], Output],
    define: Callable[[cdk.Stack, Sequence[Model], Output | None], None],
    arguments: Sequence[str] | None = None,
) -> None:
    """Synthesises what the command line asks for.

    Args:
        make_output: defines the output that all models share, with an id.
        define: defines models in a stack; without an output each gets its own.
        arguments: the command line, by default this process's.
    """
    import aws_cdk as cdk  # only programs of the sides need it

    options = _parser().parse_args(arguments)
    app = cdk.App(
        builtin_cloud_formation_validation=options.validation == "on",
        outdir=options.outdir,
        context=recommended_flags(),
    )
    stacks = [cdk.Stack(app, f"Models{index}") for index in range(options.stacks)]
    output = make_output(stacks[0], "Output") if options.output == "shared" else None
    for index, stack in enumerate(stacks):
        numbers = range(index, options.models, options.stacks)
        define(stack, [Model(f"model-{number}", options.min_matching_seed_size) for number in numbers], output)
    app.synth()


def recommended_flags() -> dict[str, Any]:
    """The feature flags that a new application has, from this project's cdk.json."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return {name: value for name, value in context.items() if name.startswith("@aws-cdk")}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Synthesises configured audience models.")
    parser.add_argument("--models", type=int, default=10, help="how many, in all stacks together")
    parser.add_argument(
        "--output", choices=["own", "shared"], default="own", help="a bucket, key and role each, or one"
    )
    parser.add_argument("--stacks", type=int, default=1, help="how many stacks the models are divided between")
    parser.add_argument("--validation", choices=["on", "off"], default="on", help="the CDK's own template validation")
    parser.add_argument("--min-matching-seed-size", type=int, default=500, help="something to change in an update")
    parser.add_argument("--outdir", help="where the assembly goes; by default the CDK decides")
    return parser
