"""Every answer that a test of the service gets is held to botocore's model of its operation."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from cdk_cleanroomsml.local.service import CleanRoomsML, Faults, Switches
from cdk_cleanroomsml.local.service.model import find_operation

from ..conformance import problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

NOT_SERVED = "NotImplemented"
ANY = ["is none of its errors"]


@cache
def operation_model(service: str, name: str) -> OperationModel:
    return _model(service).operation_model(name)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@pytest.fixture(autouse=True)
def conforming(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test in which an answer isn't as the model says."""
    found: list[str] = []
    handle = CleanRoomsML.handle

    def watched(self: CleanRoomsML, method: str, path: str, *rest: Any, **where: Any) -> Any:
        as_told = self.faults != Faults() or self.switches != Switches()
        response = handle(self, method, path, *rest, **where)
        service = where.get("service", "cleanroomsml")
        route = find_operation(method, path, service)
        if route:
            answer = {"status_code": response.status, "headers": response.headers, "body": response.body}
            told = problems(operation_model(service, route[0]), answer)
            # What isn't served says so; and a test may have it say anything.
            known = [f"{NOT_SERVED} is none of its errors", *([] if not as_told else ANY)]
            found.extend(f"{route[0]}: {each}" for each in told if not each.endswith(tuple(known)))
        return response

    monkeypatch.setattr(CleanRoomsML, "handle", watched)
    yield
    assert found == []
