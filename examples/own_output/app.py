"""A model that writes where you say: your bucket, key, role and folder."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceOutput,
    ConfiguredAudienceModel,
    SharedAudienceMetrics,
)

app = cdk.App()
stack = cdk.Stack(
    app,
    "OwnOutput",
    description="A configured audience model that writes to a bucket of yours",
)

key = kms.Key(stack, "Key", enable_key_rotation=True)
bucket = s3.Bucket(
    stack,
    "Exports",
    encryption=s3.BucketEncryption.KMS,
    encryption_key=key,
    enforce_ssl=True,
)
role = iam.Role(
    stack,
    "Writer",
    role_name="cleanrooms-ml-segments",
    assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"),
)

ConfiguredAudienceModel(
    stack,
    "Lookalikes",
    configured_audience_model_name="sports-readers",
    audience_model=AudienceModel.from_audience_model_arn(
        stack, "AudienceModel", app.node.get_context("audienceModelArn")
    ),
    shared_audience_metrics=SharedAudienceMetrics.NONE,
    output=AudienceOutput(
        stack,
        "Output",
        bucket=bucket,
        encryption_key=key,
        role=role,
        prefix="segments/sports",
    ),
    tags={"team": "sports"},
    removal_policy=cdk.RemovalPolicy.RETAIN,
)

app.synth()
