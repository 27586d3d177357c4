"""Switches, faults, calls and seeds over HTTP, as JSON.

GET          /state             what it holds, in all accounts
GET, DELETE  /calls             what the service saw
GET, PATCH   /switches          its unknowns
GET, PATCH   /faults            what goes wrong; PATCH sets the members that it names, whole
POST         /clock             {"seconds": 60}: turns its clock forward
POST         /rest              {"seconds": 60}: waits until nothing is under way any more, so long at most
POST         /deliveries        {"request_type": "Create", "logical_id": …}: CloudFormation's request once more
POST         /audience-models   {"arn": …, "status": "ACTIVE"}: an audience model with this ARN
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from .faults import Fault, Faults, RolePropagation, unknown
from .responses import Response
from .state import state
from .switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clean_rooms_ml import CleanRoomsML


Json = Any
"""Whatever a JSON document holds."""


def serve(service: CleanRoomsML, method: str, path: str, body: bytes) -> Response:
    """Serves one request to the service's own administration.

    Args:
        service: whose.
        method: the HTTP method.
        path: the path below the administration's own, such as `/calls`.
        body: a JSON document, or nothing.

    Returns:
        200 with a JSON document; 400 with `{"message": …}` for a request that makes no sense, 404 for no such path.
    """
    route = _ROUTES.get((method, path))
    if route is None:
        known = ", ".join(" ".join(each) for each in _ROUTES)
        return _answer(404, {"message": f"no {method} {path}; there are: {known}"})
    try:
        return _answer(200, route(service, json.loads(body or b"{}")))
    except (TypeError, ValueError) as error:
        return _answer(400, {"message": str(error)})


def _state(service: CleanRoomsML, _: Json) -> object:
    return state(service)


def _calls(service: CleanRoomsML, _: Json) -> object:
    return [asdict(call) for call in service.calls]


def _forget_calls(service: CleanRoomsML, _: Json) -> object:
    service.calls.clear()
    return {}


def _switches(service: CleanRoomsML, _: Json) -> object:
    return asdict(service.switches)


def _set_switches(service: CleanRoomsML, document: dict[str, Json]) -> object:
    _check_names(document, Switches)
    checked = replace(service.switches, **document)
    for name in document:
        setattr(service.switches, name, getattr(checked, name))
    return asdict(service.switches)


def _faults(service: CleanRoomsML, _: Json) -> object:
    return asdict(service.faults)


def _set_faults(service: CleanRoomsML, document: dict[str, Json]) -> object:
    _check_names(document, Faults)
    members = dict(document)
    if "queue" in members:
        members["queue"] = [Fault(**fault) for fault in members["queue"]]
    if "role_propagation" in members:
        members["role_propagation"] = RolePropagation(**members["role_propagation"])
    for name, value in members.items():
        setattr(service.faults, name, value)
    return asdict(service.faults)


def _advance(service: CleanRoomsML, document: dict[str, Json]) -> object:
    service.advance(**document)
    return {"now": service.now()}


def _settle(service: CleanRoomsML, document: dict[str, Json]) -> object:
    service.settle(**document)
    return {}


def _redeliver(service: CleanRoomsML, document: dict[str, Json]) -> object:
    if service.redeliver is None:
        raise ValueError("only the engine has requests of CloudFormation")
    service.redeliver(**document)
    return document


def _seed(service: CleanRoomsML, document: dict[str, Json]) -> object:
    service.seed_audience_model(**document)
    return document


def _check_names(document: dict[str, Json], kind: type[Switches | Faults]) -> None:
    allowed = [field.name for field in fields(kind)]
    what = {Switches: "switch", Faults: "member of the faults"}[kind]
    if problems := [problem for name in document for problem in unknown(what, name, allowed)]:
        raise ValueError("; ".join(problems))


def _answer(status: int, document: object) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(document, default=str).encode())


_ROUTES: dict[tuple[str, str], Callable[[CleanRoomsML, Json], object]] = {
    ("GET", "/state"): _state,
    ("GET", "/calls"): _calls,
    ("DELETE", "/calls"): _forget_calls,
    ("GET", "/switches"): _switches,
    ("PATCH", "/switches"): _set_switches,
    ("GET", "/faults"): _faults,
    ("PATCH", "/faults"): _set_faults,
    ("POST", "/clock"): _advance,
    ("POST", "/rest"): _settle,
    ("POST", "/deliveries"): _redeliver,
    ("POST", "/audience-models"): _seed,
}
