"""`explain`: what failed in a stack's last operation that did, what the function did call by call, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .account import is_denied
from .advice import Advice, advice
from .function_log import PLACE, Invocation, invocations, reason_of
from .outcome import DONE, FOUND, CommandError
from .refusals import explained
from .stacks import Stacks, alike, check_name
from .templates import Templates

if TYPE_CHECKING:
    import re
    from argparse import Namespace
    from collections.abc import Iterator
    from datetime import datetime

    from .account import Account, Members
    from .stacks import Stack

_NESTED = "AWS::CloudFormation::Stack"
_BEGINS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
_LOG_GROUP, _FUNCTION = "CleanRoomsMLProviderLogGroup", "CleanRoomsMLProviderFunction"
_CANCELLED = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")
_OURS = ("Custom::CleanRoomsML", "Custom::CleanRoomsConfigured")
_TURNS = ("_FAILED", "ROLLBACK_IN_PROGRESS")
_SLACK = timedelta(minutes=1)


@dataclass
class Failed:
    """A resource that failed.

    Attributes:
        group: the log group of the function; "" when it isn't known.
        invocation: what the function did about it; None when its log doesn't tell.
        note: why nothing is known of that.
    """

    stack: str
    event: Members
    reason: str
    advice: Advice
    group: str = ""
    invocation: Invocation | None = None
    note: str = ""

    def document(self) -> dict[str, Any]:
        """As JSON."""
        ours = self.invocation
        return {
            "stack": self.stack,
            "logicalId": self.event["LogicalResourceId"],
            "type": self.event["ResourceType"],
            "status": self.event["ResourceStatus"],
            "time": self.event["Timestamp"],
            "reason": self.reason,
            "kind": self.advice.kind,
            "means": self.advice.means,
            "do": self.advice.do,
            "logGroup": self.group,
            "logStream": ours.stream if ours else "",
            "steps": ours.steps if ours else [],
            "lambdaSays": ours.lambda_says if ours else [],
            "note": self.note,
        }


@dataclass
class Operation:
    """An operation of a stack: its events, oldest first."""

    events: list[Members] = field(default_factory=list)

    def failed(self, stack: Stack) -> list[Members]:
        """The events of resources that failed, without those that were only cancelled; if none did, the stack's own."""
        own = [each for each in self.events if each.get("PhysicalResourceId") == stack.id]
        of_resources = [
            each
            for each in self.events
            if each["ResourceStatus"].endswith("_FAILED")
            and each not in own
            and not each.get("ResourceStatusReason", "").startswith(_CANCELLED)
        ]
        # An export that is in use, a cancelled update: no resource of it failed.
        ended = [each for each in own if each["ResourceStatus"].endswith(_TURNS) and each.get("ResourceStatusReason")]
        return of_resources or ended

    @property
    def began(self) -> datetime:
        """When."""
        time: datetime = self.events[0]["Timestamp"]
        return time

    @property
    def verb(self) -> str:
        """What was asked for: create, update, delete or import."""
        return str(self.events[0]["ResourceStatus"]).partition("_")[0].lower()


class Explanation:
    """Reads the events of a stack, and the function's log beside them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stacks = Stacks(account)
        self._templates = Templates(account, self._stacks)

    def stack(self, name: str) -> Stack:
        """A stack; the last one of its name, if that is deleted."""
        check_name(name, self._account)
        found = self._stacks.get(name)
        if found is not None:
            return found
        pages = self._account.pages(
            "cloudformation", "list_stacks", "StackSummaries", StackStatusFilter=["DELETE_COMPLETE"]
        )
        deleted = [each for each in pages if each["StackName"] == name]
        deleted.sort(key=lambda each: each.get("DeletionTime") or each["CreationTime"])
        last = deleted[-1] if deleted else None
        again = self._stacks.get(last["StackId"]) if last else None
        if again is None:
            meant = alike(name, self._account)
            raise CommandError(
                f"there is no stack {name} in {self._account.region}, and none was deleted lately{meant}"
            )
        return again

    def last_failed(self, stack: Stack) -> tuple[Operation | None, bool]:
        """The last operation in which something failed, and whether it is the last one at all."""
        for number, operation in enumerate(self._operations(stack)):
            if operation.failed(stack):
                return operation, number == 0
        return None, True

    def failures(self, stack: Stack, operation: Operation) -> Iterator[Failed]:
        """What failed, oldest first, and what failed in nested stacks in place of these."""
        for event in operation.failed(stack):
            nested = event.get("PhysicalResourceId", "") if event["ResourceType"] == _NESTED else ""
            inner = self._inner(nested) if nested not in ("", stack.id) else None
            if inner is not None:
                within, _ = self.last_failed(inner)
                if within is not None and within.began >= operation.began - _SLACK:
                    yield from self.failures(inner, within)
                    continue
            yield self._explained(stack, operation, event)

    def _inner(self, id_: str) -> Stack | None:
        """A nested stack; None if there is none, or it may not be read."""
        try:
            return self._stacks.get(id_)
        except ClientError as error:
            if not is_denied(error):
                raise
            self._account.screen.note(explained(error, "explain"))
            return None

    def _operations(self, stack: Stack) -> Iterator[Operation]:
        """The operations of a stack, last first; a page of events is read when it is needed."""
        events: list[Members] = []
        pages = self._account.pages("cloudformation", "describe_stack_events", "StackEvents", StackName=stack.id)
        for event in pages:
            events.append(event)
            if event.get("PhysicalResourceId") == stack.id and event["ResourceStatus"] in _BEGINS:
                yield Operation(events[::-1])
                events = []
        if events:
            yield Operation(events[::-1])

    def _explained(self, stack: Stack, operation: Operation, event: Members) -> Failed:
        reason = reason_of(event)
        place = PLACE.search(reason)
        failed = Failed(stack.name, event, PLACE.sub("", reason).strip(), advice(reason))
        if not event["ResourceType"].startswith(_OURS):
            is_stack = event.get("PhysicalResourceId") == stack.id
            failed.note = (
                "" if is_stack else "not a resource of this library: its own service's documentation says more"
            )
            return failed
        try:
            self._look_up(failed, stack, operation, place)
        except ClientError as error:
            failed.note = "its log can't be read from here"
            self._account.screen.note(explained(error, "explain"))
        return failed

    def _look_up(self, failed: Failed, stack: Stack, operation: Operation, place: re.Match[str] | None) -> None:
        """Finds what the function did about it."""
        event = failed.event
        failed.group = group = place["group"] if place else self._log_group(stack)
        if not group:
            failed.note = "the stack has no log group of the function's any more"
            return
        since, until = operation.began - _SLACK, event["Timestamp"] + _SLACK
        # All streams, if that which the Reason names has nothing of it.
        for streams in [[place["stream"]], []] if place else [[]]:
            found = invocations(self._account, group, streams, since, until)
            if found is None:
                failed.note = (
                    f"the log group {group} is gone: a creation that is rolled back takes it along, and deploying with"
                    " --no-rollback keeps it"
                )
                return
            failed.invocation = _of(found, stack, event, failed.reason)
            if failed.invocation is not None:
                return
        failed.note = f"the log {group} has nothing of it: was the function run at all?"

    def _log_group(self, stack: Stack) -> str:
        """The log group of a stack's function: its own, or the one that the provider was given."""
        names = (each for each in stack.resources if each.startswith(_LOG_GROUP))
        own = next(filter(None, map(stack.physical_id, names)), "")
        functions = [each for each in stack.resources if each.startswith(_FUNCTION)]
        template = None if own or not functions else self._templates.of(stack)
        given = template.properties(functions[0]).get("LoggingConfig", {}).get("LogGroup") if template else None
        return own or (given if isinstance(given, str) else "")


