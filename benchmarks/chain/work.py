"""The work that every side does: so many of one construct of the chain, in one stack."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from benchmarks.cases import ASSOCIATION, AUDIENCE_MODEL, CHAIN, POLICY, RETRAINING
from benchmarks.work import PARTNER, recommended_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RESOURCE_TYPES = {
    AUDIENCE_MODEL: "Custom::CleanRoomsMLAudienceModel",
    POLICY: "Custom::CleanRoomsMLConfiguredAudienceModelPolicy",
    ASSOCIATION: "Custom::CleanRoomsConfiguredAudienceModelAssociation",
}
STACK = "Chain"
DESCRIPTION = "Readers who resemble your customers"
ACTION = "cleanrooms-ml:StartAudienceGenerationJob"

_OWN = "arn:aws:cleanrooms-ml:us-east-1:111122223333"


@dataclass(frozen=True)
class Subjects:
    """What is there already, by its ARNs and identifiers.

    Attributes:
        dataset_arn: the training dataset.
        model_arns: configured audience models. The constructs take turns if there are fewer.
        membership: in a collaboration.
    """

    dataset_arn: str
    model_arns: Sequence[str]
    membership: str


@dataclass(frozen=True)
class Item:
    """One construct to define; what isn't here is the same for all."""

    name: str
    dataset_arn: str
    model_arn: str
    membership: str
    tags: dict[str, str]
    description: str
    collaboration: str


def audience_model(item: Item) -> dict[str, Any]:
    """What CreateAudienceModel takes, for the sides that write it themselves."""
    return {
        "name": item.name,
        "description": DESCRIPTION,
        "trainingDatasetArn": item.dataset_arn,
        "tags": item.tags,
    }


def policy(item: Item) -> dict[str, Any]:
    """What PutConfiguredAudienceModelPolicy takes, with the document as an object."""
    # The jobs are where the model is.
    _, _, _, region, account, _ = item.model_arn.split(":", 5)
    jobs = f"arn:{cdk.Aws.PARTITION}:cleanrooms-ml:{region}:{account}:audience-generation-job/*"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": PARTNER},
        "Action": ACTION,
        "Resource": [item.model_arn, jobs],
        "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": item.collaboration}},
    }
    return {
        "configuredAudienceModelArn": item.model_arn,
        "configuredAudienceModelPolicy": {"Version": "2012-10-17", "Statement": [statement]},
    }


def association(item: Item) -> dict[str, Any]:
    """What CreateConfiguredAudienceModelAssociation takes."""
    return {
        "membershipIdentifier": item.membership,
        "configuredAudienceModelArn": item.model_arn,
        "configuredAudienceModelAssociationName": item.name,
        "manageResourcePolicies": True,
        "description": item.description,
        "tags": item.tags,
    }


@cache
def arns(service: str, resource: str) -> str:
    """ARNs in the stack's account and Region."""
    return f"arn:{cdk.Aws.PARTITION}:{service}:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"


def run(
    definitions: Mapping[str, Callable[[cdk.Stack, Sequence[Item]], None]], arguments: Sequence[str] | None = None
) -> None:
    """Synthesises what the command line asks for.

    Args:
        definitions: what defines so many of a kind in a stack.
        arguments: the command line, by default this process's.
    """
    options = _parser(list(definitions)).parse_args(arguments)
    app = cdk.App(builtin_cloud_formation_validation=False, outdir=options.outdir, context=recommended_flags())
    definitions[options.kind](cdk.Stack(app, STACK), list(_items(options)))
    app.synth()


def _items(options: argparse.Namespace) -> Iterator[Item]:
    # A model has one policy and one retraining; all else can share one, so that no more than that is defined besides.
    models = options.constructs if options.kind in (POLICY, RETRAINING) else 1
    subjects = options.subjects or Subjects(
        dataset_arn=f"{_OWN}:training-dataset/clicks",
        model_arns=[f"{_OWN}:configured-audience-model/model-{number}" for number in range(models)],
        membership=_uuid(0),
    )
    for number in range(options.constructs):
        yield Item(
            name=f"item-{number}",
            dataset_arn=subjects.dataset_arn,
            model_arn=subjects.model_arns[number % len(subjects.model_arns)],
            membership=subjects.membership,
            tags={"team": "sales" if options.changed and options.kind == AUDIENCE_MODEL else "media"},
            description=f"{DESCRIPTION}, changed" if options.changed else DESCRIPTION,
            collaboration=_uuid(2 if options.changed else 1),
        )


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _parser(kinds: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Synthesises constructs of the chain.")
    parser.add_argument("--kind", choices=kinds, required=True, help=f"one of {', '.join(CHAIN.values())}")
    parser.add_argument("--constructs", type=int, default=10, help="how many")
    parser.add_argument("--changed", action="store_true", help="with something of each to change in an update")
    parser.add_argument("--subjects", type=_subjects, help="what is there already, as JSON; by default nothing real")
    parser.add_argument("--outdir", help="where the assembly goes; by default the CDK decides")
    return parser


def _subjects(text: str) -> Subjects:
    return Subjects(**json.loads(text))
