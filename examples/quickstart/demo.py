"""The quickstart, deployed, changed and destroyed, with a look at the service in between.

It needs a place to deploy to: `python -m cdk_cleanroomsml.local -- python examples/quickstart/demo.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import boto3
from botocore.exceptions import ClientError

cloudformation = boto3.client("cloudformation")
cleanroomsml = boto3.client("cleanroomsml")


def say(words: str) -> None:
    print(f"\n\033[1m{words}\033[0m\n" if sys.stdout.isatty() else f"\n== {words}\n", flush=True)


def show(title: str, value: object) -> None:
    print(f"{title}\n{json.dumps(value, indent=2, default=str)}\n", flush=True)


def cdk(*command: str, **context: str) -> None:
    arguments = [argument for key, value in context.items() for argument in ("--context", f"{key}={value}")]
    subprocess.run(["cdk", *command, *arguments], check=True)


def train_audience_model() -> str:
    """What a data scientist does long before: in the real service, training takes hours."""
    dataset = cleanroomsml.create_training_dataset(
        name="readers",
        roleArn="arn:aws:iam::111122223333:role/cleanrooms-ml-training",
        trainingData=[
            {
                "type": "INTERACTIONS",
                "inputConfig": {
                    "schema": [
                        {"columnName": "user", "columnTypes": ["USER_ID"]},
                        {"columnName": "article", "columnTypes": ["ITEM_ID"]},
                        {"columnName": "read_at", "columnTypes": ["TIMESTAMP"]},
                    ],
                    "dataSource": {"glueDataSource": {"tableName": "reads", "databaseName": "web"}},
                },
            }
        ],
    )
    model = cleanroomsml.create_audience_model(name="readers", trainingDatasetArn=dataset["trainingDatasetArn"])
    arn: str = model["audienceModelArn"]
    return arn


def stack() -> dict[str, Any]:
    found: dict[str, Any] = cloudformation.describe_stacks(StackName="Quickstart")["Stacks"][0]
    return found


def physical_ids(type_: str) -> list[str]:
    resources = cloudformation.describe_stack_resources(StackName="Quickstart")["StackResources"]
    return [resource["PhysicalResourceId"] for resource in resources if resource["ResourceType"] == type_]


def configured_model(arn: str) -> dict[str, Any]:
    model: dict[str, Any] = cleanroomsml.get_configured_audience_model(configuredAudienceModelArn=arn)
    del model["ResponseMetadata"]
    return model


def main() -> None:
    audience_model_arn = train_audience_model()
    print(f"There is a trained audience model to start from: {audience_model_arn}")

    say("1. cdk deploy: the configured audience model, its bucket, key and role")
    cdk("deploy", "--require-approval", "never", "--progress", "events", audienceModelArn=audience_model_arn)

    (output,) = stack()["Outputs"]
    arn = output["OutputValue"]
    exports = {export["Name"]: export["Value"] for export in cloudformation.list_exports()["Exports"]}
    print(f"\nStack output {output['OutputKey']}: {arn}")
    print(f"Export {output['ExportName']}: {exports[output['ExportName']]}\n")
    first = configured_model(arn)
    show("The model, as the service holds it:", first)
    buckets, keys = physical_ids("AWS::S3::Bucket"), physical_ids("AWS::KMS::Key")
    show("What stands around it:", {"buckets": buckets, "key": keys, "role": first["outputConfig"]["roleArn"]})

    say("2. cdk deploy again, with another description and another minimum seed size")
    cdk(
        "deploy",
        "--require-approval",
        "never",
        "--progress",
        "events",
        audienceModelArn=audience_model_arn,
        description="Readers who resemble your best customers",
        minMatchingSeedSize="1000",
    )
    second = configured_model(arn)
    changed = {name: [first[name], value] for name, value in second.items() if value != first[name]}
    show("Changed in place, under the same ARN (before, after):", changed)
    if not {"description", "minMatchingSeedSize"} <= set(changed):
        sys.exit("the model was not changed")

    say("3. cdk destroy")
    cdk("destroy", "--force", audienceModelArn=audience_model_arn)
    left = cleanroomsml.list_configured_audience_models()["configuredAudienceModels"]
    if left:
        sys.exit(f"configured audience models are left behind: {left}")
    s3, kms = boto3.client("s3"), boto3.client("kms")
    for bucket in buckets:
        s3.head_bucket(Bucket=bucket)
    print("\nNothing is left in Clean Rooms ML but the audience model that was there before.")
    print("Data is retained by default, so these stay:")
    for bucket in buckets:
        print(f"  bucket {bucket}")
    for key in keys:
        print(f"  key    {key} ({kms.describe_key(KeyId=key)['KeyMetadata']['KeyState']})")


if __name__ == "__main__":
    try:
        main()
    except (subprocess.CalledProcessError, ClientError) as error:
        sys.exit(f"\nThe demo failed: {error}")
