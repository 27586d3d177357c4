"""A stack of ministack's CloudFormation: what it says, and steps that are taken side by side."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from ministack.core import responses
from ministack.core.concurrency import run_reentrant
from ministack.services import cloudformation
from ministack.services.cloudformation import engine, stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

NESTED_STACK = "AWS::CloudFormation::Stack"

Opaque = Any
"""A value of ministack's that only passes through."""

Stack = dict[str, Any]
Record = dict[str, Any]
"""What a stack knows of one of its resources."""


class Operation(Protocol):
    """A creation or an update of a stack, as far as a deletion has to do with it."""

    deleted: bool
    over: asyncio.Event

    def stop(self) -> None:
        """Cancels what is in progress."""


operations: dict[str, Opaque] = {}
"""The last operation of each stack, by its id."""


def say(stack: Stack, logical_id: str, status: str, reason: str = "") -> None:
    """Writes an event of a resource, and into the resource's record, which is what DescribeStackResource tells."""
    record = stack["_resources"][logical_id]
    record.update(ResourceStatus=status, ResourceStatusReason=reason, Timestamp=responses.now_iso())
    stacks._add_event(
        stack["StackId"],
        stack["StackName"],
        logical_id,
        record["ResourceType"],
        status,
        reason,
        record["PhysicalResourceId"],
    )


def say_of_stack(stack: Stack, status: str, reason: str = "") -> None:
    """Writes an event of the stack itself."""
    stacks._add_event(
        stack["StackId"], stack["StackName"], stack["StackName"], NESTED_STACK, status, reason, stack["StackId"]
    )


def set_status(stack: Stack, status: str, reason: str = "") -> None:
    """Has a stack be in a status, and tell so."""
    say_of_stack(stack, status, reason)
    stack.update(StackStatus=status, StackStatusReason=reason)


def exists(stack: Stack) -> bool:
    """Whether a stack has survived a reset of the engine."""
    return cloudformation._stacks.get(stack["StackName"]) is stack


def in_status(stack: Stack, status: str) -> list[str]:
    """The logical ids of the resources that are in a status."""
    return [name for name, each in stack["_resources"].items() if each["ResourceStatus"] == status]


def policy_of(stack: Stack, template: Opaque, parameters: Opaque, logical_id: str, attribute: str) -> str:
    """A resource's DeletionPolicy or UpdateReplacePolicy."""
    policy: str = stacks._resource_policy(
        template.get("Resources", {}).get(logical_id),
        attribute,
        stack["_resources"],
        parameters,
        engine._evaluate_conditions(template, parameters),
        template.get("Mappings", {}),
        stack["StackName"],
        stack["StackId"],
    )
    return policy


async def side_by_side(
    needs: Mapping[str, set[str]], step: Callable[[str], Coroutine[Any, Any, None]], stopped: asyncio.Event
) -> None:
    """Takes each step as soon as those are taken that it needs, until all are, or until it is stopped.

    What is ready at one time begins in the order given. Nobody waits for what is still running when it is stopped.
    """
    waiting = dict(needs)
    running: dict[asyncio.Future[Any], str] = {}
    done: set[str] = set()
    stop: asyncio.Future[Any] = asyncio.ensure_future(stopped.wait())
    try:
        while not stopped.is_set():
            for name in [name for name, needed in waiting.items() if needed <= done]:
                del waiting[name]
                running[asyncio.ensure_future(step(name))] = name
            if not running:
                return
            finished, _ = await asyncio.wait({*running, stop}, return_when=asyncio.FIRST_COMPLETED)
            for each in finished - {stop}:
                done.add(running.pop(each))
                each.result()
    finally:
        stop.cancel()


async def call(type_: str, call: Callable[[], Opaque]) -> Opaque:
    """Calls what creates, updates or deletes a resource: on a thread of its own if it may have to wait."""
    return await run_reentrant(call) if stacks._runs_on_worker_thread(type_) else call()
