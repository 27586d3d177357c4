"""What the engine's Step Functions and Scheduler do as AWS does, and unpatched ministack doesn't."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from cdk_cleanroomsml.local.service import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

ROLE = "arn:aws:iam::111122223333:role/states"
DAY = 24 * 3600
SDK = "arn:aws:states:::aws-sdk"


class Machines:
    """State machines in JSONata, and their executions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._states = engine.client("stepfunctions")
        self._numbers = itertools.count()

    def create(self, states: dict[str, Any], **more: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **more}
        name = f"machine-{next(self._numbers)}"
        created = self._states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(created["stateMachineArn"])

    def start(self, machine: str) -> str:
        return str(self._states.start_execution(stateMachineArn=machine)["executionArn"])

    def finish(self, execution: str) -> dict[str, Any]:
        while (described := self.describe(execution))["status"] == "RUNNING":
            pass
        return described

    def describe(self, execution: str) -> dict[str, Any]:
        described: dict[str, Any] = self._states.describe_execution(executionArn=execution)
        return described

    def run(self, states: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.finish(self.start(self.create(states, **more)))

    def call(self, service: str, action: str, arguments: Any) -> dict[str, Any]:
        """An execution of one call."""
        task = {"Type": "Task", "Resource": f"{SDK}:{service}:{action}", "Arguments": arguments, "End": True}
        return self.run({"Call": task})

    def wait_until_waiting(self, execution: str) -> None:
        while self._last_event(execution) != "WaitStateEntered":
            pass

    def executions(self, machine: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self._states.list_executions(stateMachineArn=machine)["executions"]
        return listed

    def stop(self, execution: str) -> None:
        self._states.stop_execution(executionArn=execution)

    def delete(self, machine: str) -> None:
        self._states.delete_state_machine(stateMachineArn=machine)

    def _last_event(self, execution: str) -> str:
        history = self._states.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
        return str(history["events"][0]["type"])


@pytest.fixture
def machines(engine: Engine) -> Machines:
    return Machines(engine)


def output(execution: dict[str, Any]) -> Any:
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    return json.loads(execution["output"])


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

    def test_lists_of_structures(self, machines: Machines) -> None:
        arn = output(self.train(machines))["AudienceModelArn"]
        (model,) = output(machines.call("cleanroomsml", "listAudienceModels", {}))["AudienceModels"]
        assert model["AudienceModelArn"] == arn

    @pytest.mark.parametrize("given", ["2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000Z", 1777636800])
    def test_times_are_text_or_seconds_and_come_back_as_text(self, machines: Machines, given: object) -> None:
        arn = output(self.train(machines, TrainingDataStartTime=given))["AudienceModelArn"]
        model = output(machines.call("cleanroomsml", "getAudienceModel", {"AudienceModelArn": arn}))
        assert model["TrainingDataStartTime"] == "2026-05-01T12:00:00.000Z"

    def test_clean_rooms(self, machines: Machines) -> None:
        assert output(machines.call("cleanrooms", "listMemberships", {})) == {"MembershipSummaries": []}

    def test_an_operation_without_output(self, machines: Machines) -> None:
        arn = output(self.train(machines))["AudienceModelArn"]
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


WAIT = {"Type": "Wait", "Seconds": DAY, "End": True}


class TestTime:
    def test_a_wait_ends_when_the_clock_gets_there(self, engine: Engine, machines: Machines) -> None:
        execution = machines.start(machines.create({"Wait": WAIT}))
        machines.wait_until_waiting(execution)
        engine.advance(DAY / 2)
        assert machines.describe(execution)["status"] == "RUNNING"
        engine.advance(DAY)
        assert machines.finish(execution)["status"] == "SUCCEEDED"

    @pytest.mark.parametrize("field", ["SecondsPath", "TimestampPath"])
    def test_a_wait_in_jsonpath(self, engine: Engine, machines: Machines, field: str) -> None:
        tomorrow = datetime.fromtimestamp(datetime.now(timezone.utc).timestamp() + DAY, timezone.utc)
        given = {"SecondsPath": DAY, "TimestampPath": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}"}
        states = {
            "Say": {"Type": "Pass", "Result": given, "Next": "Wait"},
            "Wait": {"Type": "Wait", field: f"$.{field}", "End": True},
        }
        execution = machines.start(machines.create(states, QueryLanguage="JSONPath"))
        machines.wait_until_waiting(execution)
        engine.advance(DAY)
        assert machines.finish(execution)["status"] == "SUCCEEDED"

    def test_a_wait_that_makes_no_sense(self, machines: Machines) -> None:
        execution = machines.run({"Wait": {"Type": "Wait", "Seconds": "{% -1 %}", "End": True}})
        assert execution["error"] == "States.QueryEvaluationError"

    def test_a_wait_until_a_moment(self, engine: Engine, machines: Machines) -> None:
        tomorrow = f"{{% $fromMillis($millis() + {1000 * DAY}) %}}"
        execution = machines.start(machines.create({"Wait": {"Type": "Wait", "Timestamp": tomorrow, "End": True}}))
        machines.wait_until_waiting(execution)
        engine.advance(DAY)
        assert machines.finish(execution)["status"] == "SUCCEEDED"

    def test_expressions_know_the_clock(self, engine: Engine, machines: Machines) -> None:
        engine.advance(1000 * DAY)
        said = {
            "millis": "{% $millis() %}",
            "now": "{% $now() %}",
            "start": "{% $states.context.Execution.StartTime %}",
        }
        told = output(machines.run({"Tell": {"Type": "Pass", "Output": said, "End": True}}))
        soon = (datetime.now(timezone.utc).timestamp() + 999 * DAY) * 1000
        assert told["millis"] > soon
        assert datetime.fromisoformat(told["now"].replace("Z", "+00:00")).timestamp() * 1000 > soon
        assert datetime.fromisoformat(told["start"].replace("Z", "+00:00")).timestamp() * 1000 > soon

    def test_an_execution_can_take_too_long(self, engine: Engine, machines: Machines) -> None:
        execution = machines.start(machines.create({"Wait": WAIT}, TimeoutSeconds=DAY // 2))
        machines.wait_until_waiting(execution)
        engine.advance(DAY / 2)
        ended = machines.finish(execution)
        assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")

    def test_one_that_is_in_time_is_not_bothered(self, machines: Machines) -> None:
        assert machines.run({"Pass": {"Type": "Pass", "End": True}}, TimeoutSeconds=DAY)["status"] == "SUCCEEDED"


class TestEnds:
    def test_succeed_has_an_output(self, machines: Machines) -> None:
        assert output(machines.run({"Done": {"Type": "Succeed", "Output": {"two": "{% 1 + 1 %}"}}})) == {"two": 2}

    def test_what_was_stopped_stays_stopped(self, engine: Engine, machines: Machines) -> None:
        wait, fail = {**WAIT, "Next": "Fail"}, {"Type": "Fail", "Error": "Late"}
        wait.pop("End")
        execution = machines.start(machines.create({"Wait": wait, "Fail": fail}))
        machines.wait_until_waiting(execution)
        machines.stop(execution)
        engine.advance(2 * DAY)
        assert machines.describe(execution)["status"] == "ABORTED"

    def test_the_executions_of_a_deleted_machine_end(self, engine: Engine, machines: Machines) -> None:
        states = {"Wait": {"Type": "Wait", "Seconds": DAY, "Next": "Call"}}
        call = {"Type": "Task", "Resource": f"{SDK}:cleanroomsml:listAudienceModels", "Arguments": {}, "End": True}
        machine = machines.create({**states, "Call": call})
        execution = machines.start(machine)
        machines.wait_until_waiting(execution)
        machines.delete(machine)
        engine.advance(DAY)
        machines.run({"Pass": {"Type": "Pass", "End": True}})
        assert engine.calls() == []


class TestSchedules:
    @pytest.fixture
    def machine(self, machines: Machines) -> str:
        return machines.create({"Pass": {"Type": "Pass", "End": True}})

    @pytest.fixture
    def schedule(self, engine: Engine, machine: str) -> Callable[..., None]:
        def create(expression: str, *, input: str | None = None, **more: Any) -> None:
            target = {"Arn": machine, "RoleArn": ROLE, **({} if input is None else {"Input": input})}
            engine.client("scheduler").create_schedule(
                Name="schedule",
                ScheduleExpression=expression,
                FlexibleTimeWindow={"Mode": "OFF"},
                Target=target,
                **more,
            )

        return create

    def fired(self, machines: Machines, machine: str) -> int:
        return len(machines.executions(machine))

    def test_a_rate(self, engine: Engine, machines: Machines, machine: str, schedule: Any) -> None:
        """It begins at once, says the Scheduler User Guide."""
        schedule("rate(7 days)")
        counts = []
        for days in (1, 5, 1, 6, 1):
            engine.advance(days * DAY)
            counts.append(self.fired(machines, machine))
        assert counts == [1, 1, 2, 2, 3]

    def test_what_was_missed_is_not_made_up_for(
        self, engine: Engine, machines: Machines, machine: str, schedule: Any
    ) -> None:
        # Not at once: the engine's own clock could be faster than this test's.
        schedule("rate(1 day)", StartDate=datetime.now(timezone.utc).timestamp() + DAY)
        engine.advance(10 * DAY)
        assert self.fired(machines, machine) == 1

    def test_a_cron_expression_in_its_time_zone(
        self, engine: Engine, machines: Machines, machine: str, schedule: Any
    ) -> None:
        now = datetime.now(timezone.utc)
        # Tokyo has no summer time: what is noon there is 3 o'clock here.
        until_three = (3 - now.hour) % 24 * 3600 - now.minute * 60 - now.second
        until_three += 0 if until_three > 3600 else DAY
        schedule("cron(0 12 * * ? *)", ScheduleExpressionTimezone="Asia/Tokyo")
        engine.advance(until_three - 1800)
        assert self.fired(machines, machine) == 0
        engine.advance(1801)
        assert self.fired(machines, machine) == 1
        engine.advance(DAY)
        assert self.fired(machines, machine) == 2

    def test_a_single_time(self, engine: Engine, machines: Machines, machine: str, schedule: Any) -> None:
        tomorrow = datetime.fromtimestamp(datetime.now(timezone.utc).timestamp() + DAY, timezone.utc)
        schedule(f"at({tomorrow:%Y-%m-%dT%H:%M:%S})")
        for _ in range(3):
            engine.advance(DAY)
        assert self.fired(machines, machine) == 1

    def test_not_before_its_start_nor_after_its_end(
        self, engine: Engine, machines: Machines, machine: str, schedule: Any
    ) -> None:
        now = datetime.now(timezone.utc).timestamp()
        schedule("rate(1 day)", StartDate=now + 3.5 * DAY, EndDate=now + 5.6 * DAY)
        counts = []
        for _ in range(8):
            engine.advance(DAY)
            counts.append(self.fired(machines, machine))
        assert counts == [0, 0, 0, 1, 2, 3, 3, 3]

    def test_one_that_is_disabled(self, engine: Engine, machines: Machines, machine: str, schedule: Any) -> None:
        schedule("rate(1 day)", State="DISABLED")
        engine.advance(2 * DAY)
        assert self.fired(machines, machine) == 0

    @pytest.mark.parametrize(("given", "arrives"), [(None, "{}"), ('{"why": "week"}', '{"why": "week"}')])
    def test_the_input_is_its_own(
        self, engine: Engine, machines: Machines, machine: str, schedule: Any, given: str | None, arrives: str
    ) -> None:
        schedule("rate(1 day)", input=given, StartDate=datetime.now(timezone.utc).timestamp() + DAY)
        engine.advance(1.5 * DAY)
        (execution,) = machines.executions(machine)
        assert machines.finish(execution["executionArn"])["input"] == arrives

    def test_a_queue(self, engine: Engine) -> None:
        sqs = engine.client("sqs")
        url = sqs.create_queue(QueueName="queue")["QueueUrl"]
        engine.client("scheduler").create_schedule(
            Name="schedule",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:sqs:us-east-1:{engine.account}:queue", "RoleArn": ROLE, "Input": "hello"},
        )
        engine.advance(DAY)
        assert [each["Body"] for each in sqs.receive_message(QueueUrl=url)["Messages"]] == ["hello"]


class TestScheduleResource:
    PROPERTIES: ClassVar = {
        "ScheduleExpression": "cron(0 3 ? * MON *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60},
        "Target": {
            "Arn": "arn:aws:states:us-east-1:111122223333:stateMachine:one",
            "RoleArn": ROLE,
            "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:111122223333:dead"},
            "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
        },
    }

    def schedule(self, engine: Engine) -> dict[str, Any]:
        client = engine.client("scheduler")
        (listed,) = client.list_schedules()["Schedules"]
        found: dict[str, Any] = client.get_schedule(Name=listed["Name"])
        return found

    def test_all_of_it_arrives(self, engine: Engine, stacks: Any) -> None:
        resource = {"Type": "AWS::Scheduler::Schedule", "Properties": self.PROPERTIES}
        assert stacks.create({"Schedule": resource}) == "CREATE_COMPLETE"
        schedule = self.schedule(engine)
        assert {name: schedule[name] for name in self.PROPERTIES} == self.PROPERTIES

    def test_it_is_updated_and_deleted(self, engine: Engine, stacks: Any) -> None:
        stacks.create({"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": self.PROPERTIES}})
        name = self.schedule(engine)["Name"]
        changed = {**self.PROPERTIES, "ScheduleExpressionTimezone": "Asia/Tokyo", "State": "DISABLED"}
        assert (
            stacks.update({"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": changed}})
            == "UPDATE_COMPLETE"
        )
        schedule = self.schedule(engine)
        assert (schedule["Name"], schedule["State"]) == (name, "DISABLED")
        assert schedule["ScheduleExpressionTimezone"] == "Asia/Tokyo"
        named = {**changed, "Name": "of-my-own"}
        stacks.update({"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": named}})
        assert self.schedule(engine)["Name"] == "of-my-own"
        assert stacks.delete() == "DELETE_COMPLETE"
        assert engine.client("scheduler").list_schedules()["Schedules"] == []

    def test_what_is_wrong_is_said(self, stacks: Any) -> None:
        properties = {**self.PROPERTIES, "GroupName": "nowhere"}
        stacks.create({"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}})
        assert "Schedule group nowhere does not exist" in stacks.reason("Schedule")
