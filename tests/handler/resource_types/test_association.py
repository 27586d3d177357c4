"""The association: whose it is where the service doesn't tell its tags, and conflicts that nothing explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..scenarios.scenario import nothing_left
from ..simulation.resource_types import ASSOCIATION, ASSOCIATIONS, EXISTING_MODELS
from ..simulation.virtual_lambda import client

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator

pytestmark = pytest.mark.scenario(type="association")

CREATE = "CreateConfiguredAudienceModelAssociation"
GET = "GetConfiguredAudienceModelAssociation"
LIST = "ListConfiguredAudienceModelAssociations"
NAME = "configuredAudienceModelAssociationName"
PLAIN = ASSOCIATIONS.minimal
NAMED = {**PLAIN, NAME: "readers", "description": "who reads"}


@pytest.fixture
def ready(world: Simulator) -> Simulator:
    world.prepare(ASSOCIATIONS)
    world.switches.association_tags_refused = True
    return world


def by_hand(**members: Any) -> str:
    """Somebody else's, which looks the same."""
    given = {name: value for name, value in {**NAMED, **members}.items() if name != "Type"}
    made = client("cleanrooms").create_configured_audience_model_association(**given)
    return str(made["configuredAudienceModelAssociation"]["arn"])


def ids(world: Simulator) -> list[str]:
    return [*world.live()[ASSOCIATION]]


@pytest.mark.scenario(6, 7, 8)
@pytest.mark.parametrize(
    ("properties", "dated"), [(PLAIN, True), (PLAIN, False), (NAMED, True)], ids=["generated", "undated", "named"]
)
def test_its_own_is_adopted_without_tags(ready: Simulator, properties: dict[str, Any], dated: bool) -> None:
    ready.cloudformation.dated = dated
    ready.crash(CREATE)
    assert ready.deploy(Model=properties).status == "COMPLETE"
    assert ready.writes() == ["Create"]
    ready.fail(CREATE, "InternalServerException", after_effect=True)
    other = {**properties, NAME: "others", "configuredAudienceModelArn": EXISTING_MODELS[1]}
    assert ready.deploy(Model=properties, Other=other).status == "COMPLETE"
    assert len(ids(ready)) == 2
    nothing_left(ready)


@pytest.mark.scenario(9, 11)
@pytest.mark.parametrize("properties", [PLAIN, NAMED], ids=["generated", "named"])
@pytest.mark.parametrize("ends", ["crash", "failure"])
def test_its_own_leftovers_are_found_without_tags(ready: Simulator, properties: dict[str, Any], ends: str) -> None:
    if ends == "crash":
        ready.crash(CREATE)
        ready.crash(LIST, times=2)
    else:
        ready.fail(CREATE, "InternalServerException", times=None, after_effect=True)
        ready.fail(LIST, "AccessDeniedException", "explicit deny")
    assert ready.deploy(Model=properties).status == "ROLLBACK_COMPLETE"
    # Of a given name, only a Create that answered tells when it was; else it may be another resource's.
    assert len(ids(ready)) == (properties is NAMED and ends == "crash")


@pytest.mark.scenario(9, 20, 24)
@pytest.mark.parametrize("properties", [PLAIN, NAMED], ids=["generated", "named"])
def test_what_a_replacement_left_behind_is_found_without_tags(ready: Simulator, properties: dict[str, Any]) -> None:
    ready.deploy(Model=properties)
    ready.clock.sleep(3600)
    ready.crash(CREATE)
    ready.crash(LIST, times=2)
    changed = {**properties, "configuredAudienceModelArn": EXISTING_MODELS[1]}
    if NAME in properties:
        changed[NAME] = "renamed"
    assert ready.deploy(Model=changed).status == "ROLLBACK_COMPLETE"
    assert ready.physical_id() in ids(ready)
    # A given name may be another resource's.
    assert len(ids(ready)) == (2 if NAME in properties else 1)


