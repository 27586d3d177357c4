"""The whole chain in two accounts: trained, offered, used by a partner, and trained anew a week later.

It needs a place to deploy to: `python -m cdk_cleanroomsml.local -- python examples/retail_media/demo.py`. Only the
local engine has a clock that can be turned; a training takes hours to days.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

PUBLISHER = os.environ["AWS_ACCESS_KEY_ID"]
ADVERTISER = "444455556666"
REGION = "us-east-1"
HOUR = 3600
TRAINING = 36 * HOUR


def say(words: str) -> None:
    print(f"\n\033[1m{words}\033[0m\n" if sys.stdout.isatty() else f"\n== {words}\n", flush=True)


def show(title: str, value: object) -> None:
    print(f"{title}\n{json.dumps(value, indent=2, default=str)}\n", flush=True)


def client(service: str, account: str = PUBLISHER) -> Any:  # noqa: ANN401 - boto3 makes its clients' methods at run time
    """The engine takes an account's number for its access key, and whatever comes for the secret."""
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    return boto3.client(service, region_name=REGION, aws_access_key_id=account, aws_secret_access_key=secret)


def engine(method: str, path: str, **document: object) -> None:
    """Asks something of the engine that no AWS service could do."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_cleanroomsml/{path}"
    request = urllib.request.Request(url, json.dumps(document).encode(), method=method)  # noqa: S310 - loopback
    urllib.request.urlopen(request).close()  # noqa: S310 - loopback


def turn_the_clock(seconds: float) -> None:
    engine("POST", "clock", seconds=seconds)


class Cdk:
    """The CDK CLI, for one account or the other; the application is synthesised once, not for each stack."""

    def __init__(self, folder: Path) -> None:
        self._app = str(folder)

    def synthesise(self, description: str) -> None:
        context = {"publisherAccount": PUBLISHER, "advertiserAccount": ADVERTISER, "description": description}
        told = [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
        app = f"{sys.executable} {Path(__file__).with_name('app.py')}"
        self._run(PUBLISHER, "synth", "--quiet", "--app", app, "--output", self._app, *told)

    def bootstrap(self, account: str) -> None:
        self._run(account, "bootstrap", f"aws://{account}/{REGION}", "--app", "")

    def deploy(self, stack: str, account: str = PUBLISHER, **parameters: str) -> dict[str, str]:
        """Deploys one stack, and returns its outputs."""
        told = [word for key, value in parameters.items() for word in ("--parameters", f"{key}={value}")]
        options = ("--app", self._app, "--exclusively", "--require-approval", "never", "--progress", "events")
        self._run(account, "deploy", stack, *options, *told)
        (deployed,) = client("cloudformation", account).describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in deployed["Outputs"]}

    def destroy(self, stack: str, account: str = PUBLISHER) -> None:
        self._run(account, "destroy", stack, "--app", self._app, "--exclusively", "--force")

    @staticmethod
    def _run(account: str, *command: str) -> None:
        subprocess.run(["cdk", *command], check=True, env=os.environ | {"AWS_ACCESS_KEY_ID": account})


def audience_models() -> dict[str, str]:
    """The publisher's audience models and their status."""
    listed = client("cleanroomsml").list_audience_models()["audienceModels"]
    return {model["audienceModelArn"]: model["status"] for model in listed}


def ask_for_people_like(campaign: dict[str, str], offer: dict[str, str], name: str) -> None:
    """The advertiser starts a job with a seed, and has the best 5 % written to the publisher's bucket."""
    seed = "".join(json.dumps({"user_id": f"customer-{number}"}) + "\n" for number in range(30))
    client("s3", ADVERTISER).put_object(Bucket=campaign["SeedsBucket"], Key="best.jsonl", Body=seed.encode())
    theirs = client("cleanroomsml", ADVERTISER)
    job = theirs.start_audience_generation_job(
        name=name,
        configuredAudienceModelArn=offer["ConfiguredAudienceModelArn"],
        collaborationId=offer["CollaborationId"],
        seedAudience={
            "dataSource": {"s3Uri": f"s3://{campaign['SeedsBucket']}/best.jsonl"},
            "roleArn": campaign["SeedRoleArn"],
        },
    )["audienceGenerationJobArn"]
    status = theirs.get_audience_generation_job(audienceGenerationJobArn=job)["status"]
    theirs.start_audience_export_job(
        name=name, audienceGenerationJobArn=job, audienceSize={"type": "PERCENTAGE", "value": 5}
    )
    written = client("s3").list_objects_v2(Bucket=offer["SegmentsBucket"]).get("Contents", [])
    show(f"The job is {status}; in the publisher's bucket there are:", [each["Key"] for each in written])
    if not written:
        sys.exit("no segment was written")


