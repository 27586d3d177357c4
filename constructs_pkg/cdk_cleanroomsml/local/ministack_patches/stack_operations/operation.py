"""The operations of a stack, carried out as CloudFormation does and ministack's own loop doesn't.

* Resources whose dependencies are met are created, updated and deleted side by side (user guide, "DependsOn
  attribute"). What left the template, or was replaced, is deleted when everything else is updated ("Update behaviors
  of stack resources").
* When one fails, those in progress are cancelled: nobody waits for them any more, and the roll-back begins beside
  the function that still runs. So do CancelUpdateStack, and DeleteStack while a stack is being created.
* An update touches what changes, and nothing else.
* A resource is described as it is at each moment (API reference, StackResourceDetail).
* A nested stack is part of its parent's operation: it is cancelled, rolled back and cleaned up with it.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import ministack.app
from ministack.core import responses
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers, helpers, provisioners, stacks

from .. import custom_resources
from .deletion import CLEAN_UP_ATTEMPTS, Deletion, delete
from .nested_stack import RESTORED, nested_stack
from .stack import (
    NESTED_STACK,
    Record,
    Stack,
    Theirs,
    call,
    exists,
    in_status,
    operations,
    policy_of,
    say,
    say_of_stack,
    set_status,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Puts these operations into the place of ministack's."""
    handlers._deploy_stack_async = changesets._deploy_stack_async = deploy
    stacks._delete_stack_async = handlers._delete_stack_async = delete
    handlers._roll_back_operation = roll_back
    handlers._continue_update_rollback_async = continue_update_rollback
    actions: dict[str, Theirs] = handlers._ACTION_HANDLERS
    actions["CancelUpdateStack"] = _cancelling(actions["CancelUpdateStack"])
    actions["DeleteStack"] = _unless_busy(actions["DeleteStack"])
    for action in ("DescribeStackResource", "DescribeStackResources", "ListStackResources"):
        actions[action] = _with_deleted(actions[action])
    reset = ministack.app._reset_all_state

    def forget_and_reset() -> None:
        for operation in operations.values():
            operation.forget()
        operations.clear()
        custom_resources.abandon_all()
        reset()

    ministack.app._reset_all_state = forget_and_reset


# What the API starts


async def deploy(
    stack_name: str,
    stack_id: str,
    template: Theirs,
    parameters: Theirs,
    disable_rollback: bool,
    tags: Theirs,
    is_update: bool = False,
    previous_stack: Stack | None = None,
    retain_except_on_create: bool = False,
    imports: Theirs = None,
) -> None:
    """Creates or updates a stack."""
    del stack_id, tags
    previous = (previous_stack or {}) if is_update else None
    operation = StackOperation(cloudformation._stacks[stack_name], template, parameters, previous, imports=imports)
    operation.retain_except_on_create = retain_except_on_create
    if operation.is_invalid(disable_rollback=disable_rollback):
        return
    operations[operation.id] = operation
    try:
        await operation.apply()
        if operation.deleted or operation.forgotten:
            return
        if not operation.reason:
            await operation.clean_up()
        elif disable_rollback:
            operation.fail()
        else:
            await operation.roll_back()
    finally:
        operation.over.set()


async def roll_back(stack_name: str, stack_id: str, stack: Stack, failed: Theirs, reason: str = "") -> None:
    """RollbackStack: of a stack whose operation failed without a roll-back."""
    del stack_name, stack_id
    operation: StackOperation = failed["operation"]
    operation.retain_except_on_create = failed.get("retain_except_on_create", operation.retain_except_on_create)
    stack.pop("_failed_operation", None)
    await operation.roll_back(reason)


async def continue_update_rollback(stack_name: str, stack_id: str, skipped: Iterable[str]) -> None:
    """ContinueUpdateRollback: what couldn't be sent back is tried again, or left as it is."""
    del stack_id
    operation = operations[cloudformation._stacks[stack_name]["StackId"]]
    await operation.continue_roll_back(set(skipped))


def _cancelling(cancel: Callable[[Theirs], Theirs]) -> Callable[[Theirs], Theirs]:
    """Has CancelUpdateStack cancel at once what is in progress."""

    def cancel_update(params: Theirs) -> Theirs:
        answer = cancel(params)
        stack: Stack | None = handlers._resolve_stack(helpers._p(params, "StackName"))
        if stack and stack.get("_cancel_requested"):
            stack["_cancel_requested"] = False
            operation = operations[stack["StackId"]]
            operation.user_initiated = True
            operation.stop()
        return answer

    return cancel_update


