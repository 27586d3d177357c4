"""A Create that takes over the resource policy that is there, its roll-back, its release, and moves."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service.store import Policy

from ...worlds import IN_ITS_WORDS
from ..simulation.cloudformation import Result, Stack
from ..simulation.deliveries import answers, deliver
from ..simulation.resource_types import POLICY, PREFIX
from ..simulation.simulator import Simulator
from ..simulation.virtual_lambda import ACCOUNT, REGION, Interruption

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = IN_ITS_WORDS

PUT = "PutConfiguredAudienceModelPolicy"
GET = "GetConfiguredAudienceModelPolicy"
HERE = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}"
MODEL, OTHER = (f"{HERE}:configured-audience-model/{name}" for name in ("by-hand", "other"))


def document(*partners: str, collaboration: str = "1") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": list(partners)},
                "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                "Resource": [MODEL, f"{HERE}:audience-generation-job/*"],
                "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": collaboration}},
            }
        ],
    }


OLD, NEW = document("444455556666"), document("777788889999")
SPELT_OTHERWISE = json.dumps(
    {
        "Statement": {
            **OLD["Statement"][0],
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Resource": OLD["Statement"][0]["Resource"][::-1],
            "Action": "cleanrooms-ml:StartAudienceGenerationJob",
        },
        "Version": "2012-10-17",
    },
    indent=2,
)


def adopts(said: dict[str, Any] = OLD, model: str = MODEL, **members: Any) -> dict[str, Any]:
    put = {"configuredAudienceModelArn": model, "configuredAudienceModelPolicy": said}
    return {"Type": POLICY, **put, "Adopt": True, **members}


def overwrites(said: dict[str, Any] = NEW, **members: Any) -> dict[str, Any]:
    return adopts(said, Overwrite=True, **members)


def plain(said: dict[str, Any] = OLD, **members: Any) -> dict[str, Any]:
    return {name: value for name, value in adopts(said, **members).items() if name != "Adopt"}


@pytest.fixture
def world() -> Simulator:
    """Two models of nobody's, of which one has a policy."""
    world = Simulator()
    for name in ("by hand", "other"):
        world.by_hand(name, tags={"team": "growth"})
    somebody_puts(world, SPELT_OTHERWISE)
    return world


def somebody_puts(world: Simulator, text: str, model: str = MODEL) -> None:
    policies(world)[model] = Policy(text, hashlib.sha256(text.encode()).hexdigest())


def policies(world: Simulator) -> Any:
    return world.service._stores[ACCOUNT, REGION].policies


def text(world: Simulator, model: str = MODEL) -> str | None:
    found = policies(world).get(model)
    return found.text if found else None


def says(world: Simulator, model: str = MODEL) -> Any:
    return json.loads(text(world, model) or "null")


def memory(world: Simulator) -> dict[str, str]:
    tags: dict[str, str] = world.held(MODEL)["tags"]
    return {key: value for key, value in tags.items() if key.startswith(PREFIX)}


def ends(result: Result, status: str = "COMPLETE") -> None:
    assert result.status == status, result.reasons


def as_before(world: Simulator) -> None:
    assert text(world) == SPELT_OTHERWISE
    assert world.held(MODEL)["tags"] == {"team": "growth"}


def test_what_says_the_same_is_not_written(world: Simulator) -> None:
    ends(world.deploy(Policy=adopts()))
    assert world.writes() == []
    assert world.attributes("Policy") == {"ConfiguredAudienceModelArn": MODEL}
    as_before(world)


def test_what_says_something_else_is_not_overwritten(world: Simulator) -> None:
    result = world.deploy(Policy=adopts(NEW))
    ends(result, "ROLLBACK_COMPLETE")
    assert f"the resource policy of {MODEL} says something else than the template: nothing was overwritten" in (
        result.reason
    )
    assert world.writes() == []


def test_unless_that_is_said(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites()))
    assert says(world) == NEW
    # The next update shows that it has stayed.
    assert memory(world) != {}
    ends(world.deploy(Policy=overwrites(document("123456789012"))))
    assert memory(world) == {}


