"""Which work is done: the numbers of models, outputs and stacks, and how many times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = Any
"""Whatever a JSON document holds."""

LIBRARY = "library"
AWS_CUSTOM_RESOURCE = "aws_custom_resource"
PROVIDER_FRAMEWORK = "provider_framework"
L1 = "l1"

SIDES = {
    LIBRARY: "this library",
    AWS_CUSTOM_RESOURCE: "AwsCustomResource",
    PROVIDER_FRAMEWORK: "Provider framework",
    L1: "L1 (floor)",
}
"""The sides by the names of their programs, with what they are called in a report."""

AUDIENCE_MODEL = "audience_model"
POLICY = "policy"
ASSOCIATION = "association"
RETRAINING = "retraining"

CHAIN = {
    AUDIENCE_MODEL: "AudienceModel",
    POLICY: "ConfiguredAudienceModelPolicy",
    ASSOCIATION: "ConfiguredAudienceModelAssociation",
    RETRAINING: "AudienceModelRetraining",
}
"""What stands before and after configured audience models, with the names of the constructs."""

CUSTOM_RESOURCES = [AUDIENCE_MODEL, POLICY, ASSOCIATION]
"""Those that the other sides can have, too, and that a deployment makes calls for."""

PHASES = ["deploy", "deploy again", "update all", "destroy"]
"""What is done to a deployed application, one after another."""


@dataclass(frozen=True, order=True)
class Case:
    """One amount of work."""

    output: str
    models: int
    stacks: int = 1

    @property
    def arguments(self) -> list[str]:
        """For the program of a side."""
        return ["--models", str(self.models), "--output", self.output, "--stacks", str(self.stacks)]


@dataclass(frozen=True, order=True)
class Link:
    """So many of one construct of the chain, in one stack."""

    kind: str
    constructs: int

    @property
    def sides(self) -> list[str]:
        """Who does it: nobody else has a retraining, and the Provider framework is no other way for these."""
        return [LIBRARY] if self.kind == RETRAINING else [LIBRARY, AWS_CUSTOM_RESOURCE, L1]

    @property
    def arguments(self) -> list[str]:
        """For the program of a side."""
        return ["--kind", self.kind, "--constructs", str(self.constructs)]


@dataclass(frozen=True)
class Plan:
    """What one run of the benchmark does.

    Attributes:
        runs: how many rounds; in each every side does the same work once.
        synth: what is synthesised without the CDK's template validation; lines are fitted over the single stacks.
        validated: what is synthesised with it, too.
        deployed: what is deployed to the engine.
        deploy_runs: how many rounds of that.
        large: how many models are deployed in one stack that all share one output.
        throttled: one in how many calls is throttled then.
        chain: what is synthesised of the chain; lines are fitted over the numbers of each kind.
        chain_deployed: what of it is deployed to the engine. A membership has 5 associations at most.
    """

    runs: int = 5
    synth: list[Case] = field(
        default_factory=lambda: [
            *(Case("own", models) for models in (1, 10, 50, 80)),
            Case("own", 200, stacks=4),
            *(Case("shared", models) for models in (1, 10, 50, 200)),
            Case("shared", 200, stacks=4),
        ]
    )
    validated: list[Case] = field(default_factory=lambda: [Case(output, 50) for output in ("own", "shared")])
    deployed: list[Case] = field(
        default_factory=lambda: [
            *(Case("own", models) for models in (1, 10, 50)),
            *(Case("shared", models) for models in (1, 10, 50, 200)),
        ]
    )
    deploy_runs: int = 5
    large: int = 450
    throttled: int = 20
    chain: list[Link] = field(
        default_factory=lambda: [
            *(Link(kind, constructs) for kind in CUSTOM_RESOURCES for constructs in (1, 50, 200)),
            *(Link(RETRAINING, constructs) for constructs in (1, 10, 40)),
        ]
    )
    chain_deployed: list[Link] = field(default_factory=lambda: [Link(kind, 5) for kind in CUSTOM_RESOURCES])


def quick_plan() -> Plan:
    """Small enough to try the benchmark itself; its figures say little."""
    small = [Case(output, models) for output in ("own", "shared") for models in (1, 20)]
    return Plan(
        runs=2,
        synth=[*small, Case("shared", 4, stacks=2)],
        validated=[Case("shared", 1)],
        deployed=[Case("own", 2), Case("shared", 2)],
        deploy_runs=2,
        large=5,
        throttled=3,
        chain=[Link(kind, constructs) for kind in CHAIN for constructs in (1, 20)],
        chain_deployed=[Link(kind, 2) for kind in CUSTOM_RESOURCES],
    )
