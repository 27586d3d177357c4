"""The local service on the wire: routes, errors, what a client gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import Fault

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import CleanRoomsML, Response


pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")


def errors(name: str) -> dict[str, int]:
    shapes = Loader().load_service_model(name, "service-2")["shapes"]
    return {each: shape["error"]["httpStatusCode"] for each, shape in shapes.items() if shape.get("exception")}


def send(service: CleanRoomsML, method: str, path: str, body: Any = None) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return service.handle(method, path, {}, {}, raw, account="111122223333", region="us-east-1")


def test_an_arn_is_one_encoded_segment_of_the_path(service: CleanRoomsML, audience_model: str) -> None:
    assert send(service, "GET", f"/audience-model/{quote(audience_model, safe='')}").status == 200
    assert send(service, "GET", f"/audience-model/{audience_model}").status == 404


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/audience-model"), ("GET", "/audience-models")])
def test_no_such_route(service: CleanRoomsML, method: str, path: str) -> None:
    response = send(service, method, path)
    assert (response.status, response.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")
    assert f"{method} {path}" in json.loads(response.body)["message"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b'"text"'])
def test_a_body_that_is_no_json_object(service: CleanRoomsML, body: bytes) -> None:
    response = send(service, "POST", "/configured-audience-model", body)
    assert (response.status, response.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert "the request body is not" in json.loads(response.body)["message"]


@pytest.mark.parametrize(("code", "status"), errors("cleanroomsml").items())
def test_an_error_has_the_status_of_its_shape(service: CleanRoomsML, ml: Any, code: str, status: int) -> None:
    service.faults.add(Fault("ListAudienceModels", error=code, message="told so"))
    with pytest.raises(getattr(ml.exceptions, code)) as caught:
        ml.list_audience_models()
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["Error"]["Message"] == "told so"
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("code", "status"), [*errors("cleanrooms").items(), ("InternalServiceException", 500), ("ServiceUnavailable", 503)]
)
def test_an_error_of_clean_rooms(service: CleanRoomsML, rooms: Any, code: str, status: int) -> None:
    service.faults.add(Fault("ListCollaborations", error=code))
    with pytest.raises(rooms.exceptions.ClientError, match=code) as caught:
        rooms.list_collaborations()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_the_code_is_in_the_header_and_in_the_body(service: CleanRoomsML) -> None:
    response = send(service, "POST", "/configured-audience-model")
    assert response.headers["x-amzn-errortype"] == json.loads(response.body)["__type"] == "ValidationException"


def test_an_error_that_the_model_does_not_know_is_the_clients(service: CleanRoomsML, ml: Any) -> None:
    service.faults.add(Fault("ListAudienceModels", error="ExpiredTokenException"))
    with pytest.raises(ml.exceptions.ClientError, match="ExpiredTokenException") as caught:
        ml.list_audience_models()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_timestamps_are_iso_8601(service: CleanRoomsML, audience_model: str) -> None:
    response = send(service, "GET", f"/audience-model/{quote(audience_model, safe='')}")
    assert json.loads(response.body)["createTime"] == "2024-05-01T00:00:00.000Z"


def test_timestamps_of_clean_rooms_are_seconds(service: CleanRoomsML, collaboration: str) -> None:
    path = f"/collaborations/{collaboration}"
    response = service.handle(
        "GET", path, {}, {}, b"", account="111122223333", region="us-east-1", service="cleanrooms"
    )
    assert json.loads(response.body)["collaboration"]["createTime"] == 1714521600


def test_null_is_absent(service: CleanRoomsML, request_: dict[str, Any]) -> None:
    assert send(service, "POST", "/configured-audience-model", request_ | {"description": None}).status == 200
    response = send(service, "POST", "/configured-audience-model", request_ | {"name": None})
    assert "Value null at 'name'" in json.loads(response.body)["message"]


def test_a_timestamp_that_is_none(service: CleanRoomsML) -> None:
    body = {"name": "x", "trainingDatasetArn": "x", "trainingDataStartTime": "yesterday"}
    response = send(service, "POST", "/audience-model", body)
    assert "Member must be a timestamp in ISO 8601" in json.loads(response.body)["message"]


@pytest.mark.parametrize("size", ["ten", "1.5", ""])
def test_a_query_parameter_that_is_no_number(service: CleanRoomsML, size: str) -> None:
    response = service.handle(
        "GET", "/audience-model", {"maxResults": [size]}, {}, b"", account="111122223333", region="us-east-1"
    )
    assert "at 'maxResults' failed to satisfy constraint: Member must be of type integer" in response.body.decode()


def test_calls_are_recorded(service: CleanRoomsML, ml: Any, request_: dict[str, Any], audience_model: str) -> None:
    arn = ml.create_configured_audience_model(**request_, tags={"a": "1"})["configuredAudienceModelArn"]
    ml.tag_resource(resourceArn=arn, tags={"b": "2"})
    with pytest.raises(ml.exceptions.ConflictException):
        ml.delete_audience_model(audienceModelArn=audience_model)
    ml.list_configured_audience_models(maxResults=5)
    seen = [(call.operation, call.outcome, call.is_write, call.took_effect) for call in service.calls]
    assert seen == [
        ("CreateConfiguredAudienceModel", "ok", True, True),
        ("TagResource", "ok", True, True),
        ("DeleteAudienceModel", "ConflictException", True, False),
        ("ListConfiguredAudienceModels", "ok", False, False),
    ]
    # As it was sent: what happens to the resource later doesn't reach back.
    assert service.calls[0].input == request_ | {"tags": {"a": "1"}}
    assert service.calls[3].input == {"maxResults": 5}


def test_a_call_names_its_service(service: CleanRoomsML, ml: Any, rooms: Any, collaboration: str) -> None:
    ml.list_audience_models()
    rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    rooms.list_memberships()
    seen = [(call.service, call.operation, call.is_write) for call in service.calls]
    assert seen == [
        ("cleanrooms", "CreateCollaboration", True),
        ("cleanroomsml", "ListAudienceModels", False),
        ("cleanrooms", "CreateMembership", True),
        ("cleanrooms", "ListMemberships", False),
    ]


class TestClock:
    def test_it_can_be_turned(self, service: CleanRoomsML, clock: Any) -> None:
        rung: list[Any] = []
        service.on_advance.append(lambda: rung.append(service.now() - clock()))
        service.advance(60)
        service.advance(0.5)
        assert [each.total_seconds() for each in rung] == [60, 60.5]

    def test_reset_turns_it_back(self, service: CleanRoomsML, clock: Any) -> None:
        service.advance(60)
        service.reset()
        assert service.now() == clock()

    def test_it_is_never_turned_back(self, service: CleanRoomsML) -> None:
        with pytest.raises(ValueError, match="turned back: -1"):
            service.advance(-1)


def test_reset_forgets_everything(service: CleanRoomsML, ml: Any, request_: dict[str, Any]) -> None:
    ml.create_configured_audience_model(**request_)
    service.switches.update_resets = True
    service.faults.add(Fault("*"))
    service.reset()
    assert service.calls == []
    assert ml.list_configured_audience_models()["configuredAudienceModels"] == []
    assert ml.list_audience_models()["audienceModels"] == []
    assert service.switches.update_resets is False
