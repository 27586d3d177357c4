"""Operations of CloudFormation that are cancelled: what runs goes on beside the roll-back, and nothing of it stays."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault

from ..handler.simulation.resource_types import (
    ASSOCIATION,
    ASSOCIATIONS,
    AUDIENCE,
    AUDIENCE_MODEL,
    CONFIGURED,
    CONFIGURED_MODELS,
    DATASET,
    EXISTING_MODELS,
    MEMBERSHIP,
    MINIMAL,
    OTHER_AUDIENCE_MODEL,
    POLICY,
)
from .engine_driver import STACK, EngineDriver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine

SIBLING = """
import json, os, time, urllib.error, urllib.request

def http(method, url, body=None):
    return urllib.request.urlopen(urllib.request.Request(url, body, method=method)).read()

def handler(event, context):
    fails = event["ResourceProperties"]["Fails"] == "true" and event["RequestType"] != "Delete"
    while fails:
        try:
            http("GET", os.environ["AWS_ENDPOINT_URL"] + "/gates/fail")
            break
        except urllib.error.HTTPError:
            time.sleep(0.2)
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "FAILED" if fails else "SUCCESS", "Reason": "told to", "PhysicalResourceId": "sibling"}
    http("PUT", event["ResponseURL"], json.dumps(answer).encode())
