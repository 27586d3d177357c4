"""Create: a policy where there is none, or the one that an earlier call of the request has put."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...protocol import Failure
from ...reconciliation import ADOPT
from .adopt import Adopt
from .operation import END, success

if TYPE_CHECKING:
    from ...protocol import Answer
    from .document import Document


class Create(Adopt):
    """Carries out a Create; what came too late is deleted."""

    def create(self) -> Answer:
        """Puts the policy, or adopts the one that an earlier delivery put."""
        arn, document = self._wanted()
        try:
            return self._new_or_adopted(arn, document)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    def _new_or_adopted(self, arn: str, document: Document) -> Answer:
        return self._take_over(arn, document) if self._says(ADOPT) else self._create(arn, document)

    def _create(self, arn: str, document: Document) -> Answer:
        members = {"policyExistenceCondition": "POLICY_MUST_NOT_EXIST"}
        if not self._put(arn, document, members, lambda: self._is_put(arn, document)):
            self._log("adopt", arn=arn)
        waiting = self._calls.waiting
        if waiting.is_over() and waiting.known != arn + END:
            self._log("undone", arn=arn)
            with waiting.not_needed():
                self._delete(arn, document)
            waiting.check()
        return success(arn + END)

    def _is_put(self, arn: str, document: Document) -> bool:
        """After a failed Put: whether it had its effect, in an earlier call."""
        policy = self._read(arn)
        if policy is None:
            return False
        if not policy.says(document):
            raise Failure(
                f"{arn} has a resource policy already, with another document than this one: nothing was overwritten."
                " Delete the policy that is there, or grant what it grants in this one and take it over: adopt=True"
            )
        if not self._unclear:
            raise Failure(
                f"{arn} has a resource policy already, with the same document as this one, which this resource did not"
                " put there: take it over with adopt=True, delete it, or leave it to whoever put it. So does what"
                " gets another logical id"
            )
        return True