def run(account: Account, options: Namespace) -> int:
    """Carries out the subcommand."""
    screen, explanation = account.screen, Explanation(account)
    stack = explanation.stack(options.stack)
    operation, is_last = explanation.last_failed(stack)
    found = list(explanation.failures(stack, operation)) if operation else []
    if screen.as_json:
        screen.document(
            {
                "stack": stack.name,
                "stackId": stack.id,
                "status": stack.status,
                "operation": operation and {"verb": operation.verb, "began": operation.began, "isTheLast": is_last},
                "failures": [each.document() for each in found],
            }
        )
    else:
        _show(account, stack, operation, found, is_last=is_last)
    return FOUND if found and is_last else DONE


def _of(found: list[Invocation], stack: Stack, event: Members, reason: str) -> Invocation | None:
    """The invocation that an event tells of: the one that ended with its Reason, else the last one for the resource."""
    same = [
        each
        for each in found
        if each.request.get("logical_id") == event["LogicalResourceId"] and each.request.get("stack_id") == stack.id
    ]
    ended = [each for each in same if each.outcome.get("reason") and str(each.outcome["reason"])[:200] in reason]
    verb = event["ResourceStatus"].partition("_")[0].title()
    asked = [each for each in same if each.request.get("type") == verb]
    return next((each[-1] for each in (ended, asked, same) if each), None)


def _show(account: Account, stack: Stack, operation: Operation | None, found: list[Failed], *, is_last: bool) -> None:
    screen = account.screen
    screen.heading(f"{stack.name} is {stack.status}")
    if operation is None:
        screen.say("nothing has failed in it, as far as its events go back")
        return
    what = "the last operation" if is_last else "an earlier operation; those after it succeeded"
    screen.say(f"failed: {what}, {operation.verb}, begun {_time(operation.began)}")
    for number, each in enumerate(found, 1):
        where = "" if each.stack == stack.name else f" in {each.stack}"
        screen.heading(f"{number}. {each.event['LogicalResourceId']}{where}")
        screen.fields(
            [
                ("type", each.event["ResourceType"]),
                ("status", f"{each.event['ResourceStatus']}, {_time(each.event['Timestamp'])}"),
                ("reason", each.reason),
                ("kind", each.advice.kind),
                ("means", each.advice.means),
                ("do", each.advice.do),
                ("note", each.note),
                ("log", f"{each.group} {each.invocation.stream}" if each.invocation else ""),
                *(("lambda", line) for line in (each.invocation.lambda_says if each.invocation else [])),
            ]
        )
        if each.invocation:
            screen.lines(("time", "step", "what", "result"), [_row(step) for step in each.invocation.steps])


def _row(step: Members) -> tuple[str, ...]:
    """A line of the log: when, what, how it ended, and what else it tells."""
    told = {name: value for name, value in step.items() if name not in ("step", "time")}
    what = str(told.pop("operation", ""))
    result = str(told.pop("result", told.pop("status", "")))
    attempt = told.pop("attempt", 1)
    if attempt != 1:
        what += f" (attempt {attempt})"
    told.pop("members", None)
    # These stand above, or in the stack.
    for known in ("reason", "physical_id"):
        told.pop(known, None)
    message = str(told.pop("message", ""))
    rest = ", ".join(f"{name} {_plain(value)}" for name, value in told.items() if value not in ([], {}, False))
    return f"{step['time']:%H:%M:%S}", step["step"], what or rest, ": ".join(filter(None, [result, message]))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, dict)) else str(value)


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
