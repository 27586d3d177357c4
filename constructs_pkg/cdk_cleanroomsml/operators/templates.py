"""The processed templates of stacks, with what is needed to resolve their functions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .permissions import partition
from .template import Place, Template

if TYPE_CHECKING:
    from .account import Account
    from .stacks import Stack, Stacks


class Templates:
    """Reads templates.

    Args:
        account: where the stacks are.
        stacks: those that were read, for the outputs of nested ones.
    """

    def __init__(self, account: Account, stacks: Stacks) -> None:
        self._account = account
        self._stacks = stacks
        self._exports = cache(self._read_exports)

    def of(self, stack: Stack) -> Template | None:
        """The template of a stack; None when it isn't JSON, which is all that the CDK writes."""
        answer = self._account.call("cloudformation", "get_template", StackName=stack.id, TemplateStage="Processed")
        body = answer["TemplateBody"]
        return Template(body, stack, self._place()) if isinstance(body, dict) else None

    def _place(self) -> Place:
        account = self._account
        return Place(account.id, account.region, partition(account.region), self._exports, self._stacks.get)

    def _read_exports(self) -> dict[str, str]:
        pages = self._account.pages("cloudformation", "list_exports", "Exports")
        return {each["Name"]: each["Value"] for each in pages}