@pytest.mark.scenario(9, 11)
def test_somebody_elses_is_spared_without_tags(ready: Simulator) -> None:
    ready.deploy(Other={**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]})
    theirs = by_hand()
    ready.clock.sleep(60)
    # The name is taken: clearly refused, so nothing of that name is ours, however alike it is.
    result = ready.deploy(Other={**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]}, Model=NAMED)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"the name is taken by {theirs}" in result.reason
    assert theirs in ids(ready)
    # Another description, or another age: not what the template gives.
    ready.crash(CREATE, after_effect=False, times=3)
    other = {**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]}
    assert ready.deploy(Other=other, Model={**NAMED, "description": "x"}).status == "ROLLBACK_COMPLETE"
    ready.clock.sleep(4_000)
    ready.crash(CREATE, after_effect=False, times=3)
    assert ready.deploy(Other=other, Model=NAMED).status == "ROLLBACK_COMPLETE"
    assert theirs in ids(ready)
    assert ready.physical_id("Other") in ids(ready)


@pytest.mark.scenario(9)
def test_the_generated_name_of_another_resource_is_not_ours(ready: Simulator) -> None:
    """Names are cut short; the hash tells them apart."""
    long = "AssociationOfTheLookalikesOf"
    ready.deploy({f"{long}Spring": PLAIN})
    (retained,) = ids(ready)
    ready.crash(CREATE, after_effect=False, times=3)
    second = {**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]}
    assert ready.deploy({f"{long}Spring": PLAIN, f"{long}Summer": second}).status == "ROLLBACK_COMPLETE"
    assert ids(ready) == [retained]


@pytest.mark.scenario(30)
def test_tags_denied_is_not_tags_refused(ready: Simulator) -> None:
    ready.switches.association_tags_refused = False
    ready.deploy(Model=PLAIN)
    ready.fail("ListTagsForResource", "AccessDeniedException", "no", times=None)
    assert "cleanrooms:ListTagsForResource" in ready.deploy(Model={**PLAIN, "description": "new"}).reason


@pytest.mark.scenario(33)
def test_update_denied(ready: Simulator) -> None:
    ready.deploy(Model=PLAIN)
    operation = "UpdateConfiguredAudienceModelAssociation"
    ready.fail(operation, "AccessDeniedException", "no", times=None)
    reason = ready.deploy(Model={**PLAIN, "description": "new"}).reason
    assert f"needs cleanrooms:{operation} on association {ready.physical_id().rpartition('/')[2]}" in reason


@pytest.mark.scenario(8)
def test_a_conflict_that_nothing_explains_is_tried_again(ready: Simulator) -> None:
    ready.deploy(Other={**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]})
    ready.fail(CREATE, "ConflictException", "busy", times=3)
    both = {"Other": {**PLAIN, "configuredAudienceModelArn": EXISTING_MODELS[1]}, "Model": PLAIN}
    assert ready.deploy(both).status == "COMPLETE"
    nothing_left(ready)


@pytest.mark.scenario(17)
def test_update_without_a_clear_answer(ready: Simulator) -> None:
    ready.deploy(Model=PLAIN)
    for after_effect in (True, False):
        ready.forget_calls()
        ready.fail("UpdateConfiguredAudienceModelAssociation", "InternalServerException", after_effect=after_effect)
        template = {**PLAIN, NAME: f"name {after_effect}", "description": f"{after_effect}"}
        assert ready.deploy(Model=template).status == "COMPLETE"
        assert ready.writes() == ["Update"] * (1 if after_effect else 2)
    nothing_left(ready)


@pytest.mark.scenario(26)
def test_an_association_that_vanishes_between_two_looks(ready: Simulator) -> None:
    ready.deploy(Model=PLAIN)
    ready.fail("ListTagsForResource", "ResourceNotFoundException", "gone")
    assert "does not exist" in ready.deploy(Model={**PLAIN, "description": "new"}).reason


@pytest.mark.scenario(7, 8)
def test_an_association_without_a_membership_left(ready: Simulator) -> None:
    """An invented id, and a membership that is gone or was never one: there is nothing to look for."""
    for membership in ("ffffffff-0000-4000-8000-000000000000", "no membership"):
        properties = {**PLAIN, "membershipIdentifier": membership}
        reply = ready.cloudformation.request(
            "Delete", ready.stack.id, "Model", properties, PhysicalResourceId="Model-1MFPJWD0B0C2X"
        )
        assert reply.succeeded
    assert {*ready.operations()} == {"List"}
