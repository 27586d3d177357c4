"""What is said before anything is made, and the one question."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .experiments import all_experiments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .earlier import EarlierRun
    from .run import Inputs, Run
    from .screen import Screen

_CENTS = (
    "some cents: a key of KMS for minutes (US$ 1 a month), requests to Lambda, S3, CloudFormation and CloudWatch Logs"
)
_TRAINING = "; trainings besides, by the size of the dataset (aws.amazon.com/clean-rooms/pricing)"
_EXPORT = "; a lookalike segment of 100 users besides (aws.amazon.com/clean-rooms/pricing)"
_END = "everything is deleted, also after Ctrl-C; a key goes after 7 days, and costs nothing until then"
_UNTIL_TRAINED = "; an audience model that can't be deleted while it trains stays until then: CLEAN_UP=1"
_SHOWN = 12


def describe(screen: Screen, run: Run) -> None:
    """Says what will be done, where, what is made and what it costs."""
    inputs = run.inputs
    experiments = all_experiments()
    open_ = [each for each in experiments if all(getattr(inputs, need) for need in each.needs)]
    closed = sorted({need for each in experiments if each not in open_ for need in each.needs})
    place = os.environ.get("AWS_ENDPOINT_URL", "")
    screen.heading("A live account is asked what nobody outside of AWS knows")
    screen.fields(
        [
            ("account", f"{run.account.id}, as {run.account.caller}"),
            ("partner", run.partner.id if run.partner else ""),
            ("Region", run.account.region),
            ("endpoint", place),
            ("audience model", f"{inputs.audience_model_arn}, which stays as it is"),
            ("training dataset", inputs.training_dataset_arn or ""),
            ("membership", inputs.membership_id or ""),
            ("seed", inputs.seed_s3_uri or ""),
            (
                "does",
                f"{len(open_)} experiments on the API; deploys examples with the CDK CLI, changes and deletes them",
            ),
            ("leaves out", _left_out(len(experiments) - len(open_), closed)),
            ("makes", "configured audience models, roles, buckets, stacks with a function, a log group and a key"),
            ("", f"under names that begin with {run.belongings.prefix}"),
            ("costs", _costs(inputs)),
            ("takes", "some ten minutes; a job and an export besides" if inputs.seed_s3_uri else "some ten minutes"),
            ("at the end", _END + (_UNTIL_TRAINED if inputs.training_dataset_arn else "")),
        ]
    )


def _costs(inputs: Inputs) -> str:
    return _CENTS + (_TRAINING if inputs.training_dataset_arn else "") + (_EXPORT if inputs.seed_s3_uri else "")


def _left_out(count: int, closed: Sequence[str]) -> str:
    return f"{count} experiments that take {', '.join(each.upper() for each in closed)}" if count else ""


def describe_earlier(screen: Screen, runs: Sequence[EarlierRun]) -> None:
    """Says what is there of other runs."""
    screen.heading("There is something of a run that wasn't finished, or is still under way")
    for run in runs:
        more = len(run.left) - _SHOWN
        lines = [*run.left[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        screen.fields([(run.run_id, "\n".join(lines))])
