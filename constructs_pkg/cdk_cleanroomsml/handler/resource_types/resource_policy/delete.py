"""Delete: the policy, if it says what the template says, and nobody else has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...calls import DELETE_POLICY, LIST_STACK_RESOURCES, NOT_FOUND
from ...protocol import Answer, Failure, Placeholder
from ...reconciliation import ADOPT, SETTLE_SECONDS
from .operation import ARN, DOCUMENT, is_adopted, model_of
from .release import Release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...calls import Calls
    from .document import Document


@dataclass(frozen=True)
class Known:
    """A resource as CloudFormation knows it."""

    logical_id: str
    physical_id: str
    status: str


class Delete(Release):
    """Carries out a Delete."""

    def delete(self) -> Answer:
        """Deletes the policy if it says what the template says; of a Create that never answered likewise."""
        physical_id, document = self._request.physical_id, self._request.properties.get(DOCUMENT)
        placeholder = Placeholder.read(physical_id)
        if model_of(physical_id):
            self._delete_known(self._known_model(), document)
        elif not self._is_here(given := str(self._request.properties.get(ARN))):
            # There is nothing that such a Create could have put.
            return Answer(physical_id)
        elif self._says(ADOPT):
            self._give_back_failed(given, document, placeholder)
        elif placeholder is None or placeholder.unclear:
            # What CloudFormation has invented an id for may have been cancelled, and still be running.
            age = self._request.age(self._calls.clock.now())
            patience = 0 if placeholder else SETTLE_SECONDS - age
            if self._calls.until(lambda: self._is_ours(given, document), patience) and not self._is_used(given):
                self._delete(given, document)
        return Answer(physical_id)

    def _delete_known(self, arn: str, document: Document) -> None:
        """Deletes what CloudFormation names, or gives it back, or leaves it where it was before the stack had it."""
        if self._gives_back(arn, document):
            return
        if is_adopted(self._request.physical_id) and not self._deletes():
            self._log("released", arn=arn)
            self._forget(arn)
            return
        self._delete(arn, document)

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
        return waiting.look() and model_of(waiting.known) == arn

    def _is_anothers(self, arn: str) -> bool:
        """Whether CloudFormation names it as that of another logical id, which isn't being deleted as well.

        When it can't be asked, it isn't.
        """
        calls = self._calls.of("cloudformation")
        return any(
            known.logical_id != self._request.logical_id and not known.status.startswith("DELETE")
            for known in self._those_with(arn, self._request.stack_id, calls, patiently=self._says(ADOPT))
        )

    def _those_with(self, arn: str, stack_id: str, calls: Calls, *, patiently: bool = True) -> Iterator[Known]:
        """The resources of a stack that have the policy of a model; none, if nobody is patient and it can't be told."""
        page = {"StackName": stack_id}
        while output := calls(LIST_STACK_RESOURCES, page) if patiently else calls.once(LIST_STACK_RESOURCES, page):
            for each in output["StackResourceSummaries"]:
                physical_id = each.get("PhysicalResourceId", "")
                if model_of(physical_id) == arn:
                    yield Known(each["LogicalResourceId"], physical_id, each["ResourceStatus"])
            if not output.get("NextToken"):
                return
            page = {**page, "NextToken": output["NextToken"]}