def test_overwrite_writes_nothing_that_is_there(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites(OLD)))
    assert world.writes() == []


@pytest.mark.parametrize("gone", ["policy", "model"])
def test_there_is_none(world: Simulator, gone: str) -> None:
    del policies(world)[MODEL]
    if gone == "model":
        world.service._stores[ACCOUNT, REGION].configured_audience_models.remove(MODEL)
    result = world.deploy(Policy=adopts())
    ends(result, "ROLLBACK_COMPLETE")
    assert f"{MODEL} has no resource policy to adopt, or not any more" in result.reason
    assert world.writes() == []


@pytest.mark.parametrize("model", ["by-hand", MODEL.replace(REGION, "eu-west-1"), MODEL.replace(ACCOUNT, "9" * 12)])
def test_of_somewhere_else(world: Simulator, model: str) -> None:
    result = world.deploy(Policy=adopts(model=model))
    ends(result, "ROLLBACK_COMPLETE")
    assert f"must be the ARN of a configured audience model of account {ACCOUNT} and Region {REGION}" in result.reason
    assert world.writes() == []


def test_members_of_ours_are_checked(world: Simulator) -> None:
    result = world.deploy(Policy=adopts(Overwrite="perhaps", DeleteAdopted="no"))
    assert "Overwrite must be true or false" in result.reason
    assert "DeleteAdopted must be true or false" in result.reason


# Roll-back


@pytest.mark.parametrize("deletes", [{}, {"DeleteAdopted": True}])
@pytest.mark.parametrize("template", [adopts, overwrites])
def test_a_roll_back_gives_it_back(world: Simulator, template: Callable[..., Any], deletes: dict[str, Any]) -> None:
    ends(world.deploy(Policy=template(**deletes), fails=True), "ROLLBACK_COMPLETE")
    as_before(world)


@pytest.mark.parametrize("template", [adopts, overwrites])
def test_so_does_that_of_the_stack_around_it(world: Simulator, template: Callable[..., Any]) -> None:
    ends(world.deploy(Policy=template(DeleteAdopted=True)))
    root = Stack(world.cloudformation, "Root")
    world.wire.roots[world.stack.id] = root.id
    world.cloudformation.say(root.id, "UPDATE_ROLLBACK_IN_PROGRESS")
    ends(world.destroy(), "DELETE_COMPLETE")
    as_before(world)


def test_what_somebody_has_put_since_stays(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites()))
    somebody_puts(world, json.dumps(document("123456789012")))
    world.cloudformation.say(world.stack.id, "ROLLBACK_IN_PROGRESS")
    delete(world)
    assert says(world) == document("123456789012")
    assert memory(world) == {}


def delete(world: Simulator) -> None:
    resource = world.resource("Policy")
    assert world.cloudformation.request(
        "Delete", world.stack.id, "Policy", resource.properties, PhysicalResourceId=resource.physical_id
    ).succeeded


def test_the_model_goes_before_the_roll_back(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites()))
    world.service._stores[ACCOUNT, REGION].configured_audience_models.remove(MODEL)
    del policies(world)[MODEL]
    world.cloudformation.say(world.stack.id, "ROLLBACK_IN_PROGRESS")
    delete(world)


def test_a_memory_that_somebody_damaged(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites()))
    for key in memory(world):
        world.service.resource(MODEL)["tags"][key] = "damaged"
    world.cloudformation.say(world.stack.id, "ROLLBACK_IN_PROGRESS")
    delete(world)
    assert says(world) == NEW
    assert memory(world) == {}


def test_what_is_too_long_to_be_remembered_is_not_overwritten(world: Simulator) -> None:
    world.service.resource(MODEL)["tags"].update({f"tag{number}": "x" for number in range(48)})
    result = world.deploy(Policy=overwrites())
    ends(result, "ROLLBACK_COMPLETE")
    assert "can't be overwritten: a roll-back couldn't give it back, as it is too long" in result.reason
    assert text(world) == SPELT_OTHERWISE
    assert memory(world) == {}


