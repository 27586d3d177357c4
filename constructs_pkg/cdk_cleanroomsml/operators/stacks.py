"""Stacks, and what they have: the one who says whose a resource is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .account import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .account import Account, Members

_ID = re.compile(r"arn:aws[-a-z]*:cloudformation:(?P<region>[-a-z0-9]+):(?P<account>\d{12}):stack/(?P<name>[^/]+)/.+")


@dataclass(frozen=True)
class Stack:
    """A stack.

    Attributes:
        resources: by logical id, those that were deleted, too.
    """

    id: str
    name: str
    status: str
    described: Members
    resources: Mapping[str, Members] = field(default_factory=dict)

    @property
    def is_gone(self) -> bool:
        """Whether it was deleted."""
        return self.status == "DELETE_COMPLETE"

    @property
    def is_changing(self) -> bool:
        """Whether an operation is under way: then a resource may be one that is just coming, or just going."""
        return self.status.endswith("_IN_PROGRESS")

    def physical_id(self, logical_id: str) -> str:
        """What a resource is called by its service; "" when the stack doesn't have it, or not any more."""
        resource = self.resources.get(logical_id, {})
        if resource.get("ResourceStatus") in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
            return ""
        return str(resource.get("PhysicalResourceId", ""))

    def logical_id(self, physical_id: str) -> str:
        """The logical id of a resource; "" when it isn't this stack's."""
        return next((each for each in self.resources if self.physical_id(each) == physical_id), "")


class Stacks:
    """The stacks of an account and Region; each is read once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[str, Stack | None] = {}

    def load(self, ids: Iterable[str]) -> None:
        """Reads stacks, several at a time, with all that they have."""
        new = [each for each in dict.fromkeys(ids) if each not in self._known and self.is_here(each)]
        found = self._account.each("reading stacks", self._read, new)
        self._known.update(zip(new, found, strict=True))

    def get(self, name: str) -> Stack | None:
        """A stack by its id or name, with all that it has; None when there is none, or none any more."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def known(self) -> list[Stack]:
        """Those that were read."""
        return [each for each in self._known.values() if each]

    def is_here(self, stack_id: str) -> bool:
        """Whether an id is one of this account and Region."""
        match = _ID.fullmatch(stack_id)
        return bool(match and match["region"] == self._account.region and match["account"] == self._account.id)

    def _read(self, name: str) -> Stack | None:
        try:
            described = self._account.call("cloudformation", "describe_stacks", StackName=name)["Stacks"][0]
            pages = self._account.pages(
                "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=described["StackId"]
            )
            resources = {each["LogicalResourceId"]: each for each in pages}
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return Stack(described["StackId"], described["StackName"], described["StackStatus"], described, resources)


def name_of(stack_id: str) -> str:
    """The name in a stack's id."""
    match = _ID.fullmatch(stack_id)
    return match["name"] if match else stack_id
