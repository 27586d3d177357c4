"""What creating, updating and deleting a resource policy have in common: properties, ids, guarded calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from ...calls import CONFLICT, GET_POLICY, INVALID, NOT_FOUND, NOT_READY, PUT_POLICY, REFUSED, UNCLEAR
from ...protocol import Answer, Failure
from .document import Policy, parsed, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...calls import Calls
    from ...protocol import Log, Request
    from .document import Document

LONGEST_DOCUMENT = 20_480
"""Characters (service model)."""

RETRY_SECONDS = 60.0
"""No request is a retry before that age: Lambda waits a minute (developer guide)."""

_FROM_CLOUDFORMATION = ("ServiceToken", "ServiceTimeout")
ALLOWED = ARN, DOCUMENT = ("configuredAudienceModelArn", "configuredAudienceModelPolicy")
END = "/policy"
_PHYSICAL_ID = re.compile(
    r"(arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:configured-audience-model/[-\w/.]+)/policy", re.A
)
_GUARD = (CONFLICT, INVALID, NOT_FOUND, NOT_READY, REFUSED)


class Operation:
    """One request for the resource policy of one model."""

    service: ClassVar = "cleanroomsml"

    def __init__(self, request: Request, calls: Calls, log: Log, account: str, *, seen: bool) -> None:
        self._request = request
        self._calls = calls
        self._log = log
        self._account = account
        # Whether an earlier call for this request may have put the policy.
        self._unclear = seen or request.sent_at is None or request.age(calls.clock.now()) >= RETRY_SECONDS

    # Properties and ids

    def _wanted(self) -> tuple[str, Document]:
        """The model's ARN and the document; all problems in one Failure."""
        given = {
            name: value
            for name, value in self._request.properties.items()
            if name not in _FROM_CLOUDFORMATION and value is not None
        }
        arn, document = given.get(ARN, ""), given.get(DOCUMENT, {})
        problems = [f"{name} is unknown, allowed are {ARN}, {DOCUMENT}" for name in given if name not in ALLOWED]
        problems += [f"{name} is missing" for name in ALLOWED if name not in given]
        if not isinstance(arn, str):
            problems.append(f"{ARN} must be a text")
        if not isinstance(document, dict):
            problems.append(f"{DOCUMENT} must be an object")
        elif len(text_of(document)) > LONGEST_DOCUMENT:
            problems.append(
                f"{DOCUMENT} has {len(text_of(document))} characters, at most {LONGEST_DOCUMENT} are allowed"
            )
        if problems:
            raise Failure(f"the properties are not valid: {'; '.join(problems)}")
        return arn, document

    def _known_model(self) -> str:
        """The model out of the physical id. No id is used that can't be one of ours."""
        physical_id = self._request.physical_id
        arn = model_of(physical_id)
        if not arn:
            raise Failure(
                f"'{self._log.clean(physical_id)}' is not the id of a resource policy, its creation was never answered:"
                " remove the resource from the template and deploy, then add it again"
            )
        if not self._is_here(arn):
            raise Failure(
                f"{physical_id} was not created by this function, which works in account {self._account} and Region"
                f" {self._calls.region}: it is left alone"
            )
        return arn

    def _is_here(self, arn: str) -> bool:
        """Whether it is the ARN of a model that this function can have put a policy on."""
        if not model_of(arn + END):
            return False
        region, account = arn.split(":")[3:5]
        return region == self._calls.region and account == (self._account or account)

    # Calls

    def _put(self, arn: str, document: Document, guard: dict[str, str], look: Callable[[], bool]) -> bool:
        """Puts a document; False when a look, after the call failed, has shown that the policy is another one now."""

        def recover(failure_kind: str) -> bool | None:
            self._unclear = self._unclear or failure_kind == UNCLEAR
            return False if failure_kind in (UNCLEAR, *_GUARD) and look() else None

        try:
            output = self._calls(PUT_POLICY, {ARN: arn, DOCUMENT: text_of(document), **guard}, recover)
        except Failure as failure:
            self._unclear = self._unclear or failure.kind == UNCLEAR
            if failure.kind in _GUARD and look():
                return False
            raise
        return output is not False

    def _read(self, arn: str) -> Policy | None:
        """The policy; None when there is none, or no model."""
        try:
            output = self._calls(GET_POLICY, {ARN: arn})
        except Failure as failure:
            if failure.kind == NOT_FOUND:
                return None
            raise
        return Policy(parsed(output[DOCUMENT]), output["policyHash"])


def model_of(physical_id: str) -> str:
    """The ARN of the model in a physical id; "" when it isn't one."""
    match = _PHYSICAL_ID.fullmatch(physical_id)
    return match[1] if match else ""


def success(arn: str) -> Answer:
    """What CloudFormation is told when the policy of this model is as it should be."""
    return Answer(arn + END, data={"ConfiguredAudienceModelArn": arn})