def _unless_busy(delete_stack: Callable[[Theirs], Theirs]) -> Callable[[Theirs], Theirs]:
    """Refuses to delete a stack that is being updated or rolled back; one that is being deleted already, goes on."""

    def delete_unless_busy(params: Theirs) -> Theirs:
        stack: Stack = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
        status: str = stack.get("StackStatus", "")
        if status == "DELETE_IN_PROGRESS":
            return handlers._xml(200, "DeleteStackResponse", "")
        if status.endswith("_IN_PROGRESS") and status not in ("CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"):
            message = f"Stack [{stack['StackId']}] cannot be deleted while in status {status}"
            return handlers._error("ValidationError", message)
        return delete_stack(params)

    return delete_unless_busy


def _with_deleted(describe: Callable[[Theirs], Theirs]) -> Callable[[Theirs], Theirs]:
    """Has a stack that is being deleted or was rolled back tell of the resources that are gone, too."""

    def describe_all(params: Theirs) -> Theirs:
        stack: Stack | None = handlers._resolve_stack(helpers._p(params, "StackName"))
        if stack is None:
            return describe(params)
        held = stack.get("_resources", {})
        if stack["StackStatus"].startswith(("DELETE_", "ROLLBACK_")):
            stack["_resources"] = {**stack.get("_deleted", {}), **held}
        try:
            return describe(params)
        finally:
            stack["_resources"] = held

    return describe_all


# One create or update


@dataclass
class Change:
    """What an operation does to one resource.

    Args:
        before: what the stack knew of it; None when it is created.
        properties: what the template says, resolved.
        new: the same with the stack's tags.
        old: what it has, with the tags that the stack had.
        replaced: what else is deleted when it was replaced, as ministack's handler says.
        asked: whether anybody was asked to do it.
        made: what came of it; None while it is in progress, or when it failed.
        old_id: the physical id that it had, "" for none.
    """

    logical_id: str
    type: str
    before: Record | None
    properties: dict[str, Any]
    new: dict[str, Any]
    old: Theirs
    dynamic: Theirs = None
    replaced: list[Theirs] = field(default_factory=list)
    asked: bool = False
    made: Record | None = None
    old_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.old_id = self.before["PhysicalResourceId"] if self.before else ""

    @property
    def verb(self) -> str:
        """What the statuses begin with."""
        return "CREATE" if self.before is None else "UPDATE"

    @property
    def is_replacement(self) -> bool:
        """Whether there is an old one beside the new one now."""
        if not (self.before and self.made):
            return False
        return bool(self.replaced) or self.made["PhysicalResourceId"] != self.old_id


