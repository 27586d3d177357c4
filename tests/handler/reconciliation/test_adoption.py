"""A Create that takes over what exists, its roll-back, its release, and moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..simulation.cloudformation import Result, Stack
from ..simulation.deliveries import answers, deliver
from ..simulation.resource_types import MARKERS, MAXIMAL, MINIMAL, OTHER_AUDIENCE_MODEL, PREFIX, REGION, output_config
from ..simulation.virtual_lambda import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..simulation.simulator import Simulator

TAGS = {"team": "growth"}
CHANGED = {
    **MINIMAL,
    "audienceModelArn": OTHER_AUDIENCE_MODEL,
    "outputConfig": output_config("s3://bucket/ours"),
    "sharedAudienceMetrics": ["NONE"],
    "description": "as the template says",
    "minMatchingSeedSize": 1000,
    "tags": {"team": "ours", "new": "1"},
}
"""What can be changed in place, all of it otherwise."""


@pytest.fixture
def arn(world: Simulator) -> str:
    return world.by_hand("by hand", description="made by Zoë\nin spring", tags=dict(TAGS))


def adopts(arn: str, **members: Any) -> dict[str, Any]:
    return {**MINIMAL, "Adopt": arn, "description": "made by Zoë\nin spring", **members}


def ours(world: Simulator, arn: str) -> dict[str, str]:
    """The tags of this library's on a resource."""
    return {key: value for key, value in world.held(arn)["tags"].items() if key.startswith(PREFIX)}


def owner(world: Simulator, arn: str) -> tuple[str | None, str | None]:
    tags = ours(world, arn)
    return tags.get(MARKERS[0]), tags.get(MARKERS[1])


def without_ours(held: dict[str, Any]) -> dict[str, Any]:
    tags = {key: value for key, value in held["tags"].items() if not key.startswith(PREFIX)}
    return {**held, "tags": tags}


def ends(result: Result, status: str = "COMPLETE") -> None:
    assert result.status == status, result.reasons


def test_what_is_as_the_template_says_is_only_marked(world: Simulator, arn: str) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=adopts(arn, tags=TAGS)))
    assert world.physical_id() == arn
    assert world.attributes() == {"ConfiguredAudienceModelArn": arn, "Name": "by hand"}
    assert "Update" not in world.writes()
    assert "Create" not in world.writes()
    assert without_ours(world.held(arn)) == before
    assert owner(world, arn) == (world.stack.id, "Model")


def test_what_can_be_changed_is_and_foreign_tags_stay(world: Simulator, arn: str) -> None:
    world.service.resource(arn)["tags"]["foreign"] = "x"
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    held = world.held(arn)
    assert {member: held[member] for member in CHANGED} == {**CHANGED, "tags": held["tags"]}
    assert without_ours(held)["tags"] == {"team": "ours", "new": "1", "foreign": "x"}


def test_what_is_not_set_is_no_change_by_somebody_else(world: Simulator) -> None:
    """The rehearsal of a roll-back writes what stands for it."""
    bare = world.by_hand("bare")
    ends(world.deploy(Model=adopts(bare, description="from the template", minMatchingSeedSize=100)))
    assert world.held(bare)["description"] == "from the template"


@pytest.mark.parametrize("template", [{"tags": TAGS}, CHANGED], ids=["marked", "changed"])
def test_a_roll_back_gives_it_back_as_it_was(world: Simulator, arn: str, template: dict[str, Any]) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=adopts(arn, **template), fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


@pytest.mark.parametrize("deletes", [{}, {"DeleteAdopted": True}])
def test_a_roll_back_never_deletes(world: Simulator, arn: str, deletes: dict[str, Any]) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=adopts(arn, **CHANGED, **deletes), fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


@pytest.mark.parametrize("deletes", [{}, {"DeleteAdopted": True}])
def test_nor_does_that_of_the_stack_around_it(world: Simulator, arn: str, deletes: dict[str, Any]) -> None:
    """A new nested stack is deleted when the one that it is in is rolled back."""
    before = world.held(arn)
    ends(world.deploy(Model=adopts(arn, **CHANGED, **deletes)))
    root = Stack(world.cloudformation, "Root")
    world.wire.roots[world.stack.id] = root.id
    world.cloudformation.say(root.id, "UPDATE_ROLLBACK_IN_PROGRESS")
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.held(arn) == before


