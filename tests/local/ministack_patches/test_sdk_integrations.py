"""SDK integrations of Step Functions: real calls, in the names of the SDK for Java."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

from .machines import ROLE, SDK, Machines, output

DATASET = {
    "Name": "interactions",
    "RoleArn": ROLE,
    "TrainingData": [
        {
            "Type": "INTERACTIONS",
            "InputConfig": {
                "Schema": [
                    {"ColumnName": "reader", "ColumnTypes": ["USER_ID"]},
                    {"ColumnName": "article", "ColumnTypes": ["ITEM_ID"]},
                    {"ColumnName": "at", "ColumnTypes": ["TIMESTAMP"]},
                ],
                "DataSource": {"GlueDataSource": {"TableName": "interactions", "DatabaseName": "media"}},
            },
        }
    ],
}


class TestIntegrations:
    def train(self, machines: Machines, **more: Any) -> dict[str, Any]:
        dataset = output(machines.call("cleanroomsml", "createTrainingDataset", DATASET))["TrainingDatasetArn"]
        return machines.call(
            "cleanroomsml", "createAudienceModel", {"Name": "readers", "TrainingDatasetArn": dataset, **more}
        )

    def test_members_are_in_pascal_case_and_keys_of_maps_are_data(self, machines: Machines) -> None:
        arn = output(self.train(machines, Tags={"team": "media", "Team": "other"}))["AudienceModelArn"]
        model = output(machines.call("cleanroomsml", "getAudienceModel", {"AudienceModelArn": arn}))
        assert model["Name"] == "readers"
        assert model["Status"] == "ACTIVE"
        assert model["Tags"] == {"team": "media", "Team": "other"}
        assert "ResponseMetadata" not in model

    def test_lists_of_structures(self, engine: Engine, machines: Machines) -> None:
        arn = engine.seed_audience_model()
        (model,) = output(machines.call("cleanroomsml", "listAudienceModels", {}))["AudienceModels"]
        assert model["AudienceModelArn"] == arn

    @pytest.mark.parametrize("given", ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000Z", 1777636800])
    def test_times_are_text_or_seconds_and_come_back_as_text(self, machines: Machines, given: object) -> None:
        arn = output(self.train(machines, TrainingDataStartTime=given))["AudienceModelArn"]
        model = output(machines.call("cleanroomsml", "getAudienceModel", {"AudienceModelArn": arn}))
        assert model["TrainingDataStartTime"] == "2026-05-01T12:00:00.000Z"

    def test_clean_rooms(self, machines: Machines) -> None:
        assert output(machines.call("cleanrooms", "listMemberships", {})) == {"MembershipSummaries": []}

    def test_an_operation_without_output(self, engine: Engine, machines: Machines) -> None:
        arn = engine.seed_audience_model()
        assert output(machines.call("cleanroomsml", "deleteAudienceModel", {"AudienceModelArn": arn})) == {}

    def test_the_service_sees_a_call_like_any_other(self, engine: Engine, machines: Machines) -> None:
        machines.call("cleanroomsml", "listAudienceModels", {"MaxResults": 5})
        (call,) = engine.calls()
        assert (call.operation, call.input, call.outcome) == ("ListAudienceModels", {"maxResults": 5}, "ok")
        assert (call.account, call.region) == (engine.account, engine.region)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (Fault("*", error="ThrottlingException", message="slow down"), "CleanRoomsMl.ThrottlingException"),
            (Fault("*", error="UnrecognizedClientException", message="what"), "CleanRoomsMl.CleanRoomsMlException"),
            (Fault("*", kind="connection_lost"), "CleanRoomsMl.SdkClientException"),
        ],
    )
    def test_errors_have_the_names_that_they_have_in_java(
        self, engine: Engine, machines: Machines, fault: Fault, error: str
    ) -> None:
        engine.set_faults(fault)
        execution = machines.call("cleanroomsml", "listAudienceModels", {})
        assert (execution["status"], execution["error"]) == ("FAILED", error)
        assert len(engine.calls()) == 1

    def test_errors_of_clean_rooms(self, machines: Machines) -> None:
        gone = "00000000-0000-0000-0000-000000000000"
        execution = machines.call("cleanrooms", "getMembership", {"MembershipIdentifier": gone})
        assert execution["error"] == "CleanRooms.ResourceNotFoundException"

    @pytest.mark.parametrize("arguments", [{"maxResults": 5}, {"MaxResults": "5"}])
    def test_arguments_that_make_no_sense(self, machines: Machines, arguments: dict[str, Any]) -> None:
        assert machines.call("cleanroomsml", "listAudienceModels", arguments)["error"] == "States.Runtime"

    def test_pauses_between_retries_are_shortened(self, engine: Engine, machines: Machines) -> None:
        engine.set_faults(Fault("ListAudienceModels", error="ThrottlingException", message="slow down", times=3))
        retry = [{"ErrorEquals": ["CleanRoomsMl.ThrottlingException"], "IntervalSeconds": 60, "MaxAttempts": 3}]
        task = {"Type": "Task", "Resource": f"{SDK}:cleanroomsml:listAudienceModels", "Retry": retry, "End": True}
        assert output(machines.run({"Call": {**task, "Arguments": {}}})) == {"AudienceModels": []}

    def test_other_services_are_left_to_ministack(self, machines: Machines) -> None:
        assert output(machines.call("sts", "getCallerIdentity", {}))["Account"] == "111122223333"
