"""What a partner's application has, as type checkers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_cleanroomsml import AudienceModelRetraining, MetricOptions, SeedAudience

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from cdk_cleanroomsml import IConfiguredAudienceModel


def campaign(
    stack: cdk.Stack, bucket: s3.Bucket, key: kms.Key, analyst: iam.Role, model: IConfiguredAudienceModel
) -> list[str]:
    seed = SeedAudience(
        stack, "Seed", bucket=bucket, prefix="spring", encryption_key=key, role_name="cleanrooms-ml-seed"
    )
    grant: iam.Grant = model.grants.start_audience_generation(analyst, seed_role=seed.role)
    exports: iam.Grant = model.grants.start_audience_export(analyst)
    both: iam.Grant = grant.combine(exports)
    key.grant_decrypt(seed)
    both.assert_success()
    return [seed.s3_uri, seed.role.role_arn, seed.bucket.bucket_name]


def failures(retraining: AudienceModelRetraining, period: cdk.Duration | None) -> cloudwatch.Metric:
    options: MetricOptions = {"period": period, "statistic": "Sum"}
    return retraining.metric_failed(**options)
