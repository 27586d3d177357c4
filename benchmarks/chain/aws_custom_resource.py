"""`AwsCustomResource`: the CDK's own function makes the calls that the template spells out.

It never changes tags. What is the same for all is made once.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as cr

from benchmarks.cases import ASSOCIATION, AUDIENCE_MODEL, POLICY
from benchmarks.chain import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from benchmarks.chain.work import Item


def audience_models(stack: cdk.Stack, items: Sequence[Item]) -> None:
    itself = {"audienceModelArn": cr.PhysicalResourceIdReference()}
    arn = cr.PhysicalResourceId.from_response("audienceModelArn")
    for item in items:
        cr.AwsCustomResource(
            stack,
            item.name,
            resource_type=work.RESOURCE_TYPES[AUDIENCE_MODEL],
            install_latest_aws_sdk=False,
            on_create=_call("CreateAudienceModel", work.audience_model(item), arn),
            on_delete=_call("DeleteAudienceModel", itself),
            policy=_audience_model_permissions(item.dataset_arn),
        )


def policies(stack: cdk.Stack, items: Sequence[Item]) -> None:
    permissions = _policy_permissions()
    for item in items:
        wanted = work.policy(item)
        wanted["configuredAudienceModelPolicy"] = json.dumps(wanted["configuredAudienceModelPolicy"])
        put = _call("PutConfiguredAudienceModelPolicy", wanted, cr.PhysicalResourceId.of(item.model_arn))
        itself = {"configuredAudienceModelArn": item.model_arn}
        cr.AwsCustomResource(
            stack,
            item.name,
            resource_type=work.RESOURCE_TYPES[POLICY],
            install_latest_aws_sdk=False,
            on_create=put,
            on_update=put,
            on_delete=_call("DeleteConfiguredAudienceModelPolicy", itself),
            policy=permissions,
        )


def associations(stack: cdk.Stack, items: Sequence[Item]) -> None:
    noun = "ConfiguredAudienceModelAssociation"
    identifier = cr.PhysicalResourceId.from_response("configuredAudienceModelAssociation.id")
    reference = cr.PhysicalResourceIdReference()
    for item in items:
        itself = {
            "membershipIdentifier": item.membership,
            "configuredAudienceModelAssociationIdentifier": reference,
        }
        changes = {"name": item.name, "description": item.description}
        cr.AwsCustomResource(
            stack,
            item.name,
            resource_type=work.RESOURCE_TYPES[ASSOCIATION],
            install_latest_aws_sdk=False,
            on_create=_call(f"Create{noun}", work.association(item), identifier, service="CleanRooms"),
            on_update=_call(f"Update{noun}", itself | changes, identifier, service="CleanRooms"),
            on_delete=_call(f"Delete{noun}", itself, service="CleanRooms"),
            policy=_association_permissions(item.membership),
        )


def _call(
    action: str,
    parameters: Any,  # noqa: ANN401 - AwsSdkCall's
    physical_id: cr.PhysicalResourceId | None = None,
    *,
    service: str = "CleanRoomsML",
) -> cr.AwsSdkCall:
    return cr.AwsSdkCall(service=service, action=action, parameters=parameters, physical_resource_id=physical_id)


@cache
def _audience_model_permissions(dataset_arn: str) -> cr.AwsCustomResourcePolicy:
    models = work.arns("cleanrooms-ml", "audience-model/*")
    return _permissions(
        (["cleanrooms-ml:CreateAudienceModel"], dataset_arn),
        (["cleanrooms-ml:DeleteAudienceModel", "cleanrooms-ml:TagResource"], models),
    )


@cache
def _policy_permissions() -> cr.AwsCustomResourcePolicy:
    actions = [
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
    ]
    return _permissions((actions, work.arns("cleanrooms-ml", "configured-audience-model/*")))


@cache
def _association_permissions(membership: str) -> cr.AwsCustomResourcePolicy:
    own = work.arns("cleanrooms", f"membership/{membership}")
    associations = f"{own}/configuredaudiencemodelassociation/*"
    verbs = ["Create", "Update", "Delete"]
    ml_actions = [
        "cleanrooms-ml:GetConfiguredAudienceModel",
        "cleanrooms-ml:GetConfiguredAudienceModelPolicy",
        "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
        "cleanrooms-ml:DeleteConfiguredAudienceModelPolicy",
    ]
    return _permissions(
        (["cleanrooms:CreateConfiguredAudienceModelAssociation"], own),
        ([f"cleanrooms:{verb}ConfiguredAudienceModelAssociation" for verb in verbs], associations),
        (["cleanrooms:TagResource"], associations),
        (ml_actions, work.arns("cleanrooms-ml", "configured-audience-model/*")),
    )


def _permissions(*statements: tuple[list[str], str]) -> cr.AwsCustomResourcePolicy:
    return cr.AwsCustomResourcePolicy.from_statements(
        [iam.PolicyStatement(actions=actions, resources=[resource]) for actions, resource in statements]
    )


if __name__ == "__main__":
    work.run({AUDIENCE_MODEL: audience_models, POLICY: policies, ASSOCIATION: associations})
