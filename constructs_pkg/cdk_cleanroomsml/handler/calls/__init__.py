"""Calls of AWS: each while CloudFormation waits for it, under a policy of retries, with advice for people."""

from __future__ import annotations

from .calls import CONNECT_SECONDS, PAGE_SIZE, READ_SECONDS, Calls, Client
from .operations import (
    DELETE_POLICY,
    DESCRIBE_STACK_EVENTS,
    DESCRIBE_STACK_RESOURCE,
    DESCRIBE_STACK_RESOURCES,
    DESCRIBE_STACKS,
    GET,
    GET_POLICY,
    LIST_STACK_RESOURCES,
    LIST_TAGS,
    PUT_POLICY,
    TAG,
    UNTAG,
)
from .retry_policy import CONFLICT, INVALID, NOT_FOUND, NOT_READY, REFUSED, UNCLEAR, diagnose
from .waiting import CANCELLED, Waiting

__all__ = [
    "CANCELLED",
    "CONFLICT",
    "CONNECT_SECONDS",
    "DELETE_POLICY",
    "DESCRIBE_STACKS",
    "DESCRIBE_STACK_EVENTS",
    "DESCRIBE_STACK_RESOURCE",
    "DESCRIBE_STACK_RESOURCES",
    "GET",
    "GET_POLICY",
    "INVALID",
    "LIST_STACK_RESOURCES",
    "LIST_TAGS",
    "NOT_FOUND",
    "NOT_READY",
    "PAGE_SIZE",
    "PUT_POLICY",
    "READ_SECONDS",
    "REFUSED",
    "TAG",
    "UNCLEAR",
    "UNTAG",
    "Calls",
    "Client",
    "Waiting",
    "diagnose",
]
