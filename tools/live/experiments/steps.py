"""Step Functions: what an SDK integration calls errors, whether it retries by itself, and what executions see."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ..documents import Document, allow, document
from . import Run, Verdict, experiment, no, told, unknown, yes

if TYPE_CHECKING:
    from ..belongings import Belonging

ERRORS = "Does the SDK integration of Step Functions retry by itself, and which errors does it name?"
TWO = "Can two executions of a retraining start without seeing each other?"
NAME = "states"
MANY = 120
"""Calls at a time that may be too many. All cost less than a cent."""
PAIRS = 3
EXECUTION_SECONDS = 300
"""For how long an execution is waited for, which mostly takes a few."""
_THROTTLED = re.compile("Throttl|TooManyRequests")
_ATTEMPTS = re.compile(r"\(SDK Attempt Count: ([0-9]+)\)")


def state_machine(run: Run, name: str, states: dict[str, Any], may: Document) -> Belonging:
    """Creates a state machine, as soon as its role can be assumed.

    Args:
        run: where.
        name: its name.
        states: its definition.
        may: what it may do.
    """
    role = run.new_role(NAME, document(may), {"Service": "states.amazonaws.com"})
    client = run.account.client("stepfunctions")

    def create() -> str:
        made = client.create_state_machine(
            name=name,
            definition=json.dumps(states),
            roleArn=role,
            tags=[{"key": key, "value": value} for key, value in run.belongings.tags.items()],
        )
        return str(made["stateMachineArn"])

    made: list[Belonging] = []
    make = run.belongings.make
    run.seconds_until(lambda: not run.refusal(lambda: made.append(make("state machine", name, create))), every=3)
    return made[0] if made else make("state machine", name, create)


def begin(run: Run, machine: Belonging, given: object) -> str:
    """Starts an execution."""
    start = run.account.client("stepfunctions").start_execution
    return str(start(stateMachineArn=machine.id, input=json.dumps(given))["executionArn"])


def ended(run: Run, execution: str) -> Any:  # noqa: ANN401 - whatever it has put out
    """The output of an execution; None: it failed, or takes too long."""
    describe = run.account.client("stepfunctions").describe_execution

    def status() -> str:
        return str(describe(executionArn=execution)["status"])

    run.seconds_until(lambda: status() != "RUNNING", at_most=EXECUTION_SECONDS, every=2)
    return json.loads(describe(executionArn=execution).get("output") or "null")


_CALLS = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.calls",
            "MaxConcurrency": 0,
            "ItemSelector": {"arn.$": "$.arn"},
            "ItemProcessor": {
                "StartAt": "Get",
                "States": {
                    "Get": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::aws-sdk:cleanroomsml:getTrainingDataset",
                        "Parameters": {"TrainingDatasetArn.$": "$.arn"},
                        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
                        "End": True,
                    },
                    "Refused": {"Type": "Pass", "End": True},
                },
            },
            "End": True,
        }
    },
}
"""Gets a training dataset many times at once, and puts out how each is refused."""


def refusals(run: Run) -> list[dict[str, str]]:
    """How calls of a state machine are refused: of what isn't there, and, if there are enough of them, too many."""
    nothing = run.account.arn("cleanrooms-ml", "training-dataset/00000000-0000-4000-8000-000000000000")
    definition = json.loads(json.dumps(_CALLS).replace("arn:aws:", f"arn:{run.account.partition}:"))
    machine = state_machine(run, run.name(NAME), definition, allow("cleanrooms-ml:GetTrainingDataset", on=nothing))
    found: list[dict[str, str]] = []

    def is_answered() -> bool:
        found[:] = ended(run, begin(run, machine, {"arn": nothing, "calls": [0]})) or []
        denied = ["AccessDenied" in each["Error"] or "not authorized" in each["Cause"] for each in found]
        return denied == [False]

    # Until the role may ask.
    run.seconds_until(is_answered, every=3)
    if any(_THROTTLED.search(each["Error"]) for each in found):
        return found
    return found + (ended(run, begin(run, machine, {"arn": nothing, "calls": list(range(MANY))})) or [])


@experiment(row=ERRORS)
def errors_of_step_functions(run: Run) -> Verdict:
    """A state that gets what isn't there: what is its error called?"""
    names = sorted({each["Error"] for each in run.once(refusals)})
    if not names:
        return unknown("the executions put out nothing")
    return told(f"its errors are {', '.join(names)}")


@experiment(row=ERRORS, switch="sdk_integrations_retry")
def sdk_integrations_retry(run: Run) -> Verdict:
    """More calls of a state machine than are taken at once: how often was each made that was throttled?"""
    throttled = [each for each in run.once(refusals) if _THROTTLED.search(each["Error"])]
    if not throttled:
        return unknown(f"none of {MANY} calls at a time was throttled: CloudTrail would show each attempt, later")
    attempts = [int(found[1]) for each in throttled if (found := _ATTEMPTS.search(each["Cause"]))]
    if not attempts:
        return unknown(f"a throttled call doesn't say how often it was made: {throttled[0]['Cause']}")
    if max(attempts) > 1:
        return yes(f"a throttled call was made {max(attempts)} times", position=True)
    return no("a throttled call was made once", position=False)


_LOOK = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:listExecutions",
            "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id", "StatusFilter": "RUNNING"},
            "ResultSelector": {"seen.$": "$.Executions[*].ExecutionArn"},
            "Next": "Stay",
        },
        "Stay": {"Type": "Wait", "Seconds": 5, "End": True},
    },
}
"""Puts out which executions it sees, and goes on for a while, so that another one can see it."""


@experiment(row=TWO)
def executions_at_once(run: Run) -> Verdict:
    """Pairs of executions that start at once: does each see the other?"""
    definition = json.loads(json.dumps(_LOOK).replace("arn:aws:", f"arn:{run.account.partition}:"))
    name = run.name(NAME)
    looks = allow("states:ListExecutions", on=run.account.arn("states", f"stateMachine:{name}"))
    machine = state_machine(run, name, definition, looks)
    blind = 0

    def looked(executions: list[str]) -> list[list[str]]:
        return [output["seen"] for each in executions if "seen" in (output := ended(run, each) or {})]

    # Until the role may look.
    run.seconds_until(lambda: looked([begin(run, machine, {})]) != [], every=3)
    for _ in range(PAIRS):
        pair = [begin(run, machine, {}) for _ in range(2)]
        seen = looked(pair)
        if len(seen) < len(pair):
            return unknown("an execution failed, or took too long")
        # If one of them sees the other, it can give way.
        blind += pair[1] not in seen[0] and pair[0] not in seen[1]
    if blind:
        return yes(f"in {blind} of {PAIRS} pairs neither saw the other")
    return unknown(f"in each of {PAIRS} pairs one saw the other, which is no proof")