"""
"""A function that fails once it is told to."""

CREATES = (
    "CreateConfiguredAudienceModel",
    "CreateAudienceModel",
    "CreateConfiguredAudienceModelAssociation",
    "PutConfiguredAudienceModelPolicy",
)
UPDATES = (
    "UpdateConfiguredAudienceModel",
    "TagResource",
    "UpdateConfiguredAudienceModelAssociation",
    "PutConfiguredAudienceModelPolicy",
)


def template(version: str) -> dict[str, dict[str, Any]]:
    """One resource of each type, and what can be changed in place."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": {"first": "444455556666", "second": "777788889999"}[version]},
        "Action": "cleanrooms-ml:StartAudienceGenerationJob",
        "Resource": EXISTING_MODELS[1],
    }
    return {
        "Model": {**MINIMAL, "Type": CONFIGURED, "description": version},
        "Audience": {"Type": AUDIENCE, "trainingDatasetArn": DATASET, "tags": {"version": version}},
        "Association": {
            "Type": ASSOCIATION,
            "membershipIdentifier": MEMBERSHIP,
            "configuredAudienceModelArn": EXISTING_MODELS[0],
            "manageResourcePolicies": "false",
            "description": version,
        },
        "Policy": {
            "Type": POLICY,
            "configuredAudienceModelArn": EXISTING_MODELS[1],
            "configuredAudienceModelPolicy": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }


class Overlap(EngineDriver):
    """A stack with one resource of each type, and a sibling that fails when it is told to."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine, folder)
        self.prepare(CONFIGURED_MODELS)
        self.prepare(ASSOCIATIONS)
        engine.client("s3").create_bucket(Bucket="gates")

    def begin(self, verb: str, wanted: dict[str, dict[str, Any]], *, fails: bool) -> str:
        document = self._document(wanted, fails=False)
        # Slow enough to be still at it when the roll-back is over, if it goes on.
        document["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["SPEED"] = "20"
        document["Resources"] |= {
            "SiblingFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"ZipFile": SIBLING},
                    "Handler": "index.handler",
                    "Runtime": "python3.14",
                    "Timeout": 60,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                },
            },
            "Sibling": {
                "Type": "Custom::Sibling",
                "Properties": {"ServiceToken": {"Fn::GetAtt": ["SiblingFunction", "Arn"]}, "Fails": fails},
            },
        }
        body = self._to_service(json.dumps(document))
        send = getattr(self._cloudformation, f"{verb}_stack")
        return str(send(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])["StackId"])

    def throttle(self, operations: tuple[str, ...]) -> None:
        """From now on, until the faults are lifted."""
        faults = [Fault(name, error="ThrottlingException", message="slow down", times=None) for name in operations]
        self._engine.set_faults(*faults)
        self._engine.forget_calls()

    def wait_for_calls(self, operations: tuple[str, ...]) -> None:
        until(lambda: set(operations) <= {call.operation for call in self._engine.calls()})

    def let_the_sibling_fail(self) -> None:
        self._engine.client("s3").put_object(Bucket="gates", Key="fail", Body=b"")

    def end(self, stack_id: str, requests: int) -> str:
        """Waits for the stack; then the service takes what comes, until all deliveries have ended."""
        until(lambda: not self._status_of(stack_id).endswith("IN_PROGRESS"))
        self._engine.set_faults()
        until(lambda: self._ended() == requests)
        return self._status_of(stack_id)

    def policy(self) -> Any:
        """Whom the policy lets in, if there is one."""
        arn = self._to_service(EXISTING_MODELS[1])
        try:
            found = self._cleanroomsml.get_configured_audience_model_policy(configuredAudienceModelArn=arn)
        except self._cleanroomsml.exceptions.ResourceNotFoundException:
            return None
        return json.loads(found["configuredAudienceModelPolicy"])["Statement"][0]["Principal"]["AWS"]

    def lives(self) -> dict[str, int]:
        return {type_: len(self._live(type_)) for type_ in (CONFIGURED, AUDIENCE, ASSOCIATION)}

    def cancel_update(self) -> None:
        self._cloudformation.cancel_update_stack(StackName=STACK)

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName=STACK)

    def _status_of(self, stack_id: str) -> str:
        return str(self._cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]["StackStatus"])

    def _ended(self) -> int:
        """How many invocations of the function have ended."""
        logs = self._engine.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        (group,) = [name for name in groups if "-Function" in name]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return sum(event["message"].startswith("REPORT") for page in pages for event in page["events"])


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what another process does."""
    end = time.monotonic() + seconds
    for pause in itertools.repeat(0.2):
        if condition():
            return
        assert time.monotonic() < end, f"it did not happen within {seconds} s"
        time.sleep(pause)


@pytest.fixture
def overlap(engine: Engine, tmp_path: Path) -> Overlap:
    engine.seed_audience_model(AUDIENCE_MODEL)
    engine.seed_audience_model(OTHER_AUDIENCE_MODEL)
    return Overlap(engine, tmp_path)


@pytest.mark.scenario(49)
def test_creates_that_are_cancelled_by_a_siblings_failure_leave_nothing(overlap: Overlap) -> None:
    overlap.throttle(CREATES)
    stack_id = overlap.begin("create", template("first"), fails=True)
    overlap.wait_for_calls(CREATES)
    overlap.let_the_sibling_fail()
    assert overlap.end(stack_id, requests=8) == "ROLLBACK_COMPLETE"
    assert overlap.lives() == {CONFIGURED: 0, AUDIENCE: 0, ASSOCIATION: 0}
    assert overlap.policy() is None


@pytest.mark.scenario(49)
def test_a_create_that_is_cancelled_by_the_stacks_deletion_leaves_nothing(overlap: Overlap) -> None:
    overlap.throttle(CREATES[:1])
    stack_id = overlap.begin("create", {"Model": template("first")["Model"]}, fails=True)
    overlap.wait_for_calls(CREATES[:1])
    overlap.delete()
    assert overlap.end(stack_id, requests=2) == "DELETE_COMPLETE"
    assert overlap.lives()[CONFIGURED] == 0


@pytest.mark.scenario(50)
def test_updates_that_are_cancelled_change_nothing(overlap: Overlap) -> None:
    stack_id = overlap.begin("create", template("first"), fails=False)
    assert overlap.end(stack_id, requests=4) == "CREATE_COMPLETE"
    for requests, cancel in ((12, overlap.cancel_update), (20, overlap.let_the_sibling_fail)):
        overlap.throttle(UPDATES)
        overlap.begin("update", template("second"), fails=True)
        overlap.wait_for_calls(UPDATES)
        cancel()
        assert overlap.end(stack_id, requests=requests) == "UPDATE_ROLLBACK_COMPLETE"
        assert overlap.lives() == {CONFIGURED: 1, AUDIENCE: 1, ASSOCIATION: 1}
        (model,), (association,), (audience,) = map(overlap.models, (CONFIGURED, ASSOCIATION, AUDIENCE))
        assert (model["description"], association["description"]) == ("first", "first")
        assert audience["tags"]["version"] == "first"
        assert overlap.policy() == "444455556666"
