"""The error policy: what is tried again, for how long, and what a person is told in the end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from cdk_cleanroomsml.handler.calls import operations, retry_policy
from cdk_cleanroomsml.local.service import Fault

from ...worlds import USUAL
from ..scenarios.all_scenarios import CREATE, DELETE, UPDATE, nothing_left
from ..simulation.cloudformation import Stack
from ..simulation.simulator import AUDIENCE_MODEL, MAXIMAL, MINIMAL, PARTNER, ROLE, Simulator
from ..simulation.virtual_lambda import ACCOUNT, REGION, Interruption, client

pytestmark = USUAL


GET = "GetConfiguredAudienceModel"
LIST = "ListConfiguredAudienceModels"


def attempts(world: Simulator, operation: str) -> int:
    return sum(call.operation == operation for call in world.calls)


@pytest.mark.scenario(30)
@pytest.mark.parametrize("operation", ["TagResource", "UntagResource"])
def test_tag_calls_are_tried_again(world: Simulator, operation: str) -> None:
    world.deploy(Model={**MINIMAL, "tags": {"old": "1"}})
    world.fail(operation, "ThrottlingException", times=3)
    assert world.deploy(Model={**MINIMAL, "tags": {"new": "1"}}).status == "COMPLETE"
    assert attempts(world, operation) == 4
    nothing_left(world)


@pytest.mark.scenario(30)
@pytest.mark.parametrize("operation", ["TagResource", "UntagResource"])
def test_tag_calls_denied_name_the_action(world: Simulator, operation: str) -> None:
    world.deploy(Model={**MINIMAL, "tags": {"old": "1"}})
    arn = world.physical_id()
    world.fail(operation, "AccessDeniedException", times=None)
    result = world.deploy(Model={**MINIMAL, "tags": {"new": "1"}})
    assert f"needs cleanrooms-ml:{operation} on {arn}" in result.reason
    world.faults.queue.clear()
    world.stack.continue_roll_back()
    nothing_left(world)


@pytest.mark.scenario(31)
def test_back_off_is_jittered_and_bounded(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.fail(GET, "InternalServiceException", times=20)
    assert world.deploy(Model={**MINIMAL, "description": "new"}).status == "COMPLETE"
    pauses = [line["seconds"] for line in world.log() if line["step"] == "wait"]
    assert len(pauses) == 20
    assert len(set(pauses)) > 10
    assert all(1 <= pause <= 20 for pause in pauses)
    nothing_left(world)


@pytest.mark.scenario(31)
def test_refusals_of_the_rate_slow_the_calls_down_and_successes_let_them_go_on(world: Simulator) -> None:
    world.fail(CREATE, "ThrottlingException", times=8)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    pauses = [line["seconds"] for line in world.log() if line["step"] == "wait"]
    assert all(
        most / 4 <= round(pause) <= most for pause, most in zip(pauses, [4, 8, 16, 32, 64, 90, 90, 90], strict=False)
    )
    # The next calls are slow at first: half as slow after each success.
    before = world.clock.now()
    world.deploy(Model={**MINIMAL, "description": "new"})
    assert 2 < world.clock.now() - before < 90
    # Another day nobody remembers.
    world.clock.sleep(3600)
    before = world.clock.now()
    world.deploy(Model={**MINIMAL, "description": "newer"})
    assert world.clock.now() - before < 1
    nothing_left(world)


@pytest.mark.scenario(31)
def test_a_pause_leaves_time_for_one_more_call(world: Simulator) -> None:
    """However slow the calls have become, the time that is left is used."""
    world.fail(CREATE, "ThrottlingException", times=None)
    world.deploy(Model=MINIMAL)
    calls = [line for line in world.log() if line.get("operation") == CREATE]
    (outcome, *_) = [line for line in world.log() if line["step"] == "outcome"]
    assert "attempts in 8" in outcome["reason"]
    assert 10 < len(calls) < 30


@pytest.mark.scenario(31, 36)
@pytest.mark.parametrize("timeout", [60, 300, 900])
def test_the_answer_is_sent_before_the_lambda_times_out(world: Simulator, timeout: int) -> None:
    world.function.timeout = timeout
    world.wire.seconds_a_call = 20
    world.fail(CREATE, "ThrottlingException", times=None)
    sent = world.clock.now()
    result = world.deploy(Model=MINIMAL)
    (create, _delete) = [line for line in world.log() if line["step"] == "outcome"]
    assert world.function.deaths == []
    assert create["status"] == "FAILED"
    assert create["physical_id"].startswith("cdk-cleanroomsml:failed-create/")
    assert "ThrottlingException" in result.reason
    assert world.clock.now() - sent < 2 * timeout
    assert world.models() == []


@pytest.mark.scenario(36)
@pytest.mark.parametrize("kind", ["hang", "connection_lost"])
def test_ten_seconds_are_left_when_the_answer_goes_out(world: Simulator, kind: str) -> None:
    """Even if the last call takes as long as a call can take."""
    world.wire.seconds_a_call = 25
    left: list[float] = []
    ends = world.clock.now() + world.function.timeout
    put = world.function.put

    def watched(url: str, body: bytes, timeout: float) -> int:
        left.append(ends - world.clock.now())
        return put(url, body, timeout)

    world.function.put = watched
    world.faults.add(Fault(CREATE, kind=kind, times=None))  # type: ignore[arg-type]
    world.deploy(Model=MINIMAL)
    assert left[0] >= 10


@pytest.mark.scenario(36)
def test_no_call_without_the_time_for_it(world: Simulator) -> None:
    world.function.timeout = 39
    result = world.deploy(Model=MINIMAL)
    assert "CreateConfiguredAudienceModel was not called: too little time is left" in result.reason
    assert world.operations() == []


@pytest.mark.scenario(32, 33)
@pytest.mark.parametrize("operation", [CREATE, UPDATE])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("AccessDeniedException", "User: arn:… is not authorized to perform: iam:PassRole"),
        ("ValidationException", "cleanrooms-ml.amazonaws.com cannot assume the role"),
        ("ValidationException", "the role has no permission to write to S3"),
        ("ValidationException", "KMS key is not accessible"),
        ("ValidationException", "The request failed"),
        ("ValidationException", ""),
        ("UnrecognizedClientException", "The security token included in the request is invalid"),
    ],
)
def test_what_iam_may_not_have_propagated(world: Simulator, operation: str, error: str, message: str) -> None:
    if operation == UPDATE:
        world.deploy(Model=MINIMAL)
    world.fail(operation, error, message, times=3)
    assert world.deploy(Model={**MINIMAL, "description": "new"}).status == "COMPLETE"
    world.fail(operation, error, message, times=None)
    started = world.clock.now()
    world.forget_calls()
    template = {"Model": {**MINIMAL, "description": "newer"}}
    result = (Stack(world.cloudformation, "Second").deploy if operation == CREATE else world.deploy)(template)
    assert attempts(world, operation) > 3
    assert error in result.reason
    assert re.search(r"after [0-9]+ attempts in [0-9]+ s", result.reason)
    assert 90 <= world.clock.now() - started < 300


@pytest.mark.scenario(33)
def test_denied_for_ever_names_what_is_missing(world: Simulator) -> None:
    world.fail(CREATE, "AccessDeniedException", "no", times=None)
    reason = world.deploy(Model=MINIMAL).reason
    for needed in (f"CreateConfiguredAudienceModel on {AUDIENCE_MODEL}", "TagResource", f"iam:PassRole on {ROLE}"):
        assert needed in reason
    assert "request id" in reason
    assert "(log: /aws/lambda/provider 2027/01/15/" in reason


@pytest.mark.scenario(33)
@pytest.mark.parametrize("operation", [GET, LIST, UPDATE, DELETE])
def test_denied_on_other_operations(world: Simulator, operation: str) -> None:
    world.deploy(Model=MINIMAL)
    world.fail(operation, "AccessDeniedException", "no", times=None)
    result = world.deploy(Model={**MINIMAL, "description": "x"}) if operation == UPDATE else world.destroy()
    assert f"cleanrooms-ml:{operation}" in result.reason
    assert len(world.models()) == 1


@pytest.mark.scenario(34)
@pytest.mark.parametrize(
    "message",
    [
        "… with an explicit deny in an identity-based policy",
        "… because no service control policy allows the action",
        "… because no permissions boundary allows the action",
    ],
)
def test_what_is_denied_on_purpose_is_not_tried_again(world: Simulator, message: str) -> None:
    world.fail(CREATE, "AccessDeniedException", message, times=None)
    result = world.deploy(Model=MINIMAL)
    assert attempts(world, CREATE) == 1
    assert "the policy must allow it" in result.reason


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("ValidationException", "Value 'x' at 'outputConfig.roleArn' failed to satisfy constraint: …:role/.+"),
        ("ValidationException", "percentages are 1 to 100"),
        ("ServiceQuotaExceededException", "too many"),
    ],
)
def test_what_no_retry_can_help(world: Simulator, error: str, message: str) -> None:
    world.fail(CREATE, error, message, times=None)
    assert error in world.deploy(Model=MINIMAL).reason
    assert attempts(world, CREATE) == 1


def test_parameters_that_botocore_refuses(world: Simulator) -> None:
    result = world.deploy(Model={**MINIMAL, "minMatchingSeedSize": 3})
    assert "ParamValidationError" in result.reason
    assert "minMatchingSeedSize" in result.reason
    assert world.writes() == []


def test_an_audience_model_that_does_not_exist(world: Simulator) -> None:
    missing = AUDIENCE_MODEL + "-missing"
    started = world.clock.now()
    reason = world.deploy(Model={**MINIMAL, "audienceModelArn": missing}).reason
    assert f"is there an audience model {missing} in us-east-1" in reason
    assert 20 <= world.clock.now() - started < 90


def test_conflict_with_somebody_elses_name(world: Simulator) -> None:
    world.switches.configured_audience_model_names = "unique"
    Stack(world.cloudformation, "Neighbour").deploy({"Model": MAXIMAL})
    (theirs,) = world.models()
    result = world.deploy(Model=MAXIMAL)
    assert f"taken by {theirs['configuredAudienceModelArn']}, which somebody else created" in result.reason
    assert world.models() == [theirs]


def test_conflict_with_another_request_of_this_resource(world: Simulator) -> None:
    world.switches.configured_audience_model_names = "unique"
    world.retain()
    world.deploy(Model=MAXIMAL)
    world.deploy({})
    result = world.deploy(Model=MAXIMAL)
    assert "which another request for this resource created" in result.reason
    assert len(world.models()) == 1


def test_conflict_without_a_reason_is_tried_again(world: Simulator) -> None:
    world.fail(CREATE, "ConflictException", times=3)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    nothing_left(world)
    world.fail(CREATE, "ConflictException", times=None)
    started = world.clock.now()
    assert "ConflictException" in world.deploy(Model=MINIMAL).reason
    assert 120 <= world.clock.now() - started < 300


@pytest.mark.parametrize("error", ["ConflictException", "InternalServiceException"])
@pytest.mark.parametrize("after_effect", [True, False])
def test_update_reads_again_before_it_tries_again(world: Simulator, error: str, after_effect: bool) -> None:
    world.deploy(Model=MINIMAL)
    world.forget_calls()
    world.fail(UPDATE, error, after_effect=after_effect)
    assert world.deploy(Model={**MINIMAL, "description": "new"}).status == "COMPLETE"
    assert world.operations() == ["Get", "Update", "Get", *([] if after_effect else ["Update"])]
    nothing_left(world)


@pytest.mark.scenario(26)
def test_a_model_that_vanishes_during_an_update(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.fail(UPDATE, "ConflictException")
    world.wire.interruptions.append(Interruption(UPDATE, world.vanish, after_effect=True))
    assert "does not exist" in world.deploy(Model={**MINIMAL, "description": "new"}).reason


@pytest.mark.scenario(26)
def test_a_model_that_vanishes_before_the_write(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.wire.interruptions.append(Interruption(UPDATE, world.vanish, after_effect=False))
    reason = world.deploy(Model={**MINIMAL, "description": "new"}).reason
    assert "UpdateConfiguredAudienceModel failed with ResourceNotFoundException" in reason
    assert "outside of" in reason


@pytest.mark.scenario(15)
def test_conflict_on_delete_is_bounded(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.faults.refuse_delete = True
    started = world.clock.now()
    assert world.destroy().status == "DELETE_FAILED"
    assert 600 <= world.clock.now() - started < 700
    world.faults.refuse_delete = False
    nothing_left(world)


def add_job(world: Simulator, name: str, outcome: str | None, by: str = ACCOUNT) -> str:
    """A generation job on the only model: in work without an outcome."""
    arn = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-generation-job/{name}"
    job = {"id": name, "name": name, "owner": ACCOUNT, "startedBy": by, "createTime": world.clock.datetime()}
    ended = {"outcome": outcome} if outcome else {}
    model: dict[str, Any] = {
        "configuredAudienceModelArn": world.physical_id(),
        "seedAudience": None,
        "tags": {ACCOUNT: {}},
    }
    world.service._shared[REGION].generation_jobs.add(arn, {**job, **model, "updateTime": job["createTime"], **ended})
    return arn


@pytest.mark.scenario(15)
@pytest.mark.parametrize("finished_hold", [False, True])
def test_a_job_that_runs_holds_its_model_and_is_named_first(world: Simulator, finished_hold: bool) -> None:
    world.switches.finished_jobs_hold_models = finished_hold
    world.switches.job_seconds = 1e6
    world.deploy(Model=MINIMAL)
    ended = add_job(world, "ended", "ACTIVE")
    runs = add_job(world, "runs", None, by=PARTNER)
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert f"Jobs on it are {runs} (CREATE_PENDING, started by {PARTNER}), {ended} (ACTIVE): wait" in result.reason
    assert "if it is refused then, too, delete the jobs (log" in result.reason
    assert len(world.inputs("ListAudienceGenerationJobs")) == 1
    assert "DeleteAudienceGenerationJob" not in [call.operation for call in world.calls]


@pytest.mark.scenario(15)
@pytest.mark.parametrize("finished_hold", [False, True])
def test_jobs_that_have_ended_may_hold_a_model(world: Simulator, finished_hold: bool) -> None:
    world.switches.finished_jobs_hold_models = finished_hold
    world.deploy(Model=MINIMAL)
    ended = [add_job(world, f"job-{number}", outcome) for number, outcome in enumerate(["ACTIVE", "CREATE_FAILED"])]
    result = world.destroy()
    if not finished_hold:
        assert result.status == "DELETE_COMPLETE"
        assert world.inputs("ListAudienceGenerationJobs") == []
        return
    assert result.status == "DELETE_FAILED"
    assert f"{ended[0]} (ACTIVE), {ended[1]} (CREATE_FAILED): all have ended, but may hold it" in result.reason
    for arn in ended:
        world.service._shared[REGION].generation_jobs.remove(arn)
    nothing_left(world)


@pytest.mark.scenario(15)
@pytest.mark.parametrize(("number", "rest"), [(3, ""), (4, ", and 1 more"), (101, ", and 97 or more")])
def test_a_few_of_the_jobs_are_named(world: Simulator, number: int, rest: str) -> None:
    world.switches.finished_jobs_hold_models = True
    world.deploy(Model=MINIMAL)
    for each in range(number):
        add_job(world, f"{each:03}", "ACTIVE")
    reason = world.destroy().reason
    assert reason.count("audience-generation-job/") == 3
    assert f"(ACTIVE){rest}: all have ended" in reason
    assert len(world.inputs("ListAudienceGenerationJobs")) == 1


@pytest.mark.scenario(15, 33)
@pytest.mark.parametrize("error", ["AccessDeniedException", "ThrottlingException", "InternalServiceException", None])
def test_a_reason_without_jobs(world: Simulator, error: str | None) -> None:
    """They can't be listed, or there are none: what holds the model is not known."""
    world.deploy(Model=MINIMAL)
    world.faults.refuse_delete = True
    if error:
        add_job(world, "job", "ACTIVE")
        world.fail("ListAudienceGenerationJobs", error, times=None)
    assert "wait for them or delete them, then delete again (log" in world.destroy().reason
    assert len(world.inputs("ListAudienceGenerationJobs")) == 1


