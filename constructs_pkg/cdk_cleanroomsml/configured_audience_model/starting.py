"""Who may start audience generation jobs: by a policy of their own, by the model's, or, across accounts, by both.

Source: User Guide, "IAM behaviors for AWS Clean Rooms ML".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam

from ..common import limits
from ..common.checks import checks_of
from ..common.environment import (
    Environment,
    environment_of_resource,
    is_token,
    known_to_differ,
    refers,
    resources_of,
    stack_of,
)
from ..common.grant import account_of, add_to_identity, nothing_granted, stack_of_grantee, warn_if_elsewhere
from ..common.problems import Problems
from ..common.trust import check_trust
from .resource_policy import policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk.interfaces import ResourceEnvironment
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from constructs import Construct

    from .interface import IConfiguredAudienceModelRef

_START = "cleanrooms-ml:StartAudienceGenerationJob"
_COLLABORATION = "cleanrooms-ml:CollaborationId"
JOBS = "audience-generation-job"


@dataclass
class Start:
    """One grant.

    Attributes:
        model: what jobs are started on; it carries the warnings.
        grantee: who starts them.
        collaboration_id: the one collaboration that they are started in; `None` is any.
    """

    model: IConfiguredAudienceModelRef
    grantee: iam.IGrantable
    collaboration_id: str | None
    _where: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Asks once where the model is."""
        self._where = environment_of_resource(self.model)
        self._arn = self.model.configured_audience_model_ref.configured_audience_model_arn
        self._stack = stack_of(cast("Construct", self.model))
        self._principal = self.grantee.grant_principal
        self._account = account_of(self._principal, self._stack)

    def check(self, problems: Problems) -> None:
        """Checks what it is made of."""
        problems.account("grantee's account", self._account or None)
        problems.text(
            "collaboration_id",
            self.collaboration_id,
            length=limits.UUID_LENGTH,
            pattern=limits.UUID_PATTERN,
            allowed="a UUID in small letters, the identifier of a collaboration",
        )

    def check_trust_of(self, seed_role: IRoleRef) -> None:
        """Says at synthesis if Clean Rooms ML can't assume the role of the seed."""
        where = self._where_theirs()
        model = cast("Construct", self.model)
        checks_of(self._stack).append(lambda: check_trust(model, "seed_role", seed_role, JOBS, where))

    def grant(self) -> iam.Grant:
        """Grants it.

        Raises:
            ValueError: It would let everybody in.
        """
        if self._is_own_account():
            grant = self._grant_in_own_account()
            if grant is not None:
                return grant
        # Of an account, or of an ARN, there is no policy that could be added to.
        identity = None if isinstance(self._principal, iam.ArnPrincipal) else self._grant_to_partner()
        if identity is None or not identity.success:
            return self._grant_by_resource_policy(alone=True)
        resource = self._grant_by_resource_policy(alone=False)
        if resource.success:
            return identity.combine(resource)
        return resource if self._takes_both() else identity

    # Identities

    def _grant_in_own_account(self) -> iam.Grant | None:
        """`None` if the resource policy has to: the grantee's own can't be changed, or it wants it to stay as it is."""
        grant = add_to_identity(self.grantee, [self._arn], [_START], conditions=self._within())
        if grant.success or isinstance(self._principal, iam.UnknownPrincipal):
            return grant
        if ":root" not in str(self._stack.resolve(self._principal.policy_fragment.principal_json)):
            return None
        return self._nothing("the model is its own already: grant it to a role, a user or a group of the account")

    def _grant_to_partner(self) -> iam.Grant:
        """What a partner's identity needs: the model, the job as both accounts see it, the members."""
        stack = stack_of_grantee(self._principal, self._stack)
        # CDK takes a role of another account as it is, and attaches a user's policy to a user of this one.
        if stack is not None and known_to_differ(self._account, stack.account):
            return iam.Grant.drop(self.grantee, "it is of another account")
        # In the order of who owns them; one that is of both is named once.
        jobs = [resources_of(where, "cleanrooms-ml", JOBS) for where in (self._where, self._where_theirs())]
        arns = [self._arn_elsewhere(stack), *dict.fromkeys(jobs)]
        grant = add_to_identity(self.grantee, arns, [_START], conditions=self._within())
        if not grant.success:
            return grant
        warn_if_elsewhere(self.model, self.grantee, self._account, self._stack)
        # The account in the ARN of a collaboration is its creator's, or the caller's: that isn't documented.
        collaborations = resources_of(self._where._replace(account="*"), "cleanrooms", "collaboration")
        one = collaborations.removesuffix("*") + (self.collaboration_id or "*")
        return grant.combine(add_to_identity(self.grantee, [one], ["cleanrooms:ListMembers"]))

    def _where_theirs(self) -> Environment:
        return self._where._replace(account=self._account or self._where.account)

    def _arn_elsewhere(self, stack: cdk.Stack | None) -> str:
        """The model, as a stack of another account can name it: what this application makes has no known name there."""
        elsewhere = stack is not self._stack and known_to_differ(self._account, self._where.account)
        if elsewhere and refers(self._arn):
            return resources_of(self._where, "cleanrooms-ml", "configured-audience-model")
        return self._arn

    # The resource policy

    def _grant_by_resource_policy(self, *, alone: bool) -> iam.Grant:
        if isinstance(self._principal, iam.UnknownPrincipal):
            return iam.Grant.drop(self.grantee, "its role isn't known")
        principal = self._principal_in_policy()
        if principal is None:
            return self._nothing("it is nobody whom a model's policy lets in: grant it to an account, a role or a user")
        resource = iam.ResourceWithPolicies.of(self.model)
        asked = None if resource is None else _Asked(resource)
        if asked is not None:
            arns = [self._arn, resources_of(self._where, "cleanrooms-ml", JOBS)]
            statement = iam.PolicyStatement(
                principals=[principal], actions=[_START], resources=arns, conditions=self._within()
            )
            grant = iam.Grant.add_statement_to_resource_policy(
                grantee=self.grantee,
                actions=[_START],
                resource_arns=arns,
                resource=cast("iam.IResourceWithPolicyV2", asked),
                statement=statement,
            )
            if asked.added:
                self._warn_of_any_collaboration(statement)
                return grant
        if not alone and not self._takes_both():
            return iam.Grant.drop(self.grantee, "the model's owner has to let it in")
        return self._nothing(self._why_not())

    def _principal_in_policy(self) -> iam.IPrincipal | None:
        """Who is let in: the account of whom a resource policy can't name; `None` for what is no caller.

        Raises:
            ValueError: It is everybody, or named with a wildcard (IAM User Guide, "Principal").
        """
        grantee, principal = self.grantee, self._principal
        if isinstance(principal, iam.AccountPrincipal):
            return self._whole_account()
        if isinstance(grantee, (iam.Policy, iam.ManagedPolicy)):
            return self._whole_account()
        fragment = principal.policy_fragment
        names = [name for names in fragment.principal_json.values() for name in names]
        if any(map(_is_group, names)):
            return self._account_of_group(names, fragment.conditions)
        if not set(fragment.principal_json) <= {"AWS", "LiteralString"}:
            return None
        problems = Problems(cast("Construct", self.model), "")
        if "*" in names and not fragment.conditions and self.collaboration_id is None:
            problems.found.append("grantee is everybody, in any collaboration: give collaboration_id, or a condition")
        problems.found += [
            f"grantee {name!r} has a wildcard, which matches no part of a principal in a resource policy: name each, or"
            " grant it to the account with a condition on aws:PrincipalArn"
            for name in names
            if name != "*" and not is_token(name) and re.search(r"[*?]", name)
        ]
        problems.raise_if_any()
        return principal

    def _whole_account(self) -> iam.IPrincipal:
        """The account in the form that the User Guide has it."""
        return cast("iam.IPrincipal", iam.ArnPrincipal(self._account))

    def _account_of_group(self, names: list[str], conditions: Mapping[str, Any]) -> iam.IPrincipal | None:
        """The account of one group, of which only its ARN may be known."""
        if len(names) > 1:
            return None
        account = self._account or names[0].split(":")[4]
        if self._stack.resolve(account) == self._stack.resolve(self._where.account):
            return None
        principal = iam.ArnPrincipal(account)
        return cast("iam.IPrincipal", principal.with_conditions(conditions) if conditions else principal)

    def _warn_of_any_collaboration(self, statement: iam.PolicyStatement) -> None:
        if self.collaboration_id is not None:
            return
        if any(_COLLABORATION in keys for keys in statement.to_json().get("Condition", {}).values()):
            return
        cdk.Annotations.of(cast("Construct", self.model)).add_warning_v2(
            "cdk-cleanroomsml:anyCollaboration",
            "the resource policy lets somebody start jobs outside of any collaboration: the User Guide says that it"
            " should name one, because only then the service checks that both are its members: give collaboration_id",
        )

    def _why_not(self) -> str:
        why = "the model's resource policy, which has to let it in, can't be changed from here"
        policy = policy_of(self.model)
        if policy:
            return f"{why}: grant it on the model that '{policy}' was given"
        if known_to_differ(self._where.account, self._stack.account):
            return f"{why}: its owner, account {self._where.account}, has to grant it"
        return f"{why}: grant it where the model is defined, or give the model a ConfiguredAudienceModelPolicy here"

    # What is asked of both

    def _within(self) -> dict[str, dict[str, Any]] | None:
        return {"StringEquals": {_COLLABORATION: self.collaboration_id}} if self.collaboration_id else None

    def _is_own_account(self) -> bool:
        """Whether the grantee is of the model's account, for all that is known.

        Where only one of the two accounts is known, both sides are granted, as CDK does: nothing tells that they are
        the same. Of a role that is imported where neither is, CDK says that they are.
        """
        ours, theirs = self._where.account, self._account
        if not (is_token(ours) or is_token(theirs)):
            return bool(ours) and ours == theirs
        if self._stack.resolve(ours) == self._stack.resolve(theirs):
            return True
        if not (is_token(ours) and is_token(theirs)):
            return False
        return self._is_owners() and getattr(self._principal, "stack", None) is self._stack

    def _takes_both(self) -> bool:
        """Whether the grantee's policy is known to be too little, and the model's can be changed from here."""
        return self._is_owners() and known_to_differ(self._account, self._where.account)

    def _is_owners(self) -> bool:
        """Whether the stack that the model is in is of the model's account."""
        return bool(self._stack.resolve(self._where.account) == self._stack.resolve(self._stack.account))

    def _nothing(self, why: str) -> iam.Grant:
        return nothing_granted(self.model, self.grantee, [_START], why)


def _is_group(name: str) -> bool:
    """Whether a principal of a policy is a group, which IAM refuses there."""
    token = cdk.Tokenization.reverse_string(name).first_token if is_token(name) else None
    if token is None or not cdk.Reference.is_reference(token):
        return ":group/" in name
    return isinstance(cast("cdk.Reference", token).target, iam.CfnGroup)


@jsii.implements(iam.IResourceWithPolicyV2)
class _Asked:
    """Whether a resource took a statement, which a Grant doesn't tell: it calls itself a success either way."""

    def __init__(self, resource: iam.IResourceWithPolicyV2) -> None:
        self._resource = resource
        self.added = False

    @property
    def env(self) -> ResourceEnvironment:
        return self._resource.env

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        result = self._resource.add_to_resource_policy(statement)
        self.added = result.statement_added
        return result
