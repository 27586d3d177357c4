"""State machines of an engine, and their executions."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

ROLE = "arn:aws:iam::111122223333:role/states"
DAY = 24 * 3600
SDK = "arn:aws:states:::aws-sdk"


class Machines:
    """State machines in JSONata, and their executions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.client = engine.client("stepfunctions")
        self._numbers = itertools.count()

    def create(self, states: dict[str, Any], **more: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **more}
        name = f"machine-{next(self._numbers)}"
        created = self.client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(created["stateMachineArn"])

    def start(self, machine: str) -> str:
        return str(self.client.start_execution(stateMachineArn=machine)["executionArn"])

    def finish(self, execution: str) -> dict[str, Any]:
        self._engine.settle()
        return self.describe(execution)

    def describe(self, execution: str) -> dict[str, Any]:
        described: dict[str, Any] = self.client.describe_execution(executionArn=execution)
        return described

    def run(self, states: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.finish(self.start(self.create(states, **more)))

    def ran(self, states: dict[str, Any], **more: Any) -> str:
        """The ARN of an execution that is over."""
        execution = self.start(self.create(states, **more))
        self.finish(execution)
        return execution

    def history(self, execution: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.client.get_execution_history(executionArn=execution)["events"]
        return events

    def call(self, service: str, action: str, arguments: Any) -> dict[str, Any]:
        """An execution of one call."""
        task = {"Type": "Task", "Resource": f"{SDK}:{service}:{action}", "Arguments": arguments, "End": True}
        return self.run({"Call": task})

    def wait_until_waiting(self, execution: str) -> None:
        self._engine.settle()
        assert self._last_event(execution) == "WaitStateEntered"

    def executions(self, machine: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.client.list_executions(stateMachineArn=machine)["executions"]
        return listed

    def stop(self, execution: str) -> None:
        self.client.stop_execution(executionArn=execution)

    def delete(self, machine: str) -> None:
        self.client.delete_state_machine(stateMachineArn=machine)

    def _last_event(self, execution: str) -> str:
        history = self.client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
        return str(history["events"][0]["type"])


def output(execution: dict[str, Any]) -> Any:
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    return json.loads(execution["output"])
