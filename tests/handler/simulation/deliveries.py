"""A request as CloudFormation sends it, delivered as often as a test wants to, and what was answered."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from .cloudformation import SERVICE_TIMEOUT
from .resource_types import MINIMAL

if TYPE_CHECKING:
    from .simulator import Simulator


def create_event(world: Simulator, **properties: Any) -> dict[str, Any]:
    token = {"ServiceToken": "arn:aws:lambda:…", "ServiceTimeout": SERVICE_TIMEOUT}
    return world.cloudformation.event("Create", world.stack.id, "Model", {**MINIMAL, **token, **properties})


def answers(world: Simulator, event: dict[str, Any]) -> list[dict[str, Any]]:
    return next(pending.answers for pending in world.cloudformation.pending.values() if pending.event is event)


def deliver(world: Simulator, event: dict[str, Any]) -> None:
    world.function.deliver(deepcopy(event))
