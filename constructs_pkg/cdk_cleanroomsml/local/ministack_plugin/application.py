"""Clean Rooms ML, and Clean Rooms, as services of ministack: routing, reset, administration."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ministack.app
from ministack.core import responses, router
from ministack.core.concurrency import run_reentrant

from ..service import CleanRoomsML, Response, admin
from ..service.errors import Hang, NoAnswer
from . import iam, iam_propagation
from .exchange import SERVICES, Answer, Exchange, exchange
from .objects import MinistackObjects

if TYPE_CHECKING:
    from ..service.model import ServiceName

ADMIN_PATH = "/_cleanroomsml"

Opaque = Any
"""A value of ministack's that only passes through."""

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def install(service: CleanRoomsML) -> App:
    """Adds the service to ministack.

    Args:
        service: what answers; its jobs read and write in ministack's buckets from now on.

    Returns:
        The ASGI application to serve: ministack's, with the service and its administration.
    """
    service.objects = MinistackObjects()
    handlers: dict[str, Opaque] = ministack.app.SERVICE_HANDLERS
    for key, name in SERVICES.items():
        handlers[key] = _handler(service, name)
        router.SERVICE_PATTERNS[key] = {"host_patterns": [rf"^{key}\."], "credential_scope": key}
    iam.install(service)
    iam_propagation.install(service)
    _install_reset(service)
    return _application(service)


def _application(service: CleanRoomsML) -> App:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await ministack.app.app(scope, receive, send)
        elif scope["path"].startswith(f"{ADMIN_PATH}/"):
            body = await _body(receive)
            path = scope["path"].removeprefix(ADMIN_PATH)
            # What the clock sets off may call this server, and so may jobs, below.
            await _send_response(send, await run_reentrant(admin.serve, service, scope["method"], path, body))
        else:
            await _exchange_with_ministack(scope, receive, send)

    return application


async def _exchange_with_ministack(scope: Scope, receive: Receive, send: Send) -> None:
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    under_way = Exchange(raw_path.decode("ascii"))
    exchange.set(under_way)

    async def send_answer(message: Message) -> None:
        if under_way.unanswered is None:
            await send(message)

    await ministack.app.app(scope, receive, send_answer)
    if under_way.unanswered is not None:
        await _break_off(under_way.unanswered, receive, send)


async def _break_off(reason: NoAnswer, receive: Receive, send: Send) -> None:
    if isinstance(reason, Hang):
        await asyncio.wait([asyncio.ensure_future(_disconnect(receive))], timeout=reason.seconds)
    # An answer that promises a byte and ends without it: the server closes the connection.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _handler(service: CleanRoomsML, name: ServiceName) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> Answer:
        del path  # decoded: an ARN's slashes are no longer told from the path's own
        under_way = exchange.get()
        try:
            serve = partial(
                service.handle,
                account=responses.get_account_id(),
                region=responses.get_region(),
                authorize=partial(iam.authorize, headers, query_params),
                caller=iam.caller(headers, query_params),
                service=name,
            )
            response = await run_reentrant(serve, method, under_way.raw_path, query_params, headers, body)
        except NoAnswer as reason:
            under_way.unanswered = reason
            return 503, {}, b""
        return response.status, response.headers, response.body

    return handle_request


def _install_reset(service: CleanRoomsML) -> None:
    reset_all = ministack.app._reset_all_state

    def reset_all_and_service() -> None:
        reset_all()
        service.reset()

    ministack.app._reset_all_state = reset_all_and_service


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send_response(send: Send, response: Response) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
