"""CloudFormation in process: requests, checked answers, roll-back, clean-up, ids of its own invention."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .virtual_lambda import ACCOUNT, REGION, VirtualLambda

TYPE = "Custom::CleanRoomsMLConfiguredAudienceModel"
SERVICE_TIMEOUT = 1200
SIGNATURE = "0d1fa2cf5e7bsignature"

Properties = dict[str, Any]
"""What a template says of a resource: its properties, and `Type` if it isn't a configured audience model."""


@dataclass
class Reply:
    """What CloudFormation makes of an answer, or of none."""

    succeeded: bool
    physical_id: str
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Resource:
    """A resource as CloudFormation knows it."""

    physical_id: str
    properties: Properties
    data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Pending:
    """A request that waits for its answer."""

    event: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)


class CloudFormation:
    """Sends requests and takes answers.

    Attributes:
        dated: whether the ResponseURL says when it was signed.
        send_faults: what happens to the next answers that are sent: an HTTP status or an exception.
        violations: what was wrong with answers; must stay empty.
        pending: all requests, by the path of their ResponseURL.
        reach: how events get to the function; by default as an asynchronous invocation.
    """

    def __init__(self) -> None:
        self.dated = True
        self.send_faults: list[int | Exception] = []
        self.violations: list[str] = []
        self.pending: dict[str, Pending] = {}
        self.reach: Callable[[dict[str, Any]], None] | None = None
        self.function: VirtualLambda | None = None

    def say(self, stack_id: str, status: str) -> None:
        """What DescribeStacks tells from now on."""
        statuses = self._function().wire.stack_statuses
        if statuses is not None:
            statuses[stack_id] = status

    def put(self, url: str, body: bytes, _timeout: float) -> int:
        """The presigned URL."""
        fault = self.send_faults.pop(0) if self.send_faults else 200
        if isinstance(fault, Exception):
            raise fault
        if fault == 200:
            pending = self.pending[urlsplit(url).path]
            self.violations += problems(body, pending.event)
            pending.answers.append(json.loads(body))
        return fault

    def request(self, kind: str, stack_id: str, logical_id: str, properties: Properties, **more: Any) -> Reply:
        """Sends a request and waits for the answer, as long as CloudFormation waits."""
        function = self._function()
        event = self.event(kind, stack_id, logical_id, properties, **more)
        pending = self.pending[urlsplit(event["ResponseURL"]).path]
        sent = function.clock.now()
        (self.reach or function.invoke)(deepcopy(event))
        old_id = more.get("PhysicalResourceId")
        if not pending.answers:
            timeout = int(properties.get("ServiceTimeout", 3600))
            function.clock.sleep(max(0.0, sent + timeout - function.clock.now()))
            return Reply(False, old_id or f"{logical_id}-1MFPJWD0B0C2X", "CloudFormation did not receive a response")
        answer = pending.answers[0]
        return Reply(
            answer["Status"] == "SUCCESS",
            answer["PhysicalResourceId"],
            answer.get("Reason", ""),
            answer.get("Data", {}),
        )

    def event(self, kind: str, stack_id: str, logical_id: str, properties: Properties, **more: Any) -> dict[str, Any]:
        """An event whose answer will be accepted."""
        token = uuid.uuid4().hex
        clock = self._function().clock
        signed = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now()))
        date = f"X-Amz-Date={signed}&X-Amz-Expires=7200&" if self.dated else ""
        event = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": stack_id,
            "LogicalResourceId": logical_id,
            "ResourceType": type_of(properties),
            "ResponseURL": f"https://responses.example/{token}?{date}X-Amz-Signature={SIGNATURE}",
            "ResourceProperties": wire_format(without_type(properties)),
            **{name: wire_format(without_type(value)) for name, value in more.items()},
        }
        self.pending[f"/{token}"] = Pending(event)
        return event

    def _function(self) -> VirtualLambda:
        assert self.function is not None
        return self.function


def type_of(properties: Mapping[str, Any]) -> str:
    """The resource type."""
    return str(properties.get("Type", TYPE))


