"""Create: a policy where there is none, or the one that an earlier call of the request has put."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...protocol import Failure
from .delete import Delete
from .operation import END, success

if TYPE_CHECKING:
    from ...protocol import Answer
    from .document import Document


class Create(Delete):
    """Carries out a Create; what came too late is deleted."""

    def create(self) -> Answer:
        """Puts the policy, or adopts the one that an earlier delivery put."""
        arn, document = self._wanted()
        try:
            return self._create(arn, document)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    def _create(self, arn: str, document: Document) -> Answer:
        members = {"policyExistenceCondition": "POLICY_MUST_NOT_EXIST"}
        if not self._put(arn, document, members, lambda: self._adopt(arn, document)):
            self._log("adopt", arn=arn)
        waiting = self._calls.waiting
        if waiting.is_over() and waiting.known != arn + END:
            self._log("undone", arn=arn)
            with waiting.not_needed():
                self._delete(arn, document)
            waiting.check()
        return success(arn)

    def _adopt(self, arn: str, document: Document) -> bool:
        """After a failed Put: whether it had its effect, in an earlier call."""
        policy = self._read(arn)
        if policy is None:
            return False
        if not policy.says(document):
            raise Failure(
                f"{arn} has a resource policy already, with another document than this one: nothing was overwritten."
                " Delete the policy that is there, or grant what it grants in this one and then delete it"
            )
        if not self._unclear:
            raise Failure(
                f"{arn} has a resource policy already, with the same document as this one, which this resource did not"
                " put there: delete it, or leave it to whoever put it. To give this resource another logical id, remove"
                " it in one deployment and add it in the next"
            )
        return True