def wait_for_retraining(arn: str) -> None:
    """Turns the clock day by day until the schedule's time comes, then while the state machine waits."""
    states = client("stepfunctions")
    for _ in range(600):
        (latest, *_) = states.list_executions(stateMachineArn=arn)["executions"] or [{"status": "not started"}]
        if latest["status"] == "SUCCEEDED":
            output = states.describe_execution(executionArn=latest["executionArn"])["output"]
            show("The state machine says:", json.loads(output))
            return
        if latest["status"] not in ("RUNNING", "not started"):
            sys.exit(f"the retraining is {latest['status']}")
        if latest["status"] == "not started":
            turn_the_clock(24 * HOUR)
        elif "CREATE_IN_PROGRESS" in audience_models().values() or "CREATE_PENDING" in audience_models().values():
            turn_the_clock(6 * HOUR)
        time.sleep(0.1)
    sys.exit("the retraining didn't end")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(Cdk(Path(folder)))


def play(cdk: Cdk) -> None:
    engine("PATCH", "switches", training_seconds=TRAINING)
    cdk.bootstrap(ADVERTISER)
    cdk.synthesise("Shoppers of spring")

    say("1. The publisher: cdk deploy Training")
    training = cdk.deploy("Training")
    first = training["AudienceModelArn"]
    show("The deployment doesn't wait for the training:", audience_models())
    print(f"{TRAINING // HOUR} hours later:")
    turn_the_clock(TRAINING)
    show("", audience_models())

    say("2. The publisher: cdk deploy Offer, the model, the collaboration and who may use it")
    offer = cdk.deploy("Offer")
    show("What partners are told:", {key: offer[key] for key in ("CollaborationId", "ConfiguredAudienceModelArn")})

    say("3. The advertiser, in another account: cdk deploy Campaign")
    campaign = cdk.deploy(
        "Campaign",
        ADVERTISER,
        CollaborationId=offer["CollaborationId"],
        ConfiguredAudienceModelArn=offer["ConfiguredAudienceModelArn"],
    )

    say("4. The advertiser asks for people like its best customers")
    ask_for_people_like(campaign, offer, "spring")

    say("5. Within a week, the retraining turns over")
    wait_for_retraining(offer["RetrainingArn"])
    model = client("cleanroomsml").get_configured_audience_model(
        configuredAudienceModelArn=offer["ConfiguredAudienceModelArn"]
    )
    show("The model under the same ARN, and all audience models:", [model["audienceModelArn"], audience_models()])
    if model["audienceModelArn"] == first or first in audience_models():
        sys.exit("the model wasn't trained anew")

    say("6. The advertiser asks again, and gets segments from the new one")
    ask_for_people_like(campaign, offer, "summer")

    say("7. cdk deploy Offer, with another description: it doesn't point back")
    cdk.synthesise("Shoppers of summer")
    cdk.deploy("Offer")
    again = client("cleanroomsml").get_configured_audience_model(
        configuredAudienceModelArn=offer["ConfiguredAudienceModelArn"]
    )
    show("The model now:", {key: again[key] for key in ("description", "audienceModelArn")})
    if again["audienceModelArn"] != model["audienceModelArn"]:
        sys.exit("the deployment pointed the model back")

    say("8. cdk destroy")
    cdk.destroy("Campaign", ADVERTISER)
    cdk.destroy("Offer")
    cdk.destroy("Training")
    ours = client("cleanroomsml")
    left = {
        **audience_models(),
        **{each["name"]: each["status"] for each in ours.list_configured_audience_models()["configuredAudienceModels"]},
        **{each["name"]: each["status"] for each in ours.list_training_datasets()["trainingDatasets"]},
    }
    if left:
        sys.exit(f"something is left behind: {left}")
    print("\nNothing is left in Clean Rooms ML. Data stays: the segments, the seed, and what was trained on.")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, ClientError) as error:
        sys.exit(f"\nThe demo failed: {error}")
