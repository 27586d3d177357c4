"""Deletions by CloudFormation: of a stack, of what an update replaced or left out, of what is rolled back."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from ._stack import (
    NESTED_STACK,
    Opaque,
    Record,
    Stack,
    call,
    exists,
    in_status,
    operations,
    policy_of,
    say,
    say_of_stack,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

CLEAN_UP_ATTEMPTS = 3
"""How often a clean-up tries to delete something before it gives it up."""


async def delete(stack_name: str, stack_id: str, retained: Iterable[str] = (), *, force: bool = False) -> None:
    """Deletes a stack; one that is being created is stopped first."""
    stack: Stack | None = cloudformation._stacks.get(stack_name)
    if stack is None:
        return
    stack["StackStatus"] = "DELETE_IN_PROGRESS"
    say_of_stack(stack, "DELETE_IN_PROGRESS", "User Initiated")
    operation = operations.get(stack_id)
    if operation:
        operation.deleted = True
        operation.stop()
        await operation.over.wait()
    await _delete_resources_of(stack, set(retained), force=force)
    failed = in_status(stack, "DELETE_FAILED")
    if failed:
        reason = f"The following resource(s) failed to delete: [{', '.join(sorted(failed))}]. "
        stack.update(StackStatus="DELETE_FAILED", StackStatusReason=reason)
        say_of_stack(stack, "DELETE_FAILED", reason)
        return
    for output in stack.get("Outputs", []):
        cloudformation._exports.pop(output.get("ExportName"), None)
    stack["StackStatus"] = "DELETE_COMPLETE"
    say_of_stack(stack, "DELETE_COMPLETE")


@dataclass
class Candidate:
    """What is to be deleted, under its logical id."""

    record: Record
    policy: str
    also: list[Opaque]


class Deletion:
    """A part of an operation that deletes: what depends on something goes before it."""

    def __init__(self, stack: Stack, template: Opaque, parameters: Opaque) -> None:
        self._stack = stack
        self._template = template
        self._parameters = parameters
        self._candidates: dict[str, Candidate] = {}
        self.attempts = 1
        self.keeps_what_is_needed = False
        self.failed: set[str] = set()
        self.gave_up = False

    def add(self, logical_id: str, record: Record, *, policy: str | None = None, also: Iterable[Opaque] = ()) -> None:
        """Has a resource be deleted, under its own policy or another one."""
        wanted = policy or policy_of(self._stack, self._template, self._parameters, logical_id, "DeletionPolicy")
        self._candidates[logical_id] = Candidate(record, wanted, list(also))

    async def run(self) -> None:
        """Deletes what was added."""
        definitions: dict[str, Opaque] = self._template.get("Resources", {})
        order = [*definitions, *(name for name in self._candidates if name not in definitions)]
        waits_for: dict[str, set[str]] = {name: set() for name in reversed(order) if name in self._candidates}
        for name in self._candidates:
            for needed in stacks._with_dependencies([name], definitions, set(definitions)) - {name}:
                if needed in self._candidates:
                    waits_for[needed].add(name)

        async def delete_one(logical_id: str) -> None:
            if self.keeps_what_is_needed and waits_for[logical_id] & self.failed:
                return
            candidate = self._candidates[logical_id]
            await self.delete(logical_id, candidate.record, policy=candidate.policy, also=candidate.also)

        await side_by_side(waits_for, delete_one, asyncio.Event())

    async def delete(
        self, logical_id: str, record: Record, *, policy: str = "Delete", also: Iterable[Opaque] = ()
    ) -> None:
        """Deletes one resource, or what it was replaced for, if its policy lets it."""
        physical_id = record["PhysicalResourceId"]
        present = self._stack["_resources"].get(logical_id, {})
        is_current = present.get("PhysicalResourceId") == physical_id and not also
        if policy in provisioners._RETAINING_POLICIES:
            self._say(logical_id, record, "DELETE_SKIPPED", is_current=is_current)
            if is_current:
                self._stack["_resources"].pop(logical_id, None)
            return
        for _ in range(self.attempts):
            self._say(logical_id, record, "DELETE_IN_PROGRESS", is_current=is_current)
            try:
                for function, arguments, options in also:
                    function(*arguments, **options)
                if policy == "Snapshot":
                    provisioners._snapshot_resource(record["ResourceType"], physical_id, record["Properties"])
                await self._delete(logical_id, record)
            except Exception as error:
                self._say(logical_id, record, "DELETE_FAILED", str(error), is_current=is_current)
            else:
                self._say(logical_id, record, "DELETE_COMPLETE", is_current=is_current)
                if is_current:
                    gone = self._stack["_resources"].pop(logical_id, record)
                    self._stack.setdefault("_deleted", {})[logical_id] = gone
                return
        self.gave_up = True
        if is_current:
            self.failed.add(logical_id)

    async def _delete(self, logical_id: str, record: Record) -> None:
        type_, physical_id = record["ResourceType"], record["PhysicalResourceId"]
        if not physical_id or not exists(self._stack):
            return
        if type_ == NESTED_STACK:
            child = cloudformation._stacks[provisioners._nested_stack_lookup_name(physical_id)]
            await delete(child["StackName"], child["StackId"])
            if child["StackStatus"] == "DELETE_FAILED":
                raise RuntimeError(child["StackStatusReason"])
            return
        name = self._stack["StackName"]
        request = partial(provisioners._delete_resource, type_, physical_id, record["Properties"], name, logical_id)
        await call(type_, request)

    def _say(self, logical_id: str, record: Record, status: str, reason: str = "", *, is_current: bool) -> None:
        if is_current:
            say(self._stack, logical_id, status, reason)
        else:
            # What took its place under the same logical id is as it was.
            stack = self._stack
            stacks._add_event(
                stack["StackId"],
                stack["StackName"],
                logical_id,
                record["ResourceType"],
                status,
                reason,
                record["PhysicalResourceId"],
            )


async def _delete_resources_of(stack: Stack, retained: set[str], *, force: bool) -> None:
    template = stack.get("_template") or {}
    resources: dict[str, Record] = stack["_resources"]
    deletion = Deletion(stack, template, stack.get("_resolved_params", {}))
    deletion.keeps_what_is_needed = True
    if force:
        failed = in_status(stack, "DELETE_FAILED")
        retained |= stacks._with_dependencies(failed, template.get("Resources", {}), set(resources))
    for logical_id, record in resources.items():
        deletion.add(logical_id, record, policy="Retain" if logical_id in retained else None)
    await deletion.run()
    if force and deletion.failed:
        await _delete_resources_of(stack, retained, force=True)
