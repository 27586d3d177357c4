"""The role of a provider's function where one is given: its policies where it can be changed, else what to say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from ..common.attached_policy import attached_policy
from ..common.environment import environment_of, is_token
from ..common.trust import trust_of
from .function_permissions import FunctionPermissions
from .policy import document_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeGuard

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct

    from .policy import Permission, Statements

_LAMBDA = "lambda.amazonaws.com"


class GivenFunctionRole:
    """A role that the function of a provider gets, created or imported, here or elsewhere.

    What it may do stands in policies of the function's stack, not in the role's own, which may name what waits for the
    function. So CDK is given a role that it doesn't change.
    """

    def __init__(self, provider: Construct, stack: cdk.Stack, role: IRoleRef, basics: list[dict[str, Any]]) -> None:
        """Gives the role what the function needs itself, where it can be changed.

        Args:
            provider: Where policies are defined; it carries the warning.
            stack: The stack of the function.
            role: The role.
            basics: The statements of what the function needs, whatever it serves, as JSON.
        """
        self._role = role
        self._stack = stack
        self._policy = attached_policy(provider, role, basics, name=_own_name("Function"))
        self.of_function = iam.Role.from_role_arn(provider, "GivenRole", role_arn_of(role), mutable=False)
        """The role as the function takes it."""
        self.permissions: FunctionPermissions | NeededPermissions = (
            NeededPermissions(provider, stack, basics, role if is_customized(role) else None)
            if self._policy is None
            else FunctionPermissions(provider, stack, cast("iam.IRole", role).role_name, _own_name)
        )
        """What the function may do with custom resources."""

    def precede(self, function: lambda_.Function) -> None:
        """Has the function wait for what it needs itself."""
        if self._policy is not None:
            function.node.add_dependency(self._policy)

    def check(self) -> list[str]:
        """Whether a role of this application can't be the function's: Lambda refuses one that doesn't trust it."""
        trust = trust_of(self._role)
        if trust.lets_in(_LAMBDA):
            return []
        path = self._role.node.path
        return [f"the role '{path}' is that of a function: it must trust {_LAMBDA}, it trusts {trust.shown()}"]


class NeededPermissions:
    """What a role must allow that can't be changed from here. It is said when the application is defined."""

    def __init__(
        self, provider: Construct, stack: cdk.Stack, basics: list[dict[str, Any]], role: iam.Role | None = None
    ) -> None:
        """Begins with what the function needs itself.

        Args:
            provider: It carries the warning.
            stack: The stack of the function.
            basics: The statements of what the function needs, whatever it serves, as JSON.
            role: The role, if CDK writes what it must allow into a report (``iam.Role.customize_roles``), with the
                basics already.
        """
        self._role = role
        self._reported: list[dict[str, Any]] = []
        self._provider = provider
        self._stack = stack
        self._basics = basics
        self._types: set[str] = set()
        self._statements: Statements = {}

    def of_type(self, type: str, statements: Callable[[], Statements], **_: object) -> None:
        """As :meth:`FunctionPermissions.of_type`."""
        if type not in self._types:
            self._types.add(type)
            for permission, arns in statements().items():
                self._add(permission, arns)

    def named(self, permission: Permission, name: str, *, arns: Sequence[str] | None = None, **_: object) -> None:
        """As :meth:`FunctionPermissions.named`."""
        self._add(permission, (name,) if arns is None else tuple(arns))

    def check(self) -> list[str]:
        """Warns of what it must allow, and reports it; there is nothing to refuse."""
        beyond = document_of(self._statements)["Statement"]
        for each in beyond if self._role is not None else []:
            if each not in self._reported:
                self._reported.append(each)
                cast("iam.Role", self._role).add_to_principal_policy(iam.PolicyStatement.from_json(each))
        statements = self._basics + beyond
        lines = [json.dumps(_readable(self._stack, self._stack.resolve(each))) for each in statements]
        cdk.Annotations.of(self._provider).add_warning_v2(
            "cdk-cleanroomsml:functionRolePermissionsNotAdded",
            f"the function's role can't be changed here; it must trust {_LAMBDA} and allow the following, where <…>"
            f" is what the template of '{self._stack.node.path}' has by that name (the guide to the provider, 'A role"
            ' of your own\', says when):\n{"Version": "2012-10-17", "Statement": [\n' + ",\n".join(lines) + "\n]}",
        )
        return []

    def _add(self, permission: Permission, arns: tuple[str, ...]) -> None:
        known = self._statements.get(permission, ())
        self._statements[permission] = (*known, *(each for each in arns if each not in known))


def is_customized(role: object) -> TypeGuard[iam.Role]:
    """Whether a role of this application is somebody else's to make, by ``iam.Role.customize_roles``.

    CDK then has no policy for it, but a report. Its name is a text, as the name of an imported one.
    """
    return isinstance(role, iam.Role) and not is_made_here(role.role_name)


def is_made_here(role_name: str) -> bool:
    """Whether a role of this application is in its template, by its name, which else is a text."""
    return is_token(role_name)


def role_arn_of(role: IRoleRef) -> str:
    """The ARN of a role."""
    return role.role_arn if isinstance(role, iam.Role) else role.role_ref.role_arn


def _own_name(name: str) -> str:
    """A name that a policy of no other stack or Region has, because a role has one inline policy of a name."""
    return f"CleanRoomsML-{name}-{cdk.Fn.select(2, cdk.Fn.split('/', cdk.Aws.STACK_ID))}"


def _readable(stack: cdk.Stack, value: Any) -> Any:  # noqa: ANN401 - JSON
    """A part of a policy for people: what isn't known before deployment by its name in the template."""
    if isinstance(value, list):
        return [_readable(stack, each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key == "Ref":
            return _pseudo_parameter(stack, inner)
        if key == "Fn::GetAtt":
            return f"<{'.'.join(inner)}>"
        if key == "Fn::Join":
            return inner[0].join(str(_readable(stack, each)) for each in inner[1])
        if key.startswith("Fn::"):
            return f"<{key} {json.dumps(_readable(stack, inner))}>"
    return {key: _readable(stack, each) for key, each in value.items()}


def _pseudo_parameter(stack: cdk.Stack, name: str) -> str:
    """What a reference stands for, as far as it is known. The id of a stack isn't known before the stack is there."""
    where = environment_of(stack)
    known = {
        "AWS::Partition": where.partition,
        "AWS::Region": where.region,
        "AWS::AccountId": where.account,
        "AWS::StackName": stack.stack_name,
    }
    if name == "AWS::StackId":
        partition, region, account, stack_name = (_pseudo_parameter(stack, each) for each in known)
        return f"arn:{partition}:cloudformation:{region}:{account}:stack/{stack_name}/*"
    value = known.get(name, "")
    return f"<{name}>" if not value or is_token(value) else value
