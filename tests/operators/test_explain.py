"""`explain`: events and log joined, and the advice of the operators' page."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.operators import explain
from cdk_cleanroomsml.operators.advice import PAGES, advice
from cdk_cleanroomsml.operators.outcome import CommandError

from .cloudformation import WHEN

if TYPE_CHECKING:
    from .cloudformation import FakeStack
    from .conftest import World

MODEL = "Custom::CleanRoomsMLConfiguredAudienceModel"
GROUP, STREAM = "Shop-CleanRoomsMLProviderLogGroup-1", "2026/02/03/[$LATEST]0a1b"
DENIED = (
    "CreateConfiguredAudienceModel failed with AccessDeniedException after 9 attempts in 90 s: User is not authorized"
    " (request id f26c). the function's role needs cleanrooms-ml:CreateConfiguredAudienceModel on arn"
)


class Story:
    """What happened to a stack, told in order."""

    def __init__(self, stack: FakeStack) -> None:
        self.stack = stack

    def __call__(
        self, logical_id: str, status: str, reason: str = "", type_: str = MODEL, physical_id: str = ""
    ) -> None:
        is_stack = logical_id == self.stack.name
        event = {
            "StackId": self.stack.id,
            "EventId": str(len(self.stack.events)),
            "StackName": self.stack.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": self.stack.id if is_stack else physical_id,
            "ResourceType": "AWS::CloudFormation::Stack" if is_stack else type_,
            "Timestamp": WHEN + timedelta(seconds=len(self.stack.events)),
            "ResourceStatus": status,
            **({"ResourceStatusReason": reason} if reason else {}),
        }
        self.stack.events.insert(0, event)


def lines(stack: FakeStack, reason: str = DENIED, type_: str = "Create", logical_id: str = "Model") -> list[str]:
    """What the function writes about one request."""
    steps: list[dict[str, Any]] = [
        {"step": "request", "type": type_, "stack_id": stack.id, "logical_id": logical_id, "request_id": "5a0c"},
        {
            "step": "call",
            "operation": "CreateConfiguredAudienceModel",
            "attempt": 1,
            "result": "AccessDeniedException",
            "message": "User is not authorized",
            "request_id": "f26c",
            "milliseconds": 41,
        },
        {"step": "wait", "seconds": 7},
        {"step": "outcome", "status": "FAILED", "physical_id": "x", "reason": reason},
        {"step": "answer", "attempt": 1, "outcome": 200, "bytes": 509},
    ]
    return ["START RequestId: 1 Version: $LATEST", *map(json.dumps, steps), "END RequestId: 1"]


@pytest.fixture
def stack(world: World) -> FakeStack:
    return world.elsewhere.add("Shop", status="ROLLBACK_COMPLETE")


@pytest.fixture
def happened(stack: FakeStack) -> Story:
    return Story(stack)


def run(world: World, capsys: pytest.CaptureFixture[str], name: str = "Shop") -> tuple[int, Any]:
    code = explain.run(world.account(as_json=True), Namespace(stack=name))
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "words",
    [
        "{}",
        "Received response status [FAILED] from custom resource. Message returned: {}",
        "Received response status [FAILED] from custom resource. Message returned: {} (RequestId: 0a1b-2c)",
    ],
)
def test_what_failed_and_what_the_function_did(
    world: World, stack: FakeStack, happened: Story, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    happened("Shop", "CREATE_IN_PROGRESS", "User Initiated")
    happened("Other", "CREATE_FAILED", "Resource creation cancelled")
    happened("Model", "CREATE_FAILED", words.format(f"{DENIED} (log: {GROUP} {STREAM})"))
    happened("Shop", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Model].")
    happened("Shop", "ROLLBACK_COMPLETE")
    world.elsewhere.logs[GROUP, STREAM] = [
        *lines(stack, "an older one", logical_id="Other"),
        *lines(stack, "an older one"),
        *lines(stack),
        *lines(stack, "a later one", type_="Delete"),
    ]
    code, told = run(world, capsys)
    assert (code, told["operation"]["verb"], told["operation"]["isTheLast"]) == (2, "create", True)
    (failure,) = told["failures"]
    assert (failure["logicalId"], failure["reason"], failure["kind"]) == ("Model", DENIED, "denied")
    assert failure["do"].startswith("give the function's role the action that the Reason names")
    assert [(each["step"], each.get("result")) for each in failure["steps"]] == [
        ("call", "AccessDeniedException"),
        ("wait", None),
        ("outcome", None),
        ("answer", None),
    ]
    assert failure["steps"][2]["reason"] == DENIED


def test_nothing_has_failed(world: World, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
    happened("Shop", "CREATE_IN_PROGRESS")
    happened("Shop", "CREATE_COMPLETE")
    code, told = run(world, capsys)
    assert (code, told["operation"], told["failures"]) == (0, None, [])


def test_an_earlier_operation_failed(world: World, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
    happened("Shop", "CREATE_IN_PROGRESS")
    happened("Bucket", "CREATE_FAILED", "it exists", type_="AWS::S3::Bucket")
    happened("Shop", "ROLLBACK_COMPLETE")
    happened("Shop", "UPDATE_IN_PROGRESS")
    happened("Shop", "UPDATE_COMPLETE")
    code, told = run(world, capsys)
    assert (code, told["operation"]["isTheLast"]) == (0, False)
    assert told["failures"][0]["note"].startswith("not a resource of this library")


def test_in_a_nested_stack(world: World, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
    nested = world.elsewhere.add("Shop-Nested")
    inner = Story(nested)
    happened("Shop", "UPDATE_IN_PROGRESS")
    inner("Shop-Nested", "UPDATE_IN_PROGRESS")
    inner("Model", "UPDATE_FAILED", "name: this change needs replacement under the same name: change it")
    type_ = "AWS::CloudFormation::Stack"
    happened("Nested", "UPDATE_FAILED", "Embedded stack was not successfully updated", type_, nested.id)
    _, told = run(world, capsys)
    assert [(each["stack"], each["logicalId"]) for each in told["failures"]] == [("Shop-Nested", "Model")]


def test_a_nested_stack_that_may_not_be_read(world: World, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
    nested = world.elsewhere.add("Shop-Nested")
    world.elsewhere.denied.add(("DescribeStacks", nested.id))
    happened("Shop", "UPDATE_IN_PROGRESS")
    happened("Nested", "UPDATE_FAILED", "Embedded stack", "AWS::CloudFormation::Stack", nested.id)
    explain.run(world.account(as_json=True), Namespace(stack="Shop"))
    answer = capsys.readouterr()
    assert [each["logicalId"] for each in json.loads(answer.out)["failures"]] == ["Nested"]
    assert "'explain' needs cloudformation:DescribeStacks; " in answer.err


def test_a_stack_that_was_deleted(
    world: World, stack: FakeStack, happened: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    happened("Shop", "DELETE_IN_PROGRESS")
    happened("Model", "DELETE_FAILED", "jobs")
    happened("Shop", "DELETE_COMPLETE")
    stack.status = "DELETE_COMPLETE"
    _, told = run(world, capsys)
    assert (told["status"], told["failures"][0]["logicalId"]) == ("DELETE_COMPLETE", "Model")
    with pytest.raises(CommandError, match="there is no stack Nobody in us-east-1, and none was deleted lately"):
        run(world, capsys, "Nobody")


class TestTheLog:
    def test_is_found_without_the_reason(
        self, world: World, stack: FakeStack, happened: Story, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stack.resources["CleanRoomsMLProviderLogGroupB5FD"] = ("AWS::Logs::LogGroup", GROUP, "CREATE_COMPLETE")
        happened("Shop", "CREATE_IN_PROGRESS")
        happened("Model", "CREATE_FAILED", "CloudFormation did not receive a response from your Custom Resource.")
        timed_out = "2026-02-03T10:00:00Z 1 Task timed out after 900.00 seconds"
        world.elsewhere.logs[GROUP, STREAM] = [*lines(stack)[:3], timed_out]
        _, told = run(world, capsys)
        (failure,) = told["failures"]
        assert failure["means"] == "the function never got to answer"
        assert ([each["step"] for each in failure["steps"]], failure["lambdaSays"]) == (["call"], [timed_out])

    @pytest.mark.parametrize(
        ("logs", "note"),
        [
            ({}, f"the log group {GROUP} is gone"),
            ({(GROUP, STREAM): []}, f"the log {GROUP} has nothing of it: was the function run at all?"),
            ({(GROUP, STREAM): ["not ours", "[1]", '{"level": "INFO"}']}, f"the log {GROUP} has nothing of it"),
        ],
    )
    def test_may_tell_nothing(
        self, world: World, happened: Story, capsys: pytest.CaptureFixture[str], logs: Any, note: str
    ) -> None:
        happened("Shop", "CREATE_IN_PROGRESS")
        happened("Model", "CREATE_FAILED", f"{DENIED} (log: {GROUP} {STREAM})")
        world.elsewhere.logs.update(logs)
        _, told = run(world, capsys)
        assert told["failures"][0]["note"].startswith(note)

    def test_may_have_gone_with_the_stack(
        self, world: World, happened: Story, capsys: pytest.CaptureFixture[str]
    ) -> None:
        happened("Shop", "CREATE_IN_PROGRESS")
        happened("Model", "CREATE_FAILED", "whatever")
        _, told = run(world, capsys)
        assert told["failures"][0]["note"] == "the stack has no log group of the function's any more"

    @pytest.mark.parametrize("name", ["shared-log", {"Fn::ImportValue": "log"}])
    def test_may_be_one_that_was_given(
        self, world: World, stack: FakeStack, happened: Story, capsys: pytest.CaptureFixture[str], name: Any
    ) -> None:
        world.elsewhere.exports["log"] = "shared-log"
        function = "CleanRoomsMLProviderFunction3A8A"
        properties = {"LoggingConfig": {"LogGroup": name}}
        stack.template = {"Resources": {function: {"Type": "AWS::Lambda::Function", "Properties": properties}}}
        stack.resources[function] = ("AWS::Lambda::Function", "f", "DELETE_COMPLETE")
        happened("Shop", "CREATE_IN_PROGRESS")
        happened("Model", "CREATE_FAILED", "CloudFormation did not receive a response from your Custom Resource.")
        world.elsewhere.logs["shared-log", STREAM] = lines(stack)
        _, told = run(world, capsys)
        (failure,) = told["failures"]
        assert (failure["logGroup"], failure["logStream"], failure["note"]) == ("shared-log", STREAM, "")

    def test_may_not_be_readable(self, world: World, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
        happened("Shop", "CREATE_IN_PROGRESS")
        happened("Model", "CREATE_FAILED", f"{DENIED} (log: {GROUP} {STREAM})")
        world.elsewhere.locked.add(GROUP)
        assert explain.run(world.account(as_json=True), Namespace(stack="Shop")) == 2
        said = capsys.readouterr()
        (failure,) = json.loads(said.out)["failures"]
        assert (failure["kind"], failure["note"]) == ("denied", "its log can't be read from here")
        assert "the KMS key of the log group can't be used" in said.err


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("UPDATE_ROLLBACK_IN_PROGRESS", "Export Shop:Model cannot be deleted as it is in use by Partner"),
        ("UPDATE_ROLLBACK_FAILED", "Internal Failure"),
        ("DELETE_FAILED", "Role arn:aws:iam::111122223333:role/cdk is invalid or cannot be assumed"),
    ],
)
def test_what_failed_by_no_resource(
    world: World, happened: Story, capsys: pytest.CaptureFixture[str], status: str, reason: str
) -> None:
    happened("Shop", "UPDATE_IN_PROGRESS", "User Initiated")
    happened("Model", "UPDATE_FAILED", "Resource update cancelled")
    happened("Shop", status, reason)
    code, told = run(world, capsys)
    (failure,) = told["failures"]
    assert (code, failure["logicalId"], failure["reason"], failure["note"]) == (2, "Shop", reason, "")


def test_as_text(world: World, stack: FakeStack, happened: Story, capsys: pytest.CaptureFixture[str]) -> None:
    happened("Shop", "CREATE_IN_PROGRESS")
    happened("Model", "CREATE_FAILED", f"{DENIED} (log: {GROUP} {STREAM})")
    world.elsewhere.logs[GROUP, STREAM] = lines(stack)
    assert explain.run(world.account(), Namespace(stack="Shop")) == 2
    text = capsys.readouterr().out
    assert "1. Model" in text
    assert re.search(r"^do +give the function's role", text, re.M)
    assert re.search(
        r"^00:00:00 +call +CreateConfiguredAudienceModel +AccessDeniedException: User is not authorized$", text, re.M
    )


class TestAdvice:
    @pytest.mark.parametrize(
        ("reason", "kind"),
        [
            ("CreateConfiguredAudienceModel failed with ConflictException after 1 attempt: in use", "conflict"),
            (DENIED, "denied"),
            ("GetAudienceModel failed with AccessDeniedException after 1 attempt: with an explicit deny", "forbidden"),
            ("TagResource failed with ValidationException after 1 attempt: wrong", "invalid"),
            ("CreateAudienceModel failed with ValidationException after 1 attempt: can't assume the role", "not ready"),
            ("GetAudienceModel failed with ResourceNotFoundException after 2 attempts in 3 s: no", "not found"),
            ("CreateAudienceModel failed with ServiceQuotaExceededException after 1 attempt: 2", "quota"),
            ("TagResource failed with ThrottlingException after 40 attempts in 880 s: slow", "throttled"),
            ("TagResource failed with InternalServiceException after 4 attempts in 9 s: oh", "unclear"),
            ("TagResource failed with ReadTimeoutError after 4 attempts in 9 s: oh", "unclear"),
            ("TagResource failed with EndpointConnectionError after 4 attempts in 9 s: oh", "unreached"),
            ("TagResource failed with StrangeException after 1 attempt: oh", "refused"),
        ],
    )
    def test_each_kind_of_trouble(self, reason: str, kind: str) -> None:
        found = advice(reason)
        assert found.kind == kind
        assert found.do

    def test_each_reason_of_the_page_is_known_by_itself(self) -> None:
        page = next(page for page in PAGES if page.exists()).read_text()
        rows = re.search(r"^\| the Reason says \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.M)
        assert rows
        for row in rows[1].splitlines():
            said, means, do = (cell.strip() for cell in row.strip("|").split(" | "))
            found = advice(said.strip("`").replace("…", "arn:aws:something/else").replace("48", "53"))
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)|`", r"\1", means)
            assert (found.means, bool(found.do)) == (plain, bool(do)), said

    def test_a_function_that_somebody_deleted(self) -> None:
        found = advice("Function not found: arn:aws:lambda:us-east-1:111122223333:function:Shop-1 (Service: Lambda)")
        assert "somebody has deleted the stack's function" in found.means
        assert "adopt them" in found.do

    def test_what_nobody_has_written_about(self) -> None:
        assert advice("The bucket exists already").do == ""