def test_what_goes_is_released_as_it_is_by_then(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    held = without_ours(world.held(arn))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.held(arn) == held


@pytest.mark.parametrize("left_in", [True, False])
def test_it_is_deleted_if_that_is_asked_for(world: Simulator, arn: str, left_in: bool) -> None:
    ends(world.deploy(Model=adopts(arn, DeleteAdopted=True)))
    if not left_in:
        without = {name: value for name, value in adopts(arn, DeleteAdopted=True).items() if name != "Adopt"}
        ends(world.deploy(Model=without))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models() == []


def test_it_is_not_deleted_while_nobody_tells_whether_it_is_a_roll_back(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn, DeleteAdopted=True)))
    statuses, world.wire.stack_statuses = world.wire.stack_statuses, None
    held = world.held(arn)
    ends(world.destroy(), "DELETE_FAILED")
    assert world.held(arn) == held
    world.wire.stack_statuses = statuses
    ends(world.destroy(), "DELETE_COMPLETE")


def test_afterwards_it_is_like_any_other(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn)))
    ends(world.deploy(Model=adopts(arn, description="later", tags={"a": "1"})))
    assert world.held(arn)["description"] == "later"
    # Nothing of how it was is left: the next request has shown that the adoption stays.
    assert not [key for key in ours(world, arn) if "before" in key]
    world.forget_calls()
    ends(world.deploy(Model={**MINIMAL, "description": "later", "tags": {"a": "1"}}))
    assert world.writes() == []
    assert world.physical_id() == arn
    ends(world.deploy(Model={**MINIMAL}, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn)["description"] == "later"
    ends(world.destroy(), "DELETE_COMPLETE")
    assert ours(world, arn) == {}


def test_a_replacement_releases_it(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn)))
    ends(world.deploy(Model=adopts(arn, name="another")))
    new = world.physical_id()
    assert new != arn
    assert ours(world, arn) == {}
    # What it was adopted from stays in the template.
    ends(world.deploy(Model=adopts(arn, name="another", description="more")))
    assert world.physical_id() == new
    ends(world.destroy(), "DELETE_COMPLETE")
    assert [model["configuredAudienceModelArn"] for model in world.models()] == [arn]


def test_another_one_isnt_adopted_by_an_update(world: Simulator, arn: str) -> None:
    other = world.by_hand("other")
    ends(world.deploy(Model=adopts(arn)))
    before = world.held(other)
    result = world.deploy(Model=adopts(other))
    ends(result, "ROLLBACK_COMPLETE")
    assert f"Adopt is {other}, but this resource has one already, {arn}" in result.reason
    assert world.held(other) == before
    world.wire.stack_statuses = None
    assert "this resource has one already" in world.deploy(Model=adopts(other)).reason


def test_all_that_cant_be_brought_to_the_template_is_said_at_once(world: Simulator) -> None:
    sizes = MAXIMAL["audienceSizeConfig"]
    policy = {"childResourceTagOnCreatePolicy": "NONE"}
    arn = world.by_hand("by hand", audienceSizeConfig=sizes, **policy)
    result = world.deploy(Model={**MAXIMAL, "Adopt": arn})
    ends(result, "ROLLBACK_COMPLETE")
    assert "name is another one there, and can't be changed" in result.reason
    assert "childResourceTagOnCreatePolicy is another one there" in result.reason
    result = world.deploy(Model={**MINIMAL, "Adopt": arn})
    assert "audienceSizeConfig is given there, and can't be taken away: give it as it is there" in result.reason
    bare = world.by_hand("bare")
    result = world.deploy(Model={**MINIMAL, "audienceSizeConfig": sizes, "Adopt": bare})
    assert "audienceSizeConfig isn't given there, and a roll-back couldn't take it away again" in result.reason
    assert {*world.writes()} == set()
    ends(world.deploy(Model={**MINIMAL, **policy, "audienceSizeConfig": sizes, "name": "by hand", "Adopt": arn}))


def test_no_room_for_tags(world: Simulator) -> None:
    arn = world.by_hand("by hand", tags={f"tag{number}": "x" for number in range(46)})
    result = world.deploy(Model={**MINIMAL, "Adopt": arn})
    assert "tags are 46 there already: with what is added, more than 50" in result.reason
    assert world.writes() == []


@pytest.mark.parametrize(
    ("adopted", "said"),
    [
        ("arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/none", "there is no "),
        ("arn:aws:cleanrooms-ml:eu-west-1:111122223333:configured-audience-model/far", f"and Region {REGION}"),
        ("arn:aws:cleanrooms-ml:us-east-1:999999999999:configured-audience-model/far", "of account 111122223333"),
        ("arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/first", "the ARN of a configured audience model"),
    ],
)
def test_what_isnt_there_or_here(world: Simulator, adopted: str, said: str) -> None:
    result = world.deploy(Model=adopts(adopted))
    ends(result, "ROLLBACK_COMPLETE")
    assert said in result.reason
    assert world.writes() == []


