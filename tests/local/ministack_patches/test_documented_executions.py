"""Executions: errors, what catches them, and histories, as Step Functions documents them.

Sources: Step Functions developer guide, "Handling errors in Step Functions workflows" (error names, wildcards, terminal
errors), "Learning to use AWS service SDK integrations" (names of errors), "Step Functions service quotas" (payloads);
botocore's model for the events of a history.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cdk_cleanroomsml.local.service import Fault

from ..conformance import Recorder
from .machines import SDK, Machines

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

NOBODY = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/nobody"
CAUGHT = {"Caught": {"Type": "Pass", "Output": "{% $states.input.Error %}", "End": True}}
CALLED = ["TaskStateEntered", "TaskScheduled", "TaskStarted"]
PASSED = ["TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


def call(action: str, arguments: Any, *, catch: str | None = None, **more: Any) -> dict[str, Any]:
    """A call of Clean Rooms ML, which may catch an error."""
    task = {"Type": "Task", "Resource": f"{SDK}:cleanroomsml:{action}", "Arguments": arguments, "End": True, **more}
    if catch is None:
        return {"Call": task}
    return {"Call": {**task, "Catch": [{"ErrorEquals": [catch], "Next": "Caught"}]}, **CAUGHT}


def get(**more: Any) -> dict[str, Any]:
    return call("getAudienceModel", {"AudienceModelArn": NOBODY}, **more)


def text(size: int) -> str:
    """An expression whose value has this many bytes in JSON, quotes and all."""
    return f"{{% $pad('', {size - 2}, 'x') %}}"


class Case(NamedTuple):
    """A machine, how its execution ends, and what its history tells."""

    states: dict[str, Any]
    status: str
    error: str | None
    history: list[str]


FAILED = "FAILED"
NOT_FOUND = "CleanRoomsMl.ResourceNotFoundException"
RUNTIME = "States.Runtime"
TOO_MUCH = "States.DataLimitExceeded"
WRONG = {"Unknown": "x"}
CASES = {
    "a call that succeeds": Case(
        call("listAudienceModels", {}),
        "SUCCEEDED",
        None,
        [*CALLED, "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"],
    ),
    "an error has the service's prefix": Case(get(), FAILED, NOT_FOUND, [*CALLED, "TaskFailed", "ExecutionFailed"]),
    "it is caught by its name": Case(get(catch=NOT_FOUND), "SUCCEEDED", None, [*CALLED, "TaskFailed", *PASSED]),
    "it is caught by States.TaskFailed": Case(
        get(catch="States.TaskFailed"), "SUCCEEDED", None, [*CALLED, "TaskFailed", *PASSED]
    ),
    "it is caught by States.ALL": Case(get(catch="States.ALL"), "SUCCEEDED", None, [*CALLED, "TaskFailed", *PASSED]),
    "it isn't caught by its class": Case(
        get(catch="CleanRoomsMl.CleanRoomsMlException"),
        FAILED,
        NOT_FOUND,
        [*CALLED, "TaskFailed", "ExecutionFailed"],
    ),
    "States.Runtime isn't caught by States.ALL": Case(
        call("getAudienceModel", WRONG, catch="States.ALL"), FAILED, RUNTIME, [*CALLED, "TaskFailed", "ExecutionFailed"]
    ),
    "an expression that fails": Case(
        {"Pass": {"Type": "Pass", "Output": "{% 1 + 'x' %}", "End": True}},
        FAILED,
        "States.QueryEvaluationError",
        ["PassStateEntered", "ExecutionFailed"],
    ),
    "no choice that fits": Case(
        {"Choice": {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "Caught"}]}, **CAUGHT},
        FAILED,
        "States.NoChoiceMatched",
        ["ChoiceStateEntered", "ExecutionFailed"],
    ),
    "an error of one's own": Case(
        {"Fail": {"Type": "Fail", "Error": "Own", "Cause": "why"}},
        FAILED,
        "Own",
        ["FailStateEntered", "ExecutionFailed"],
    ),
    "as much as a state may give": Case(
        {"Pass": {"Type": "Pass", "Output": text(262_144), "End": True}},
        "SUCCEEDED",
        None,
        ["PassStateEntered", "PassStateExited", "ExecutionSucceeded"],
    ),
    "more than a state may give": Case(
        {"Pass": {"Type": "Pass", "Output": text(262_145), "End": True}},
        FAILED,
        TOO_MUCH,
        ["PassStateEntered", "ExecutionFailed"],
    ),
    "more than a task may take, which States.ALL doesn't catch": Case(
        call("getAudienceModel", {"AudienceModelArn": text(262_145)}, catch="States.ALL"),
        FAILED,
        TOO_MUCH,
        ["TaskStateEntered", "TaskFailed", "ExecutionFailed"],
    ),
}


@pytest.fixture
def recorder(machines: Machines) -> Recorder:
    recorder = Recorder()
    recorder.watch(machines.client)
    return recorder


def test_each_ends_as_it_should(machines: Machines, recorder: Recorder) -> None:
    """All at once, because one by one they would take most of their time for the engine's reset."""
    running = {name: machines.start(machines.create(case.states)) for name, case in CASES.items()}
    found = {name: machines.finish(execution) for name, execution in running.items()}
    ends = {name: (each["status"], each.get("error")) for name, each in found.items()}
    assert ends == {name: (case.status, case.error) for name, case in CASES.items()}
    histories = {name: [each["type"] for each in machines.history(one)] for name, one in running.items()}
    assert histories == {name: ["ExecutionStarted", *case.history] for name, case in CASES.items()}
    assert recorder.problems == []


def test_an_event_says_what_was_asked(machines: Machines) -> None:
    """The resource of an SDK integration is the action, its type the service."""
    events = machines.history(machines.ran(get()))
    named = {"resourceType": "aws-sdk:cleanroomsml", "resource": "getAudienceModel"}
    scheduled = next(each["taskScheduledEventDetails"] for each in events if each["type"] == "TaskScheduled")
    assert scheduled.items() >= (named | {"region": "us-east-1"}).items()
    assert json.loads(scheduled["parameters"]) == {"AudienceModelArn": NOBODY}
    failed = next(each["taskFailedEventDetails"] for each in events if each["type"] == "TaskFailed")
    assert failed.items() >= (named | {"error": NOT_FOUND}).items()


def test_each_attempt_is_scheduled_and_started(engine: Engine, machines: Machines) -> None:
    engine.set_faults(Fault("ListAudienceModels", error="ThrottlingException", message="slow down", times=2))
    retry = [{"ErrorEquals": ["CleanRoomsMl.ThrottlingException"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    events = machines.history(machines.ran(call("listAudienceModels", {}, Retry=retry)))
    tasks = [each["type"] for each in events if each["type"].startswith("Task")]
    attempt = ["TaskScheduled", "TaskStarted"]
    assert tasks[1:-1] == [*attempt, "TaskFailed", *attempt, "TaskFailed", *attempt, "TaskSucceeded"]


def test_a_cause_has_the_sdks_words_around_it(engine: Engine, machines: Machines) -> None:
    """Of the SDK for Java: AwsServiceException's message."""
    engine.set_faults(Fault("ListAudienceModels", error="ConflictException", message="in use"))
    cause = machines.run(call("listAudienceModels", {}))["cause"]
    assert cause.startswith("in use (Service: CleanRoomsMl, Status Code: 409, Request ID: ")