def test_without_the_permission_to_remember_nothing_is_overwritten(world: Simulator) -> None:
    world.fail("TagResource", "AccessDeniedException", "explicit deny", times=None)
    result = world.deploy(Policy=overwrites())
    ends(result, "ROLLBACK_COMPLETE")
    assert "TagResource failed with AccessDeniedException" in result.reason
    as_before(world)


# Afterwards


@pytest.mark.parametrize("left_in", [True, False])
@pytest.mark.parametrize("template", [adopts, overwrites])
def test_afterwards_it_is_like_any_other(world: Simulator, template: Callable[..., Any], left_in: bool) -> None:
    ends(world.deploy(Policy=template()))
    physical_id = world.physical_id("Policy")
    later = (template if left_in else plain)(document("123456789012"))
    ends(world.deploy(Policy=later))
    assert says(world) == document("123456789012")
    ends(world.deploy(Policy={**later, "configuredAudienceModelPolicy": OLD}, fails=True), "ROLLBACK_COMPLETE")
    assert says(world) == document("123456789012")
    assert world.physical_id("Policy") == physical_id
    world.forget_calls()
    ends(world.deploy(Policy=plain(document("123456789012"))))
    assert world.writes() == []
    # What the stack has not put it doesn't take away.
    ends(world.destroy(), "DELETE_COMPLETE")
    assert says(world) == document("123456789012")
    assert memory(world) == {}


@pytest.mark.parametrize("left_in", [True, False])
@pytest.mark.parametrize("template", [adopts, overwrites])
def test_it_is_deleted_if_that_is_asked_for(world: Simulator, template: Callable[..., Any], left_in: bool) -> None:
    ends(world.deploy(Policy=template(DeleteAdopted=True)))
    if not left_in:
        ends(world.deploy(Policy=plain(document("123456789012"), DeleteAdopted=True)))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert text(world) is None


def test_it_is_not_deleted_while_nobody_tells_whether_it_is_a_roll_back(world: Simulator) -> None:
    ends(world.deploy(Policy=adopts(DeleteAdopted=True)))
    statuses, world.wire.stack_statuses = world.wire.stack_statuses, None
    ends(world.destroy(), "DELETE_FAILED")
    as_before(world)
    world.wire.stack_statuses = statuses
    ends(world.destroy(), "DELETE_COMPLETE")


def test_another_model_gets_a_policy_of_its_own_and_the_old_one_keeps_its(world: Simulator) -> None:
    ends(world.deploy(Policy=overwrites(OLD)))
    ends(world.deploy(Policy=overwrites(OLD, model=OTHER), fails=True), "ROLLBACK_COMPLETE")
    assert text(world, OTHER) is None
    ends(world.deploy(Policy=overwrites(OLD, model=OTHER)))
    assert says(world, OTHER) == OLD
    as_before(world)
    ends(world.destroy(), "DELETE_COMPLETE")
    assert text(world, OTHER) is None
    as_before(world)


def test_an_update_of_what_was_refused_takes_it_over(world: Simulator) -> None:
    world.fail(GET, "AccessDeniedException", "explicit deny")
    event = world.cloudformation.event("Create", world.stack.id, "Policy", {**adopts(), "ServiceToken": "x"})
    world.cloudformation.say(world.stack.id, "CREATE_IN_PROGRESS")
    deliver(world, event)
    (answer,) = answers(world, event)
    reply = world.cloudformation.request(
        "Update",
        world.stack.id,
        "Policy",
        adopts(),
        PhysicalResourceId=answer["PhysicalResourceId"],
        OldResourceProperties=adopts(),
    )
    assert reply.succeeded, reply.reason
    as_before(world)


# Deliveries


