"""Schedules: when they fire, and their resource in CloudFormation."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

from .machines import DAY, ROLE, Machines


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
        # In one to two hours. Tokyo has no summer time: it is nine hours ahead.
        until_then = 2 * 3600 - now.minute * 60 - now.second
        hour = (now.hour + 2 + 9) % 24
        schedule(f"cron(0 {hour} * * ? *)", ScheduleExpressionTimezone="Asia/Tokyo")
        engine.advance(until_then - 1800)
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
