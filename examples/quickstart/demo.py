"""The quickstart, deployed, changed and destroyed, with a look at the service.

It needs a place to deploy to:
`python -m cdk_cleanroomsml.local -- python examples/quickstart/demo.py`.
"""

from __future__ import annotations

import tempfile
from typing import Any

import boto3

from cdk_cleanroomsml.local.cli.steps import StepFailedError, Steps

cloudformation = boto3.client("cloudformation")
cleanroomsml = boto3.client("cleanroomsml")

CHANGED = {
    "description": "Readers who resemble your best customers",
    "minMatchingSeedSize": "1000",
}


def train_audience_model() -> str:
    """What is done long before: in the real service, training takes hours."""
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
                    "dataSource": {
                        "glueDataSource": {
                            "tableName": "reads",
                            "databaseName": "web",
                        }
                    },
                },
            }
        ],
    )
    model = cleanroomsml.create_audience_model(
        name="readers", trainingDatasetArn=dataset["trainingDatasetArn"]
    )
    arn: str = model["audienceModelArn"]
    return arn


def cdk(steps: Steps, *command: str, **context: str) -> None:
    arguments = [
        argument
        for key, value in context.items()
        for argument in ("--context", f"{key}={value}")
    ]
    # Not cdk.out, which another demo beside this one may be writing.
    with tempfile.TemporaryDirectory() as output:
        steps.run(
            [
                "cdk",
                *command,
                "--progress",
                "events",
                "--output",
                output,
                *arguments,
            ]
        )


def exported(name: str) -> str:
    exports = {
        export["Name"]: export["Value"]
        for export in cloudformation.list_exports()["Exports"]
    }
    return str(exports[name])


def physical_ids(type_: str) -> list[str]:
    resources = cloudformation.describe_stack_resources(StackName="Quickstart")[
        "StackResources"
    ]
    return [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == type_
    ]


def configured_model(arn: str) -> dict[str, Any]:
    model: dict[str, Any] = cleanroomsml.get_configured_audience_model(
        configuredAudienceModelArn=arn
    )
    del model["ResponseMetadata"], model["updateTime"]
    return model


def main() -> None:
    steps = Steps(
        "The quickstart, by the real CDK CLI, on an engine on this machine"
    )
    with steps.step(
        "An audience model to start from (on AWS, training takes hours)"
    ):
        audience_model = train_audience_model()

    with steps.step(
        "cdk deploy: the configured audience model, its bucket, key and role"
    ):
        cdk(
            steps,
            "deploy",
            "--require-approval",
            "never",
            audienceModelArn=audience_model,
        )
    arn = exported("LookalikesArn")
    first = configured_model(arn)
    buckets, keys = (
        physical_ids("AWS::S3::Bucket"),
        physical_ids("AWS::KMS::Key"),
    )
    steps.show(
        ARN=f"…:{arn.rpartition(':')[2]}",
        exported_as="LookalikesArn",
        writes_to=first["outputConfig"]["destination"]["s3Destination"][
            "s3Uri"
        ],
        as_role=first["outputConfig"]["roleArn"].rpartition("/")[2],
        encrypted_with=f"key {keys[0]}",
    )

    with steps.step(
        "cdk deploy again, with another description and minimum seed size"
    ):
        cdk(
            steps,
            "deploy",
            "--require-approval",
            "never",
            audienceModelArn=audience_model,
            **CHANGED,
        )
        second = configured_model(exported("LookalikesArn"))
        if (
            second["description"] != CHANGED["description"]
            or exported("LookalikesArn") != arn
        ):
            raise StepFailedError("the model was not changed in place")
    steps.changed(
        {"ARN": f"…{arn[-8:]}", **first},
        {"ARN": "the same: changed in place", **second},
    )

    with steps.step("cdk destroy"):
        cdk(steps, "destroy", "--force", audienceModelArn=audience_model)
        left = cleanroomsml.list_configured_audience_models()[
            "configuredAudienceModels"
        ]
        if left:
            raise StepFailedError(
                f"configured audience models are left behind: {left}"
            )
        for bucket in buckets:
            boto3.client("s3").head_bucket(Bucket=bucket)
    steps.show(
        models="none left",
        data_kept=[*buckets, *(f"key {key}" for key in keys)],
    )
    steps.end(
        "one construct makes a model that CloudFormation has no type for,"
        " changes it in place, and takes it away.",
        (
            "examples/quickstart/app.py",
            "the application: change it, run this again",
        ),
        (
            "make demo-chain",
            "training, a partner in another account, a new training every week",
        ),
        (
            "docs/getting-started.md",
            "the same in a folder of your own, step by step",
        ),
    )


if __name__ == "__main__":
    main()
