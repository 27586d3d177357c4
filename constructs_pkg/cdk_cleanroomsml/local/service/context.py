"""What an operation may ask about the call that it serves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .errors import ServiceError, bare
from .objects import Location, ObjectError, Role
from .store import Lag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .faults import Faults
    from .objects import Objects
    from .store import Shared, Store
    from .switches import Names, Switches


class Authorize(Protocol):
    """Checks whether the caller may do an action on a resource."""

    def __call__(self, action: str, resource: str, context: Mapping[str, str] | None = None, /) -> None:
        """Checks one action.

        Args:
            action: such as `iam:PassRole`.
            resource: the ARN of what it is done to.
            context: condition keys of the request, such as `iam:PassedToService`.

        Raises:
            ServiceError: the caller may not.
        """


@dataclass(frozen=True)
class Caller:
    """Who calls, as far as a resource policy can ask.

    Attributes:
        names: what a principal of a policy may call it, besides its account: ARNs of a role, a session, a user.
        keys: the condition keys about it, in lower case, such as `aws:principalorgid`, and their values.
    """

    names: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)


SOMEBODY = Caller()
"""Somebody of the account, and nothing else is known."""


def allow(action: str, resource: str, context: Mapping[str, str] | None = None, /) -> None:
    """Authorises everybody."""


@dataclass(frozen=True)
class Context:
    """Where, when and under which conditions a call happens.

    Attributes:
        account: the caller's.
        region: where.
        store: what the caller's account has there.
        store_of: what any account has there.
        shared: what accounts share there.
        objects: reads and writes for jobs.
        switches: the unknowns.
        faults: what goes wrong.
        now: when.
        authorize: checks what the operation needs beyond its own action.
        caller: who calls.
    """

    account: str
    region: str
    store: Store
    store_of: Callable[[str], Store]
    shared: Shared
    objects: Objects
    switches: Switches
    faults: Faults
    now: datetime
    authorize: Authorize
    caller: Caller = SOMEBODY

    def new_arn(self, kind: str) -> str:
        """An ARN for a new resource of this kind, such as `audience-model`."""
        return self.arn("cleanrooms-ml", f"{kind}/{uuid.uuid4()}")

    def arn(self, namespace: str, resource: str, account: str | None = None) -> str:
        """The ARN of a resource of this account, or another one, in this Region."""
        return f"arn:{_partition(self.region)}:{namespace}:{self.region}:{account or self.account}:{resource}"

    def resource(self, arn: str) -> dict[str, Any]:
        """The live resource of the caller's with this ARN, whatever its type.

        Raises:
            ServiceError: `ResourceNotFoundException`.
        """
        found = self.store.resource(arn) or self.shared.resource(arn, self.account)
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"resource {arn} does not exist")
        return found

    def pass_role(self, role_arn: str, *, to: str = "cleanrooms-ml.amazonaws.com") -> None:
        """Checks that the caller may pass this role to the service."""
        self.authorize("iam:PassRole", role_arn, {"iam:PassedToService": to})

    def tag_on_create(self, arn: str, request: dict[str, Any]) -> None:
        """Checks that the caller may tag what it is about to create with tags."""
        if request.get("tags"):
            self.authorize(f"{arn.split(':')[2]}:TagResource", arn)

    @property
    def lag(self) -> Lag:
        """How late others see what this call changes."""
        return Lag(
            self.faults.list_lag,
            timedelta(seconds=self.switches.listed_after_seconds),
            timedelta(seconds=self.switches.readable_after_seconds),
            self.faults.delete_lag,
            timedelta(seconds=self.switches.deleted_after_seconds),
        )

    def try_role(self, output: dict[str, Any], source_arn: str) -> None:
        """Tries whether a role may use the bucket that it is given for, if the service does that.

        Args:
            output: an `outputConfig`.
            source_arn: on behalf of which resource.

        Raises:
            ServiceError: it may not.
        """
        if not self.switches.roles_are_tried:
            return
        try:
            self.objects.look(
                Location.parse(output["destination"]["s3Destination"]["s3Uri"]), Role(output["roleArn"], source_arn)
            )
        except ObjectError as error:
            raise unusable_role(self.switches, f"the role may not use the bucket: {error}") from error

    def page_size(self, request: dict[str, Any]) -> int:
        """How many items a List may answer."""
        return int(request.get("maxResults", self.switches.default_page_size))


def named(others: list[dict[str, Any]], arn_member: str, name: str, names: Names) -> dict[str, Any] | None:
    """What has a name that is wanted for a new resource, if a Create answers with that.

    Args:
        others: the resources of the same type.
        arn_member: which member of each is the ARN.
        name: the wanted name.
        names: what becomes of a name that is taken.

    Raises:
        ServiceError: `ConflictException`: names are unique.
    """
    taken = next((other for other in others if other["name"] == name), None)
    if taken and names == "unique":
        raise ServiceError("ConflictException", f"another one named '{name}' exists: {taken[arn_member]}")
    return taken if names == "answered" else None


def unusable_role(switches: Switches, message: str) -> ServiceError:
    """The error of a role that the service can't use."""
    error = ServiceError(switches.unusable_role_error, message)
    return bare(error) if switches.error_messages == "bare" else error


def _partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