def without_type(value: Any) -> Any:
    """The properties alone."""
    return {name: item for name, item in value.items() if name != "Type"} if isinstance(value, Mapping) else value


def wire_format(value: Any) -> Any:
    """Properties as CloudFormation passes them: every scalar is a string."""
    if isinstance(value, Mapping):
        return {key: wire_format(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire_format(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def problems(body: bytes, event: Mapping[str, Any]) -> list[str]:
    """What CloudFormation rejects in an answer (user guide, "Custom resource response objects")."""
    found = []
    if len(body) > 4096:
        found.append(f"{len(body)} bytes")
    answer = json.loads(body.decode())
    found += [
        f"{name} is {answer.get(name)!r}"
        for name in ("RequestId", "StackId", "LogicalResourceId")
        if answer.get(name) != event.get(name)
    ]
    if answer.get("Status") not in ("SUCCESS", "FAILED"):
        found.append(f"Status is {answer.get('Status')!r}")
    if answer.get("Status") == "FAILED" and not answer.get("Reason"):
        found.append("FAILED without a Reason")
    physical_id = answer.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not 1 <= len(physical_id) <= 1024:
        found.append(f"PhysicalResourceId is {physical_id!r}")
    if not all(isinstance(value, str) for value in answer.get("Data", {}).values()):
        found.append(f"Data is {answer['Data']!r}")
    return found


@dataclass
class Result:
    """How a stack operation ended."""

    status: str
    reasons: list[str]

    @property
    def reason(self) -> str:
        """The first reason: what started the trouble."""
        return self.reasons[0] if self.reasons else ""


class Stack:
    """A stack of custom resources.

    A template names a resource before those that refer to it with `{"Ref": …}`: that is the order of creation, and
    things are deleted in the opposite one.

    Attributes:
        resources: what the stack holds, by logical id.
        retained: logical ids with DeletionPolicy Retain.
        abandoned: ids whose clean-up failed: CloudFormation forgets them.
    """

    def __init__(self, cloudformation: CloudFormation, name: str = "Demo") -> None:
        self._cloudformation = cloudformation
        self.id = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{uuid.uuid4()}"
        self.resources: dict[str, Resource] = {}
        self.retained: set[str] = set()
        self.abandoned: list[str] = []
        self._undo: list[Callable[[], Reply]] = []
        self._undone: dict[str, Resource] = {}

    def deploy(self, template: Mapping[str, Properties], *, fails: bool = False) -> Result:
        """Creates or updates the stack.

        Args:
            template: the properties of each resource.
            fails: whether another resource of the stack fails after these.

        Returns:
            `COMPLETE`, `ROLLBACK_COMPLETE` or `ROLLBACK_FAILED`, and the reasons of what failed.
        """
        self._cloudformation.say(self.id, "UPDATE_IN_PROGRESS" if self.resources else "CREATE_IN_PROGRESS")
        before = deepcopy(self.resources)
        undo: list[Callable[[], Reply]] = []
        clean_up: list[tuple[str, Resource]] = []
        reasons = []
        for logical_id, properties in template.items():
            reply = self._apply(logical_id, self._with_token(properties), undo, clean_up)
            if not reply.succeeded:
                reasons.append(reply.reason)
                break
        if fails and not reasons:
            reasons.append("another resource failed")
        if reasons:
            self._undo, self._undone = undo[::-1], before
            return self._roll_back(reasons)
        for logical_id in [name for name in self.resources if name not in template]:
            gone = self.resources.pop(logical_id)
            if logical_id not in self.retained:
                clean_up.append((logical_id, gone))
        self.resources = {name: self.resources[name] for name in template}
        order = list({**before, **self.resources})
        self._clean_up(sorted(clean_up, key=lambda each: order.index(each[0]), reverse=True))
        return Result("COMPLETE", reasons)

    def continue_roll_back(self) -> Result:
        """Tries again what failed in a roll-back."""
        return self._roll_back([])

    def destroy(self) -> Result:
        """Deletes the stack."""
        reasons = []
        for logical_id, resource in reversed(list(self.resources.items())):
            if logical_id not in self.retained:
                reply = self._delete(logical_id, resource)
                if not reply.succeeded:
                    reasons.append(reply.reason)
                    continue
            del self.resources[logical_id]
        return Result("DELETE_FAILED" if reasons else "DELETE_COMPLETE", reasons)

    def _apply(
        self,
        logical_id: str,
        properties: Properties,
        undo: list[Callable[[], Reply]],
        clean_up: list[tuple[str, Resource]],
    ) -> Reply:
        old = self.resources.get(logical_id)
        if old is None:
            return self._create(logical_id, properties, undo)
        if old.properties == properties:
            return Reply(True, old.physical_id)
        reply = self._update(logical_id, properties, old)
        if reply.succeeded and reply.physical_id != old.physical_id:
            new = Resource(reply.physical_id, properties, reply.data)
            self.resources[logical_id] = new
            clean_up.append((logical_id, old))
            undo.append(lambda: self._delete_new(logical_id, new, old))
            return reply
        if reply.succeeded:
            self.resources[logical_id] = Resource(reply.physical_id, properties, reply.data)
        changed = Resource(old.physical_id, properties)
        undo.append(lambda: self._update_back(logical_id, changed, old))
        return reply

    def _create(self, logical_id: str, properties: Properties, undo: list[Callable[[], Reply]]) -> Reply:
        reply = self._cloudformation.request("Create", self.id, logical_id, properties)
        made = Resource(reply.physical_id, properties, reply.data)
        self.resources[logical_id] = made
        undo.append(lambda: self._delete_new(logical_id, made, None))
        return reply

    def _update(self, logical_id: str, properties: Properties, old: Resource) -> Reply:
        return self._cloudformation.request(
            "Update",
            self.id,
            logical_id,
            properties,
            PhysicalResourceId=old.physical_id,
            OldResourceProperties=old.properties,
        )

    def _update_back(self, logical_id: str, changed: Resource, old: Resource) -> Reply:
        reply = self._update(logical_id, old.properties, changed)
        if reply.succeeded:
            undone = Resource(reply.physical_id, old.properties, reply.data)
            self.resources[logical_id] = self._undone[logical_id] = undone
        if reply.succeeded and reply.physical_id != changed.physical_id:
            self._clean_up([(logical_id, changed)])
        return reply

    def _delete_new(self, logical_id: str, new: Resource, old: Resource | None) -> Reply:
        reply = self._delete(logical_id, new)
        if reply.succeeded and old:
            self.resources[logical_id] = old
        elif reply.succeeded:
            del self.resources[logical_id]
        return reply

    def _delete(self, logical_id: str, resource: Resource) -> Reply:
        return self._cloudformation.request(
            "Delete", self.id, logical_id, resource.properties, PhysicalResourceId=resource.physical_id
        )

    def _roll_back(self, reasons: list[str]) -> Result:
        self._cloudformation.say(self.id, "UPDATE_ROLLBACK_IN_PROGRESS")
        failed = []
        for step in self._undo:
            reply = step()
            if not reply.succeeded:
                failed.append(step)
                reasons.append(reply.reason)
        self._undo = failed
        if failed:
            return Result("ROLLBACK_FAILED", reasons)
        self.resources = self._undone
        return Result("ROLLBACK_COMPLETE", reasons)

    def _clean_up(self, resources: list[tuple[str, Resource]]) -> None:
        for logical_id, resource in resources:
            if not any(self._delete(logical_id, resource).succeeded for _ in range(3)):
                self.abandoned.append(resource.physical_id)

    def _with_token(self, properties: Properties) -> Properties:
        token = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:provider"
        return {"ServiceToken": token, "ServiceTimeout": SERVICE_TIMEOUT, **self._resolved(properties)}

    def _resolved(self, value: Any) -> Any:
        """A value without references."""
        if isinstance(value, Mapping):
            if set(value) == {"Ref"}:
                return self.resources[value["Ref"]].physical_id
            return {name: self._resolved(item) for name, item in value.items()}
        return [self._resolved(item) for item in value] if isinstance(value, list) else value
