"""Clean Rooms ML as a service in memory, driven by botocore's service model; it knows no engine."""

from .clean_rooms_ml import Call, CleanRoomsML
from .context import Caller
from .errors import ServiceError
from .faults import Fault, Faults, RolePropagation
from .in_process import attach, client
from .objects import ObjectsInMemory
from .responses import Response
from .switches import Switches, positions, surprised

__all__ = [
    "Call",
    "Caller",
    "CleanRoomsML",
    "Fault",
    "Faults",
    "ObjectsInMemory",
    "Response",
    "RolePropagation",
    "ServiceError",
    "Switches",
    "attach",
    "client",
    "positions",
    "surprised",
]
