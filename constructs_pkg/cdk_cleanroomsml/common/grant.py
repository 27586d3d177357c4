"""A grant of permissions on one resource of Clean Rooms or Clean Rooms ML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from .environment import account as account_here
from .environment import environment_of, environment_of_resource, is_token, known_to_differ, stack_of
from .problems import Problems
from .role_permissions import ONE_ACCOUNT, SERVICE_PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct, IConstruct

    from .environment import Resource

    Conditions = Mapping[str, Mapping[str, Any]]

_IDENTITY = "grant it to a role, a user or a group"
NO_IDENTITY = f"it has no policy of its own that can be added to: {_IDENTITY}"


def grant_on(
    resource: Resource,
    arn: str,
    grantee: iam.IGrantable,
    actions: Sequence[str],
    *,
    conditions: Conditions | None = None,
) -> iam.Grant:
    """Adds permissions to a grantee; where that isn't possible or can't reach, warns, and the grant is no success.

    Args:
        resource: What they are on, created or imported; it carries the warning.
        arn: Its ARN.
        grantee: A role, a user, a group, or what has one.
        actions: The IAM actions.
        conditions: Conditions of the statement.
    """
    principal = grantee.grant_principal
    own = stack_of(cast("Construct", resource))
    theirs, ours = account_of(principal, own), environment_of_resource(resource).account
    if known_to_differ(theirs, ours):
        why = f"it is of account {theirs}, and only {ours} itself can use that: {_IDENTITY} there"
        return nothing_granted(resource, grantee, actions, why)
    grant = add_to_identity(grantee, [arn], actions, conditions=conditions)
    if grant.success:
        warn_if_elsewhere(resource, grantee, theirs, own)
    if grant.success or isinstance(principal, iam.UnknownPrincipal):
        return grant
    return nothing_granted(resource, grantee, actions, NO_IDENTITY)


def add_to_identity(
    grantee: iam.IGrantable, arns: Sequence[str], actions: Sequence[str], *, conditions: Conditions | None = None
) -> iam.Grant:
    """Adds permissions to the policy of a grantee, if it has one that can be changed; they reach no further than it.

    CDK says of a principal that isn't known that it was given permissions, and warns of what to add to its role.

    Raises:
        ValueError: The grantee has a condition on what the grant has one on.
    """
    principal = grantee.grant_principal
    grant = iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=list(arns),
        conditions=_with_conditions_of(principal, conditions),
    )
    unknown = isinstance(principal, iam.UnknownPrincipal)
    return iam.Grant.drop(grantee, "its role isn't known") if unknown else grant


def grant_pass_role(resource: Resource, grantee: iam.IGrantable, role: IRoleRef, *, parameter: str) -> iam.Grant:
    """Lets somebody pass a role to Clean Rooms ML, and to no other service.

    Args:
        resource: What it is passed for; it carries the warning.
        grantee: A role, a user, a group, or what has one.
        role: The role.
        parameter: As what it was given.

    Raises:
        ValueError: The role is of another account than the grantee.
    """
    construct, principal = cast("Construct", resource), grantee.grant_principal
    problems = Problems(construct, "")
    problems.same(
        f"{parameter}'s account",
        environment_of_resource(role).account,
        account_of(principal, stack_of(construct)),
        ONE_ACCOUNT,
    )
    problems.raise_if_any()
    grant = add_to_identity(
        grantee,
        [role.role_ref.role_arn],
        ["iam:PassRole"],
        conditions={"StringEquals": {"iam:PassedToService": SERVICE_PRINCIPAL}},
    )
    if grant.success or isinstance(principal, iam.UnknownPrincipal):
        return grant
    return nothing_granted(resource, grantee, ["iam:PassRole"], NO_IDENTITY)


def nothing_granted(resource: Resource, grantee: iam.IGrantable, actions: Sequence[str], why: str) -> iam.Grant:
    """Warns that somebody was not granted something, and what to do.

    Args:
        resource: What it is on; it carries the warning.
        grantee: Who.
        actions: What.
        why: What is in the way, and what to do instead.
    """
    path = cast("IConstruct", resource).node.path
    cdk.Annotations.of(cast("Construct", resource)).add_warning_v2(
        "cdk-cleanroomsml:nothingGranted",
        f"{_named(grantee)} was not granted {', '.join(actions)} on '{path}': {why}",
    )
    return iam.Grant.drop(grantee, why)


def warn_if_elsewhere(resource: Resource, grantee: iam.IGrantable, account: str, own: cdk.Stack) -> None:
    """Warns of a policy that is attached here to what may be elsewhere, where IAM can't.

    Args:
        resource: What was granted something on; it carries the warning.
        grantee: Who was granted it, by a policy of its own.
        account: The account of the grantee; "" if it has none.
        own: The stack of the resource.
    """
    if not account or is_token(account) == is_token(environment_of(own).account):
        return
    home = stack_of_grantee(grantee.grant_principal, own)
    if home is None or is_token(account) == is_token(home.account):
        return
    cdk.Annotations.of(cast("Construct", resource)).add_warning_v2(
        "cdk-cleanroomsml:granteeMayBeElsewhere",
        f"{_named(grantee)} is of {_account(account)}, and its policy is attached by a stack of"
        f" {_account(home.account)}: if the two are not the same, the deployment fails, because IAM finds no such"
        " grantee. Give the stack env=cdk.Environment(account=..., region=...), and import what is of its account by"
        " its name, what is of another one with its account in the ARN",
    )


def account_of(principal: iam.IPrincipal, own: cdk.Stack) -> str:
    """The account of a grantee; "" when it has none, or isn't known to have one.

    Args:
        principal: Who.
        own: The stack of what is granted, whose pseudo parameters one may be written with that is of no stack.
    """
    found: str | None = getattr(principal, "principal_account", None)
    return (stack_of_grantee(principal, own) or own).account if found == account_here() else found or ""


def stack_of_grantee(principal: iam.IPrincipal, own: cdk.Stack) -> cdk.Stack | None:
    """The stack that it is defined or imported in. With conditions it doesn't tell: an import is taken for ours."""
    if isinstance(principal, iam.PrincipalWithConditions):
        names = principal.policy_fragment.principal_json.get("AWS", [])
        return None if any(map(is_token, names)) else own
    return getattr(principal, "stack", None)


def _with_conditions_of(principal: iam.IPrincipal, conditions: Conditions | None) -> Conditions | None:
    """The conditions of a grant and of a principal that has some, which CDK leaves out of a policy of its own."""
    if not isinstance(principal, iam.PrincipalWithConditions):
        return conditions
    both = {operator: dict(keys) for operator, keys in (conditions or {}).items()}
    problems = Problems(None, "", call="conditions")
    for operator, keys in principal.conditions.items():
        ours = both.setdefault(operator, {})
        problems.found += [
            f"the grantee has a condition {operator} on {key}, and so has the grant: leave one of them out"
            for key in keys
            if key in ours
        ]
        ours |= keys
    problems.raise_if_any()
    return both


def _account(account: str) -> str:
    return "an account that isn't known before deployment" if is_token(account) else f"account {account}"


def _named(grantee: iam.IGrantable) -> str:
    node = getattr(grantee, "node", None)
    return type(grantee.grant_principal).__name__ if node is None else f"'{node.path}'"
