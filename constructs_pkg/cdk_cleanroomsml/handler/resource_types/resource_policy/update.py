"""Update: another document under the guard of the last one, or a policy on another model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...calls import NOT_FOUND
from ...protocol import Failure, Placeholder
from ...reconciliation import is_answered
from .adopt import MOST_RACES
from .create import Create
from .document import canonical
from .operation import DOCUMENT, REQUIRED, guard_of, success

if TYPE_CHECKING:
    from ...protocol import Answer
    from .document import Document

_WAY_OUT = "remove the resource from the template and deploy, delete the policy that is there, then add it again"


class Update(Create):
    """Carries out an Update, of which another model's is a Create."""

    def update(self) -> Answer:
        """Changes the policy, or puts one on another model; a resource that never came to be is created."""
        arn, document = self._wanted()
        placeholder = Placeholder.read(self._request.physical_id)
        # The clean-up of an unclear one would take a policy that says the same for what it is to delete.
        if placeholder and not placeholder.unclear:
            return self._new_or_adopted(arn, document)
        if arn != self._known_model():
            return self._create(arn, document)
        self._change(arn, document)
        self._take_back(arn)
        self._forget(arn)
        return success(self._request.physical_id)

    def _take_back(self, arn: str) -> None:
        """Removes what an update has put on another model that never answered: this is its roll-back."""
        left, document = (self._request.old_properties.get(name) for name in REQUIRED)
        if left != arn and self._is_here(str(left)):
            self._delete(str(left), document)

    def _change(self, arn: str, document: Document) -> None:
        previous = self._request.old_properties.get(DOCUMENT)
        for _ in range(MOST_RACES):
            policy = self._read(arn)
            if policy is None:
                raise self._gone(arn)
            if policy.says(document):
                return
            if canonical(previous) == canonical(document):
                self._log("drift", arn=arn, members=[DOCUMENT])
                return
            if not policy.says(previous):
                raise Failure(
                    f"the resource policy of {arn} was changed outside of cloudformation, by somebody or by an"
                    " association with manageResourcePolicies: nothing was overwritten. Put back the policy of the last"
                    f" template, or {_WAY_OUT}"
                )
            if self._put(arn, document, guard_of(policy), partial(self._has_moved, arn, policy.hash)):
                self._confirm(arn, document, previous)
                return
        raise Failure(
            f"the resource policy of {arn} was changed by somebody else {MOST_RACES} times while this was about to"
            " change it: deploy again"
        )

    def _confirm(self, arn: str, document: Document, previous: Document) -> None:
        """Takes back what CloudFormation has stopped waiting for meanwhile."""
        waiting = self._calls.waiting
        if not waiting.is_over():
            return
        with waiting.not_needed():
            policy = None if is_answered(self._calls, self._request) else self._read(arn)
            if policy and policy.says(document):
                self._log("undone", arn=arn)
                self._put(arn, previous, guard_of(policy), partial(self._has_moved, arn, policy.hash))
        waiting.check()

    def _gone(self, arn: str) -> Failure:
        return Failure(
            f"{arn} has no resource policy any more, it was deleted outside of cloudformation, or its model was: remove"
            " the resource from the template and deploy, then add it again",
            NOT_FOUND,
        )
