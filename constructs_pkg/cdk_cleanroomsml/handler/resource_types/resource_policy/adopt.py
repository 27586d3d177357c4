"""Adopt: a Create that takes over the policy that is there, instead of putting one.

Nothing is written where the policy says what the template says, in whatever spelling. Where it says something else, the
request fails, unless the template says `Overwrite`. Then the old document is remembered first, see `release`, and put
aside under the guard of its hash.

**Nobody else's.** CloudFormation knows policies by their physical ids, and tells which stack has one. One of this very
stack's is moved: the new logical id has it, and the clean-up of the old one leaves it alone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...calls import CANCELLED, DESCRIBE_STACK_RESOURCES, NOT_FOUND, REFUSED
from ...protocol import Failure
from ...reconciliation import is_taken_back
from .delete import Delete
from .operation import ADOPTED_END, END, OVERWRITE, guard_of, is_adopted, success

if TYPE_CHECKING:
    from ...protocol import Answer
    from .document import Document

MOST_RACES = 5
"""How often the policy is read again because somebody was faster."""


class Adopt(Delete):
    """Carries out a Create that takes over what exists."""

    def _take_over(self, arn: str, document: Document) -> Answer:
        """Takes over the policy; what CloudFormation has stopped waiting for meanwhile is given back."""
        waiting = self._calls.waiting
        if not self._is_here(arn):
            raise Failure(
                f"the policy of {self._log.clean(arn)} can't be adopted: that must be the ARN of a configured audience"
                f" model of account {self._account} and Region {self._calls.region}"
            )
        physical_id = arn + self._end(arn)
        try:
            self._bring(arn, document)
            if waiting.is_over() and waiting.known != physical_id:
                waiting.check()
        except Failure as failure:
            # If CloudFormation has it, another delivery has answered.
            if failure.kind == CANCELLED and self._calls.wrote and waiting.known != physical_id:
                self._log("undone", arn=arn)
                with waiting.not_needed():
                    self._give_back(arn, document, self._request.sent_at or 0)
            raise
        self._log("adoption", arn=arn)
        return success(physical_id)

    def _bring(self, arn: str, document: Document) -> None:
        """Has the policy say what the template says."""
        for _ in range(MOST_RACES):
            policy = self._read(arn)
            if policy is None:
                raise Failure(f"{arn} has no resource policy to adopt, or not any more: leave adopt out", NOT_FOUND)
            if policy.says(document):
                if self._says(OVERWRITE):
                    self._forget_earlier(arn)
                return
            if not self._says(OVERWRITE):
                raise Failure(
                    f"the resource policy of {arn} says something else than the template: nothing was overwritten. Give"
                    " the template what is there, which cdk-cleanroomsml generate writes, or say that it is to be"
                    " overwritten: overwrite=True"
                )
            self._remember(arn, policy)
            if self._put(arn, document, guard_of(policy), partial(self._has_moved, arn, policy.hash)):
                return
        raise Failure(
            f"the resource policy of {arn} was changed by somebody else {MOST_RACES} times while this was about to take"
            " it over: deploy again"
        )

    def _end(self, arn: str) -> str:
        """How the physical id ends: what this stack has put, and moves, is not adopted.

        A roll-back has to ask whether it is one, so that is tried here.

        Raises:
            Failure: another stack has the policy, or CloudFormation doesn't tell.
        """
        calls, own = self._calls.of("cloudformation"), self._request.stack_id
        is_taken_back(self._calls, own)
        for end in (END, ADOPTED_END):
            stack_id = self._stack_with(arn + end)
            for known in self._those_with(arn, stack_id, calls) if stack_id else ():
                if known.status in ("DELETE_COMPLETE", "DELETE_SKIPPED") or (stack_id, known.logical_id) == self._me:
                    continue
                if stack_id != own or known.status.startswith("DELETE"):
                    raise Failure(
                        f"the resource policy of {arn} is that of the logical id {known.logical_id} of {stack_id}:"
                        " nothing was changed. Have it retained there (apply_removal_policy(RETAIN)) and deploy, then"
                        " take it out there and deploy, then adopt it here"
                    )
                return ADOPTED_END if is_adopted(known.physical_id) else END
        return ADOPTED_END

    def _stack_with(self, physical_id: str) -> str:
        """The stack that has a policy; "" when none has."""
        try:
            found = self._calls.of("cloudformation")(DESCRIBE_STACK_RESOURCES, {"PhysicalResourceId": physical_id})
        except Failure as failure:
            if failure.kind == REFUSED and "does not exist" in str(failure):
                return ""
            raise
        # At most a hundred resources of that stack: the policy itself may not be among them.
        return next((str(each["StackId"]) for each in found["StackResources"]), "")
