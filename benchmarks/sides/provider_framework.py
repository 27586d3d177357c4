"""`custom_resources.Provider`: a Python handler of one's own behind the CDK's framework function."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources as cr

from benchmarks.l2_output import ARNS, L2Output
from benchmarks.work import AUDIENCE_MODEL_ARN, ON_EVENT, RESOURCE_TYPE, request, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.work import Model


def define(stack: cdk.Stack, models: Sequence[Model], output: L2Output | None) -> None:
    function = _function(stack)
    provider = cr.Provider(stack, "Provider", on_event_handler=cast("lambda_.IFunction", function))
    service_token = provider.service_token
    for model in models:
        target = output or L2Output(stack, f"{model.name}-output")
        if output is None:
            _allow_pass_role(function, target.role_arn)
        cdk.CustomResource(
            stack,
            model.name,
            service_token=service_token,
            resource_type=RESOURCE_TYPE,
            properties=request(model, s3_uri=target.s3_uri, role_arn=target.role_arn),
        )
    if output is not None:
        _allow_pass_role(function, output.role_arn)


def _function(stack: cdk.Stack) -> lambda_.Function:
    function = lambda_.Function(
        stack,
        "OnEvent",
        code=lambda_.Code.from_asset(str(ON_EVENT), exclude=["__pycache__"]),
        handler="index.on_event",
        runtime=lambda_.Runtime.PYTHON_3_14,
        memory_size=512,
        timeout=cdk.Duration.minutes(15),
    )
    function.add_to_role_policy(
        iam.PolicyStatement(actions=["cleanrooms-ml:CreateConfiguredAudienceModel"], resources=[AUDIENCE_MODEL_ARN])
    )
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=[
                "cleanrooms-ml:UpdateConfiguredAudienceModel",
                "cleanrooms-ml:DeleteConfiguredAudienceModel",
                "cleanrooms-ml:TagResource",
            ],
            resources=[ARNS],
        )
    )
    return function


def _allow_pass_role(function: lambda_.Function, role_arn: str) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}},
        )
    )


if __name__ == "__main__":
    run(L2Output, define)
