"""The local service's administration over HTTP."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault, admin

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import CleanRoomsML


pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")


def ask(service: CleanRoomsML, method: str, path: str, document: Any = None) -> Any:
    response = admin.serve(service, method, path, json.dumps(document).encode() if document else b"")
    answer = json.loads(response.body)
    return answer if response.status == 200 else answer | {"status": response.status}


def test_calls(service: CleanRoomsML, ml: Any, clock: Any) -> None:
    with pytest.raises(ml.exceptions.ResourceNotFoundException):
        ml.create_audience_model(
            name="x",
            trainingDatasetArn="arn:aws:cleanrooms-ml:us-east-1:111122223333:training-dataset/x",
            trainingDataStartTime=clock(),
        )
    (call,) = ask(service, "GET", "/calls")
    assert (call["operation"], call["outcome"]) == ("CreateAudienceModel", "ResourceNotFoundException")
    assert call["input"]["trainingDataStartTime"].startswith("2024-05-01")
    ask(service, "DELETE", "/calls")
    assert ask(service, "GET", "/calls") == []


def test_switches(service: CleanRoomsML) -> None:
    before = ask(service, "GET", "/switches")
    assert ask(service, "PATCH", "/switches", {"update_resets": True}) == before | {"update_resets": True}
    assert service.switches.update_resets is True


def test_faults(service: CleanRoomsML, ml: Any) -> None:
    fault = asdict(Fault("ListAudienceModels", error="ThrottlingException"))
    ask(service, "PATCH", "/faults", {"queue": [fault], "role_propagation": {"calls": 3}, "refuse_delete": True})
    with pytest.raises(ml.exceptions.ThrottlingException):
        ml.list_audience_models()
    assert service.faults.role_propagation.calls == 3
    shown = ask(service, "PATCH", "/faults", {"refuse_delete": False})
    assert shown["refuse_delete"] is False
    assert shown["queue"] == [fault | {"times": 0}]


def test_clock(service: CleanRoomsML, clock: Any) -> None:
    assert ask(service, "POST", "/clock", {"seconds": 60})["now"].startswith("2024-05-01 00:01:00")
    assert (service.now() - clock()).total_seconds() == 60


def test_state(service: CleanRoomsML, ml: Any) -> None:
    assert ask(service, "GET", "/state") == {"now": "2024-05-01T00:00:00+00:00", "turned": 0, "resources": []}
    ask(service, "PATCH", "/switches", {"training_seconds": 3600})
    dataset = create_dataset(ml)
    ml.create_audience_model(name="readers", trainingDatasetArn=dataset)
    ask(service, "POST", "/clock", {"seconds": 1800})
    state = ask(service, "GET", "/state")
    assert (state["now"], state["turned"]) == ("2024-05-01T00:30:00+00:00", 1800)
    assert [(row["type"], row["name"], row["status"], row["until"]) for row in state["resources"]] == [
        ("training dataset", "readers", "ACTIVE", None),
        ("audience model", "readers", "CREATE_IN_PROGRESS", "2024-05-01T01:00:00+00:00"),
    ]
    assert state["resources"][1]["about"] == {"training dataset": dataset}


def create_dataset(ml: Any) -> str:
    columns = {"user": "USER_ID", "item": "ITEM_ID", "at": "TIMESTAMP"}
    schema = [{"columnName": name, "columnTypes": [type_]} for name, type_ in columns.items()]
    source = {"glueDataSource": {"tableName": "reads", "databaseName": "web"}}
    data = {"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}
    role = "arn:aws:iam::111122223333:role/reader"
    return str(ml.create_training_dataset(name="readers", roleArn=role, trainingData=[data])["trainingDatasetArn"])


def test_audience_models(service: CleanRoomsML, ml: Any) -> None:
    arn = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/mine"
    ask(service, "POST", "/audience-models", {"arn": arn, "status": "CREATE_FAILED"})
    assert ml.get_audience_model(audienceModelArn=arn)["status"] == "CREATE_FAILED"


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "text"),
    [
        ("GET", "/nothing", None, 404, "there are: GET /state"),
        (
            "PATCH",
            "/switches",
            {"update_reset": True},
            400,
            "there is no switch 'update_reset'; there are: update_resets",
        ),
        ("PATCH", "/switches", {"update_resets": "yes"}, 400, "update_resets must be true or false, got 'yes'"),
        ("PATCH", "/switches", {"job_seconds": "1"}, 400, "job_seconds must be a number, got '1'"),
        (
            "PATCH",
            "/switches",
            {"child_resource_tag_on_create_policy": "ALL"},
            400,
            "child_resource_tag_on_create_policy must be FROM_PARENT_RESOURCE or NONE or None, got 'ALL'",
        ),
        (
            "PATCH",
            "/faults",
            {"lag": 1},
            400,
            "there is no member of the faults 'lag'; there are: ",
        ),
        ("PATCH", "/faults", {"queue": [{"operation": "Create"}]}, 400, "there is no operation 'Create'"),
        ("PATCH", "/faults", {"queue": [{"op": "x"}]}, 400, "unexpected keyword argument 'op'"),
        ("POST", "/clock", {"seconds": -1}, 400, "the clock can't be turned back"),
        ("POST", "/audience-models", {"arn": "x"}, 400, "'x' is not the ARN of an audience model"),
    ],
)
def test_what_makes_no_sense(
    service: CleanRoomsML, method: str, path: str, document: Any, status: int, text: str
) -> None:
    answer = ask(service, method, path, document)
    assert answer["status"] == status
    assert text in answer["message"]
