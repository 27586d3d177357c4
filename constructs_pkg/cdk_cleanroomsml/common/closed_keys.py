"""Keys whose own policy leaves nothing to IAM: what a role is allowed then counts for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_kms as kms

from .keys import itself

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk.interfaces.aws_iam import IRoleRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct, IConstruct

_ALL = "kms:*"


def warn_of_closed_key(
    construct: Construct, parameter: str, key: IKeyRef, role: IRoleRef, actions: Sequence[str]
) -> None:
    """Warns if the policy of a key of this application lets neither the account nor the role in.

    Source: AWS KMS Developer Guide, "Key policies": IAM policies count only where the key policy lets the account in.
    The policy can grow as long as the application is defined, so it is looked at once more then.

    Args:
        construct: The construct that the key was given to; it carries the warning.
        parameter: The parameter's name, as the user wrote it.
        key: The key, or its alias.
        role: Who needs it.
        actions: What it takes.
    """
    own = itself(key)
    resource = own if isinstance(own, kms.CfnKey) else own.node.default_child
    if isinstance(resource, kms.CfnKey) and not _lets_in(resource, role, actions):
        look = _Look(construct, parameter, resource, role, actions)
        cdk.Aspects.of(construct).add(cast("cdk.IAspect", look), priority=cdk.AspectPriority.READONLY)


@jsii.implements(cdk.IAspect)
class _Look:
    """Looks at a key's policy when the application is defined."""

    def __init__(
        self, construct: Construct, parameter: str, key: kms.CfnKey, role: IRoleRef, actions: Sequence[str]
    ) -> None:
        self._construct = construct
        self._parameter = parameter
        self._key = key
        self._role = role
        self._actions = actions

    def visit(self, node: IConstruct) -> None:
        if node is self._construct and not _lets_in(self._key, self._role, self._actions):
            cdk.Annotations.of(self._construct).add_warning_v2(
                "cdk-cleanroomsml:keyPolicyLeavesNothingToIam",
                f"the policy of the given {self._parameter} lets neither this account nor the role in, so that no"
                " policy of IAM counts: add a statement with principals=[iam.AccountRootPrincipal()], actions=['kms:*']"
                f" and resources=['*'], or allow the role {', '.join(self._actions)} there",
            )


def _lets_in(key: kms.CfnKey, role: IRoleRef, actions: Sequence[str]) -> bool:
    stack = cdk.Stack.of(key)
    policy = stack.resolve(key.key_policy)
    if not isinstance(policy, dict):
        # None: KMS makes one that lets the account in; a text or a Token: nothing is known.
        return True
    # Asked for from another environment, a role would have to have a name; asked for from another stack, another ARN.
    of_role = cdk.Stack.of(role)
    arn = of_role.resolve(role.role_ref.role_arn)
    return any(_allows(each, arn, set(actions), of_role is stack) for each in _listed(policy.get("Statement")))


def _allows(statement: dict[str, Any], role_arn: Any, actions: set[str], is_same_stack: bool) -> bool:  # noqa: ANN401
    principal = statement.get("Principal")
    aws = principal.get("AWS") if isinstance(principal, dict) else principal
    named = any(
        each in (role_arn, "*")
        or ":root" in str(each)
        or str(each).isdigit()
        # What is named by a reference to another stack may be the role.
        or not (is_same_stack or isinstance(each, str))
        for each in _listed(aws)
    )
    allowed = {each for each in _listed(statement.get("Action")) if isinstance(each, str)}
    is_enough = bool(allowed & {_ALL, "*"}) or any(
        action.startswith(each.removesuffix("*")) if each.endswith("*") else action == each
        for action in actions
        for each in allowed
    )
    return statement.get("Effect") == "Allow" and named and is_enough


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - a part of a policy
    return value if isinstance(value, list) else [] if value is None else [value]
