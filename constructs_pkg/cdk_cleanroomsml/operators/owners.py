"""Whose a resource is: its markers name a stack and a logical id, and that stack says whether it has it.

Markers alone prove nothing: tags are copied, and what was replaced or retained keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..handler.protocol import LOGICAL_MARKER, REQUEST_MARKER, STACK_MARKER
from ..handler.resource_types import RETRAINING_MARKER
from .account import code_of
from .stacks import Stacks, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError

    from .stacks import Stack

ALIVE, CHANGING, ELSEWHERE, GONE, NONE, RETRAINING = "alive", "changing", "elsewhere", "gone", "none", "retraining"
"""The stack has it; it can't be told while the stack changes; the stack is another account's or Region's, which is not
asked; the stack has it no more, or is gone itself; nothing marks it; a retraining trained it."""

REFUSED = "refused"
"""The caller may not read the stack."""

_AWS_STACK, _AWS_LOGICAL = "aws:cloudformation:stack-id", "aws:cloudformation:logical-id"


@dataclass(frozen=True)
class Owner:
    """Whose a resource is.

    Attributes:
        state: one of the words above.
        evidence: what it was read from.
        is_kept: whether the stack has let it go on purpose; None when nobody tells any more.
    """

    state: str
    stack_id: str = ""
    logical_id: str = ""
    evidence: str = ""
    is_kept: bool | None = False

    @property
    def words(self) -> str:
        """Stack, logical id and state, in short."""
        if self.state == NONE:
            return "none"
        if self.state == RETRAINING:
            return f"retraining {self.logical_id}"
        state = "" if self.state == ALIVE else f" ({self.state})"
        return f"{name_of(self.stack_id)} / {self.logical_id}{state}"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "state": self.state,
            "stackId": self.stack_id,
            "logicalId": self.logical_id,
            "evidence": self.evidence,
            "summary": self.words,
        }


class Owners:
    """Says whose resources are."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def load(self, *tags: Mapping[str, str]) -> None:
        """Reads all stacks that tags name."""
        self._stacks.load(stack for each in tags if (stack := _marked(each)[0]))

    def refusals(self) -> list[ClientError]:
        """What was said of the stacks that may not be read."""
        return list(self._stacks.refused.values())

    def of(self, physical_id: str, tags: Mapping[str, str]) -> Owner:
        """The owner of a resource, by its tags."""
        stack_id, logical_id = _marked(tags)
        if not stack_id:
            return self._unmarked(physical_id, tags)
        if not self._stacks.is_here(stack_id):
            return Owner(
                ELSEWHERE, stack_id, logical_id, f"marked as that of {stack_id}, which can't be asked from here"
            )
        refused = self._stacks.refused.get(stack_id)
        stack = None if refused else self._stacks.get(stack_id)
        if stack and stack.physical_id(logical_id) == physical_id:
            return Owner(ALIVE, stack_id, logical_id, f"the stack has it as {logical_id}")
        renamed = stack.logical_id(physical_id) if stack else ""
        if renamed:
            return Owner(ALIVE, stack_id, renamed, f"the stack has it as {renamed}, its marker says {logical_id}")
        holder = self._stacks.holder(physical_id)
        if holder:
            # Tags are copied, and given to another resource by mistake.
            other, held_as = holder
            return Owner(ALIVE, other.id, held_as, f"the stack has it as {held_as}, its markers say {stack_id}")
        if refused:
            return Owner(REFUSED, stack_id, logical_id, f"its stack may not be read: {code_of(refused)}")
        if stack is None:
            return Owner(GONE, stack_id, logical_id, "its stack does not exist, or not any more", is_kept=None)
        if stack.is_changing:
            return Owner(CHANGING, stack_id, logical_id, f"the stack is {stack.status}: look again when it is done")
        return Owner(GONE, stack_id, logical_id, self._why(stack, logical_id, physical_id), _kept(stack, logical_id))

    def _unmarked(self, physical_id: str, tags: Mapping[str, str]) -> Owner:
        holder = self._stacks.holder(physical_id)
        if holder:
            stack, logical_id = holder
            return Owner(ALIVE, stack.id, logical_id, f"the stack has it as {logical_id}; it has no markers")
        retraining = tags.get(RETRAINING_MARKER, "")
        if retraining:
            return Owner(RETRAINING, "", retraining, f"its tag {RETRAINING_MARKER} says so")
        return Owner(NONE, evidence="it has no markers")

    def _why(self, stack: Stack, logical_id: str, physical_id: str) -> str:
        """Why a stack that is there doesn't have a resource that its markers call the stack's."""
        if stack.is_gone:
            return "its stack was deleted, and it was kept" if _kept(stack, logical_id) else "its stack was deleted"
        current = stack.physical_id(logical_id)
        if not current:
            kept = ", and it was kept" if _kept(stack, logical_id) else ""
            return f"the stack has no {logical_id} any more{kept}"
        if not current.startswith("arn:"):
            return f"the stack's {logical_id} never came to be: its creation failed, or was never answered"
        return f"the stack's {logical_id} is {current}, not {physical_id}"


def request_of(tags: Mapping[str, str]) -> str:
    """The request of CloudFormation that a resource was created for; "" when nothing tells."""
    return tags.get(REQUEST_MARKER, "")


def _marked(tags: Mapping[str, str]) -> tuple[str, str]:
    """The stack's id and the logical id that tags name: our markers, else CloudFormation's own tags."""
    if STACK_MARKER in tags:
        return tags[STACK_MARKER], tags.get(LOGICAL_MARKER, "")
    return tags.get(_AWS_STACK, ""), tags.get(_AWS_LOGICAL, "")


def _kept(stack: Stack, logical_id: str) -> bool:
    return stack.resources.get(logical_id, {}).get("ResourceStatus") == "DELETE_SKIPPED"
