"""`drift`: template against service, member by member; with `--fix` the template's values are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.exceptions import ClientError

from ..handler.resource_types import model_of
from .account import is_denied
from .comparison import ASSOCIATION, KINDS, POLICY, TYPES, Compared, address, compare
from .outcome import DONE, FOUND, NOT_KNOWN, CommandError
from .refusals import explained
from .stacks import Stack, Stacks, alike, check_name, name_of
from .templates import Templates

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from .account import Account, Members

_NESTED = "AWS::CloudFormation::Stack"
_ENDED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "UPDATE_FAILED")
_GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_AT_REST = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_LONGEST = 200


class Drift:
    """Compares stacks with what the services hold."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._stacks = Stacks(account)
        self._templates = Templates(account, self._stacks)
        self.refused: list[tuple[Stack, str]] = []
        """The stacks that the caller may not read, and why."""
        self.refusals: dict[str, None] = {}
        """All that the caller was refused, in words, in order."""

    def stacks(self, name: str | None) -> list[Stack]:
        """A stack and those nested in it, or all of the Region; of these, those that have resources of ours."""
        if name is None:
            pages = self._account.pages("cloudformation", "list_stacks", "StackSummaries")
            listed = {each["StackId"]: each for each in pages if each["StackStatus"] != "DELETE_COMPLETE"}
            self._stacks.load(listed)
            for id_, error in self._stacks.refused.items():
                self.refused.append(
                    (Stack(id_, listed[id_]["StackName"], listed[id_]["StackStatus"], {}), self._why(error))
                )
            found = self._stacks.known()
        else:
            check_name(name, self._account)
            found = list(self._with_nested(name))
        return [each for each in found if any(_ours(each))]

    def compared(self, stack: Stack) -> list[Compared]:
        """Each resource of ours of a stack."""
        try:
            template = self._templates.of(stack)
            why = "the stack's template is in YAML, which isn't read: the CDK writes JSON"
        except ClientError as error:
            template, why = None, self._why(error)
        if template is None:
            return [_unknown(each, why) for each in _ours(stack)]

        def compared(resource: Members) -> Compared:
            if resource["ResourceStatus"] not in _ENDED:
                return _unknown(resource, f"it is {resource['ResourceStatus']}: `explain` says why")
            try:
                return compare(self._account, stack, resource, template.properties(resource["LogicalResourceId"]))
            except ClientError as error:
                return _unknown(resource, self._why(error))

        return self._account.each(f"comparing {stack.name}", compared, _ours(stack))

    def fix(self, told: Compared) -> None:
        """Writes the template's values of what can be written."""
        todo = [each for each in told.differences if not each.why_not]
        if told.type == POLICY:
            self._put_policy(told)
            return
        service, kind = KINDS[told.type]
        tags = {each.member.removeprefix("tags."): each.template for each in todo if each.member.startswith("tags.")}
        members = {each.member: each.template for each in todo if not each.member.startswith("tags.")}
        untag = [key for key, value in tags.items() if value is None]
        tag = {key: value for key, value in tags.items() if value is not None}
        if untag:
            self._account.call(service, "untag_resource", resourceArn=told.physical_id, tagKeys=untag)
        if tag:
            self._account.call(service, "tag_resource", resourceArn=told.physical_id, tags=tag)
        if members:
            if told.type == ASSOCIATION and kind.name in members:
                members["name"] = members.pop(kind.name)
            # What an update isn't given, it might reset.
            along = {name: value for name in kind.along if (value := (told.held).get(name)) not in ("", None)}
            self._account.call(service, xform_name(kind.update), **address(kind, told.physical_id), **(along | members))

    def _put_policy(self, told: Compared) -> None:
        guard = (
            {"policyExistenceCondition": "POLICY_MUST_EXIST", "previousPolicyHash": told.held["policyHash"]}
            if told.held
            else {"policyExistenceCondition": "POLICY_MUST_NOT_EXIST"}
        )
        document = json.dumps(told.filled["configuredAudienceModelPolicy"], sort_keys=True, separators=(",", ":"))
        self._account.call(
            "cleanroomsml",
            "put_configured_audience_model_policy",
            configuredAudienceModelArn=model_of(told.physical_id),
            configuredAudienceModelPolicy=document,
            **guard,
        )

    def _with_nested(self, name: str) -> Iterator[Stack]:
        stack = self._stacks.get(name)
        if stack is None:
            meant = alike(name, self._account)
            raise CommandError(f"there is no stack {name} in {self._account.region}, or not any more{meant}")
        yield stack
        for logical_id, resource in stack.resources.items():
            if resource["ResourceType"] == _NESTED and stack.physical_id(logical_id):
                yield from self._nested(stack.physical_id(logical_id))

    def _nested(self, id_: str) -> Iterator[Stack]:
        try:
            yield from self._with_nested(id_)
        except ClientError as error:
            self.refused.append((Stack(id_, name_of(id_), "", {}), self._why(error)))

    def _why(self, error: ClientError) -> str:
        """Why something isn't known that the caller may not ask; any other error ends the command."""
        if not is_denied(error):
            raise error
        why = explained(error, "drift")
        self.refusals[why] = None
        return why


