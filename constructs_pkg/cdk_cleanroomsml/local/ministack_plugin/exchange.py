"""What the ASGI application, the service's handler and IAM tell each other about one request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..service.errors import NoAnswer
    from ..service.model import ServiceName

SERVICES: dict[str, ServiceName] = {"cleanrooms-ml": "cleanroomsml", "cleanrooms": "cleanrooms"}
"""The names under which clients sign, the namespaces of the IAM actions, and so ministack's keys; boto3's names."""

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Exchange:
    """A request and its answer.

    Args:
        raw_path: the path as it was sent: an ARN's slashes in it are told from the path's own.
        unanswered: why there is no answer, if so.
    """

    raw_path: str
    unanswered: NoAnswer | None = None


exchange: ContextVar[Exchange] = ContextVar("cleanrooms_ml_exchange")
"""The one that is under way."""
