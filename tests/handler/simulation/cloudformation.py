"""CloudFormation in process: requests, checked answers, roll-back, clean-up, ids of its own invention.

It cancels as AWS does: what another failure interrupts has failed at once, and its roll-back is sent two seconds later,
beside the delivery that still runs (aws-cdk #26139, #31541, cloudformation-coverage-roadmap #1730).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from botocore.exceptions import ConnectTimeoutError

from cdk_cleanroomsml.local.service import Response

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
    """A request, and what was answered; `awaited` as long as CloudFormation waits for that.

    Attributes:
        dropped_at: when CloudFormation stopped waiting without an answer.
    """

    event: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)
    awaited: bool = True
    dropped_at: float | None = None


@dataclass
class View:
    """What DescribeStackResource tells of a resource."""

    status: str
    physical_id: str
    since: float


class CloudFormation:
    """Sends requests and takes answers.

    Attributes:
        dated: whether the ResponseURL says when it was signed.
        send_faults: what happens to the next answers that are sent: an HTTP status or an exception.
        violations: what was wrong with answers; must stay empty.
        pending: all requests, by the path of their ResponseURL.
        views: the resources as CloudFormation describes them, by stack and logical id.
        look_fault: why nobody can look: an error code, or `unreachable`.
        denied: what the function may not call.
        looks: how often somebody did.
        page_size: how many resources a page of ListStackResources has, or events one of DescribeStackEvents.
        events: what DescribeStackEvents tells, oldest first, with the stack and the logical id of each.
        cancel_at: when what is under way is cancelled.
        reused_id: a RequestId for all requests; AWS uses one again when a deployment is retried (aws-cdk #35957). So
            does the switch, for each type of request to a resource.
        reach: how events get to the function; by default as an asynchronous invocation.
    """

    def __init__(self) -> None:
        self.dated = True
        self.send_faults: list[int | Exception] = []
        self.violations: list[str] = []
        self.pending: dict[str, Pending] = {}
        self.views: dict[tuple[str, str], View] = {}
        self.events: list[tuple[tuple[str, str], View]] = []
        self.look_fault: str | None = None
        self.denied: set[str] = set()
        self.looks = 0
        self.page_size = 100
        self.cancel_at = float("inf")
        self.reused_id: str | None = None
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
            if pending.awaited:
                self._end(pending, pending.answers[0]["Status"] == "SUCCESS", pending.answers[0]["PhysicalResourceId"])
        return fault

    def request(self, kind: str, stack_id: str, logical_id: str, properties: Properties, **more: Any) -> Reply:
        """Sends a request and waits for the answer, as long as CloudFormation waits."""
        function = self._function()
        event = self.event(kind, stack_id, logical_id, properties, **more)
        pending = self.pending[urlsplit(event["ResponseURL"]).path]
        old_id = more.get("PhysicalResourceId")
        invented = old_id or f"{logical_id}-1MFPJWD0B0C2X"
        sent, reach = function.clock.now(), self.reach or function.invoke
        timeout = float(properties.get("ServiceTimeout", 3600))
        if self.cancel_at == float("inf"):
            reach(deepcopy(event))
            function.clock.sleep(0.0 if pending.answers else max(0.0, sent + timeout - function.clock.now()))
        else:
            function.clock.beside(lambda: reach(deepcopy(event)))
            function.clock.wait(max(0.0, min(timeout, self.cancel_at - sent)), lambda: bool(pending.answers))
        if not pending.answers:
            pending.dropped_at = function.clock.now()
            self._end(pending, False, invented)
            cancelled = function.clock.now() >= self.cancel_at
            return Reply(False, invented, "cancelled" if cancelled else "CloudFormation did not receive a response")
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
        event = {
            "RequestType": kind,
            "RequestId": self._request_id(kind, stack_id, logical_id),
            "StackId": stack_id,
            "LogicalResourceId": logical_id,
            "ResourceType": type_of(properties),
            "ResponseURL": f"https://responses.example/{token}?{self._signature()}",
            "ResourceProperties": wire_format(without_type(properties)),
            **{name: wire_format(without_type(value)) for name, value in more.items()},
        }
        self.pending[f"/{token}"] = Pending(event)
        self._begin(event)
        return event

    def _request_id(self, *request: str) -> str:
        repeat = self._function().wire.service.switches.request_ids_repeat
        return self.reused_id or str(uuid.uuid5(uuid.NAMESPACE_OID, "|".join(request)) if repeat else uuid.uuid4())

    def _signature(self) -> str:
        now = self._function().clock.now()
        if not self.dated:
            return f"X-Amz-Signature={SIGNATURE}"
        switches = self._function().wire.service.switches
        expires = switches.response_url_seconds
        if switches.response_url_signature == "v2":
            return f"AWSAccessKeyId=AKIA&Expires={int(now) + expires}&Signature={SIGNATURE}"
        signed = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        return f"X-Amz-Date={signed}&X-Amz-Expires={expires}&X-Amz-Signature={SIGNATURE}"

    # What DescribeStackResource tells

    def _begin(self, event: dict[str, Any]) -> None:
        kind, physical_id = event["RequestType"], event.get("PhysicalResourceId", "")
        view = self.views.get(_key(event))
        if kind == "Delete" and view and view.status.endswith("_COMPLETE") and view.physical_id != physical_id:
            # The clean-up of an id that the resource no longer has.
            return
        for pending in self.pending.values():
            if _key(pending.event) == _key(event) and pending.event is not event:
                pending.awaited = False
        view = View(f"{kind.upper()}_IN_PROGRESS", physical_id, self._function().clock.now())
        self.views[_key(event)] = view
        self._tell(event, view)

    def _end(self, pending: Pending, succeeded: bool, physical_id: str) -> None:
        pending.awaited = False
        event = pending.event
        kind, old = str(event["RequestType"]), event.get("PhysicalResourceId", "")
        view = self.views[_key(event)]
        if view.status != f"{kind.upper()}_IN_PROGRESS":
            return
        view.status = f"{kind.upper()}_{'COMPLETE' if succeeded else 'FAILED'}"
        view.physical_id = physical_id if succeeded or kind == "Create" else old
        view.since = self._function().clock.now()
        self._tell(event, view)

    def _tell(self, event: Mapping[str, Any], view: View) -> None:
        self.events.append((_key(event), replace(view)))

    def describe(self, asked: Mapping[str, str]) -> Response:
        """DescribeStackResource, in the query protocol."""
        self.looks += 1
        if self.look_fault == "unreachable":
            self._function().clock.sleep(2)
            raise ConnectTimeoutError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")
        if asked["Action"] in self.denied:
            return _response(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
        if asked["Action"] == "ListStackResources":
            return self._list(asked)
        if asked["Action"] == "DescribeStackEvents":
            return self._happened(asked)
        if asked["Action"] == "DescribeStackResources":
            return self._whose(asked)
        assert asked["Action"] == "DescribeStackResource"
        view = self.views.get((asked["StackName"], asked["LogicalResourceId"]))
        if self.look_fault or view is None:
            code = self.look_fault or "ValidationError"
            text = f"Resource {asked['LogicalResourceId']} does not exist for stack {asked['StackName']}"
            message = "no" if self.look_fault else text
            return _response(
                400, f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            )
        detail = _shown(asked["LogicalResourceId"], view, StackId=asked["StackName"])
        name = "DescribeStackResource"
        return _response(
            200,
            f"<{name}Response><{name}Result><StackResourceDetail>{detail}</StackResourceDetail></{name}Result>"
            f"</{name}Response>",
        )

    def _list(self, asked: Mapping[str, str]) -> Response:
        """ListStackResources, in pages."""
        return self._page(
            asked, "StackResourceSummaries", [(key, _shown(key[1], view)) for key, view in self.views.items()]
        )

    def _happened(self, asked: Mapping[str, str]) -> Response:
        """DescribeStackEvents, in pages: the newest first."""
        rows = [(key, _shown(key[1], view, when="Timestamp", StackId=key[0])) for key, view in reversed(self.events)]
        return self._page(asked, "StackEvents", rows)

    def _page(self, asked: Mapping[str, str], items: str, rows: list[tuple[tuple[str, str], str]]) -> Response:
        """Those of the stack that is asked about."""
        if self.look_fault:
            error = f"<Error><Code>{self.look_fault}</Code><Message>no</Message></Error>"
            return _response(400, f"<ErrorResponse>{error}</ErrorResponse>")
        own = [row for (stack_id, _), row in rows if stack_id == asked["StackName"]]
        begin = int(asked.get("NextToken", 0))
        end = begin + self.page_size
        members = "".join(f"<member>{row}</member>" for row in own[begin:end])
        token = f"<NextToken>{end}</NextToken>" if end < len(own) else ""
        name = asked["Action"]
        return _response(
            200, f"<{name}Response><{name}Result><{items}>{members}</{items}>{token}</{name}Result></{name}Response>"
        )

    def _whose(self, asked: Mapping[str, str]) -> Response:
        """DescribeStackResources of the stack that has a physical id: not all of them, and maybe not that one."""
        wanted, gone = asked["PhysicalResourceId"], ("DELETE_COMPLETE", "DELETE_SKIPPED")
        found = [
            stack_id
            for (stack_id, _), view in self.views.items()
            if view.physical_id == wanted and view.status not in gone
        ]
        if self.look_fault or not found:
            code, text = self.look_fault or "ValidationError", "no" if self.look_fault else "does not exist"
            error = f"<Error><Code>{code}</Code><Message>Stack for {wanted}: {text}</Message></Error>"
            return _response(400, f"<ErrorResponse>{error}</ErrorResponse>")
        (_, logical_id), view = next((key, view) for key, view in self.views.items() if key[0] == found[0])
        row = f"<member>{_shown(logical_id, view, StackId=found[0])}</member>"
        name = "DescribeStackResources"
        return _response(
            200,
            f"<{name}Response><{name}Result><StackResources>{row}</StackResources></{name}Result></{name}Response>",
        )

    def _function(self) -> VirtualLambda:
        assert self.function is not None
        return self.function


def _key(event: Mapping[str, Any]) -> tuple[str, str]:
    return str(event["StackId"]), str(event["LogicalResourceId"])


def _shown(logical_id: str, view: View, when: str = "LastUpdatedTimestamp", **more: str) -> str:
    """A resource in an answer."""
    members = {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": view.physical_id,
        "ResourceType": TYPE,
        when: datetime.fromtimestamp(view.since, timezone.utc).isoformat(timespec="milliseconds"),
        "ResourceStatus": view.status,
        **more,
    }
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items() if value)


def _response(status: int, body: str) -> Response:
    return Response(status, {"Content-Type": "text/xml"}, body.encode())


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
        """The first reason: what started the roll-back."""
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
        self._undo: list[tuple[str, Callable[[], Reply]]] = []
        self._undone: dict[str, Resource] = {}

    def deploy(
        self,
        template: Mapping[str, Properties],
        *,
        fails: bool = False,
        after: float | None = None,
        deleted: bool = False,
    ) -> Result:
        """Creates or updates the stack.

        Args:
            template: the properties of each resource.
            fails: whether another resource of the stack fails after these.
            after: the seconds after which it fails, or somebody cancels, whatever is under way. Everything goes on
                beside that; what still runs has ended when this returns.
            deleted: whether somebody deletes the stack then.

        Returns:
            `COMPLETE`, `ROLLBACK_COMPLETE` or `ROLLBACK_FAILED`, `DELETE_…`, and the reasons of what failed.
        """
        if after is None:
            return self._deploy(template, fails=fails)
        clock = self._cloudformation._function().clock
        self._cloudformation.cancel_at = clock.now() + after
        return clock.together(lambda: self._deploy(template, fails=True, deleted=deleted))

    def _deploy(self, template: Mapping[str, Properties], *, fails: bool, deleted: bool = False) -> Result:
        self._cloudformation.say(self.id, "UPDATE_IN_PROGRESS" if self.resources else "CREATE_IN_PROGRESS")
        before = deepcopy(self.resources)
        undo: list[tuple[str, Callable[[], Reply]]] = []
        clean_up: list[tuple[str, Resource]] = []
        reasons = []
        for logical_id, properties in template.items():
            reply = self._apply(logical_id, self._with_token(properties), undo, clean_up)
            if not reply.succeeded:
                reasons.append(reply.reason)
                break
        if fails and not reasons:
            reasons.append("another resource failed")
        self._end_of_cancelling()
        if reasons:
            self._undo, self._undone = undo[::-1], before
            return self.destroy() if deleted else self._roll_back(reasons)
        for logical_id in [name for name in self.resources if name not in template]:
            gone = self.resources.pop(logical_id)
            if logical_id not in self.retained:
                clean_up.append((logical_id, gone))
            else:
                self._cloudformation.views[self.id, logical_id].status = "DELETE_SKIPPED"
        self.resources = {name: self.resources[name] for name in template}
        self._cloudformation.say(self.id, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        order = list({**before, **self.resources})
        self._clean_up(sorted(clean_up, key=lambda each: order.index(each[0]), reverse=True))
        self._cloudformation.say(self.id, "UPDATE_COMPLETE")
        return Result("COMPLETE", reasons)

    def _end_of_cancelling(self) -> None:
        """The roll-back begins two seconds after what it was for."""
        cancel_at = self._cloudformation.cancel_at
        if cancel_at == float("inf"):
            return
        clock = self._cloudformation._function().clock
        clock.sleep(max(0.0, cancel_at + 2 - clock.now()))
        self._cloudformation.cancel_at = float("inf")

    def continue_roll_back(self, *skip: str) -> Result:
        """Tries again what failed in a roll-back, without these resources."""
        self._undo = [(logical_id, step) for logical_id, step in self._undo if logical_id not in skip]
        return self._roll_back([])

    def destroy(self) -> Result:
        """Deletes the stack."""
        reasons = []
        self._cloudformation.say(self.id, "DELETE_IN_PROGRESS")
        for logical_id, resource in reversed(list(self.resources.items())):
            if logical_id not in self.retained:
                reply = self._delete(logical_id, resource)
                if not reply.succeeded:
                    reasons.append(reply.reason)
                    continue
            else:
                self._cloudformation.views[self.id, logical_id].status = "DELETE_SKIPPED"
            del self.resources[logical_id]
        status = "DELETE_FAILED" if reasons else "DELETE_COMPLETE"
        self._cloudformation.say(self.id, status)
        return Result(status, reasons)

    def _apply(
        self,
        logical_id: str,
        properties: Properties,
        undo: list[tuple[str, Callable[[], Reply]]],
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
            undo.append((logical_id, lambda: self._delete_new(logical_id, new, old)))
            return reply
        if reply.succeeded:
            self.resources[logical_id] = Resource(reply.physical_id, properties, reply.data)
        changed = Resource(old.physical_id, properties)
        undo.append((logical_id, lambda: self._update_back(logical_id, changed, old)))
        return reply

    def _create(self, logical_id: str, properties: Properties, undo: list[tuple[str, Callable[[], Reply]]]) -> Reply:
        reply = self._cloudformation.request("Create", self.id, logical_id, properties)
        made = Resource(reply.physical_id, properties, reply.data)
        self.resources[logical_id] = made
        undo.append((logical_id, lambda: self._delete_new(logical_id, made, None)))
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
        if old:
            view = self._cloudformation.views[self.id, logical_id]
            view.status, view.physical_id = "UPDATE_COMPLETE", old.physical_id
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
        for logical_id, step in self._undo:
            reply = step()
            if not reply.succeeded:
                failed.append((logical_id, step))
                reasons.append(reply.reason)
        self._undo = failed
        if failed:
            return Result("ROLLBACK_FAILED", reasons)
        self.resources = self._undone
        self._cloudformation.say(self.id, "UPDATE_ROLLBACK_COMPLETE")
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