@pytest.mark.sweep
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("operation", [PUT, GET, "TagResource", "UntagResource", "GetConfiguredAudienceModel"])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("times", [1, 3])
def test_a_crash_at_any_call(
    world: Simulator, fails: bool, after_effect: bool, operation: str, skip: int, times: int
) -> None:
    world.crash(operation, times=times, after_effect=after_effect, skip=skip)
    status = world.deploy(Policy=overwrites(), fails=fails).status
    world.wire.interruptions.clear()
    if status == "ROLLBACK_FAILED":
        status = world.stack.continue_roll_back().status
    if status == "COMPLETE":
        assert says(world) == NEW
    else:
        assert status == "ROLLBACK_COMPLETE"
        as_before(world)


@pytest.mark.parametrize("after", [0.3, 0.5, 0.7, 0.9, 1.1, 2.0])
def test_it_is_cancelled_while_it_runs(world: Simulator, after: float) -> None:
    world.wire.seconds_a_call = 0.2
    ends(world.deploy(Policy=overwrites(), after=after), "ROLLBACK_COMPLETE")
    as_before(world)


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("slow", range(6))
def test_it_is_cancelled_while_a_call_hangs(world: Simulator, slow: int, after_effect: bool) -> None:
    hangs = Interruption("*", lambda: world.clock.sleep(19.0), skip=slow, after_effect=after_effect)
    world.wire.interruptions.append(hangs)
    ends(world.deploy(Policy=overwrites(), after=10.0), "ROLLBACK_COMPLETE")
    as_before(world)


@pytest.mark.parametrize("kind", ["error", "connection_lost", "hang"])
@pytest.mark.parametrize("after_effect", [True, False])
def test_the_answer_is_lost(world: Simulator, kind: Any, after_effect: bool) -> None:
    world.fail(PUT, "InternalServiceException", kind=kind, after_effect=after_effect)
    ends(world.deploy(Policy=overwrites(), fails=True), "ROLLBACK_COMPLETE")
    as_before(world)


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("skip", range(5))
def test_a_second_delivery_in_the_midst_of_the_first(world: Simulator, skip: int, after_effect: bool) -> None:
    world.cloudformation.say(world.stack.id, "CREATE_IN_PROGRESS")
    event = world.cloudformation.event("Create", world.stack.id, "Policy", {**overwrites(), "ServiceToken": "x"})
    again = Interruption("*", lambda: deliver(world, event), skip=skip, after_effect=after_effect)
    world.wire.interruptions.append(again)
    deliver(world, event)
    assert {answer["PhysicalResourceId"] for answer in answers(world, event)} == {f"{MODEL}/policy/adopted"}
    assert says(world) == NEW


@pytest.mark.parametrize("template", [adopts, overwrites])
def test_a_delete_that_comes_twice_and_late(world: Simulator, template: Callable[..., Any]) -> None:
    ends(world.deploy(Policy=template(), fails=True), "ROLLBACK_COMPLETE")
    late = list(world.cloudformation.pending.values())[-1].event
    assert late["RequestType"] == "Delete"
    world.function.deliver(late)
    as_before(world)
    world.clock.sleep(60)
    ends(world.deploy(Policy=template()))
    held = text(world)
    world.function.deliver(late)
    assert text(world) == held


@pytest.mark.parametrize("error", ["ValidationException", "ConflictException"])
def test_somebody_is_always_faster(world: Simulator, error: Any) -> None:
    world.switches.stale_policy_hash_error = error

    def put() -> None:
        somebody_puts(world, json.dumps(document("123456789012", collaboration=str(world.clock.now()))))

    world.wire.interruptions.append(Interruption(PUT, put, after_effect=False, times=5))
    result = world.deploy(Policy=overwrites())
    assert "was changed by somebody else 5 times while this was about to take it over" in result.reason
    assert says(world)["Statement"][0]["Principal"] == {"AWS": ["123456789012"]}
    assert memory(world) == {}


def test_what_somebody_has_put_meanwhile_is_what_is_given_back(world: Simulator) -> None:
    theirs = json.dumps(document("123456789012"))
    faster = Interruption(PUT, lambda: somebody_puts(world, theirs), after_effect=False)
    world.wire.interruptions.append(faster)
    ends(world.deploy(Policy=overwrites(), fails=True), "ROLLBACK_COMPLETE")
    assert text(world) == theirs
    assert memory(world) == {}


