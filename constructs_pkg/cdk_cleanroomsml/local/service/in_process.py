"""A real boto3 client that the service answers in process: real serialisation and parsing, no sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from .errors import ConnectionLost, Hang

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient
    from botocore.config import Config

    from .clean_rooms_ml import CleanRoomsML
    from .model import ServiceName

DEFAULT_ACCOUNT = "111122223333"


def attach(
    client: BaseClient, service: CleanRoomsML, *, account: str = DEFAULT_ACCOUNT, region: str | None = None
) -> None:
    """Makes a boto3 client of `cleanroomsml`, or of `cleanrooms`, talk to this service.

    A fault without an answer raises at once what a client would see on the wire: `ReadTimeoutError` for a
    hang, `ConnectionClosedError` for a lost connection; botocore's retries apply as they do there.

    Args:
        client: the client; it needs credentials, any will do.
        service: who answers.
        account: whose account the client acts for.
        region: the Region; by default the client's own.
    """
    where = region or client.meta.region_name
    name = cast("ServiceName", client.meta.service_model.service_name)

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        url = urlsplit(request.url)
        body = request.body or b""
        try:
            response = service.handle(
                request.method,
                url.path,
                parse_qs(url.query, keep_blank_values=True),
                {name: str(value) for name, value in request.headers.items()},
                body.encode() if isinstance(body, str) else bytes(body),
                account=account,
                region=where,
                service=name,
            )
        except Hang as hang:
            raise ReadTimeoutError(endpoint_url=request.url) from hang
        except ConnectionLost as lost:
            raise ConnectionClosedError(endpoint_url=request.url) from lost
        return AWSResponse(request.url, response.status, response.headers, _Stream(response.body))

    client.meta.events.register(f"before-send.{name}.*", answer)


def client(
    service: CleanRoomsML,
    name: ServiceName = "cleanroomsml",
    *,
    account: str = DEFAULT_ACCOUNT,
    region: str = "us-east-1",
    config: Config | None = None,
) -> BaseClient:
    """A new boto3 client that this service answers.

    Args:
        service: who answers.
        name: which of its two services the client is for: `cleanroomsml` or `cleanrooms`.
        account: whose account the client acts for.
        region: its Region.
        config: a botocore `Config`; by default botocore's own defaults.
    """
    made: BaseClient = boto3.client(
        name,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",  # noqa: S106 - no signature is checked
        config=config,
    )
    attach(made, service, account=account)
    return made


class _Stream:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body
