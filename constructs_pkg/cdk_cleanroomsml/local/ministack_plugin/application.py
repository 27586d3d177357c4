"""Clean Rooms ML, and Clean Rooms, as services of ministack: routing, IAM, reset, administration.

This file and its neighbours `ministack_*.py` are all that know ministack's inside, hence the exact pin.
"""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import ministack.app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.core.concurrency import run_reentrant

from ..service import CleanRoomsML, Response, ServiceError, admin
from ..service.errors import Hang, NoAnswer
from ..service.model import ServiceName, find_operation
from .objects import MinistackObjects

SERVICES: dict[str, ServiceName] = {"cleanrooms-ml": "cleanroomsml", "cleanrooms": "cleanrooms"}
"""The names under which clients sign, the namespaces of the IAM actions, and so ministack's keys; boto3's names."""

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
        service: what answers; its jobs read and write in ministack's buckets from now on.

    Returns:
        The ASGI application to serve: ministack's, with the service and its administration.
    """
    service.objects = MinistackObjects()
    handlers: dict[str, Theirs] = ministack.app.SERVICE_HANDLERS
    for key, name in SERVICES.items():
        handlers[key] = _handler(service, name)
        router.SERVICE_PATTERNS[key] = {"host_patterns": [rf"^{key}\."], "credential_scope": key}
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
            # What the clock sets off may call this server, and so may jobs, below.
            await _send_response(send, await run_reentrant(admin.serve, service, scope["method"], path, body))
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


def _handler(service: CleanRoomsML, name: ServiceName) -> Callable[..., Awaitable[Answer]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> Answer:
        del path  # decoded: an ARN's slashes are no longer told from the path's own
        exchange = _exchange.get()
        try:
            serve = partial(
                service.handle,
                account=responses.get_account_id(),
                region=responses.get_region(),
                authorize=partial(_authorize, headers, query_params),
                service=name,
            )
            response = await run_reentrant(serve, method, exchange.raw_path, query_params, headers, body)
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
    "StartAudienceExportJob": "audienceGenerationJobArn",
    "StartAudienceGenerationJob": "configuredAudienceModelArn",
}


def _install_iam() -> None:
    """Teaches ministack's IAM which action a request is, on which resource, and how to word a refusal."""
    for key, name in SERVICES.items():
        iam_actions.SERVICE_TO_IAM_NAMESPACE[key] = key
        # From here it learns which operations carry tags, for aws:RequestTag and aws:TagKeys.
        iam_actions._BOTOCORE_SERVICE_MAP[key] = [name]
    _override("extract_iam_action", lambda service, method, *_: f"{service}:{_operation(service, method)[0]}")
    _override("extract_resource_arn", _resource)
    iam_actions.request_tag_context = partial(_request_context, iam_actions.request_tag_context)
    access_denied_response = iam_actions.access_denied_response

    def access_denied(service: str, action: str, principal: str, request_id: str, **details: Theirs) -> Answer:
        if service in SERVICES and not details.get("message"):
            explicit = details.get("explicit_deny", False)
            resource = details.get("resource_arn", "*")
            details["message"] = iam_actions.identity_denial_message(action, principal, resource, explicit)
        response: Answer = access_denied_response(service, action, principal, request_id, **details)
        return response

    iam_actions.access_denied_response = access_denied


def _override(name: str, ours: Callable[..., str]) -> None:
    """Has one of ministack's functions of a request answer for these services by `ours`."""
    theirs = getattr(iam_actions, name)

    def either(service: str, *request: Theirs) -> Theirs:
        return (ours if service in SERVICES else theirs)(service, *request)

    setattr(iam_actions, name, either)


def _operation(service: str, method: str) -> tuple[str, dict[str, str]]:
    return find_operation(method, _exchange.get().raw_path, SERVICES[service]) or ("Unknown", {})


def _resource(service: str, method: str, path: str, headers: dict[str, str], body: bytes, *_: object) -> str:
    del path, headers
    operation, labels = _operation(service, method)
    if operation in _RESOURCE_IN_BODY:
        return str(iam_actions._safe_json_field(body, _RESOURCE_IN_BODY[operation]) or "*")
    if "resourceArn" in labels or service == "cleanrooms-ml":
        return next(iter(labels.values()), "*")
    return _clean_rooms_resource(labels)


def _clean_rooms_resource(labels: dict[str, str]) -> str:
    """The ARN of what the labels of a path identify; everything is taken for the caller's own."""
    parts = [
        f"{kind}/{labels[label]}"
        for kind, label in (
            ("collaboration", "collaborationIdentifier"),
            ("membership", "membershipIdentifier"),
            ("configuredaudiencemodelassociation", "configuredAudienceModelAssociationIdentifier"),
        )
        if label in labels
    ]
    where = f"{responses.get_region()}:{responses.get_account_id()}"
    return f"arn:aws:cleanrooms:{where}:{'/'.join(parts)}" if parts else "*"


def _request_context(theirs: Callable[..., Theirs], service: str, action: str, body: bytes, params: Theirs) -> Theirs:
    """The condition keys of a request; ministack's own are those of tags."""
    context: dict[str, Theirs] = theirs(service, action, body, params)
    if action == "cleanrooms-ml:StartAudienceGenerationJob":
        collaboration: str | None = iam_actions._safe_json_field(body, "collaborationId")
        context |= {"cleanrooms-ml:CollaborationId": collaboration} if collaboration else {}
    if service == "kms":
        named: Theirs = iam_actions._safe_json_field(body, "EncryptionContext") or {}
        context |= {f"kms:EncryptionContext:{name}": value for name, value in named.items()}
    return context


def _authorize(
    headers: dict[str, str],
    query: dict[str, list[str]],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
) -> None:
    """Checks one more action of the caller of this request, when ministack checks any."""
    if not ministack.app.AUTH:
        return
    if action == "iam:PassRole" and resource.split(":")[4] != responses.get_account_id():
        raise ServiceError("AccessDeniedException", "Cross-account pass role is not allowed.")
    denied = iam_evaluator.enforce(
        router.extract_access_key_id(headers, query),
        action,
        action.partition(":")[0],
        responses.get_region(),
        resource_arn=resource,
        service_context=dict(context or {}),
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
