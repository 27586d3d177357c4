"""The resource types that the function serves."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from .calls import CONNECT_SECONDS, READ_SECONDS, Calls, Waiting
from .protocol import Answer, Deadline, Failure, Placeholder
from .reconciliation import Resource
from .resource_types import (
    AudienceModel,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Client
    from .protocol import Clock, Log, Memory, Request

LOOK_SECONDS = 2, 3
"""How long a look at the stack may take, to connect and to read: without one the request goes on."""

TYPES: dict[str, type[Resource | ConfiguredAudienceModelPolicy]] = {
    "Custom::CleanRoomsConfiguredAudienceModelAssociation": ConfiguredAudienceModelAssociation,
    "Custom::CleanRoomsMLAudienceModel": AudienceModel,
    "Custom::CleanRoomsMLConfiguredAudienceModel": ConfiguredAudienceModel,
    "Custom::CleanRoomsMLConfiguredAudienceModelPolicy": ConfiguredAudienceModelPolicy,
}


def perform(
    request: Request,
    clock: Clock,
    log: Log,
    client: Callable[[str], Client],
    memory: Memory,
    *,
    seconds: float,
    account: str,
    seen: bool,
) -> Answer:
    """Carries out a request."""
    if request.resource_type not in TYPES:
        # What was refused for its type created nothing.
        if request.type == "Delete" and Placeholder.read(request.physical_id):
            return Answer(request.physical_id)
        raise Failure(f"the resource type '{request.resource_type}' is unknown, allowed are {', '.join(TYPES)}")
    type_ = TYPES[request.resource_type]
    waiting = Waiting(request, clock, lambda **of: client("cloudformation").describe_stack_resource(**of), log)
    if seen:
        waiting.doubt()
    calls = Calls(client, type_.service, clock, Deadline(clock, seconds), log, memory, waiting)
    resource = type_(request, calls, log, account, seen=seen)
    if request.type != "Delete" and waiting.is_over():
        if request.type == "Update" and isinstance(resource, Resource):
            resource.take_back_replacement()
        waiting.check()
    return {"Create": resource.create, "Update": resource.update, "Delete": resource.delete}[request.type]()


@cache
def client(service: str = "cleanroomsml") -> Client:
    """The client of a service, by boto3's name for it; one for each execution environment."""
    connect, read = LOOK_SECONDS if service == "cloudformation" else (CONNECT_SECONDS, READ_SECONDS)
    config = Config(
        connect_timeout=connect,
        read_timeout=read,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return boto3.client(service, config=config)
