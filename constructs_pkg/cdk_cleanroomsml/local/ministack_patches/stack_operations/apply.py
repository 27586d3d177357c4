"""Resources are created and updated side by side, and cancelled when one of them fails.

* Those whose dependencies are met go at the same time (user guide, "DependsOn attribute").
* When one fails, those in progress are cancelled: nobody waits for them any more, and the roll-back begins beside the
  function that still runs.
* An update touches what changes, and nothing else.
* A resource is described as it is at each moment (API reference, StackResourceDetail).
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
import copy
from abc import ABC, abstractmethod
from functools import partial
from typing import Any

from ministack.services.cloudformation import engine, provisioners, stacks

from ..custom_resources import requests
from ..custom_resources._failure import CustomResourceNotAsked
from ..custom_resources._waiting import abandon
from ._change import Change, new_record
from ._stack import (
    NESTED_STACK,
    Opaque,
    Record,
    Stack,
    call,
    in_status,
    operations,
    policy_of,
    say,
    say_of_stack,
    set_status,
    side_by_side,
)
from .deletion import Deletion
from .exports import check_exports
from .nested_stack import nested_stack

Created = tuple[str, dict[str, Any]]


class Application(ABC):
    """The way forward of one stack's creation or update."""

    def __init__(
        self, stack: Stack, template: Opaque, parameters: Opaque, previous: Stack | None, *, imports: Opaque = None
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
        self._definitions: dict[str, Opaque] = template.get("Resources", {})
        self._parameters = parameters
        self._conditions = engine._evaluate_conditions(template, parameters)
        self._previous = previous
        self._imports: dict[str, Opaque] = imports or {}
        self._before: dict[str, Record] = (previous or {}).get("_resources", {})
        self._stopped = asyncio.Event()
        self._in_progress: dict[str, Change] = {}
        self._changes: dict[str, Change] = {}
        self._failed: dict[str, str] = {}
        self._children: dict[str, Opaque] = {}
        self._unreverted: set[str] = set()
        self._superseded: dict[str, Record] = {}
        self._outputs: list[Opaque] = []
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
            abandon(self.id, change.logical_id)
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

    @abstractmethod
    async def clean_up(self) -> None:
        """Deletes what was replaced and what left the template; the operation has succeeded already."""

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
        type_: str = self._definitions[logical_id].get("Type", requests.CUSTOM_RESOURCE)
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
            change.asked = not isinstance(error, CustomResourceNotAsked)
            if logical_id in self._in_progress:
                self._end(change, str(error), getattr(error, "physical_id", None))
                self.stop()
            return
        if logical_id in self._in_progress:
            self._complete(change, physical_id, attributes, seed)

    def _plan(self, logical_id: str, type_: str) -> Change:
        before, definition = self._before.get(logical_id), self._definitions[logical_id]
        previous = self._previous or {}
        properties: Opaque = self._resolve(definition.get("Properties", {}))
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

    def _resolve(self, value: Opaque) -> Opaque:
        return engine._resolve_refs(
            copy.deepcopy(value),
            self.stack["_resources"],
            self._parameters,
            self._conditions,
            self._template.get("Mappings", {}),
            self.name,
            self.id,
        )

    def _tagged(self, type_: str, logical_id: str, properties: Opaque, tags: Opaque) -> Opaque:
        return provisioners._with_stack_tags(type_, properties, tags, self.name, self.id, logical_id)

    def _begin(self, change: Change) -> None:
        logical_id = change.logical_id
        self._in_progress[logical_id] = self._changes[logical_id] = change
        resources = self.stack["_resources"]
        if change.before is None:
            resources[logical_id] = new_record(change, "", {})
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
            deferred: Opaque = provisioners._DEFERRED_PREDECESSOR_DELETES
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
        child = type(self)(*nested_stack(self.stack, change.logical_id, change.new, change.old_id))
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
        change.made = new_record(change, physical_id, attributes)
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
        elif requests.is_custom(change.type) and change.is_replacement:
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
            elif requests.is_custom(change.type) and change.asked:
                physical_id = physical_id or requests.invented_id(self.name, logical_id)
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
            check_exports(self.stack, (self._previous or {}).get("Outputs", []), self._outputs)
        except Exception as error:
            self.reason = str(error)

    def _policy(self, logical_id: str, attribute: str) -> str:
        return policy_of(self.stack, self._template, self._parameters, logical_id, attribute)
