"""An account and Region as the caller's credentials see it: clients, pages, many calls at once."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ProfileNotFound

from .outcome import DISTRIBUTION, CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .screen import Screen

# boto3 makes the methods of its clients at run time.
Client = Any
Members = dict[str, Any]

AT_ONCE = 8
"""How many calls are under way at the same time."""

ATTEMPTS = 10
"""How often a call is tried that is throttled, or not answered, with botocore's growing pauses in between."""

RETRIES = {"mode": "adaptive", "total_max_attempts": ATTEMPTS}
"""Botocore's: after the first refusal all calls slow down together, to what the service takes.

In its standard mode they don't, and a call runs out of tries when hundreds are to come and a service takes eight a
second.
"""

PAGE_SIZE = 100

_PAGE_SIZES = ("maxResults",)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Account:
    """One account in one Region.

    Args:
        client: makes a client, by boto3's name for the service.
        region: the Region.
        screen: where progress is shown.
    """

    def __init__(self, client: Callable[[str], Client], region: str, screen: Screen) -> None:
        self.region = region
        self.screen = screen
        self._new_client = client
        self._clients: dict[str, Client] = {}
        self._lock = Lock()

    @cached_property
    def id(self) -> str:
        """The 12 digits of the account."""
        return str(self.call("sts", "get_caller_identity")["Account"])

    def client(self, service: str) -> Client:
        """The client of a service; one for all threads."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def call(self, service: str, operation: str, **members: object) -> Members:
        """Calls an operation, by boto3's name for it."""
        answer: Members = getattr(self.client(service), operation)(**members)
        answer.pop("ResponseMetadata", None)
        return answer

    def find(self, service: str, operation: str, **members: object) -> Members | None:
        """The same; None when what is asked for doesn't exist."""
        try:
            return self.call(service, operation, **members)
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def pages(self, service: str, operation: str, items: str, **members: object) -> Iterator[Members]:
        """The items of all pages of a List."""
        paginator = self.client(service).get_paginator(operation)
        size = (
            {"PaginationConfig": {"PageSize": PAGE_SIZE}} if _takes_page_size(self.client(service), operation) else {}
        )
        for page in paginator.paginate(**members, **size):
            yield from page[items]

    def each(self, what: str, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Does something for each item, several at a time; the results in the items' order.

        Args:
            what: what it is, for the progress line.
            do: what is done; the first exception ends all.
            items: the items.
        """
        todo = list(items)
        executor = ThreadPoolExecutor(AT_ONCE)
        try:
            with self.screen.progress(what, len(todo)) as advance:
                results = []
                for result in executor.map(do, todo):
                    results.append(result)
                    advance()
                return results
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def connect(profile: str | None, region: str | None, screen: Screen) -> Account:
    """Takes profile, Region, credentials and endpoints from where the AWS CLI takes them.

    Raises:
        CommandError: there is no such profile, or no Region is named anywhere, or it isn't written as one.
    """
    try:
        # boto3 knows AWS_DEFAULT_REGION only, the AWS CLI both.
        session = boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
    except ProfileNotFound as error:
        raise CommandError(f"{error}: name one of those that `aws configure list-profiles` shows") from error
    if session.region_name is None:
        raise CommandError("no Region is named: give --region, set AWS_REGION, or configure one for the profile")
    # Its form only: there may be Regions that boto3 doesn't know yet.
    if not re.fullmatch(r"[a-z]+(-[a-z]+)+-[0-9]+", session.region_name):
        raise CommandError(f"a Region is written as us-east-1 is, got {session.region_name!r}")
    config = Config(
        retries=RETRIES,
        max_pool_connections=AT_ONCE,
        user_agent_extra=DISTRIBUTION,
    )

    def client(service: str) -> Client:
        try:
            return session.client(service, config=config)
        except ValueError as error:
            raise CommandError(
                f"{error}: AWS_ENDPOINT_URL, or endpoint_url of the profile, begins with https://"
            ) from error

    return Account(client, str(session.region_name), screen)


def code_of(error: ClientError) -> str:
    """The service's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Whether an error says that something doesn't exist. CloudFormation has no code of its own for that."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    return code_of(error) in _MISSING or (code_of(error) == "ValidationError" and "does not exist" in message)


def is_denied(error: ClientError) -> bool:
    """Whether an error says that the caller may not ask."""
    return code_of(error) in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


_MISSING = ("EntityNotFoundException", "NoSuchBucket", "NoSuchEntity", "NotFoundException", "ResourceNotFoundException")


def _takes_page_size(client: Client, operation: str) -> bool:
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    return shape is not None and any(member in shape.members for member in _PAGE_SIZES)