def test_what_a_roll_back_may_not_do_isnt_begun(world: Simulator, arn: str) -> None:
    """Who may not pass the earlier role couldn't give it back."""
    before = world.held(arn)
    world.fail("UpdateConfiguredAudienceModel", "AccessDeniedException", "not authorized: iam:PassRole", times=None)
    result = world.deploy(Model=adopts(arn, **CHANGED))
    ends(result, "ROLLBACK_COMPLETE")
    assert (
        "outputConfig, sharedAudienceMetrics would be changed, but a roll-back couldn't change it back" in result.reason
    )
    assert world.held(arn) == before


def test_what_a_retraining_has_given_stays(world: Simulator) -> None:
    arn = world.by_hand("by hand", audienceModelArn=OTHER_AUDIENCE_MODEL)
    ends(world.deploy(Model={**MINIMAL, "Adopt": arn, "Retrained": True}))
    assert world.held(arn)["audienceModelArn"] == OTHER_AUDIENCE_MODEL


def test_it_waits_for_the_audience_model_before_anything_is_written(world: Simulator, arn: str) -> None:
    training = OTHER_AUDIENCE_MODEL.replace("second", "training")
    world.seed_audience_model(training, "CREATE_IN_PROGRESS")
    result = world.deploy(Model=adopts(arn, audienceModelArn=training, WaitForAudienceModelSeconds=5))
    assert "is still CREATE_IN_PROGRESS after 5 s" in result.reason
    assert world.writes() == []


# Deliveries


@pytest.mark.sweep
@pytest.mark.parametrize("template", [{"tags": TAGS}, CHANGED], ids=["marked", "changed"])
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "UpdateConfiguredAudienceModel"])
@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("times", [1, 3])
def test_a_crash_at_any_call(
    world: Simulator,
    arn: str,
    template: dict[str, Any],
    fails: bool,
    after_effect: bool,
    operation: str,
    skip: int,
    times: int,
) -> None:
    before = world.held(arn)
    world.crash(operation, times=times, after_effect=after_effect, skip=skip)
    status = world.deploy(Model=adopts(arn, **template), fails=fails).status
    if status == "ROLLBACK_FAILED":
        world.wire.interruptions.clear()
        status = world.stack.continue_roll_back().status
    world.wire.interruptions.clear()
    if status == "COMPLETE":
        assert world.differences() == {}
        assert {key for key in ours(world, arn) if "claim" in key} == set()
        ends(world.destroy(), "DELETE_COMPLETE")
        assert ours(world, arn) == {}
    else:
        assert status == "ROLLBACK_COMPLETE"
        assert world.held(arn) == before


@pytest.mark.parametrize("skip", [0, 1, 2, 3])
def test_a_crash_while_it_is_given_back(world: Simulator, arn: str, skip: int) -> None:
    before = world.held(arn)
    world.deploy(Model=adopts(arn, **CHANGED))
    world.cloudformation.say(world.stack.id, "UPDATE_ROLLBACK_IN_PROGRESS")
    world.crash("*", skip=skip)
    resource = world.resource()
    reply = world.cloudformation.request(
        "Delete", world.stack.id, "Model", resource.properties, PhysicalResourceId=resource.physical_id
    )
    assert reply.succeeded
    assert world.held(arn) == before


@pytest.mark.parametrize("after", [0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 2.0])
def test_it_is_cancelled_while_it_runs(world: Simulator, arn: str, after: float) -> None:
    before = world.held(arn)
    world.wire.seconds_a_call = 0.2
    ends(world.deploy(Model=adopts(arn, **CHANGED), after=after), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


@pytest.mark.parametrize("slow", range(1, 12))
def test_it_is_cancelled_while_a_call_hangs(world: Simulator, arn: str, slow: int) -> None:
    before = world.held(arn)
    world.wire.interruptions.append(Interruption("*", lambda: world.clock.sleep(19.0), skip=slow))
    ends(world.deploy(Model=adopts(arn, **CHANGED), after=10.0), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("skip", range(4))
def test_a_second_delivery_in_the_midst_of_the_first(world: Simulator, arn: str, skip: int, after_effect: bool) -> None:
    template = {**adopts(arn, **CHANGED), "ServiceToken": "arn:aws:lambda:…"}
    world.cloudformation.say(world.stack.id, "CREATE_IN_PROGRESS")
    event = world.cloudformation.event("Create", world.stack.id, "Model", template)
    again = Interruption("*", lambda: deliver(world, event), skip=skip, after_effect=after_effect)
    world.wire.interruptions.append(again)
    deliver(world, event)
    assert [answer["PhysicalResourceId"] for answer in answers(world, event)] == [arn, arn]
    assert world.held(arn)["description"] == "as the template says"
    assert not [key for key in ours(world, arn) if "claim" in key]


def test_a_delete_that_comes_twice_and_late(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn)))
    ends(world.deploy(Model=MINIMAL))
    ends(world.destroy(), "DELETE_COMPLETE")
    late = list(world.cloudformation.pending.values())[-1].event
    released = world.held(arn)
    world.function.deliver(late)
    assert world.held(arn) == released
    world.clock.sleep(60)
    ends(world.deploy(Model=adopts(arn)))
    held = world.held(arn)
    world.function.deliver(late)
    assert world.held(arn) == held


