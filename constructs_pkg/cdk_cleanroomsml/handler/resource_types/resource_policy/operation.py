"""What creating, updating and deleting a resource policy have in common: properties, ids, guarded calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from ...calls import CONFLICT, GET_POLICY, INVALID, NOT_FOUND, NOT_READY, PUT_POLICY, REFUSED, UNCLEAR
from ...protocol import Answer, Failure
from ...reconciliation import ADOPT, DELETE_ADOPTED
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
REQUIRED = ARN, DOCUMENT = ("configuredAudienceModelArn", "configuredAudienceModelPolicy")

OVERWRITE = "Overwrite"
"""Our member that says that what is taken over may say something else than the template, which then takes its place."""

_OWN = (ADOPT, DELETE_ADOPTED, OVERWRITE)

END, ADOPTED_END = "/policy", "/policy/adopted"
"""What makes a model's ARN the physical id of its policy: of one that was put, and of one that was taken over.

A policy has no markers, and the template may say later that it doesn't adopt: so the id keeps it.
"""

_PHYSICAL_ID = re.compile(
    r"(arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:configured-audience-model/[-\w/.]+)/policy(/adopted)?", re.A
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
        arn, document, allowed = given.get(ARN, ""), given.get(DOCUMENT, {}), (*REQUIRED, *_OWN)
        problems = [f"{name} is unknown, allowed are {', '.join(allowed)}" for name in given if name not in allowed]
        problems += [f"{name} is missing" for name in REQUIRED if name not in given]
        problems += [
            f"{name} must be true or false"
            for name in _OWN
            if str(given.get(name, "false")).lower() not in ("true", "false")
        ]
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

    def _says(self, name: str) -> bool:
        """Whether the template says so, with a member of ours."""
        return str(self._request.properties.get(name)).lower() == "true"

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

    def _put(
        self, arn: str, document: Document, guard: dict[str, str], look: Callable[[], bool], text: str = ""
    ) -> bool:
        """Puts a document, or a text as it is.

        False when a look, after the call failed, has shown that the policy is another one now.
        """

        def recover(failure_kind: str) -> bool | None:
            self._unclear = self._unclear or failure_kind == UNCLEAR
            return False if failure_kind in (UNCLEAR, *_GUARD) and look() else None

        try:
            output = self._calls(PUT_POLICY, {ARN: arn, DOCUMENT: text or text_of(document), **guard}, recover)
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
        return Policy(parsed(output[DOCUMENT]), output["policyHash"], output[DOCUMENT])

    def _has_moved(self, arn: str, seen: str) -> bool:
        """After a failed Put: whether the policy is another one by now, be it by that call or by somebody else."""
        policy = self._read(arn)
        return policy is None or policy.hash != seen


def model_of(physical_id: str) -> str:
    """The ARN of the model in a physical id; "" when it isn't one."""
    match = _PHYSICAL_ID.fullmatch(physical_id)
    return match[1] if match else ""


def is_adopted(physical_id: str) -> bool:
    """Whether a physical id is that of a policy that was taken over."""
    return bool(model_of(physical_id)) and physical_id.endswith(ADOPTED_END)


def success(physical_id: str) -> Answer:
    """What CloudFormation is told when the policy that has this id is as it should be."""
    return Answer(physical_id, data={"ConfiguredAudienceModelArn": model_of(physical_id)})


def guard_of(policy: Policy) -> dict[str, str]:
    """What has a Put fail if there is another policy by then."""
    return {"policyExistenceCondition": "POLICY_MUST_EXIST", "previousPolicyHash": policy.hash}
