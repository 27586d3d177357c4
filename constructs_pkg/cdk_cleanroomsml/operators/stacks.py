"""Stacks, and what they have: the one who says whose a resource is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .account import is_denied, is_missing
from .outcome import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .account import Account, Members

_ID = re.compile(r"arn:aws[-a-z]*:cloudformation:(?P<region>[-a-z0-9]+):(?P<account>\d{12}):stack/(?P<name>[^/]+)/.+")
_NAME = re.compile("[a-zA-Z][-a-zA-Z0-9]{0,127}")


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
        self._holders: dict[str, tuple[Stack, str]] = {}
        self.refused: dict[str, ClientError] = {}
        """Those of many that the caller may not read, and what was said of each."""

    def load(self, ids: Iterable[str]) -> None:
        """Reads stacks, several at a time, with all that they have; what may not be read isn't known then.

        Raises:
            ClientError: none of them may be read, or there is another error.
        """
        new = [each for each in dict.fromkeys(ids) if each not in self._known and self.is_here(each)]
        found = self._account.each("reading stacks", self._read_if_allowed, new)
        for name, stack in zip(new, found, strict=True):
            self._keep(name, stack)
        if new and all(each in self.refused for each in new):
            raise self.refused[new[0]]

    def get(self, name: str) -> Stack | None:
        """A stack by its id or name, with all that it has; None when there is none, or none any more."""
        if name in self.refused:
            raise self.refused[name]
        if name not in self._known:
            self._keep(name, self._read(name))
        return self._known[name]

    def known(self) -> list[Stack]:
        """Those that were read."""
        return [each for each in self._known.values() if each]

    def holder(self, physical_id: str) -> tuple[Stack, str] | None:
        """Which of those that were read has a resource, and its logical id there."""
        return self._holders.get(physical_id)

    def _keep(self, name: str, stack: Stack | None) -> None:
        self._known[name] = stack
        if stack is not None:
            for logical_id in stack.resources:
                self._holders.setdefault(stack.physical_id(logical_id), (stack, logical_id))

    def is_here(self, stack_id: str) -> bool:
        """Whether an id is one of this account and Region."""
        match = _ID.fullmatch(stack_id)
        return bool(match and match["region"] == self._account.region and match["account"] == self._account.id)

    def _read_if_allowed(self, name: str) -> Stack | None:
        try:
            return self._read(name)
        except ClientError as error:
            if not is_denied(error):
                raise
            self.refused[name] = error
            return None

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


def check_name(name: str, account: Account) -> None:
    """Checks what somebody calls a stack, as far as that can be without asking.

    Raises:
        CommandError: no stack can be called that, or it is elsewhere.
    """
    match = _ID.fullmatch(name)
    if match and (match["region"], match["account"]) != (account.region, account.id):
        raise CommandError(
            f"{name} is not in {account.region} of account {account.id}, where this works: name the Region and the"
            " profile with --region and --profile"
        )
    if not match and not _NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} is no name of a stack: it has letters, digits and hyphens, and there are no patterns. That of a"
            " stack 'Shop' in a stage 'Prod' is 'Prod-Shop', if the application says nothing else"
        )


def alike(name: str, account: Account) -> str:
    """The stack that may have been meant, as the end of a sentence; "" if none is like it."""
    pages = account.pages("cloudformation", "list_stacks", "StackSummaries")
    names = {each["StackName"].lower(): each["StackName"] for each in pages if each["StackStatus"] != "DELETE_COMPLETE"}
    close = get_close_matches(name.lower(), sorted(names), n=1)
    return f": did you mean {names[close[0]]}?" if close else ""


def name_of(stack_id: str) -> str:
    """The name in a stack's id."""
    match = _ID.fullmatch(stack_id)
    return match["name"] if match else stack_id
