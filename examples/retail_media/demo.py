"""The whole chain in two accounts: trained, offered, used, and trained anew.

It needs a place to deploy to:
`python -m cdk_cleanroomsml.local -- python examples/retail_media/demo.py`. Only
the local engine has a clock that can be turned; a training takes hours to days.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3

from cdk_cleanroomsml.local.cli.steps import StepFailedError, Steps
from cdk_cleanroomsml.local.running import RunningEngine

PUBLISHER: str = boto3.client("sts").get_caller_identity()["Account"]
ADVERTISER = "444455556666"
REGION = "us-east-1"
HOUR = 3600
TRAINING = 36 * HOUR


def client(service: str, account: str = PUBLISHER) -> Any:  # noqa: ANN401 - boto3 makes its clients' methods at run time
    """The engine takes an account's number for its key, and any secret."""
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    return boto3.client(
        service,
        region_name=REGION,
        aws_access_key_id=account,
        aws_secret_access_key=secret,
    )


class Cdk:
    """The CDK CLI, for one account or the other; synthesises only once."""

    def __init__(self, steps: Steps, folder: Path) -> None:
        self._steps = steps
        self._app = str(folder)

    def synthesise(self, description: str) -> None:
        context = {
            "publisherAccount": PUBLISHER,
            "advertiserAccount": ADVERTISER,
            "description": description,
        }
        told = [
            word
            for key, value in context.items()
            for word in ("--context", f"{key}={value}")
        ]
        script = Path(__file__).with_name("app.py")
        app = shlex.join([sys.executable, str(script)])
        self._run(
            PUBLISHER,
            "synth",
            "--quiet",
            "--app",
            app,
            "--output",
            self._app,
            *told,
        )

    def bootstrap(self, account: str) -> None:
        self._run(
            account, "bootstrap", f"aws://{account}/{REGION}", "--app", ""
        )

    def deploy(
        self, stack: str, account: str = PUBLISHER, **parameters: str
    ) -> dict[str, str]:
        """Deploys one stack, and returns its outputs."""
        told = [
            word
            for key, value in parameters.items()
            for word in ("--parameters", f"{key}={value}")
        ]
        options = (
            "--app",
            self._app,
            "--exclusively",
            "--require-approval",
            "never",
            "--progress",
            "events",
        )
        self._run(account, "deploy", stack, *options, *told)
        (deployed,) = client("cloudformation", account).describe_stacks(
            StackName=stack
        )["Stacks"]
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in deployed["Outputs"]
        }

    def destroy(self, stack: str, account: str = PUBLISHER) -> None:
        self._run(
            account,
            "destroy",
            stack,
            "--app",
            self._app,
            "--exclusively",
            "--force",
        )

    def _run(self, account: str, *command: str) -> None:
        self._steps.run(
            ["cdk", *command], os.environ | {"AWS_ACCESS_KEY_ID": account}
        )


class Clock:
    """The engine's clock, and how long ago the demonstration began by it."""

    def __init__(self, engine: RunningEngine) -> None:
        self._engine = engine
        self._turned = 0.0

    def turn(self, seconds: float) -> None:
        self._turned += seconds
        self._engine("POST", "clock", {"seconds": seconds})

    def __str__(self) -> str:
        hours = round(self._turned / HOUR)
        return (
            f"{hours} h" if hours % 24 and hours < 72 else f"day {hours // 24}"
        )


def audience_models() -> dict[str, str]:
    """The publisher's audience models and their status."""
    listed = client("cleanroomsml").list_audience_models()["audienceModels"]
    return {model["audienceModelArn"]: model["status"] for model in listed}


