"""The protocol with CloudFormation and Lambda: what is asked, what is answered, logged, and how much time there is.

The standard library only: it is there even when nothing else can be imported.
"""

from __future__ import annotations

from .answer import Answer, Failure, Put, answer_body, put_answer, send_answer
from .clock import Clock, Deadline
from .log import Log
from .memory import LIST_SECONDS, Memory
from .request import (
    ADOPTED_MARKER,
    FAILED_MARKER,
    LOGICAL_MARKER,
    LONGEST_SERVICE_TIMEOUT,
    MARKER_PREFIX,
    MARKERS,
    REQUEST_MARKER,
    SKEW_SECONDS,
    STACK_MARKER,
    Placeholder,
    Request,
    is_generated,
    is_own,
    markers,
    read_request,
    resource_digest,
    resource_name,
)

__all__ = [
    "ADOPTED_MARKER",
    "FAILED_MARKER",
    "LIST_SECONDS",
    "LOGICAL_MARKER",
    "LONGEST_SERVICE_TIMEOUT",
    "MARKERS",
    "MARKER_PREFIX",
    "REQUEST_MARKER",
    "SKEW_SECONDS",
    "STACK_MARKER",
    "Answer",
    "Clock",
    "Deadline",
    "Failure",
    "Log",
    "Memory",
    "Placeholder",
    "Put",
    "Request",
    "answer_body",
    "is_generated",
    "is_own",
    "markers",
    "put_answer",
    "read_request",
    "resource_digest",
    "resource_name",
    "send_answer",
]