@pytest.mark.parametrize("kind", ["hang", "connection_lost", "error"])
@pytest.mark.parametrize("after_effect", [True, False])
def test_delete_without_a_clear_answer(world: Simulator, kind: str, after_effect: bool) -> None:
    world.deploy(Model=MINIMAL)
    world.faults.add(Fault(DELETE, kind=kind, after_effect=after_effect))  # type: ignore[arg-type]
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


def test_every_modelled_error_has_a_place_in_the_policy() -> None:
    """Read from botocore: a code that a new SDK brings makes this fail, so that somebody decides."""
    model = client().meta.service_model
    used = (
        operations.CREATE,
        operations.UPDATE,
        operations.DELETE,
        operations.GET,
        operations.LIST,
        operations.TAG,
        operations.UNTAG,
    )
    for operation in used:
        for shape in model.operation_model(operation).error_shapes:
            error = {"Error": {"Code": shape.name, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            assert retry_policy._answered(error).kind != retry_policy.REFUSED, shape.name


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (408, "RequestTimeout", retry_policy.UNCLEAR),
        (429, "", retry_policy.THROTTLED),
        (400, "ThrottledException", retry_policy.THROTTLED),
        (400, "Throttling", retry_policy.THROTTLED),
        (400, "TooManyRequestsException", retry_policy.THROTTLED),
        (500, "InternalServiceException", retry_policy.UNCLEAR),
        (503, "503", retry_policy.UNCLEAR),
        (418, "Teapot", retry_policy.REFUSED),
    ],
)
def test_codes_that_are_not_modelled(status: int, code: str, kind: str) -> None:
    error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert retry_policy._answered(error).kind == kind


