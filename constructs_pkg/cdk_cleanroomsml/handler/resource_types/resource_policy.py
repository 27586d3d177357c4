"""The resource policy of a configured audience model: how CloudFormation's three requests are carried out.

A model has one policy document at most, and anybody who may can put it. It carries no markers and tells no time, so
whose it is can only be told by what it says, as far as the service guards a change:

**Put is guarded.** A Create demands that there is no policy, an Update names the hash of the one that it has read. With
which error the service refuses what a guard forbids is unknown: what Get shows then decides, whatever the code.

**Adopted** is a policy that says the same only if an earlier call of this request may have put it. A first call that is
clearly refused has met somebody else's, which may be a resource of the same stack under an old logical id.

**Delete has no guard.** Get comes first, and a policy that says something else is left alone. So is one that
CloudFormation names as that of another logical id of the stack, which may have adopted it: a List of the stack tells.
What somebody puts between these calls is lost.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ..calls import (
    CONFLICT,
    DELETE_POLICY,
    GET_POLICY,
    INVALID,
    NOT_FOUND,
    NOT_READY,
    PUT_POLICY,
    REFUSED,
    UNCLEAR,
)
from ..protocol import Answer, Failure, Placeholder
from ..reconciliation import SETTLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..calls import Calls
    from ..protocol import Log, Request

# JSON has all types.
Document = Any

LONGEST_DOCUMENT = 20_480
"""Characters (service model)."""

RETRY_SECONDS = 60.0
"""No request is a retry before that age: Lambda waits a minute (developer guide)."""

MOST_RACES = 5
"""How often an Update reads the policy again because somebody was faster."""

_ALLOWED = _ARN, _DOCUMENT = ("configuredAudienceModelArn", "configuredAudienceModelPolicy")
_FROM_CLOUDFORMATION = ("ServiceToken", "ServiceTimeout")
_LIST_RESOURCES = "ListStackResources"
_END = "/policy"
_PHYSICAL_ID = re.compile(
    r"(arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{12}:configured-audience-model/[-\w/.]+)/policy", re.A
)
_GUARD = (CONFLICT, INVALID, NOT_FOUND, NOT_READY, REFUSED)
_WAY_OUT = "remove the resource from the template and deploy, delete the policy that is there, then add it again"


@dataclass(frozen=True)
class Policy:
    """A policy as Get answers it."""

    document: Document
    hash: str

    def says(self, document: Document) -> bool:
        """Whether it is this document, in whatever spelling."""
        return bool(_canonical(self.document) == _canonical(document))


class ConfiguredAudienceModelPolicy:
    """Carries out one request."""

    service: ClassVar = "cleanroomsml"

    def __init__(self, request: Request, calls: Calls, log: Log, account: str, *, seen: bool) -> None:
        self._request = request
        self._calls = calls
        self._log = log
        self._account = account
        # Whether an earlier call for this request may have put the policy.
        self._unclear = seen or request.sent_at is None or request.age(calls.clock.now()) >= RETRY_SECONDS

    def create(self) -> Answer:
        """Puts the policy, or adopts the one that an earlier delivery put."""
        arn, document = self._wanted()
        try:
            return self._create(arn, document)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    def update(self) -> Answer:
        """Changes the policy, or puts one on another model; a resource that never came to be is created."""
        arn, document = self._wanted()
        placeholder = Placeholder.read(self._request.physical_id)
        # The clean-up of an unclear one would take a policy that says the same for what it is to delete.
        if placeholder and not placeholder.unclear:
            return self._create(arn, document)
        if arn != self._known_model():
            return self._create(arn, document)
        self._change(arn, document)
        self._take_back(arn)
        return _success(arn)

    def delete(self) -> Answer:
        """Deletes the policy if it says what the template says; of a Create that never answered likewise."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        if placeholder and not placeholder.unclear:
            return Answer(physical_id)
        if _model_of(physical_id):
            self._delete(self._known_model(), self._request.properties.get(_DOCUMENT))
        elif self._is_here(given := str(self._request.properties.get(_ARN))):
            document = self._request.properties.get(_DOCUMENT)
            # What CloudFormation has invented an id for may have been cancelled, and still be running.
            age = self._request.age(self._calls.clock.now())
            patience = 0 if placeholder else SETTLE_SECONDS - age
            if self._calls.until(lambda: self._is_ours(given, document), patience) and not self._is_used(given):
                self._delete(given, document)
        return Answer(physical_id)

    # Create

    def _create(self, arn: str, document: Document) -> Answer:
        members = {"policyExistenceCondition": "POLICY_MUST_NOT_EXIST"}
        if not self._put(arn, document, members, lambda: self._adopt(arn, document)):
            self._log("adopt", arn=arn)
        waiting = self._calls.waiting
        if waiting.is_over() and waiting.known != arn + _END:
            self._log("undone", arn=arn)
            with waiting.not_needed():
                self._delete(arn, document)
            waiting.check()
        return _success(arn)

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

    # Update

    def _take_back(self, arn: str) -> None:
        """Removes what an update has put on another model that never answered: this is its roll-back."""
        left, document = (self._request.old_properties.get(name) for name in _ALLOWED)
        if left != arn and self._is_here(str(left)):
            self._delete(str(left), document)

    def _change(self, arn: str, document: Document) -> None:
        previous = self._request.old_properties.get(_DOCUMENT)
        for _ in range(MOST_RACES):
            policy = self._read(arn)
            if policy is None:
                raise self._gone(arn)
            if policy.says(document):
                return
            if _canonical(previous) == _canonical(document):
                self._log("drift", arn=arn, members=[_DOCUMENT])
                return
            if not policy.says(previous):
                raise Failure(
                    f"the resource policy of {arn} was changed outside of cloudformation, by somebody or by an"
                    " association with manageResourcePolicies: nothing was overwritten. Put back the policy of the last"
                    f" template, or {_WAY_OUT}"
                )
            members = {"policyExistenceCondition": "POLICY_MUST_EXIST", "previousPolicyHash": policy.hash}
            if self._put(arn, document, members, partial(self._has_moved, arn, policy.hash)):
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
            policy = self._read(arn)
            if policy and policy.says(document):
                self._log("undone", arn=arn)
                guard = {"policyExistenceCondition": "POLICY_MUST_EXIST", "previousPolicyHash": policy.hash}
                self._put(arn, previous, guard, partial(self._has_moved, arn, policy.hash))
        waiting.check()

    def _has_moved(self, arn: str, seen: str) -> bool:
        """After a failed Put: whether the policy is another one by now, be it by that call or by somebody else."""
        policy = self._read(arn)
        return policy is None or policy.hash != seen

    def _gone(self, arn: str) -> Failure:
        return Failure(
            f"{arn} has no resource policy any more, it was deleted outside of cloudformation, or its model was: remove"
            " the resource from the template and deploy, then add it again",
            NOT_FOUND,
        )

    # Delete

    def _delete(self, arn: str, document: Document) -> None:
        if not self._is_ours(arn, document):
            return
        if self._is_anothers(arn):
            self._log("foreign", arn=arn, why="another logical id of the stack has it: left alone")
            return
        try:
            # Before another try it may have gone, and somebody else's come.
            self._calls(DELETE_POLICY, {_ARN: arn}, lambda _: None if self._is_ours(arn, document) else True)
        except Failure as failure:
            if failure.kind != NOT_FOUND:
                raise

    def _is_used(self, arn: str) -> bool:
        """Whether CloudFormation names this very policy as the resource's own."""
        waiting = self._calls.waiting
        return waiting.look() and waiting.known == arn + _END

    def _is_anothers(self, arn: str) -> bool:
        """Whether CloudFormation names it as that of another logical id, which isn't being deleted as well.

        When it can't be asked, it isn't.
        """
        calls, page = self._calls.of("cloudformation"), {"StackName": self._request.stack_id}
        while output := calls.once(_LIST_RESOURCES, page):
            for resource in output["StackResourceSummaries"]:
                if (
                    resource.get("PhysicalResourceId") == arn + _END
                    and resource["LogicalResourceId"] != self._request.logical_id
                    and not resource["ResourceStatus"].startswith("DELETE")
                ):
                    return True
            if not output.get("NextToken"):
                break
            page = {**page, "NextToken": output["NextToken"]}
        return False

    def _is_ours(self, arn: str, document: Document) -> bool:
        policy = self._read(arn)
        if policy is None:
            return False
        ours = policy.says(document)
        if not ours:
            self._log("foreign", arn=arn, why="another document than the template's: left alone")
        return ours

    # Calls

    def _put(self, arn: str, document: Document, guard: dict[str, str], look: Callable[[], bool]) -> bool:
        """Puts a document; False when a look, after the call failed, has shown that the policy is another one now."""

        def recover(failure_kind: str) -> bool | None:
            self._unclear = self._unclear or failure_kind == UNCLEAR
            return False if failure_kind in (UNCLEAR, *_GUARD) and look() else None

        try:
            output = self._calls(PUT_POLICY, {_ARN: arn, _DOCUMENT: _text(document), **guard}, recover)
        except Failure as failure:
            self._unclear = self._unclear or failure.kind == UNCLEAR
            if failure.kind in _GUARD and look():
                return False
            raise
        return output is not False

    def _read(self, arn: str) -> Policy | None:
        """The policy; None when there is none, or no model."""
        try:
            output = self._calls(GET_POLICY, {_ARN: arn})
        except Failure as failure:
            if failure.kind == NOT_FOUND:
                return None
            raise
        return Policy(_parsed(output[_DOCUMENT]), output["policyHash"])

    # Properties and ids

    def _wanted(self) -> tuple[str, Document]:
        """The model's ARN and the document; all problems in one Failure."""
        given = {
            name: value
            for name, value in self._request.properties.items()
            if name not in _FROM_CLOUDFORMATION and value is not None
        }
        arn, document = given.get(_ARN, ""), given.get(_DOCUMENT, {})
        problems = [f"{name} is unknown, allowed are {_ARN}, {_DOCUMENT}" for name in given if name not in _ALLOWED]
        problems += [f"{name} is missing" for name in _ALLOWED if name not in given]
        if not isinstance(arn, str):
            problems.append(f"{_ARN} must be a text")
        if not isinstance(document, dict):
            problems.append(f"{_DOCUMENT} must be an object")
        elif len(_text(document)) > LONGEST_DOCUMENT:
            problems.append(
                f"{_DOCUMENT} has {len(_text(document))} characters, at most {LONGEST_DOCUMENT} are allowed"
            )
        if problems:
            raise Failure(f"the properties are not valid: {'; '.join(problems)}")
        return arn, document

    def _known_model(self) -> str:
        """The model out of the physical id. No id is used that can't be one of ours."""
        physical_id = self._request.physical_id
        arn = _model_of(physical_id)
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
        if not _model_of(arn + _END):
            return False
        region, account = arn.split(":")[3:5]
        return region == self._calls.region and account == (self._account or account)


def _model_of(physical_id: str) -> str:
    """The ARN of the model in a physical id; "" when it isn't one."""
    match = _PHYSICAL_ID.fullmatch(physical_id)
    return match[1] if match else ""


def _success(arn: str) -> Answer:
    return Answer(arn + _END, data={"ConfiguredAudienceModelArn": arn})


# Documents


def _text(document: Document) -> str:
    """A document as it is sent: the same one always with the same hash."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _parsed(text: str) -> Document:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _canonical(value: Document, name: str = "") -> Document:
    """One spelling for what means the same: lists have no order, and one item needs none; a principal's two names.

    Whether the service answers a document as it was put is unknown, and other services' policies are rewritten so.
    """
    if isinstance(value, dict):
        return {key: _canonical(item, key) for key, item in value.items()}
    if isinstance(value, list):
        items = {json.dumps(_canonical(item, name), sort_keys=True) for item in value}
        return json.loads(items.pop()) if len(items) == 1 else sorted(items)
    root = (
        re.fullmatch(r"arn:aws[-a-z]*:iam::([0-9]{12}):root", value)
        if name == "AWS" and isinstance(value, str)
        else None
    )
    return root[1] if root else value
