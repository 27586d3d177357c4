"""Delete: the policy, if it says what the template says, and nobody else has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...calls import DELETE_POLICY, NOT_FOUND
from ...protocol import Answer, Failure, Placeholder
from ...reconciliation import SETTLE_SECONDS
from .operation import ARN, DOCUMENT, END, Operation, model_of

if TYPE_CHECKING:
    from .document import Document

_LIST_RESOURCES = "ListStackResources"


class Delete(Operation):
    """Carries out a Delete."""

    def delete(self) -> Answer:
        """Deletes the policy if it says what the template says; of a Create that never answered likewise."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        if placeholder and not placeholder.unclear:
            return Answer(physical_id)
        if model_of(physical_id):
            self._delete(self._known_model(), self._request.properties.get(DOCUMENT))
        elif self._is_here(given := str(self._request.properties.get(ARN))):
            document = self._request.properties.get(DOCUMENT)
            # What CloudFormation has invented an id for may have been cancelled, and still be running.
            age = self._request.age(self._calls.clock.now())
            patience = 0 if placeholder else SETTLE_SECONDS - age
            if self._calls.until(lambda: self._is_ours(given, document), patience) and not self._is_used(given):
                self._delete(given, document)
        return Answer(physical_id)

    def _delete(self, arn: str, document: Document) -> None:
        if not self._is_ours(arn, document):
            return
        if self._is_anothers(arn):
            self._log("foreign", arn=arn, why="another logical id of the stack has it: left alone")
            return
        try:
            # Before another try it may have gone, and somebody else's come.
            self._calls(DELETE_POLICY, {ARN: arn}, lambda _: None if self._is_ours(arn, document) else True)
        except Failure as failure:
            if failure.kind != NOT_FOUND:
                raise

    # Whose it is

    def _is_ours(self, arn: str, document: Document) -> bool:
        policy = self._read(arn)
        if policy is None:
            return False
        ours = policy.says(document)
        if not ours:
            self._log("foreign", arn=arn, why="another document than the template's: left alone")
        return ours

    def _is_used(self, arn: str) -> bool:
        """Whether CloudFormation names this very policy as the resource's own."""
        waiting = self._calls.waiting
        return waiting.look() and waiting.known == arn + END

    def _is_anothers(self, arn: str) -> bool:
        """Whether CloudFormation names it as that of another logical id, which isn't being deleted as well.

        When it can't be asked, it isn't.
        """
        calls, page = self._calls.of("cloudformation"), {"StackName": self._request.stack_id}
        while output := calls.once(_LIST_RESOURCES, page):
            for resource in output["StackResourceSummaries"]:
                if (
                    resource.get("PhysicalResourceId") == arn + END
                    and resource["LogicalResourceId"] != self._request.logical_id
                    and not resource["ResourceStatus"].startswith("DELETE")
                ):
                    return True
            if not output.get("NextToken"):
                break
            page = {**page, "NextToken": output["NextToken"]}
        return False