def run(account: Account, options: Namespace) -> int:
    """Carries out the subcommand."""
    screen, drift = account.screen, Drift(account)
    if options.fix and not options.yes:
        screen.check_can_ask()
    stacks = drift.stacks(options.stack)
    compared: dict[str, list[Compared]] = {}
    try:
        for stack in stacks:
            told = compared[stack.id] = [] if stack.is_changing else drift.compared(stack)
            screen.heading(f"{stack.name}: {_summary(stack, told)}")
            _show(account, told)
            for number, each in enumerate(told if options.fix else []):
                told[number] = _offer(account, drift, stack, each, sure=options.yes)
        for stack, why in drift.refused:
            screen.heading(f"{stack.name}: may not be read")
            screen.table(("stack", "not known from here"), [(stack.name, why)])
    finally:
        # What was written before something went wrong is told as well.
        if screen.as_json and (options.fix or len(compared) == len(stacks)):
            read = [_document(each, compared[each.id]) for each in stacks if each.id in compared]
            refused = [{**_document(each, []), "whyNotRead": why} for each, why in drift.refused]
            screen.document({"stacks": read + refused})
        for why in drift.refusals:
            screen.note(why)
    found = [each for of_stack in compared.values() for each in of_stack]
    if not stacks and not drift.refused:
        whose = f"{options.stack} has no resources" if options.stack else "no stack has resources"
        screen.say(f"{whose} of Clean Rooms ML in {account.region}")
    if any(each.differences for each in found):
        return FOUND
    is_known = not (drift.refused or any(each.not_known for each in found) or any(each.is_changing for each in stacks))
    return DONE if is_known else NOT_KNOWN


def _offer(account: Account, drift: Drift, stack: Stack, told: Compared, *, sure: bool) -> Compared:
    """Asks about one resource, and fixes it if the answer is yes; what is left then."""
    todo = [each.member or "the resource policy" for each in told.differences if not each.why_not]
    if not todo or not (sure or account.screen.ask(f"write the template's {', '.join(todo)} to {told.physical_id}?")):
        return told
    drift.fix(told)
    (left,) = [each for each in drift.compared(stack) if each.logical_id == told.logical_id]
    account.screen.say(f"{told.physical_id}: {left.state}")
    return left


def _ours(stack: Stack) -> list[Members]:
    return [
        each
        for each in stack.resources.values()
        if each["ResourceType"] in TYPES and each["ResourceStatus"] not in _GONE
    ]


def _unknown(resource: Members, why: str) -> Compared:
    told = Compared(resource["LogicalResourceId"], resource["ResourceType"], resource.get("PhysicalResourceId", ""))
    told.not_known.append(("", why))
    return told


def _document(stack: Stack, told: list[Compared]) -> dict[str, Any]:
    return {
        "stack": stack.name,
        "stackId": stack.id,
        "status": stack.status,
        "resources": [each.document() for each in told],
    }


def _summary(stack: Stack, told: list[Compared]) -> str:
    if stack.is_changing:
        return f"{stack.status}, compare again when it is done"
    status = "" if stack.status in _AT_REST else f"{stack.status}, "
    counts = [(state, sum(each.state == state for each in told)) for state in ("in sync", "drifted", "not known")]
    return status + ", ".join(f"{number} {state}" for state, number in counts if number)


def _show(account: Account, told: list[Compared]) -> None:
    screen = account.screen
    rows = [
        (
            each.logical_id,
            difference.member or "(the resource)",
            _text(difference.template),
            _text(difference.service),
            difference.why_not,
        )
        for each in told
        for difference in each.differences
    ]
    screen.table(("resource", "member", "template", "service", "can't be fixed"), rows)
    unknown = [(each.logical_id, member or "(the resource)", why) for each in told for member, why in each.not_known]
    screen.table(("resource", "member", "not known from here"), unknown)
    screen.table(("resource", "note"), [(each.logical_id, note) for each in told for note in each.notes])


def _text(value: object) -> str:
    text = (
        "not set"
        if value is None
        else value
        if isinstance(value, str)
        else json.dumps(value, default=str, ensure_ascii=False)
    )
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
