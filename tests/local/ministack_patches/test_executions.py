"""When an execution of Step Functions goes on, and when it ends."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.local.pins import EngineError
from cdk_cleanroomsml.local.service import Fault

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

from .machines import DAY, SDK, Machines, output

WAIT = {"Type": "Wait", "Seconds": DAY, "End": True}


class TestSettle:
    def test_an_execution_is_at_rest_in_a_wait_and_at_its_end(self, engine: Engine, machines: Machines) -> None:
        listing = {"Type": "Task", "Resource": f"{SDK}:cleanroomsml:listAudienceModels", "Arguments": {}}
        patient = {**listing, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}]}
        wait: dict[str, object] = {"Type": "Wait", "Seconds": DAY, "Next": "Last"}
        states = {"First": {**patient, "Next": "Wait"}, "Wait": wait, "Last": {**patient, "End": True}}
        execution = machines.start(machines.create(states))
        for _ in range(2):
            engine.set_faults(Fault("ListAudienceModels", error="ThrottlingException", times=3))
            engine.settle()
            last = machines.history(execution)[-1]["type"]
            engine.advance(DAY)
        assert last == "ExecutionSucceeded"
        assert [call.outcome for call in engine.calls()].count("ok") == 2

    def test_what_does_not_come_to_rest_is_named(self, engine: Engine, machines: Machines) -> None:
        engine.set_faults(Fault("ListAudienceModels", kind="hang", seconds=30))
        listing = {"Type": "Task", "Resource": f"{SDK}:cleanroomsml:listAudienceModels", "Arguments": {}, "End": True}
        name = machines.start(machines.create({"List": listing})).rpartition(":")[2]
        with pytest.raises(EngineError, match=f"after 0 seconds there is still under way: the execution {name}"):
            engine.settle(seconds=0)


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