@pytest.mark.parametrize("size", [1, 99, 100, 101, 250])
def test_all_pages_are_read(world: Simulator, size: int) -> None:
    neighbour = Stack(world.cloudformation, "Neighbour")
    neighbour.deploy({f"Model{number}": MINIMAL for number in range(size)})
    world.crash(CREATE)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert len(world.models()) == size + 1
    assert world.operations().count("List") == (size + 1 + 99) // 100


@pytest.mark.scenario(7)
@pytest.mark.parametrize(
    ("error", "looks"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="https://…"), False),
        (exceptions.ConnectTimeoutError(endpoint_url="https://…"), False),
        (exceptions.ProxyConnectionError(proxy_url="https://…"), False),
        (exceptions.ReadTimeoutError(endpoint_url="https://…"), True),
        (exceptions.SSLError(endpoint_url="https://…", error="reset"), True),
        (ResponseParserError("<html>"), True),
    ],
)
def test_what_never_reached_the_service_needs_no_look(world: Simulator, error: Exception, looks: bool) -> None:
    def fail() -> None:
        raise error

    world.wire.interruptions.append(Interruption(CREATE, fail, after_effect=False))
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert ("List" in world.operations()) == looks
    assert world.writes() == ["Create"]
    nothing_left(world)


def test_a_service_out_of_reach(world: Simulator) -> None:
    def fail() -> None:
        raise exceptions.EndpointConnectionError(endpoint_url="https://…")

    world.wire.interruptions.append(Interruption(CREATE, fail, after_effect=False, times=1000))
    assert "can the function reach the service in us-east-1?" in world.deploy(Model=MINIMAL).reason
