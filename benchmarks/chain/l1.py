"""Plain L1: custom resources as they are, with this library's function behind them. The floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from benchmarks.cases import ASSOCIATION, AUDIENCE_MODEL, POLICY
from benchmarks.chain import work
from benchmarks.l1_output import allow
from benchmarks.sides.l1 import function

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.chain.work import Item

POLICY_ACTIONS = [f"cleanrooms-ml:{verb}ConfiguredAudienceModelPolicy" for verb in ("Get", "Put", "Delete")]


def audience_models(stack: cdk.Stack, items: Sequence[Item]) -> None:
    actions = ["GetAudienceModel", "DeleteAudienceModel", "TagResource", "UntagResource"]
    permissions = [
        allow("cleanrooms-ml:CreateAudienceModel", items[0].dataset_arn),
        allow([f"cleanrooms-ml:{each}" for each in actions], work.arns("cleanrooms-ml", "audience-model/*")),
        allow("cleanrooms-ml:ListAudienceModels", "*"),
    ]
    _define(stack, items, AUDIENCE_MODEL, work.audience_model, permissions)


def policies(stack: cdk.Stack, items: Sequence[Item]) -> None:
    permissions = [allow(POLICY_ACTIONS, work.arns("cleanrooms-ml", "configured-audience-model/*"))]
    _define(stack, items, POLICY, work.policy, permissions)


def associations(stack: cdk.Stack, items: Sequence[Item]) -> None:
    noun = "ConfiguredAudienceModelAssociation"
    actions = [f"Get{noun}", f"Update{noun}", f"Delete{noun}", "ListTagsForResource", "TagResource", "UntagResource"]
    membership = work.arns("cleanrooms", f"membership/{items[0].membership}")
    ml_actions = ["cleanrooms-ml:GetConfiguredAudienceModel", *POLICY_ACTIONS]
    permissions = [
        allow(f"cleanrooms:Create{noun}", [membership, f"{membership}/configuredaudiencemodelassociation/*"]),
        allow(f"cleanrooms:List{noun}s", work.arns("cleanrooms", "membership/*")),
        allow(
            [f"cleanrooms:{each}" for each in actions],
            work.arns("cleanrooms", "membership/*/configuredaudiencemodelassociation/*"),
        ),
        allow(ml_actions, work.arns("cleanrooms-ml", "configured-audience-model/*")),
    ]
    _define(stack, items, ASSOCIATION, work.association, permissions)


def _define(
    stack: cdk.Stack,
    items: Sequence[Item],
    kind: str,
    request: Callable[[Item], dict[str, Any]],
    permissions: list[dict[str, Any]],
) -> None:
    service_token = function(stack, *permissions)
    for item in items:
        cdk.CfnResource(
            stack,
            item.name,
            type=work.RESOURCE_TYPES[kind],
            properties={"ServiceToken": service_token, "ServiceTimeout": 1200, **request(item)},
        )


if __name__ == "__main__":
    work.run({AUDIENCE_MODEL: audience_models, POLICY: policies, ASSOCIATION: associations})
