"""What else is taken over: audience models, associations. What is true of each kind, and what only of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ...worlds import CHANGES_TAGS
from ..simulation.cloudformation import Result, Stack
from ..simulation.deliveries import answers, deliver
from ..simulation.resource_types import (
    ASSOCIATION,
    ASSOCIATIONS,
    AUDIENCE,
    AUDIENCE_MODELS,
    EXISTING_MODELS,
    MARKERS,
    MEMBERSHIP,
    OTHER_DATASET,
    OTHER_MEMBERSHIP,
    PREFIX,
    Properties,
)
from ..simulation.simulator import Simulator
from ..simulation.virtual_lambda import Interruption

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = CHANGES_TAGS

TAGS = {"team": "growth"}


@dataclass(frozen=True)
class Case:
    """A kind.

    Attributes:
        by_hand: makes one without any stack.
        template: that says what it is.
        changed: all that can be changed in place, otherwise.
        immutable: members that can't, otherwise.
    """

    type: str
    by_hand: Callable[..., str]
    template: Properties
    changed: Properties
    immutable: Properties

    def make(self, world: Simulator, **members: Any) -> str:
        return self.by_hand(world, "by hand", **{"description": "by Zoë", "tags": dict(TAGS), **members})

    def adopts(self, arn: str, **members: Any) -> Properties:
        return {**self.template, "description": "by Zoë", "Adopt": arn, **members}


CASES = {
    "audience": Case(
        AUDIENCE,
        Simulator.audience_model_by_hand,
        AUDIENCE_MODELS.minimal,
        {"tags": {"team": "ours", "new": "1"}},
        {"trainingDatasetArn": OTHER_DATASET, "description": "another", "name": "another"},
    ),
    "association": Case(
        ASSOCIATION,
        Simulator.association_by_hand,
        ASSOCIATIONS.minimal,
        {
            "tags": {"team": "ours", "new": "1"},
            "description": "ours",
            "configuredAudienceModelAssociationName": "ours",
        },
        {
            "configuredAudienceModelArn": EXISTING_MODELS[1],
            "membershipIdentifier": OTHER_MEMBERSHIP,
            "manageResourcePolicies": True,
        },
    ),
}


@pytest.fixture(params=[*CASES.values()], ids=[*CASES])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def world() -> Simulator:
    world = Simulator()
    world.prepare(ASSOCIATIONS)
    return world


@pytest.fixture
def arn(world: Simulator, case: Case) -> str:
    return case.make(world)


def ours(world: Simulator, arn: str) -> dict[str, str]:
    return {key: value for key, value in world.held(arn)["tags"].items() if key.startswith(PREFIX)}


def owner(world: Simulator, arn: str) -> tuple[str | None, str | None]:
    tags = ours(world, arn)
    return tags.get(MARKERS[0]), tags.get(MARKERS[1])


def without_ours(held: dict[str, Any]) -> dict[str, Any]:
    return {**held, "tags": {key: value for key, value in held["tags"].items() if not key.startswith(PREFIX)}}


def ends(result: Result, status: str = "COMPLETE") -> None:
    assert result.status == status, result.reasons


def test_what_is_as_the_template_says_is_only_marked(world: Simulator, case: Case, arn: str) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=case.adopts(arn, tags=TAGS)))
    assert world.physical_id() == arn
    assert {*world.writes()} == {"TagResource", "UntagResource"}
    assert without_ours(world.held(arn)) == before
    assert owner(world, arn) == (world.stack.id, "Model")


def test_what_can_be_changed_is_and_a_roll_back_gives_it_back(world: Simulator, case: Case, arn: str) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=case.adopts(arn, **case.changed), fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before
    ends(world.deploy(Model=case.adopts(arn, **case.changed)))
    assert world.differences() == {}


def test_all_that_cant_be_brought_to_the_template_is_said_at_once(world: Simulator, case: Case, arn: str) -> None:
    before = world.held(arn)
    result = world.deploy(Model=case.adopts(arn, **case.immutable))
    ends(result, "ROLLBACK_COMPLETE")
    assert f"{arn} can't be adopted as it is, nothing was changed" in result.reason
    for member in case.immutable:
        assert f"{member} is another one there, and can't be changed" in result.reason
    assert world.held(arn) == before
    assert world.writes() == []


def test_what_goes_is_released_as_it_is_by_then(world: Simulator, case: Case, arn: str) -> None:
    ends(world.deploy(Model=case.adopts(arn, **case.changed)))
    held = without_ours(world.held(arn))
    without = case.adopts(arn, **case.changed)
    del without["Adopt"]
    ends(world.deploy(Model=without))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.held(arn) == held


def test_it_is_deleted_if_that_is_asked_for(world: Simulator, case: Case, arn: str) -> None:
    before = world.held(arn)
    ends(world.deploy(Model=case.adopts(arn, DeleteAdopted=True), fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before
    ends(world.deploy(Model=case.adopts(arn, DeleteAdopted=True)))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models(case.type) == []


def test_a_replacement_releases_it(world: Simulator, case: Case, arn: str) -> None:
    ends(world.deploy(Model=case.adopts(arn)))
    member, value = next(iter(case.immutable.items()))
    replaced = case.adopts(arn, **{member: value})
    ends(world.deploy(Model=replaced))
    assert world.physical_id() != arn
    assert ours(world, arn) == {}
    ends(world.deploy(Model={**replaced, "tags": TAGS}))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert list(world.live()[case.type]) == [arn]


def test_a_living_stacks_isnt_taken(world: Simulator, case: Case) -> None:
    ends(world.deploy(Model=case.template))
    arn, before = world.physical_id(), world.held(world.physical_id())
    other = Stack(world.cloudformation, "Other")
    result = other.deploy({"Mine": {**case.template, "Adopt": arn}})
    assert f"is that of the logical id Model of {world.stack.id}, which has it" in result.reason
    assert world.held(arn) == before


def test_from_one_stack_to_another(world: Simulator, case: Case) -> None:
    ends(world.deploy(Model=case.template))
    arn, held = world.physical_id(), world.held(world.physical_id())
    world.retain()
    ends(world.deploy())
    other, mine = Stack(world.cloudformation, "Other"), {**case.template, "Adopt": arn}
    ends(other.deploy({"Mine": mine}, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == held
    ends(other.deploy({"Mine": mine}))
    assert owner(world, arn) == (other.id, "Mine")
    assert without_ours(world.held(arn)) == without_ours(held)


def test_it_gets_another_logical_id(world: Simulator, case: Case) -> None:
    ends(world.deploy(Old=case.template))
    arn, held = world.physical_id("Old"), world.held(world.physical_id("Old"))
    new = {**case.template, **case.changed, "Adopt": arn}
    ends(world.deploy(New=new, fails=True), "ROLLBACK_COMPLETE")
    assert _normal(world.held(arn)) == _normal(held)
    ends(world.deploy(New=new))
    assert owner(world, arn) == (world.stack.id, "New")
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models(case.type) == []


def _normal(held: dict[str, Any]) -> dict[str, Any]:
    return {**held, "description": held.get("description") or ""}


def test_what_is_moved_from_a_logical_id_that_was_retained_goes_with_the_stack(world: Simulator, case: Case) -> None:
    """Then there is no clean-up of the old one, which settles the move."""
    ends(world.deploy(Old=case.template))
    arn = world.physical_id("Old")
    world.retain("Old")
    ends(world.deploy(New={**case.template, "Adopt": arn}))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models(case.type) == []


@pytest.mark.sweep
@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("skip", range(2, 14, 2))
def test_a_crash_at_any_call(world: Simulator, case: Case, arn: str, fails: bool, times: int, skip: int) -> None:
    before = world.held(arn)
    world.crash("*", times=times, skip=skip)
    status = world.deploy(Model=case.adopts(arn, **case.changed), fails=fails).status
    world.wire.interruptions.clear()
    if status == "ROLLBACK_FAILED":
        status = world.stack.continue_roll_back().status
    if status == "COMPLETE":
        assert world.differences() == {}
        ends(world.destroy(), "DELETE_COMPLETE")
        assert ours(world, arn) == {}
    else:
        assert status == "ROLLBACK_COMPLETE"
        assert world.held(arn) == before


@pytest.mark.parametrize("after", [0.3, 0.7, 1.1, 1.5])
def test_it_is_cancelled_while_it_runs(world: Simulator, case: Case, arn: str, after: float) -> None:
    before = world.held(arn)
    world.wire.seconds_a_call = 0.2
    ends(world.deploy(Model=case.adopts(arn, **case.changed), after=after), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before


@pytest.mark.parametrize("skip", range(0, 6, 2))
def test_a_second_delivery_in_the_midst_of_the_first(world: Simulator, case: Case, arn: str, skip: int) -> None:
    template = {**case.adopts(arn, **case.changed), "ServiceToken": "arn:aws:lambda:…"}
    world.cloudformation.say(world.stack.id, "CREATE_IN_PROGRESS")
    event = world.cloudformation.event("Create", world.stack.id, "Model", template)
    world.wire.interruptions.append(Interruption("*", lambda: deliver(world, event), skip=skip))
    deliver(world, event)
    assert [answer["PhysicalResourceId"] for answer in answers(world, event)] == [arn, arn]
    assert not [key for key in ours(world, arn) if "claim" in key]


# Audience models


@pytest.mark.parametrize("status", ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE"])
def test_an_audience_model_that_is_trained_or_being_trained(world: Simulator, status: str) -> None:
    arn = world.audience_model_by_hand("by hand", status=status)
    ends(world.deploy(Model={**AUDIENCE_MODELS.minimal, "Adopt": arn}))
    assert world.attributes() == {"AudienceModelArn": arn, "Name": "by hand", "Status": status}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("CREATE_FAILED", "status is CREATE_FAILED (the training failed), and must be CREATE_PENDING or "),
        ("DELETE_FAILED", "status is DELETE_FAILED"),
        ("DELETE_PENDING", "there is no "),
        ("DELETE_IN_PROGRESS", "there is no "),
    ],
)
def test_one_that_failed_or_goes_is_not_taken_over(world: Simulator, status: str, said: str) -> None:
    arn = world.audience_model_by_hand("by hand", status=status)
    result = world.deploy(Model={**AUDIENCE_MODELS.minimal, "trainingDatasetArn": OTHER_DATASET, "Adopt": arn})
    ends(result, "ROLLBACK_COMPLETE")
    assert said in result.reason
    if "status" in said:
        # All at once.
        assert "trainingDatasetArn is another one there" in result.reason
    assert world.writes() == []


def test_what_a_template_does_not_give_can_not_be_taken_away(world: Simulator) -> None:
    maximal = AUDIENCE_MODELS.maximal
    times: dict[str, Any] = {name: datetime(2026, month, 1, tzinfo=timezone.utc) for name, month in TIMES.items()}
    arn = world.audience_model_by_hand("by hand", description="x", kmsKeyArn=maximal["kmsKeyArn"], **times)
    result = world.deploy(Model={**AUDIENCE_MODELS.minimal, "Adopt": arn})
    ends(result, "ROLLBACK_COMPLETE")
    for member in ("description", "kmsKeyArn", *TIMES):
        assert f"{member} is given there, and can't be taken away: give it as it is there" in result.reason
    ends(world.deploy(Model={**maximal, "name": "by hand", "description": "x", "Adopt": arn}))
    assert world.differences() == {}


TIMES = {"trainingDataStartTime": 3, "trainingDataEndTime": 6}


def test_what_a_retraining_has_trained_is_left_to_it(world: Simulator) -> None:
    arn = world.audience_model_by_hand("by hand", tags={f"{PREFIX}retraining": "Shop/weekly"})
    result = world.deploy(Model={**AUDIENCE_MODELS.minimal, "Adopt": arn})
    ends(result, "ROLLBACK_COMPLETE")
    assert f"the tag {PREFIX}retraining says that it is that of Shop/weekly, which may delete it" in result.reason
    assert world.writes() == []


def test_what_a_retraining_may_delete_may_be_gone_later(world: Simulator) -> None:
    arn = world.audience_model_by_hand("by hand")
    retrained = {**AUDIENCE_MODELS.minimal, "Adopt": arn, "Retrained": True, "RetrainedBy": "Demo/weekly"}
    ends(world.deploy(Model=retrained))
    world.vanish()
    ends(world.deploy(Model={**retrained, "tags": TAGS}))
    assert world.attributes()["Status"] == "DELETED"
    ends(world.destroy(), "DELETE_COMPLETE")


def test_the_newer_ones_stay_when_the_adopted_one_is_given_back(world: Simulator) -> None:
    arn = world.audience_model_by_hand("by hand")
    before = world.held(arn)
    retrained = {**AUDIENCE_MODELS.minimal, "Adopt": arn, "Retrained": True, "RetrainedBy": "Demo/weekly"}
    world.clock.sleep(10)
    newer = world.audience_model_by_hand("newer", tags={f"{PREFIX}retraining": "Demo/weekly"})
    ends(world.deploy(Model={**retrained, "DeleteAdopted": True}, fails=True), "ROLLBACK_COMPLETE")
    assert world.held(arn) == before
    assert world.held(newer)["name"] == "newer"
    # With the stack both go, as it asks.
    ends(world.deploy(Model={**retrained, "DeleteAdopted": True}))
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.models(AUDIENCE) == []


# Associations


def test_a_name_that_the_template_does_not_give_stays(world: Simulator) -> None:
    arn = world.association_by_hand("by hand")
    ends(world.deploy(Model={**ASSOCIATIONS.minimal, "Adopt": arn}))
    assert world.attributes()["Name"] == "by hand"
    assert world.attributes()["ConfiguredAudienceModelAssociationIdentifier"] == arn.rpartition("/")[2]


def test_one_whose_tags_are_not_told_is_not_taken_over(world: Simulator) -> None:
    arn = world.association_by_hand("by hand")
    world.switches.association_tags_refused = True
    result = world.deploy(Model={**ASSOCIATIONS.minimal, "Adopt": arn, "configuredAudienceModelAssociationName": "x"})
    ends(result, "ROLLBACK_COMPLETE")
    assert f"{arn} can't be adopted: the service doesn't tell its tags" in result.reason
    assert world.writes() == []
    assert world.held(arn)["name"] == "by hand"


def test_nor_is_one_that_can_not_be_marked(world: Simulator) -> None:
    arn = world.association_by_hand("by hand")
    before = world.held(arn)
    world.fail("TagResource", "ValidationException", "resourceArn is too long", times=None)
    result = world.deploy(Model={**ASSOCIATIONS.minimal, "Adopt": arn, "description": "ours"})
    ends(result, "ROLLBACK_COMPLETE")
    assert f"{arn} can't be adopted, as it can't be marked: TagResource failed with ValidationException" in (
        result.reason
    )
    assert _normal(world.held(arn)) == _normal(before)


@pytest.mark.parametrize("deletes", [False, True])
def test_one_whose_tags_are_told_no_more_is_left_alone(world: Simulator, deletes: bool) -> None:
    arn = world.association_by_hand("by hand")
    ends(world.deploy(Model={**ASSOCIATIONS.minimal, "Adopt": arn, "DeleteAdopted": deletes}))
    world.switches.association_tags_refused = True
    ends(world.destroy(), "DELETE_COMPLETE")
    assert world.held(arn)["name"] == "by hand"


def test_its_model_has_gone_with_it(world: Simulator) -> None:
    arn = world.association_by_hand("by hand")
    ends(world.deploy(Model={**ASSOCIATIONS.minimal, "Adopt": arn}))
    world.vanish()
    ends(world.destroy(), "DELETE_COMPLETE")


def test_another_membership_is_named_with_the_rest(world: Simulator) -> None:
    arn = world.association_by_hand("by hand")
    assert MEMBERSHIP in arn
    result = world.deploy(
        Model={**ASSOCIATIONS.minimal, "membershipIdentifier": OTHER_MEMBERSHIP, "Adopt": arn, "description": "x"}
    )
    assert "membershipIdentifier is another one there, and can't be changed" in result.reason
