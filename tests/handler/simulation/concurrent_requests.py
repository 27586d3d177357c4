"""Many resources whose requests come at the same time, each to an execution environment of its own."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from .cloudformation import Properties, Reply, Resource

if TYPE_CHECKING:
    from .simulator import Simulator


class ConcurrentRequests:
    """Resources of one stack.

    Args:
        world: where they live.
        properties: of each of them.

    Attributes:
        wanted: the properties of each, by logical id.
        one_by_one: whether each request waits for the answer to the one before it.
        seconds: how long the last operation took, to its last answer.
        calls: its calls of the service, by operation.
    """

    def __init__(self, world: Simulator, properties: list[Properties]) -> None:
        self._world = world
        self.wanted = {f"Model{number}": each for number, each in enumerate(properties)}
        self.one_by_one = False
        self.seconds = 0.0
        self.calls: Counter[str] = Counter()

    def create(self) -> list[Reply]:
        return self._at_once("Create", self.wanted)

    def update(self, **members: Any) -> list[Reply]:
        return self._at_once("Update", {name: {**each, **members} for name, each in self.wanted.items()})

    def delete(self) -> list[Reply]:
        return self._at_once("Delete", self.wanted)

    @property
    def calls_each(self) -> float:
        return sum(self.calls.values()) / len(self.wanted)

    def _at_once(self, kind: str, wanted: dict[str, Properties]) -> list[Reply]:
        world, stack, replies = self._world, self._world.stack, list[Reply]()
        world.forget_calls()
        began = world.clock.now()

        def request(logical_id: str, properties: Properties) -> None:
            more: dict[str, Any] = {}
            if kind != "Create":
                more["PhysicalResourceId"] = stack.resources[logical_id].physical_id
            if kind == "Update":
                more["OldResourceProperties"] = stack.resources[logical_id].properties
            reply = world.cloudformation.request(kind, stack.id, logical_id, properties, **more)
            self.seconds = world.clock.now() - began
            replies.append(reply)
            if reply.succeeded and kind == "Delete":
                del stack.resources[logical_id]
            elif reply.succeeded:
                stack.resources[logical_id] = Resource(reply.physical_id, properties, reply.data)

        token = {"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:provider", "ServiceTimeout": 1200}
        requests = [partial(request, name, {**token, **each}) for name, each in wanted.items()]
        if self.one_by_one:
            for one in requests:
                one()
        else:
            world.clock.at_once(requests)
        self.wanted = wanted
        self.calls = Counter(world.operations())
        return replies