def test_without_its_markers_it_is_nobodys(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn), Own={**MINIMAL, "name": "own"}))
    world.change(tags={})
    world.change("Own", tags={})
    ends(world.destroy(), "DELETE_COMPLETE")
    assert [model["name"] for model in world.models()] == ["by hand", "own"]


def test_a_memory_that_somebody_damaged(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    (key, *_) = (key for key in ours(world, arn) if "before" in key)
    world.service.resource(arn)["tags"][key] = "damaged"
    world.cloudformation.say(world.stack.id, "ROLLBACK_IN_PROGRESS")
    resource = world.resource()
    assert world.cloudformation.request(
        "Delete", world.stack.id, "Model", resource.properties, PhysicalResourceId=arn
    ).succeeded
    assert ours(world, arn) == {}


def test_what_somebody_has_changed_since_stays(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    world.change(description="by somebody", tags={**world.held(arn)["tags"], "team": "somebody's"})
    world.cloudformation.say(world.stack.id, "ROLLBACK_IN_PROGRESS")
    resource = world.resource()
    world.cloudformation.request("Delete", world.stack.id, "Model", resource.properties, PhysicalResourceId=arn)
    held = world.held(arn)
    assert (held["description"], held["tags"]) == ("by somebody", {"team": "somebody's"})
    assert held["sharedAudienceMetrics"] == ["ALL"]


# Two that want the same


def test_a_living_stacks_resource_isnt_taken(world: Simulator) -> None:
    ends(world.deploy(Model=MINIMAL))
    arn, before = world.physical_id(), world.held(world.physical_id())
    other = Stack(world.cloudformation, "Other")
    result = other.deploy({"Mine": {**MINIMAL, "Adopt": arn}})
    ends(result, "ROLLBACK_COMPLETE")
    assert f"is that of the logical id Model of {world.stack.id}, which has it" in result.reason
    assert world.held(arn) == before


def test_nor_while_it_is_being_changed(world: Simulator) -> None:
    ends(world.deploy(Model=MINIMAL))
    arn = world.physical_id()
    other = Stack(world.cloudformation, "Other")
    for status, known in (("DELETE_IN_PROGRESS", arn), ("CREATE_FAILED", "another"), ("UPDATE_COMPLETE", "another")):
        view = world.cloudformation.views[world.stack.id, "Model"]
        view.status, view.physical_id = status, known
        world.cloudformation.say(world.stack.id, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        assert "which is being created, changed or deleted" in other.deploy({"Mine": {**MINIMAL, "Adopt": arn}}).reason
    world.cloudformation.say(world.stack.id, "UPDATE_COMPLETE")
    ends(other.deploy({"Mine": {**MINIMAL, "Adopt": arn}}))


def test_from_one_stack_to_another(world: Simulator) -> None:
    ends(world.deploy(Model={**MINIMAL, "tags": TAGS}))
    arn, held = world.physical_id(), world.held(world.physical_id())
    world.retain()
    ends(world.deploy())
    other = Stack(world.cloudformation, "Other")
    ends(other.deploy({"Mine": {**MINIMAL, "tags": TAGS, "Adopt": arn}}, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == held
    ends(other.deploy({"Mine": {**MINIMAL, "tags": TAGS, "Adopt": arn}}))
    assert owner(world, arn) == (other.id, "Mine")
    assert without_ours(world.held(arn)) == without_ours(held)
    # It may come back, too.
    other.retained.add("Mine")
    ends(other.deploy({}))
    ends(world.deploy(Again={**MINIMAL, "tags": TAGS, "Adopt": arn}))
    ends(other.destroy(), "DELETE_COMPLETE")
    assert owner(world, arn) == (world.stack.id, "Again")


@pytest.mark.parametrize("gone", ["stack", "forgotten", "copied"])
def test_a_mark_of_who_is_gone_is_no_obstacle(world: Simulator, gone: str) -> None:
    dead = Stack(world.cloudformation, "Dead")
    ends(dead.deploy({"Model": MINIMAL}))
    arn = dead.resources["Model"].physical_id
    dead.retained.add("Model")
    ends(dead.destroy(), "DELETE_COMPLETE")
    if gone == "forgotten":
        del world.cloudformation.views[dead.id, "Model"]
    if gone == "copied":
        world.service.resource(arn)["tags"][MARKERS[0]] = dead.id.replace("us-east-1", "eu-west-1")
    ends(world.deploy(Model={**MINIMAL, "Adopt": arn}))


def test_whose_it_is_must_be_known(world: Simulator) -> None:
    ends(world.deploy(Model=MINIMAL))
    arn = world.physical_id()
    other = Stack(world.cloudformation, "Other")
    world.cloudformation.look_fault = "AccessDenied"
    result = other.deploy({"Mine": {**MINIMAL, "Adopt": arn}})
    assert "DescribeStackResource failed with AccessDenied" in result.reason
    assert "cloudformation:DescribeStackResource on the stack that the markers name" in result.reason


@pytest.mark.parametrize("skip", range(8))
@pytest.mark.parametrize("after_effect", [False, True])
def test_two_stacks_at_the_same_time(world: Simulator, arn: str, skip: int, after_effect: bool) -> None:
    one, two = Stack(world.cloudformation, "One"), Stack(world.cloudformation, "Two")
    results: list[Result] = []
    mine = {"Mine": adopts(arn)}
    world.wire.interruptions.append(
        Interruption("*", lambda: results.append(two.deploy(mine)), skip=skip, after_effect=after_effect)
    )
    results.append(one.deploy(mine))
    has = [stack for stack in (one, two) if stack.resources]
    assert len(has) <= 1
    assert owner(world, arn) == ((has[0].id, "Mine") if has else (None, None))
    if not has:
        world.clock.sleep(10)
        ends(one.deploy(mine))
    assert not [key for key in ours(world, arn) if "claim" in key]


def test_the_claim_of_a_crash_is_over_after_an_hour(world: Simulator, arn: str) -> None:
    claim = PREFIX + "claim-0123456789ab"
    world.service.resource(arn)["tags"][claim] = str(int(world.clock.now()))
    assert "by somebody else at this moment" in world.deploy(Model=adopts(arn)).reason
    world.clock.sleep(3601)
    ends(world.deploy(Model=adopts(arn)))
    assert claim not in ours(world, arn)


# Moves inside of a stack


def test_it_gets_another_logical_id(world: Simulator) -> None:
    ends(world.deploy(Old={**MINIMAL, "tags": TAGS}))
    arn, held = world.physical_id("Old"), world.held(world.physical_id("Old"))
    ends(world.deploy(New={**MINIMAL, "tags": TAGS, "Adopt": arn}))
    assert owner(world, arn) == (world.stack.id, "New")
    assert without_ours(world.held(arn)) == without_ours(held)
    assert not [key for key in ours(world, arn) if "before" in key]
    # This stack has created it, so it goes with the stack.
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models() == []


@pytest.mark.parametrize("template", [{"tags": TAGS}, CHANGED], ids=["marked", "changed"])
def test_the_roll_back_of_a_move_gives_it_back_to_the_old_one(world: Simulator, template: dict[str, Any]) -> None:
    ends(world.deploy(Old={**MINIMAL, "tags": TAGS}))
    arn = world.physical_id("Old")
    held = {**world.held(arn), "description": ""}
    ends(world.deploy(New={**MINIMAL, **template, "Adopt": arn}, fails=True), "ROLLBACK_COMPLETE")
    assert {**world.held(arn), "description": world.held(arn).get("description") or ""} == held
    ends(world.deploy(Old={**MINIMAL, "description": "on"}))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models() == []


def test_what_was_adopted_and_then_moved_is_released(world: Simulator, arn: str) -> None:
    ends(world.deploy(Old=adopts(arn)))
    ends(world.deploy(New=adopts(arn)))
    ends(world.deploy(Newest=adopts(arn)))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert ours(world, arn) == {}


def test_both_in_one_template(world: Simulator) -> None:
    """A mistake that cdk can't see where the ARN is only known at deployment: the marker decides."""
    ends(world.deploy(Old=MINIMAL))
    arn = world.physical_id("Old")
    both = {"Old": MINIMAL, "New": {**MINIMAL, "Adopt": arn}}
    ends(world.deploy(both))
    result = world.deploy({**both, "Old": {**MINIMAL, "description": "changed"}})
    assert f"{arn} is that of the logical id New of {world.stack.id} by now" in result.reason
    # The roll-back takes it back: it never gets stuck.
    ends(result, "ROLLBACK_COMPLETE")
    ends(world.deploy(Old=MINIMAL))
    assert owner(world, arn) == (world.stack.id, "Old")
    ends(world.deploy(both))
    ends(world.deploy(New={**MINIMAL, "Adopt": arn}))
    assert owner(world, arn) == (world.stack.id, "New")


def test_a_roll_back_with_both_in_one_template(world: Simulator) -> None:
    ends(world.deploy(Old=MINIMAL))
    arn, held = world.physical_id("Old"), world.held(world.physical_id("Old"))
    template = {"New": {**MINIMAL, "Adopt": arn}, "Old": {**MINIMAL, "minMatchingSeedSize": 25}}
    ends(world.deploy(template), "ROLLBACK_COMPLETE")
    assert world.held(arn) == held


@pytest.mark.parametrize("skip", range(4))
def test_a_crash_while_it_is_given_back_to_the_old_one(world: Simulator, skip: int) -> None:
    ends(world.deploy(Old={**MINIMAL, "tags": TAGS}))
    arn, held = world.physical_id("Old"), world.held(world.physical_id("Old"))
    world.deploy(Old={**MINIMAL, "tags": TAGS}, New={**MINIMAL, "tags": TAGS, "Adopt": arn})
    world.crash("*", skip=skip)
    ends(world.deploy(Old={**MINIMAL, "tags": TAGS}))
    assert world.held(arn) == held


def test_a_late_delete_of_the_old_one_when_it_has_come_back(world: Simulator) -> None:
    ends(world.deploy(Old=MINIMAL))
    arn = world.physical_id("Old")
    ends(world.deploy(New={**MINIMAL, "Adopt": arn}))
    late = list(world.cloudformation.pending.values())[-1].event
    assert late["RequestType"] == "Delete"
    world.clock.sleep(60)
    ends(world.deploy(Old={**MINIMAL, "Adopt": arn}))
    held = world.held(arn)
    world.function.deliver(late)
    assert world.held(arn) == held


def test_retained_and_adopted_again_under_its_own_logical_id(world: Simulator) -> None:
    ends(world.deploy(Model=MINIMAL))
    arn = world.physical_id()
    world.retain()
    ends(world.deploy())
    world.stack.retained.clear()
    ends(world.deploy(Model={**MINIMAL, "Adopt": arn}))
    ends(world.deploy())
    assert ours(world, arn) == {}


def test_two_that_adopt_the_same_in_one_deployment(world: Simulator, arn: str) -> None:
    before = world.held(arn)
    both = {"One": adopts(arn, **CHANGED), "Two": adopts(arn, description="of two")}
    ends(world.deploy(both, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


def test_the_first_delivery_goes_on_after_the_second_has_answered(world: Simulator, arn: str) -> None:
    def again() -> None:
        world.clock.sleep(21)
        deliver(world, list(world.cloudformation.pending.values())[-1].event)

    world.wire.interruptions.append(Interruption("UntagResource", again, after_effect=False))
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    assert owner(world, arn) == (world.stack.id, "Model")


@pytest.mark.parametrize("skip", range(5))
def test_a_crash_while_a_failed_create_gives_it_back_to_a_dead_owner(world: Simulator, skip: int) -> None:
    ends(world.deploy(Model={**MINIMAL, "tags": TAGS}))
    arn = world.physical_id()
    world.retain()
    ends(world.deploy())
    held = world.held(arn)
    other = Stack(world.cloudformation, "Other")
    world.service.faults.queue.clear()
    world.fail("UntagResource", "AccessDeniedException", "explicit deny: not to be")
    world.crash("*", skip=10 + skip)
    other.deploy({"Mine": {**MINIMAL, **CHANGED, "Adopt": arn}}, fails=True)
    world.wire.interruptions.clear()
    assert world.held(arn) == held | {"description": world.held(arn).get("description", "")} or (
        "description" not in held and world.held(arn) == held
    )


def test_a_failed_create_of_the_logical_id_that_once_had_it(world: Simulator) -> None:
    """It is not the clean-up of a move."""
    ends(world.deploy(Old=MINIMAL))
    arn = world.physical_id("Old")
    world.retain("Old")
    ends(world.deploy())
    world.stack.retained.clear()
    held = world.held(arn)
    both = {"New": {**MINIMAL, "sharedAudienceMetrics": ["NONE"], "Adopt": arn}}
    refused = {"Old": {**MINIMAL, "name": "another", "Adopt": arn}}
    ends(world.deploy({**both, **refused}), "ROLLBACK_COMPLETE")
    assert world.held(arn) == held


def test_a_roll_back_that_comes_twice(world: Simulator) -> None:
    ends(world.deploy(Old=MINIMAL))
    arn = world.physical_id("Old")
    world.retain("Old")
    ends(world.deploy())
    world.stack.retained.clear()
    held = world.held(arn)
    new = {**MINIMAL, "sharedAudienceMetrics": ["NONE"], "Adopt": arn}

    def again() -> None:
        event = list(world.cloudformation.pending.values())[-1].event
        assert event["RequestType"] == "Delete"
        world.function.deliver(event)

    def interrupt() -> None:
        world.wire.interruptions.append(Interruption("UntagResource", again, skip=1, times=1))

    world.wire.interruptions.append(Interruption("TagResource", interrupt, skip=5))
    ends(world.deploy(New=new, Old={**MINIMAL, "Adopt": arn}, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == held


def test_a_late_create_when_the_adoption_has_stayed(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn)))
    create = list(world.cloudformation.pending.values())[-1].event
    ends(world.deploy(Model=adopts(arn, description="later")))
    held = world.held(arn)
    # Nobody tells that CloudFormation no longer waits.
    world.cloudformation.look_fault = "AccessDenied"
    world.function.deliver(create)
    assert world.held(arn) == held


def test_cancelled_after_the_claim(world: Simulator, arn: str) -> None:
    before = world.held(arn)
    world.wire.interruptions.append(Interruption("TagResource", lambda: world.clock.sleep(19.0)))
    ends(world.deploy(Model=adopts(arn), after=10.0), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


def test_a_move_that_nobody_could_settle(world: Simulator) -> None:
    """Whether it is a roll-back can't be told: then it isn't settled, and the model is kept."""
    ends(world.deploy(Old=MINIMAL))
    arn = world.physical_id("Old")
    ends(world.deploy(Old=MINIMAL, New={**MINIMAL, "Adopt": arn}))
    world.wire.stack_statuses = None
    old = world.resource("Old")
    assert world.cloudformation.request(
        "Delete", world.stack.id, "Old", old.properties, PhysicalResourceId=arn
    ).succeeded
    assert [key for key in ours(world, arn) if "before" in key]


def test_cancelled_and_given_back_before_the_roll_back_comes(world: Simulator, arn: str) -> None:
    before = world.held(arn)
    slow = Interruption("UpdateConfiguredAudienceModel", lambda: world.clock.sleep(9.3), skip=1)
    world.wire.interruptions.append(slow)
    ends(world.deploy(Model=adopts(arn, **CHANGED), after=10.0), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before
    assert "undone" in [line["step"] for line in world.log()]
    assert [line["step"] for line in world.log()].count("given back") == 1


# Adopted again under its own logical id, after it was retained


def without_memory(world: Simulator, arn: str) -> dict[str, Any]:
    """How it was before an adoption is forgotten by any later request."""
    held = world.held(arn)
    tags = {key: value for key, value in held["tags"].items() if not key.startswith(f"{PREFIX}before")}
    return {**held, "description": held.get("description", ""), "tags": tags}


LONG = "".join(f"{number:x}" for number in range(130))
"""What takes more tags to remember than what a second adoption changes."""

FIRST: dict[str, Callable[[str], dict[str, Any]]] = {
    "created": lambda _: MINIMAL,
    "adopted": lambda arn: adopts(arn, **CHANGED),
    "adopted, long memory": lambda arn: adopts(arn, **{**CHANGED, "tags": {"team": LONG}}),
}
AGAIN = {**CHANGED, "description": "the second time", "minMatchingSeedSize": 25}


@pytest.fixture(params=FIRST)
def kept(world: Simulator, request: pytest.FixtureRequest) -> str:
    """What its stack has had, and has retained."""
    by_hand = world.by_hand("long", description=LONG, tags={"team": LONG[::-1]})
    ends(world.deploy(Model=FIRST[request.param](by_hand)))
    arn = world.physical_id()
    world.retain()
    ends(world.deploy())
    world.stack.retained.clear()
    world.clock.sleep(60)
    return arn


@pytest.mark.parametrize("again", [{}, AGAIN], ids=["marked", "changed"])
def test_adopted_again_and_rolled_back(world: Simulator, kept: str, again: dict[str, Any]) -> None:
    before = without_memory(world, kept)
    ends(world.deploy(Model=adopts(kept, **again), fails=True), "ROLLBACK_COMPLETE")
    assert without_memory(world, kept) == before


@pytest.mark.parametrize("after", [0.3, 0.9, 1.5, 2.1])
def test_adopted_again_and_cancelled(world: Simulator, kept: str, after: float) -> None:
    before = without_memory(world, kept)
    world.wire.seconds_a_call = 0.2
    ends(world.deploy(Model=adopts(kept, **AGAIN), after=after), "ROLLBACK_COMPLETE")
    assert without_memory(world, kept) == before


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "UpdateConfiguredAudienceModel"])
@pytest.mark.parametrize("skip", range(2))
def test_adopted_again_and_cancelled_while_calls_are_refused(
    world: Simulator, kept: str, operation: str, skip: int
) -> None:
    before = without_memory(world, kept)

    def refuse() -> None:
        world.fail(operation, "ValidationException", "cannot assume the role", times=None)

    world.wire.interruptions.append(Interruption(operation, refuse, skip, after_effect=False))
    result = world.deploy(Model=adopts(kept, **AGAIN), after=10.0)
    world.faults.queue.clear()
    ends(world.stack.continue_roll_back() if result.status == "ROLLBACK_FAILED" else result, "ROLLBACK_COMPLETE")
    assert without_memory(world, kept) == before


@pytest.mark.parametrize("skip", range(6))
def test_adopted_again_and_rolled_back_twice(world: Simulator, kept: str, skip: int) -> None:
    """The first Delete may have given it back, and its answer be lost."""
    before = without_memory(world, kept)
    world.deploy(Model=adopts(kept, **AGAIN))
    world.cloudformation.say(world.stack.id, "UPDATE_ROLLBACK_IN_PROGRESS")
    world.crash("*", skip=skip)
    resource = world.resource()
    assert world.cloudformation.request(
        "Delete", world.stack.id, "Model", resource.properties, PhysicalResourceId=kept
    ).succeeded
    late = list(world.cloudformation.pending.values())[-1].event
    world.wire.interruptions.clear()
    deliver(world, late)
    world.cloudformation.say(world.stack.id, "UPDATE_COMPLETE")
    deliver(world, late)
    assert without_memory(world, kept) == before


def test_adopted_again_with_a_request_id_of_before(world: Simulator, arn: str) -> None:
    world.cloudformation.reused_id = "0b0d1fa2-cf5e-4b7e-9c5e-0a1b2c3d4e5f"
    ends(world.deploy(Model=adopts(arn)))
    world.retain()
    ends(world.deploy())
    world.stack.retained.clear()
    before = without_memory(world, arn)
    world.clock.sleep(60)
    ends(world.deploy(Model=adopts(arn, **CHANGED), fails=True), "ROLLBACK_COMPLETE")
    assert without_memory(world, arn) == before


def never_answers(world: Simulator) -> None:
    world.crash("GetConfiguredAudienceModel", times=3, after_effect=False)


def test_adopted_again_by_a_create_that_never_gets_anywhere(world: Simulator, kept: str) -> None:
    """Its Delete has an id that CloudFormation has invented, and finds what the first adoption has left."""
    before = without_memory(world, kept)
    world.cloudformation.page_size = 1
    never_answers(world)
    ends(world.deploy(Other=MINIMAL, Model=adopts(kept, **AGAIN)), "ROLLBACK_COMPLETE")
    assert without_memory(world, kept) == before


def test_what_nobody_tells_about_is_not_given_back(world: Simulator, arn: str) -> None:
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    held = world.held(arn)
    world.retain()
    ends(world.deploy())
    world.stack.retained.clear()
    never_answers(world)
    world.cloudformation.look_fault = "AccessDenied"
    result = world.deploy(Model=adopts(arn, **AGAIN))
    ends(result, "ROLLBACK_FAILED")
    assert "needs cloudformation:DescribeStackEvents on its own stack" in result.reasons[-1]
    assert world.held(arn) == held
    # Without an event of the Create nothing tells it from an earlier one: what is remembered is given back.
    world.cloudformation.look_fault = None
    world.cloudformation.events.clear()
    ends(world.stack.continue_roll_back(), "ROLLBACK_COMPLETE")
    assert ours(world, arn) == {}


@pytest.mark.parametrize("meanwhile", ["complete", "running"])
@pytest.mark.parametrize("answered", [True, False], ids=["refused", "no answer"])
@pytest.mark.parametrize("reused", [None, "0b0d1fa2-cf5e-4b7e-9c5e-0a1b2c3d4e5f"], ids=["ids", "one id"])
def test_a_late_delete_of_a_failed_create_leaves_what_a_newer_one_has_adopted(
    world: Simulator, arn: str, meanwhile: str, answered: bool, reused: str | None
) -> None:
    world.cloudformation.reused_id = reused
    if answered:
        world.fail("GetConfiguredAudienceModel", "AccessDeniedException", "explicit deny")
    else:
        never_answers(world)
    ends(world.deploy(Model=adopts(arn, **CHANGED)), "ROLLBACK_COMPLETE")
    late = list(world.cloudformation.pending.values())[-1].event
    world.clock.sleep(10)

    def again() -> None:
        world.clock.sleep(10)
        deliver(world, late)

    if meanwhile == "running":
        world.wire.interruptions.append(Interruption("UpdateConfiguredAudienceModel", again, skip=1))
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    again()
    assert world.differences() == {}
    assert owner(world, arn) == (world.stack.id, "Model")


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize(
    ("operation", "skip"), [("TagResource", 0), ("TagResource", 1), ("UpdateConfiguredAudienceModel", 1)]
)
def test_a_slow_delivery_leaves_no_claim_on_what_another_has_adopted(
    world: Simulator, arn: str, operation: str, skip: int, after_effect: bool
) -> None:
    def again() -> None:
        world.clock.sleep(21)
        deliver(world, list(world.cloudformation.pending.values())[-1].event)

    world.wire.interruptions.append(Interruption(operation, again, skip, after_effect))
    ends(world.deploy(Model=adopts(arn, **CHANGED)))
    assert owner(world, arn) == (world.stack.id, "Model")
    assert world.differences() == {}
    assert not [key for key in ours(world, arn) if "claim" in key]
