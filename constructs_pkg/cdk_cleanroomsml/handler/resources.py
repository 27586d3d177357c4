"""The resource types that the function serves."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from .answer import Answer, Failure
from .calls import CONNECT_SECONDS, READ_SECONDS, Calls
from .clock import Deadline
from .configured_audience_model import ConfiguredAudienceModel
from .request import Placeholder

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Client
    from .clock import Clock
    from .log import Log
    from .request import Request

TYPES = {"Custom::CleanRoomsMLConfiguredAudienceModel": ConfiguredAudienceModel}


def perform(
    request: Request, clock: Clock, log: Log, client: Callable[[], Client], *, seconds: float, account: str, seen: bool
) -> Answer:
    """Carries out a request."""
    if request.resource_type not in TYPES:
        # What was refused for its type created nothing.
        if request.type == "Delete" and Placeholder.read(request.physical_id):
            return Answer(request.physical_id)
        raise Failure(f"the resource type '{request.resource_type}' is unknown, allowed are {', '.join(TYPES)}")
    calls = Calls(client(), clock, Deadline(clock, seconds), log)
    resource = TYPES[request.resource_type](request, calls, log, account, seen=seen)
    return {"Create": resource.create, "Update": resource.update, "Delete": resource.delete}[request.type]()


@cache
def client() -> Client:
    """The client of the service; one for each execution environment."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    return boto3.client("cleanroomsml", config=config)
