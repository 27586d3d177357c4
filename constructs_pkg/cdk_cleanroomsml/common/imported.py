"""A resource that is defined elsewhere, known by its ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from .environment import (
    KNOWN_ENVIRONMENT,
    KNOWN_STACK,
    environment_from,
    environment_of_arn,
    is_dummy,
    is_token,
    stack_of,
)
from .problems import Problems

if TYPE_CHECKING:
    from constructs import Construct

_ELSEWHERE = "its ARN says where it is: leave the parameter out"


class ImportedResource(cdk.Resource):
    """What imports have in common: they are where their ARN says, and have no part in a template."""

    def __init__(
        self, problems: Problems, arn: str, resource_type: str, *, account: str | None = None, region: str | None = None
    ) -> None:
        """Defines the construct that a list of problems is about.

        Args:
            problems: What is wrong with the parameters.
            arn: The ARN, or a Token.
            resource_type: CloudFormation's, or ours.
            account: The account, if the ARN doesn't tell it.
            region: The Region, if the ARN doesn't tell it.

        Raises:
            ValueError: Something is wrong with the parameters.
        """
        problems.account("account", account)
        where = environment_of_arn(arn, resource_type)
        problems.same("account", account or "", where.account, _ELSEWHERE)
        problems.same("region", region or "", where.region, _ELSEWHERE)
        problems.raise_if_any()
        scope, id_ = _place(problems)
        account, region = account or where.account, region or where.region
        known = where._replace(account=account, region=region)
        if all(known) and not is_dummy(arn):
            # What CDK would be asked for.
            setattr(self, KNOWN_ENVIRONMENT, known)
        if is_token(arn) and (account or region):
            # CDK would take both from the ARN, which isn't known.
            super().__init__(scope, id_, account=account or None, region=region or None)
        else:
            super().__init__(scope, id_, environment_from_arn=environment_from(arn))
        setattr(self, KNOWN_STACK, stack_of(scope))

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Refuses: what is defined elsewhere is kept or deleted there.

        Args:
            policy: Any.

        Raises:
            ValueError: Always.
        """
        problems = Problems(self, "")
        problems.found.append(f"policy {policy.name} can't be applied to an import: apply it where that is defined")
        problems.raise_if_any()


def _place(problems: Problems) -> tuple[Construct, str]:
    if problems.scope is None:
        raise TypeError(f"'{problems.id}' has no scope")
    return problems.scope, problems.id
