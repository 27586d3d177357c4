"""The ends of an operation: what was replaced is cleaned up, or what was done is undone.

A roll-back sends back what was updated in place, in the order of an update to the previous template, then deletes what
is new; what couldn't be sent back waits for ContinueUpdateRollback.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from ministack.services.cloudformation import engine, provisioners, stacks

from ..custom_resources import requests
from ._stack import (
    Stack,
    call,
    exists,
    say,
    set_status,
    side_by_side,
)
from .apply import Application
from .deletion import CLEAN_UP_ATTEMPTS, Deletion
from .exports import set_exports
from .nested_stack import RESTORED

if TYPE_CHECKING:
    from ._change import Change


class StackOperation(Application):
    """The creation or the update of one stack: `apply`, and then either `clean_up` or `roll_back`."""

    async def clean_up(self) -> None:
        """Deletes what was replaced and what left the template; the operation has succeeded already."""
        stack, previous = self.stack, self._previous
        stack.update(_template=self._template, _resolved_params=self._parameters, Outputs=self._outputs)
        set_exports(stack, self._outputs)
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
            await self._roll_back_create(reason or f"{self.reason.rstrip('. ')}. Rollback requested by user.")
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
        may_have_changed = change.made or (requests.is_custom(change.type) and change.asked)
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
