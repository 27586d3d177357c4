"""Plain L1: CloudFormation's resources as they are, with this library's function behind them. The floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets

from benchmarks.l1_output import ARNS, L1Output, allow, policy
from benchmarks.work import AUDIENCE_MODEL_ARN, RESOURCE_TYPE, ROOT, request, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.work import Model

CODE = ROOT / "constructs_pkg" / "cdk_cleanroomsml"


def define(stack: cdk.Stack, models: Sequence[Model], output: L1Output | None) -> None:
    targets = [output or L1Output(stack, f"{model.name}Output") for model in models]
    service_token = function(stack, *_permissions([target.role_arn for target in ([output] if output else targets)]))
    for model, target in zip(models, targets, strict=True):
        wanted = request(model, s3_uri=target.s3_uri, role_arn=target.role_arn)
        cdk.CfnResource(
            stack,
            model.name,
            type=RESOURCE_TYPE,
            properties={"ServiceToken": service_token, "ServiceTimeout": 1200, **wanted},
        )


def function(stack: cdk.Stack, *permissions: dict[str, Any]) -> str:
    """This library's function, with permissions besides those for its log; returns its ARN."""
    log_group = logs.CfnLogGroup(stack, "LogGroup", retention_in_days=30)
    logging = allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group.attr_arn)
    role = iam.CfnRole(
        stack,
        "FunctionRole",
        assume_role_policy_document=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ),
        policies=[iam.CfnRole.PolicyProperty(policy_name="Function", policy_document=policy(logging, *permissions))],
    )
    code = s3_assets.Asset(
        stack,
        "Code",
        path=str(CODE),
        exclude=["*", "!handler", "!handler/**/*.py"],
        ignore_mode=cdk.IgnoreMode.GIT,
    )
    resource = lambda_.CfnFunction(
        stack,
        "Function",
        code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
        handler="handler.main.handler",
        runtime="python3.14",
        memory_size=512,
        timeout=900,
        role=role.attr_arn,
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log_group.ref),
    )
    return resource.attr_arn


def _permissions(role_arns: list[str]) -> list[dict[str, Any]]:
    passed = {"StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}}
    actions = [
        "cleanrooms-ml:GetConfiguredAudienceModel",
        "cleanrooms-ml:UpdateConfiguredAudienceModel",
        "cleanrooms-ml:DeleteConfiguredAudienceModel",
        "cleanrooms-ml:TagResource",
        "cleanrooms-ml:UntagResource",
    ]
    return [
        allow("iam:PassRole", role_arns, Condition=passed),
        allow("cleanrooms-ml:CreateConfiguredAudienceModel", AUDIENCE_MODEL_ARN),
        allow(actions, ARNS),
        allow("cleanrooms-ml:ListConfiguredAudienceModels", "*"),
    ]


if __name__ == "__main__":
    run(L1Output, define)