class StackOperation:
    """The creation or the update of one stack: `apply`, and then either `clean_up` or `roll_back`."""

    def __init__(
        self, stack: Stack, template: Theirs, parameters: Theirs, previous: Stack | None, *, imports: Theirs = None
    ) -> None:
        self.stack = stack
        self.id: str = stack["StackId"]
        self.name: str = stack["StackName"]
        self.retain_except_on_create = False
        self.user_initiated = False
        self.deleted = False
        self.forgotten = False
        self.over = asyncio.Event()
        self.reason = ""
        self._template = template
        self._definitions: dict[str, Theirs] = template.get("Resources", {})
        self._parameters = parameters
        self._conditions = engine._evaluate_conditions(template, parameters)
        self._previous = previous
        self._imports: dict[str, Theirs] = imports or {}
        self._before: dict[str, Record] = (previous or {}).get("_resources", {})
        self._stopped = asyncio.Event()
        self._in_progress: dict[str, Change] = {}
        self._changes: dict[str, Change] = {}
        self._failed: dict[str, str] = {}
        self._children: dict[str, StackOperation] = {}
        self._unreverted: set[str] = set()
        self._superseded: dict[str, Record] = {}
        self._outputs: list[Theirs] = []
        stack.pop("_failed_operation", None)
        stack.pop("_cancel_requested", None)

    @property
    def verb(self) -> str:
        """What the statuses begin with."""
        return "CREATE" if self._previous is None else "UPDATE"

    @property
    def outputs(self) -> dict[str, str]:
        """What a parent gets from it."""
        return {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in self._outputs}

    def is_invalid(self, *, disable_rollback: bool) -> bool:
        """Whether the operation fails before it has begun, as ministack validates templates."""
        try:
            order = engine._topological_sort(self._definitions, self._conditions)
        except ValueError as error:
            self.reason = str(error)
            self.fail()
            return True
        return not self.stack.get("_disable_validation") and bool(
            stacks._fail_property_validation(
                self.stack,
                self.id,
                self.name,
                self._definitions,
                order,
                self._parameters,
                self._conditions,
                self._template.get("Mappings", {}),
                disable_rollback,
                previous_stack=self._previous,
            )
        )

    async def apply(self) -> None:
        """Creates and updates; afterwards `reason` says why that failed, if it did."""
        await self._delete_failed_creates()
        order = engine._topological_sort(self._definitions, self._conditions)
        needs = {name: engine._extract_deps(self._definitions[name], set(order)) - {name} for name in order}
        await side_by_side(needs, self._apply_one, self._stopped)
        if not self._stopped.is_set():
            self._resolve_outputs(set(order))
        elif not self.reason:
            self.reason = self._failures()

    def stop(self) -> None:
        """Cancels what is in progress, and begins nothing more."""
        self._stopped.set()
        for change in list(self._in_progress.values()):
            self._end(change, f"Resource {'creation' if change.before is None else 'update'} cancelled")
            custom_resources.abandon(self.id, change.logical_id)
            if change.logical_id in self._children:
                self._children[change.logical_id].stop()

    def forget(self) -> None:
        """Does nothing more at all."""
        self.forgotten = True
        self._in_progress.clear()
        self._stopped.set()

    def fail(self) -> None:
        """Leaves the stack as it is, for RollbackStack."""
        status = f"{self.verb}_FAILED"
        self.stack.update(StackStatus=status, StackStatusReason=self.reason)
        self.stack["_failed_operation"] = {"is_update": self._previous is not None, "operation": self}
        say_of_stack(self.stack, status, self.reason)

    async def clean_up(self) -> None:
        """Deletes what was replaced and what left the template; the operation has succeeded already."""
        stack, previous = self.stack, self._previous
        stack.update(_template=self._template, _resolved_params=self._parameters, Outputs=self._outputs)
        cloudformation._exports.update(
            {
                each["ExportName"]: {"StackId": self.id, "Name": each["ExportName"], "Value": each["OutputValue"]}
                for each in self._outputs
                if "ExportName" in each
            }
        )
        reason = ""
        if previous is not None:
            set_status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            await asyncio.gather(*(child.clean_up() for child in self._children.values()))
            reason = await self._clean_up(previous)
        set_status(stack, f"{self.verb}_COMPLETE", reason)

    async def roll_back(self, reason: str = "") -> None:
        """Undoes what was done: at once after a failure, or when RollbackStack asks for it."""
        if self.user_initiated:
            stacks.CLIENT_REQUEST_TOKEN.set(self.stack.pop("_cancel_token", ""))
            reason = "User Initiated"
        if self._previous is None:
            await self._roll_back_create(reason or f"{self.reason}Rollback requested by user.")
        else:
            set_status(self.stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason or self.reason)
            await self._roll_back_update(set(self._changes))

    async def roll_back_with_parent(self) -> None:
        """Undoes what was done to a nested stack.

        Raises:
            RuntimeError: some of it couldn't be undone.
        """
        await self.over.wait()
        if self.stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
            await self.continue_roll_back(set())
        else:
            await self.roll_back()
        if self.stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
            raise RuntimeError(self.stack["StackStatusReason"])

    async def continue_roll_back(self, skipped: set[str]) -> None:
        """Tries once more what couldn't be sent back."""
        set_status(self.stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        for logical_id in skipped & self._unreverted:
            self._reverted(self._changes[logical_id], "Resource rollback skipped by user")
        await self._roll_back_update(self._unreverted - skipped)

    # Forward

    async def _delete_failed_creates(self) -> None:
        """An update creates anew what a creation without roll-back left failed."""
        failed = in_status(self.stack, "CREATE_FAILED")
        deletion = Deletion(self.stack, self.stack.get("_template", {}), self._parameters)
        for logical_id in failed:
            await deletion.delete(logical_id, self.stack["_resources"][logical_id])
            self._before.pop(logical_id, None)

    async def _apply_one(self, logical_id: str) -> None:
        if self._stopped.is_set():
            return
        type_: str = self._definitions[logical_id].get("Type", custom_resources.CUSTOM_RESOURCE)
        try:
            change = self._plan(logical_id, type_)
        except Exception as error:
            self._begin(Change(logical_id, type_, self._before.get(logical_id), {}, {}, None))
            self._end(self._in_progress[logical_id], str(error))
            self.stop()
            return
        if change.before and change.new == change.old:
            self.stack["_resources"][logical_id] |= {"Properties": change.properties}
            return
        self._begin(change)
        try:
            physical_id, attributes, seed = await self._carry_out(change)
        except Exception as error:
            if logical_id in self._in_progress:
                self._end(change, str(error), getattr(error, "physical_id", None))
                self.stop()
            return
        if logical_id in self._in_progress:
            self._complete(change, physical_id, attributes, seed)

    def _plan(self, logical_id: str, type_: str) -> Change:
        before, definition = self._before.get(logical_id), self._definitions[logical_id]
        previous = self._previous or {}
        properties: Theirs = self._resolve(definition.get("Properties", {}))
        properties = {name: value for name, value in properties.items() if value is not engine._NO_VALUE}
        same_stack = (self._template, self._parameters) == (previous.get("_template"), previous.get("_resolved_params"))
        same = previous.get("_template", {}).get("Resources", {}).get(logical_id) == definition
        properties, dynamic = engine._resolve_dynamic_references(
            properties,
            (before or {}).get("_dynamic"),
            reuse_ssm=bool(before) and same_stack,
            reuse_secrets=bool(before) and same,
        )
        new = self._tagged(type_, logical_id, properties, self.stack.get("Tags") or [])
        old = before and self._tagged(type_, logical_id, before["Properties"], previous.get("Tags") or [])
        return Change(logical_id, type_, before, properties, new, old, dynamic)

    def _resolve(self, value: Theirs) -> Theirs:
        return engine._resolve_refs(
            copy.deepcopy(value),
            self.stack["_resources"],
            self._parameters,
            self._conditions,
            self._template.get("Mappings", {}),
            self.name,
            self.id,
        )

    def _tagged(self, type_: str, logical_id: str, properties: Theirs, tags: Theirs) -> Theirs:
        return provisioners._with_stack_tags(type_, properties, tags, self.name, self.id, logical_id)

    def _begin(self, change: Change) -> None:
        logical_id = change.logical_id
        self._in_progress[logical_id] = self._changes[logical_id] = change
        resources = self.stack["_resources"]
        if change.before is None:
            resources[logical_id] = _new_record(change, "", {})
        if logical_id not in self._imports:
            say(self.stack, logical_id, f"{change.verb}_IN_PROGRESS")
        refused = change.old is None or provisioners._custom_named_replacement_error(
            change.type, change.old, change.new
        )
        if not refused and provisioners._replacing_change(change.type, change.old, change.new):
            reason = "Requested update requires the creation of a new physical resource; hence creating one."
            say(self.stack, logical_id, "UPDATE_IN_PROGRESS", reason)

    async def _carry_out(self, change: Change) -> tuple[str, dict[str, Any], str]:
        """Returns the physical id, the attributes, and the seed of a name that ministack has drawn."""
        logical_id, type_ = change.logical_id, change.type
        change.asked = True
        if type_ == NESTED_STACK:
            return (*await self._carry_out_nested(change), "")
        if logical_id in self._imports:
            imported = self._imports[logical_id]
            return (*stacks._adopt_resource(self.id, self.name, logical_id, type_, imported), "")
        if change.before is None:
            request = partial(stacks._provision_keeping_seed, type_, logical_id, change.new, self.name)
        else:
            policy = self._policy(logical_id, "UpdateReplacePolicy")
            # This coroutine has a context to itself.
            provisioners._RETAIN_REPLACED.set(policy in provisioners._RETAINING_POLICIES)
            deferred: Theirs = provisioners._DEFERRED_PREDECESSOR_DELETES
            deferred.set(change.replaced)
            provisioners._NAME_SEED.set(change.before.get("_name_seed", ""))
            request = partial(
                stacks._update_keeping_seed,
                type_,
                change.old_id,
                change.old,
                change.new,
                self.name,
                logical_id,
                change.before.get("Attributes", {}),
            )
        (physical_id, attributes), seed = await call(type_, request)
        return physical_id, attributes, seed

    async def _carry_out_nested(self, change: Change) -> Created:
        child = StackOperation(*nested_stack(self.stack, change.logical_id, change.new, change.old_id))
        self._children[change.logical_id] = child
        operations[child.id] = child
        try:
            await child.apply()
            if child.reason:
                child.fail()
                raise RuntimeError(
                    f"Embedded stack {child.id} was not successfully {change.verb.lower()}d: {child.reason}"
                )
            if change.before is None:
                await child.clean_up()
            else:
                set_status(child.stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        finally:
            child.over.set()
        return child.id, child.outputs

    def _complete(self, change: Change, physical_id: str, attributes: dict[str, Any], seed: str) -> None:
        logical_id = change.logical_id
        del self._in_progress[logical_id]
        change.made = _new_record(change, physical_id, attributes)
        if change.dynamic:
            change.made["_dynamic"] = change.dynamic
        if seed:
            change.made["_name_seed"] = seed
        self.stack["_resources"][logical_id] = change.made
        if logical_id in self._imports:
            change.made["ResourceStatus"] = "UPDATE_COMPLETE"
            return
        if change.before is None:
            say(self.stack, logical_id, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        elif custom_resources.is_custom(change.type) and change.is_replacement:
            reason = "Requested update required the provider to create a new physical resource"
            say(self.stack, logical_id, "UPDATE_IN_PROGRESS", reason)
        say(self.stack, logical_id, f"{change.verb}_COMPLETE")

    def _end(self, change: Change, reason: str, physical_id: str | None = None) -> None:
        """Ends what failed or was cancelled."""
        logical_id = change.logical_id
        del self._in_progress[logical_id]
        self._failed[logical_id] = change.verb
        record = self.stack["_resources"][logical_id]
        if change.before is None:
            if logical_id in self._children:
                physical_id = self._children[logical_id].id
            elif custom_resources.is_custom(change.type) and change.asked:
                physical_id = physical_id or custom_resources.invented_id(self.name, logical_id)
            record["PhysicalResourceId"] = physical_id or ""
        status = "IMPORT_FAILED" if logical_id in self._imports else f"{change.verb}_FAILED"
        say(self.stack, logical_id, status, reason)

    def _failures(self) -> str:
        texts = []
        for verb in ("CREATE", "UPDATE"):
            names = [logical_id for logical_id, each in self._failed.items() if each == verb]
            if names:
                texts.append(f"The following resource(s) failed to {verb.lower()}: [{', '.join(names)}]. ")
        return "".join(texts) or "Operation cancelled. "

    def _resolve_outputs(self, surviving: set[str]) -> None:
        try:
            self._outputs, _ = stacks._resolve_stack_outputs(
                self._template.get("Outputs", {}),
                self._conditions,
                {name: each for name, each in self.stack["_resources"].items() if name in surviving},
                self._parameters,
                self._template.get("Mappings", {}),
                self.name,
                self.id,
            )
        except Exception as error:
            self.reason = str(error)
            say_of_stack(self.stack, f"{self.verb}_FAILED", self.reason)

    def _policy(self, logical_id: str, attribute: str) -> str:
        return policy_of(self.stack, self._template, self._parameters, logical_id, attribute)

    async def _clean_up(self, previous: Stack) -> str:
        deletion = Deletion(self.stack, previous.get("_template") or {}, previous.get("_resolved_params", {}))
        deletion.attempts = CLEAN_UP_ATTEMPTS
        active = engine._topological_sort(self._definitions, self._conditions)
        for logical_id, record in self._before.items():
            change = self._changes.get(logical_id)
            if logical_id not in active:
                deletion.add(logical_id, record)
            elif change and change.is_replacement:
                policy = self._policy(logical_id, "UpdateReplacePolicy")
                deletion.add(logical_id, record, policy=policy, also=change.replaced)
        await deletion.run()
        for logical_id in deletion.failed:
            self.stack["_resources"].pop(logical_id, None)
        return "Update successful. One or more resources could not be deleted." if deletion.gave_up else ""

    # Back

    async def _roll_back_create(self, reason: str) -> None:
        set_status(self.stack, "ROLLBACK_IN_PROGRESS", reason)
        deletion = self._deletion_of_the_new(list(self._changes.values()))
        deletion.keeps_what_is_needed = True
        await deletion.run()
        self._release_imports()
        if deletion.failed:
            reason = f"The following resource(s) failed to delete: [{', '.join(sorted(deletion.failed))}]. "
            set_status(self.stack, "ROLLBACK_FAILED", reason)
        else:
            set_status(self.stack, "ROLLBACK_COMPLETE")

    async def _roll_back_update(self, logical_ids: set[str]) -> None:
        """Sends back what was updated in place, in the order of an update to the previous template."""
        definitions = (self._previous or {}).get("_template", {}).get("Resources", {})
        back = {
            name
            for name, change in self._changes.items()
            if name in logical_ids and change.before and not change.is_replacement
        }
        self._unreverted = set(back)
        needs = {
            name: (stacks._with_dependencies([name], definitions, set(definitions)) & back) - {name}
            for name in sorted(back)
        }
        await side_by_side(needs, self._revert, asyncio.Event())
        if self._unreverted:
            reason = f"The following resource(s) failed to update: [{', '.join(sorted(self._unreverted))}]. "
            self.stack["_rollback_failed"] = dict.fromkeys(self._unreverted)
            set_status(self.stack, "UPDATE_ROLLBACK_FAILED", reason)
            return
        self.stack.pop("_rollback_failed", None)
        self._release_imports()
        new = [each for each in self._changes.values() if each.before is None or each.is_replacement]
        deletion = self._deletion_of_the_new(new)
        for logical_id, record in self._superseded.items():
            deletion.add(logical_id, record)
        for change in new:
            if change.before:
                self._reverted(change)
        set_status(self.stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        deletion.attempts = CLEAN_UP_ATTEMPTS
        await deletion.run()
        self._restore()
        set_status(self.stack, "UPDATE_ROLLBACK_COMPLETE")

    async def _revert(self, logical_id: str) -> None:
        change = self._changes[logical_id]
        child = self._children.get(logical_id)
        say(self.stack, logical_id, "UPDATE_IN_PROGRESS")
        may_have_changed = change.made or (custom_resources.is_custom(change.type) and change.asked)
        try:
            if child:
                await child.roll_back_with_parent()
            elif may_have_changed and change.before and exists(self.stack):
                provisioners._NAME_SEED.set(change.before.get("_name_seed", ""))
                attributes = (change.made or change.before).get("Attributes", {})
                request = partial(
                    provisioners._update_resource,
                    change.type,
                    change.old_id,
                    change.new,
                    change.old,
                    self.name,
                    logical_id,
                    attributes,
                )
                physical_id, attributes = await call(change.type, request)
                if physical_id != change.old_id:
                    self._superseded[logical_id] = {**change.before, "Properties": change.properties}
                change.before["PhysicalResourceId"] = physical_id
                change.before["Attributes"] = {**change.before.get("Attributes", {}), **attributes}
        except Exception as error:
            say(self.stack, logical_id, "UPDATE_FAILED", str(error))
            return
        self._reverted(change)

    def _reverted(self, change: Change, reason: str = "") -> None:
        self._unreverted.discard(change.logical_id)
        if change.before:
            self.stack["_resources"][change.logical_id] = change.before
        say(self.stack, change.logical_id, "UPDATE_COMPLETE", reason)

    def _deletion_of_the_new(self, changes: list[Change]) -> Deletion:
        deletion = Deletion(self.stack, self._template, self._parameters)
        for change in changes:
            if change.logical_id in self._imports:
                continue
            record = change.made or self.stack["_resources"][change.logical_id]
            policy = self._policy(change.logical_id, "DeletionPolicy")
            if policy == "RetainExceptOnCreate" or (policy == "Retain" and self.retain_except_on_create):
                policy = "Delete"
            deletion.add(change.logical_id, {**record, "Properties": change.properties}, policy=policy)
        return deletion

    def _release_imports(self) -> None:
        """An imported resource leaves the stack as it came."""
        for logical_id in self._imports:
            record = self.stack["_resources"].pop(logical_id, None)
            if record:
                for status in ("IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE"):
                    stacks._add_event(
                        self.id, self.name, logical_id, record["ResourceType"], status, "", record["PhysicalResourceId"]
                    )

    def _restore(self) -> None:
        """The stack says again what it said before the update."""
        previous = self._previous or {}
        self.stack.update({name: previous[name] for name in RESTORED if name in previous})


def _new_record(change: Change, physical_id: str, attributes: dict[str, Any]) -> Record:
    return {
        "PhysicalResourceId": physical_id,
        "ResourceType": change.type,
        "ResourceStatus": f"{change.verb}_IN_PROGRESS",
        "LogicalResourceId": change.logical_id,
        "Properties": change.properties,
        "Attributes": attributes,
        "Timestamp": responses.now_iso(),
    }
