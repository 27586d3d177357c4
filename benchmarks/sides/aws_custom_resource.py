"""`AwsCustomResource`: the CDK's own function makes the call that the template spells out.

It calls Update with what Create takes, less what Update doesn't take, and never changes tags.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as cr

from benchmarks.l2_output import ARNS, L2Output
from benchmarks.work import AUDIENCE_MODEL_ARN, RESOURCE_TYPE, request, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from benchmarks.work import Model


def define(stack: cdk.Stack, models: Sequence[Model], output: L2Output | None) -> None:
    for model in models:
        target = output or L2Output(stack, f"{model.name}-output")
        parameters = request(model, s3_uri=target.s3_uri, role_arn=target.role_arn)
        changes = {name: value for name, value in parameters.items() if name not in ("name", "tags")}
        cr.AwsCustomResource(
            stack,
            model.name,
            resource_type=RESOURCE_TYPE,
            install_latest_aws_sdk=False,
            on_create=_call("CreateConfiguredAudienceModel", parameters, _arn()),
            on_update=_call("UpdateConfiguredAudienceModel", changes | _itself(), _arn()),
            on_delete=_call("DeleteConfiguredAudienceModel", _itself()),
            policy=cr.AwsCustomResourcePolicy.from_statements([_pass_role(target.role_arn), *_permissions()]),
        )


@cache
def _arn() -> cr.PhysicalResourceId:
    return cr.PhysicalResourceId.from_response("configuredAudienceModelArn")


@cache
def _itself() -> dict[str, object]:
    return {"configuredAudienceModelArn": cr.PhysicalResourceIdReference()}


def _call(action: str, parameters: object, physical_id: cr.PhysicalResourceId | None = None) -> cr.AwsSdkCall:
    return cr.AwsSdkCall(service="CleanRoomsML", action=action, parameters=parameters, physical_resource_id=physical_id)


def _pass_role(role_arn: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[role_arn],
        conditions={"StringEquals": {"iam:PassedToService": "cleanrooms-ml.amazonaws.com"}},
    )


@cache
def _permissions() -> list[iam.PolicyStatement]:
    """What is the same for every model, and so made once."""
    return [
        iam.PolicyStatement(actions=["cleanrooms-ml:CreateConfiguredAudienceModel"], resources=[AUDIENCE_MODEL_ARN]),
        iam.PolicyStatement(
            actions=[
                "cleanrooms-ml:UpdateConfiguredAudienceModel",
                "cleanrooms-ml:DeleteConfiguredAudienceModel",
                "cleanrooms-ml:TagResource",
            ],
            resources=[ARNS],
        ),
    ]


if __name__ == "__main__":
    run(L2Output, define)