def test_a_long_memory_gives_way_to_a_short_one(world: Simulator) -> None:
    words = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(12)]
    somebody_puts(world, json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": word} for word in words]}))
    theirs = json.dumps(document("123456789012"))
    world.wire.interruptions.append(Interruption(PUT, lambda: somebody_puts(world, theirs), after_effect=False))
    ends(world.deploy(Policy=overwrites(), fails=True), "ROLLBACK_COMPLETE")
    assert text(world) == theirs
    assert memory(world) == {}


# Two that want the same


@pytest.mark.parametrize("made", [plain, adopts])
@pytest.mark.parametrize("page_size", [1, 100])
def test_a_living_stacks_policy_isnt_taken(world: Simulator, made: Callable[..., Any], page_size: int) -> None:
    world.cloudformation.page_size = page_size
    if made is plain:
        del policies(world)[MODEL]
    other = Stack(world.cloudformation, "Other")
    ends(other.deploy({"Model": {"name": "x", **MINIMAL}, "Mine": made()}))
    held = text(world)
    for template in (adopts(), overwrites()):
        result = world.deploy(Policy=template)
        ends(result, "ROLLBACK_COMPLETE")
        assert f"is that of the logical id Mine of {other.id}: nothing was changed" in result.reason
        assert text(world) == held
    world.cloudformation.views[other.id, "Mine"].status = "DELETE_IN_PROGRESS"
    assert "is that of the logical id Mine" in world.deploy(Policy=adopts()).reason


MINIMAL = {
    "audienceModelArn": f"{HERE}:audience-model/first",
    "outputConfig": {
        "destination": {"s3Destination": {"s3Uri": "s3://b"}},
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    },
    "sharedAudienceMetrics": ["ALL"],
}


@pytest.mark.parametrize("made", [plain, adopts])
def test_from_one_stack_to_another(world: Simulator, made: Callable[..., Any]) -> None:
    if made is plain:
        del policies(world)[MODEL]
    ends(world.deploy(Policy=made()))
    held = text(world)
    world.retain("Policy")
    ends(world.deploy())
    other = Stack(world.cloudformation, "Other")
    ends(other.deploy({"Mine": adopts()}, fails=True), "ROLLBACK_COMPLETE")
    assert text(world) == held
    ends(other.deploy({"Mine": adopts()}))
    ends(other.destroy(), "DELETE_COMPLETE")
    assert text(world) == held


@pytest.mark.parametrize("fault", ["AccessDenied", "Throttling"])
def test_whose_it_is_must_be_known(world: Simulator, fault: str) -> None:
    world.cloudformation.look_fault = fault
    result = world.deploy(Policy=adopts())
    ends(result, "ROLLBACK_COMPLETE")
    assert f"DescribeStackResources failed with {fault}" in result.reason
    as_before(world)


# Moves inside of a stack


@pytest.mark.parametrize("template", [adopts, overwrites])
def test_it_gets_another_logical_id(world: Simulator, template: Callable[..., Any]) -> None:
    del policies(world)[MODEL]
    ends(world.deploy(Old=plain()))
    held = text(world)
    ends(world.deploy(New=template(), fails=True), "ROLLBACK_COMPLETE")
    assert text(world) == held
    ends(world.deploy(New=template()))
    assert says(world) == template()["configuredAudienceModelPolicy"]
    # This stack has put it, so it goes with the stack.
    ends(world.destroy(), "DELETE_COMPLETE")
    assert text(world) is None


@pytest.mark.parametrize("template", [adopts, overwrites])
def test_what_was_adopted_and_then_moved_is_released(world: Simulator, template: Callable[..., Any]) -> None:
    ends(world.deploy(Old=adopts()))
    ends(world.deploy(New=template(), fails=True), "ROLLBACK_COMPLETE")
    as_before(world)
    ends(world.deploy(New=template()))
    held = text(world)
    ends(world.destroy(), "DELETE_COMPLETE")
    assert text(world) == held
    assert memory(world) == {}


def test_a_move_is_not_rolled_back_while_nobody_tells_who_else_has_it(world: Simulator) -> None:
    del policies(world)[MODEL]
    ends(world.deploy(Old=plain()))
    held = text(world)
    new = {"New": adopts(), "Old": plain()}
    ends(world.deploy(new))
    world.cloudformation.look_fault = "AccessDenied"
    resource = world.resource("New")
    reply = world.cloudformation.request(
        "Delete", world.stack.id, "New", resource.properties, PhysicalResourceId=resource.physical_id
    )
    assert "ListStackResources failed with AccessDenied" in reply.reason
    assert text(world) == held


def test_retained_and_adopted_again_under_its_own_logical_id(world: Simulator) -> None:
    del policies(world)[MODEL]
    ends(world.deploy(Policy=plain()))
    world.retain("Policy")
    ends(world.deploy())
    world.stack.retained.clear()
    ends(world.deploy(Policy=adopts()))
    ends(world.deploy())
    assert says(world) == OLD


def test_who_has_it_is_not_who_once_had_it(world: Simulator) -> None:
    other = Stack(world.cloudformation, "Other")
    ends(other.deploy({"Once": adopts()}))
    other.retained.add("Once")
    ends(other.deploy({}))
    ends(other.deploy({"Now": adopts()}))
    assert f"is that of the logical id Now of {other.id}" in world.deploy(Policy=adopts()).reason


# Adopted again, after it was retained


AGAIN = pytest.mark.parametrize(
    "again", [NEW, document("123456789012")], ids=["with the document that is there", "with another one"]
)


@pytest.fixture
def kept(world: Simulator) -> Simulator:
    """Overwritten, and retained: the old document is still remembered."""
    world.cloudformation.reused_id = "0b0d1fa2-cf5e-4b7e-9c5e-0a1b2c3d4e5f"
    ends(world.deploy(Policy=overwrites()))
    world.retain("Policy")
    ends(world.deploy())
    world.stack.retained.clear()
    assert memory(world) != {}
    world.clock.sleep(60)
    return world


@AGAIN
@pytest.mark.parametrize("crash", ["TagResource", "UntagResource", PUT])
def test_its_roll_back_gives_back_what_was_there_before_the_second_time(
    kept: Simulator, again: dict[str, Any], crash: str
) -> None:
    kept.crash(crash)
    ends(kept.deploy(Policy=overwrites(again), fails=True), "ROLLBACK_COMPLETE")
    assert says(kept) == NEW
    ends(kept.deploy(Policy=overwrites(again)))
    assert says(kept) == again


@AGAIN
@pytest.mark.parametrize("times", [3, None], ids=["no answer", "refused"])
def test_so_does_that_of_a_create_that_never_gets_anywhere(
    kept: Simulator, again: dict[str, Any], times: int | None
) -> None:
    if times:
        kept.crash(GET, times=times, after_effect=False)
    else:
        kept.fail(GET, "AccessDeniedException", "explicit deny")
    ends(kept.deploy(Policy=overwrites(again)), "ROLLBACK_COMPLETE")
    assert says(kept) == NEW


@AGAIN
@pytest.mark.parametrize("after", [0.3, 0.9, 1.5])
def test_so_does_one_that_is_cancelled(kept: Simulator, again: dict[str, Any], after: float) -> None:
    kept.wire.seconds_a_call = 0.2
    ends(kept.deploy(Policy=overwrites(again), after=after), "ROLLBACK_COMPLETE")
    assert says(kept) == NEW


def test_a_late_delete_of_a_failed_create_leaves_what_a_newer_one_has_overwritten(world: Simulator) -> None:
    world.crash(GET, times=3, after_effect=False)
    ends(world.deploy(Policy=overwrites()), "ROLLBACK_COMPLETE")
    late = list(world.cloudformation.pending.values())[-1].event
    ends(world.deploy(Policy=overwrites()))
    world.clock.sleep(10)
    deliver(world, late)
    assert says(world) == NEW