def configured_model(offer: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = client(
        "cleanroomsml"
    ).get_configured_audience_model(
        configuredAudienceModelArn=offer["ConfiguredAudienceModelArn"]
    )
    return {
        "audience model": found["audienceModelArn"],
        "description": found["description"],
    }


def ask_for_people_like(
    campaign: dict[str, str], offer: dict[str, str], name: str
) -> tuple[str, str]:
    """The advertiser starts a job with a seed, and has the best 5 % exported.

    Returns:
        Where the segment is, and a line of it.
    """
    seed = "".join(
        json.dumps({"user_id": f"customer-{number}"}) + "\n"
        for number in range(30)
    )
    client("s3", ADVERTISER).put_object(
        Bucket=campaign["SeedsBucket"], Key="best.jsonl", Body=seed.encode()
    )
    theirs = client("cleanroomsml", ADVERTISER)
    job = theirs.start_audience_generation_job(
        name=name,
        configuredAudienceModelArn=offer["ConfiguredAudienceModelArn"],
        collaborationId=offer["CollaborationId"],
        seedAudience={
            "dataSource": {
                "s3Uri": f"s3://{campaign['SeedsBucket']}/best.jsonl"
            },
            "roleArn": campaign["SeedRoleArn"],
        },
    )["audienceGenerationJobArn"]
    theirs.start_audience_export_job(
        name=name,
        audienceGenerationJobArn=job,
        audienceSize={"type": "PERCENTAGE", "value": 5},
    )
    (export,) = theirs.list_audience_export_jobs(audienceGenerationJobArn=job)[
        "audienceExportJobs"
    ]
    if "outputLocation" not in export:
        raise StepFailedError(f"no segment was written: {export}")
    prefix = export["outputLocation"].split("/", 3)[3]
    (written,) = client("s3").list_objects_v2(
        Bucket=offer["SegmentsBucket"], Prefix=prefix
    )["Contents"]
    body = (
        client("s3")
        .get_object(Bucket=offer["SegmentsBucket"], Key=written["Key"])["Body"]
        .read()
        .decode()
    )
    return (
        f"s3://{offer['SegmentsBucket']}/…/{written['Key'].rpartition('/')[2]}",
        body.splitlines()[0],
    )


def wait_for_retraining(arn: str, clock: Clock) -> None:
    """Turns the clock until the schedule's time, then while it waits."""
    states = client("stepfunctions")
    for _ in range(600):
        (latest, *_) = states.list_executions(stateMachineArn=arn)[
            "executions"
        ] or [{"status": "not started"}]
        if latest["status"] == "SUCCEEDED":
            return
        if latest["status"] not in ("RUNNING", "not started"):
            raise StepFailedError(f"the retraining is {latest['status']}")
        if latest["status"] == "not started":
            clock.turn(24 * HOUR)
        elif {"CREATE_IN_PROGRESS", "CREATE_PENDING"} & set(
            audience_models().values()
        ):
            clock.turn(6 * HOUR)
        time.sleep(0.1)
    raise StepFailedError("the retraining didn't end")


def main() -> None:
    steps = Steps(
        "The whole chain, by the real CDK CLI, in two accounts on this machine"
    )
    with tempfile.TemporaryDirectory() as folder:
        play(steps, Cdk(steps, Path(folder)), RunningEngine())


def play(steps: Steps, cdk: Cdk, engine: RunningEngine) -> None:
    clock = Clock(engine)
    engine("PATCH", "switches", {"training_seconds": TRAINING})
    with steps.step("cdk bootstrap of the advertiser's account, cdk synth"):
        cdk.bootstrap(ADVERTISER)
        cdk.synthesise("Shoppers of spring")

    steps.when(str(clock))
    with steps.step(
        "The publisher: cdk deploy Training, which doesn't wait for it"
    ):
        training = cdk.deploy("Training")
    first = steps.name(training["AudienceModelArn"], "first audience model")
    show_audience_models(steps)

    clock.turn(TRAINING)
    steps.when(str(clock))
    show_audience_models(steps)
    with steps.step(
        "The publisher: cdk deploy Offer, the model and who may use it"
    ):
        offer = cdk.deploy("Offer")
    steps.show(
        model=f"…{offer['ConfiguredAudienceModelArn'][-8:]}",
        collaboration=offer["CollaborationId"],
    )
    with steps.step("The advertiser, in another account: cdk deploy Campaign"):
        campaign = cdk.deploy(
            "Campaign",
            ADVERTISER,
            CollaborationId=offer["CollaborationId"],
            ConfiguredAudienceModelArn=offer["ConfiguredAudienceModelArn"],
        )
    with steps.step("The advertiser asks for people like its best customers"):
        segment, line = ask_for_people_like(campaign, offer, "spring")
    steps.show(segment=segment, its_first_line=line)

    before = configured_model(offer)
    with steps.step("Within a week, the retraining turns over"):
        wait_for_retraining(offer["RetrainingArn"], clock)
        after = configured_model(offer)
        if after["audience model"] == first or first in audience_models():
            raise StepFailedError("the model wasn't trained anew")
    steps.when(str(clock))
    steps.name(after["audience model"], "second audience model")
    steps.changed(
        {"ARN": f"…{offer['ConfiguredAudienceModelArn'][-8:]}", **before},
        {"ARN": "the same", **after},
    )
    with steps.step(
        "The advertiser asks again, and gets segments from the new one"
    ):
        segment, line = ask_for_people_like(campaign, offer, "summer")
    steps.show(segment=segment, its_first_line=line)

    with steps.step(
        "The publisher: cdk deploy Offer again: it doesn't point back"
    ):
        cdk.synthesise("Shoppers of summer")
        cdk.deploy("Offer")
        again = configured_model(offer)
        if again["audience model"] != after["audience model"]:
            raise StepFailedError("the deployment pointed the model back")
    steps.changed(after, again)
    steps.show(audience_model=again["audience model"])

    with steps.step(
        "cdk destroy Campaign, Offer, Training: what was trained is kept"
    ):
        cdk.destroy("Campaign", ADVERTISER)
        cdk.destroy("Offer")
        cdk.destroy("Training")
        ours = client("cleanroomsml")
        offered = ours.list_configured_audience_models()[
            "configuredAudienceModels"
        ]
        (dataset,) = [
            each["trainingDatasetArn"]
            for each in ours.list_training_datasets()["trainingDatasets"]
        ]
        if offered or list(audience_models()) != [after["audience model"]]:
            raise StepFailedError(
                f"not what was to be kept: {offered}, {audience_models()}"
            )
    steps.name(dataset, "training dataset")
    data = "the segments, the seed, and what was trained on"
    steps.show(
        audience_model=after["audience model"], dataset=dataset, data_kept=data
    )
    with steps.step(
        "The publisher deletes both by hand, the audience model first"
    ):
        ours.delete_audience_model(audienceModelArn=after["audience model"])
        ours.delete_training_dataset(trainingDatasetArn=dataset)
        if (
            audience_models()
            or ours.list_training_datasets()["trainingDatasets"]
        ):
            raise StepFailedError("something is left behind")
    steps.show(left="nothing in Clean Rooms ML")
    steps.end(
        "a partner gets segments from a model that is trained anew each week,"
        " under one ARN.",
        ("examples/retail_media/app.py", "the application of both accounts"),
        ("docs/guides/chain.md", "each part of it, and what it needs"),
        ("docs/guides/removal.md", "what is kept, and how to have it removed"),
        ("docs/operators.md", "what to do when a deployment fails"),
    )


def show_audience_models(steps: Steps) -> None:
    steps.show(
        **{
            steps.called(arn): status
            for arn, status in audience_models().items()
        }
    )


if __name__ == "__main__":
    main()
