"""Clean Rooms ML as one more service of ministack: routing, IAM, reset, administration.

This file and `ministack_cloudformation.py` are all that know ministack's inside, hence the exact pin.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import ministack.app
from ministack.core import iam_actions, iam_evaluator, responses, router

from .service import CleanRoomsML, Response, ServiceError, admin
from .service.errors import Hang, NoAnswer
from .service.model import find_operation

SERVICE = "cleanrooms-ml"
"""The name under which clients sign, the namespace of the IAM actions, and so ministack's key."""

ADMIN_PATH = "/_cleanroomsml"

Theirs = Any
"""A value of ministack's that only passes through."""

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class _Exchange:
    """What the ASGI application and the service's handler tell each other about one request."""

    raw_path: str
    unanswered: NoAnswer | None = None


_exchange: ContextVar[_Exchange] = ContextVar("cleanrooms_ml_exchange")


def install(service: CleanRoomsML) -> App:
    """Adds the service to ministack.

    Args:
        service: what answers.

    Returns:
        The ASGI application to serve: ministack's, with the service and its administration.
    """
    handlers: dict[str, Theirs] = ministack.app.SERVICE_HANDLERS
    handlers[SERVICE] = _handler(service)
    router.SERVICE_PATTERNS[SERVICE] = {"host_patterns": [r"cleanrooms-ml\."], "credential_scope": SERVICE}
    _install_iam()
    _install_secure_transport()
    _install_reset(service)
    return _application(service)


def _application(service: CleanRoomsML) -> App:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await ministack.app.app(scope, receive, send)
        elif scope["path"].startswith(f"{ADMIN_PATH}/"):
            body = await _body(receive)
            path = scope["path"].removeprefix(ADMIN_PATH)
            await _send_response(send, admin.serve(service, scope["method"], path, body))
        else:
            await _exchange_with_ministack(scope, receive, send)

    return application


async def _exchange_with_ministack(scope: Scope, receive: Receive, send: Send) -> None:
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    exchange = _Exchange(raw_path.decode("ascii"))
    _exchange.set(exchange)

    async def send_answer(message: Message) -> None:
        if exchange.unanswered is None:
            await send(message)

    await ministack.app.app(scope, receive, send_answer)
    if exchange.unanswered is not None:
        await _break_off(exchange.unanswered, receive, send)


async def _break_off(reason: NoAnswer, receive: Receive, send: Send) -> None:
    if isinstance(reason, Hang):
        await asyncio.wait([asyncio.ensure_future(_disconnect(receive))], timeout=reason.seconds)
    # An answer that promises a byte and ends without it: the server closes the connection.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _handler(service: CleanRoomsML) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> Answer:
        del path  # decoded: an ARN's slashes are no longer told from the path's own
        exchange = _exchange.get()
        try:
            response = await asyncio.to_thread(
                service.handle,
                method,
                exchange.raw_path,
                query_params,
                headers,
                body,
                account=responses.get_account_id(),
                region=responses.get_region(),
                authorize=partial(_authorize, headers, query_params),
            )
        except NoAnswer as reason:
            exchange.unanswered = reason
            return 503, {}, b""
        return response.status, response.headers, response.body

    return handle_request


def _install_secure_transport() -> None:
    """Counts loopback as TLS: the CDK's own bootstrap bucket, like any good one, refuses everything else."""
    pin_request_origin = ministack.app.pin_request_origin
    ministack.app.pin_request_origin = lambda source_ip, _: pin_request_origin(source_ip, True)


def _install_reset(service: CleanRoomsML) -> None:
    reset_all = ministack.app._reset_all_state

    def reset_all_and_service() -> None:
        reset_all()
        service.reset()

    ministack.app._reset_all_state = reset_all_and_service


# The operations that IAM authorises on a resource that the body names (Service Authorization Reference).
_RESOURCE_IN_BODY = {
    "CreateConfiguredAudienceModel": "audienceModelArn",
    "CreateAudienceModel": "trainingDatasetArn",
}


def _install_iam() -> None:
    """Teaches ministack's IAM which action a request is, on which resource, and how to word a refusal."""
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    # From here it learns which operations carry tags, for aws:RequestTag and aws:TagKeys.
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = ["cleanroomsml"]
    _override("extract_iam_action", lambda method, *_: f"{SERVICE}:{_operation(method)[0]}")
    _override("extract_resource_arn", _resource)
    access_denied_response = iam_actions.access_denied_response

    def access_denied(service: str, action: str, principal: str, request_id: str, **details: Theirs) -> Answer:
        if service == SERVICE and not details.get("message"):
            explicit = details.get("explicit_deny", False)
            resource = details.get("resource_arn", "*")
            details["message"] = iam_actions.identity_denial_message(action, principal, resource, explicit)
        response: Answer = access_denied_response(service, action, principal, request_id, **details)
        return response

    iam_actions.access_denied_response = access_denied


def _override(name: str, ours: Callable[..., str]) -> None:
    """Has one of ministack's functions of a request answer for this service by `ours`."""
    theirs = getattr(iam_actions, name)

    def either(service: str, *request: Theirs) -> Theirs:
        return ours(*request) if service == SERVICE else theirs(service, *request)

    setattr(iam_actions, name, either)


def _operation(method: str) -> tuple[str, dict[str, str]]:
    return find_operation(method, _exchange.get().raw_path) or ("Unknown", {})


def _resource(method: str, path: str, headers: dict[str, str], body: bytes, *_: object) -> str:
    del path, headers
    operation, labels = _operation(method)
    if operation in _RESOURCE_IN_BODY:
        return str(iam_actions._safe_json_field(body, _RESOURCE_IN_BODY[operation]) or "*")
    return next(iter(labels.values()), "*")


def _authorize(headers: dict[str, str], query: dict[str, list[str]], action: str, resource: str) -> None:
    """Checks one more action of the caller of this request, when ministack checks any."""
    if not ministack.app.AUTH:
        return
    context = {}
    if action == "iam:PassRole":
        context = {"iam:PassedToService": f"{SERVICE}.amazonaws.com"}
        if resource.split(":")[4] != responses.get_account_id():
            raise ServiceError("AccessDeniedException", "Cross-account pass role is not allowed.")
    denied = iam_evaluator.enforce(
        router.extract_access_key_id(headers, query),
        action,
        SERVICE,
        responses.get_region(),
        resource_arn=resource,
        service_context=context,
    )
    if isinstance(denied, iam_evaluator.AuthError):
        raise ServiceError("AccessDeniedException", denied.message)
    if denied:
        explicit = denied.decision == "Deny"
        message = iam_actions.identity_denial_message(action, denied.principal_arn, resource, explicit)
        raise ServiceError("AccessDeniedException", message)


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
