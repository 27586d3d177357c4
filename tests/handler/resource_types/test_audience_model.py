"""The audience model: what only happens when its deletion takes its time, or others are at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import client

from ..scenarios.audience_model import REFUSED
from ..scenarios.scenario import nothing_left
from ..simulation.resource_types import (
    ACCOUNT,
    AUDIENCE,
    AUDIENCE_MODELS,
    CONFIGURED_MODELS,
    DATASET,
    OTHER_DATASET,
    REGION,
)
from ..simulation.virtual_lambda import Interruption

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator

pytestmark = pytest.mark.scenario(type="audience")

DELETE = "DeleteAudienceModel"
PLAIN = AUDIENCE_MODELS.minimal
RETRAINED = {**PLAIN, "Retrained": True}
SUCCEEDED = {**RETRAINED, "RetrainedBy": "Offer/Retraining"}


@pytest.mark.scenario(13, 16)
def test_what_is_being_deleted_is_not_deleted_again(world: Simulator) -> None:
    world.deploy(Model=PLAIN)
    world.switches.deleting_seconds = 300
    world.crash(DELETE)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.operations().count("Delete") == 1
    assert world.models(AUDIENCE) == []


@pytest.mark.scenario(16)
def test_a_deletion_that_outlasts_the_request(world: Simulator) -> None:
    world.deploy(Model=PLAIN)
    world.switches.deleting_seconds = 2_000
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert "is still being deleted: delete it again" in result.reason
    world.clock.sleep(2_000)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models(AUDIENCE) == []


@pytest.mark.scenario(16, 13)
def test_somebody_else_deletes_it_at_the_same_time(world: Simulator) -> None:
    world.deploy(Model=PLAIN)
    world.wire.interruptions.append(Interruption(DELETE, world.vanish, after_effect=False))
    assert world.destroy().status == "DELETE_COMPLETE"


@pytest.mark.scenario(15, 16)
@pytest.mark.parametrize("seconds", [0, 100])
def test_a_conflict_because_it_is_being_deleted(world: Simulator, seconds: float) -> None:
    """A first call that had its effect, and never answered."""
    world.deploy(Model=PLAIN)
    world.switches.deleting_seconds = seconds
    world.fail(DELETE, "ConflictException", "is being deleted", after_effect=True)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.operations().count("Delete") == 1


@pytest.mark.scenario(15)
@pytest.mark.parametrize(
    ("seconds", "explained"),
    [pytest.param(40.8, True, id="time to look"), pytest.param(40.25, False, id="no time to look")],
)
def test_a_conflict_is_explained_if_there_is_time(world: Simulator, seconds: float, explained: bool) -> None:
    world.deploy(Model=PLAIN)
    world.fail(DELETE, "ConflictException", "injected", times=None)
    world.function.timeout = seconds
    reason = world.destroy().reason
    assert "DeleteAudienceModel failed with ConflictException after 1 attempt" in reason
    assert ("a configured audience model still uses it" in reason) == explained


@pytest.mark.scenario(15)
def test_a_conflict_whose_cause_is_gone_when_it_is_looked_for(world: Simulator) -> None:
    world.deploy(Model=PLAIN)
    world.fail(DELETE, "ConflictException", "injected", times=None)
    world.function.timeout = 40.8
    world.wire.interruptions.append(Interruption(DELETE, world.vanish))
    assert "DeleteAudienceModel failed with ConflictException" in world.destroy().reason
    assert world.destroy().status == "DELETE_COMPLETE"


@pytest.mark.scenario(30)
def test_what_is_no_conflict_is_not_explained(world: Simulator) -> None:
    world.deploy(Model=PLAIN)
    world.fail(DELETE, "ValidationException", "no", times=None)
    assert "still uses it" not in world.destroy().reason


@pytest.mark.scenario(26)
@pytest.mark.parametrize("retrained", [True, False])
def test_update_of_one_that_is_being_deleted(world: Simulator, retrained: bool) -> None:
    properties = RETRAINED if retrained else PLAIN
    world.deploy(Model=properties)
    world.service.resource(world.physical_id())["deleteTime"] = world.clock.datetime()
    world.switches.deleting_seconds = 100_000
    result = world.deploy(Model={**properties, "tags": {"a": "1"}})
    if retrained:
        assert result.status == "COMPLETE"
        assert world.attributes()["Status"] == "DELETED"
    else:
        assert "does not exist" in result.reason


@pytest.mark.scenario(9, 20)
def test_a_replacement_of_the_deleted_that_never_came_to_be(world: Simulator) -> None:
    """Its roll-back can't tell which template the one had that is gone, so it replaces as well."""
    world.deploy(Model=RETRAINED)
    world.vanish()
    world.clock.sleep(60)
    world.crash("CreateAudienceModel")
    world.crash("ListAudienceModels", times=2)
    result = world.deploy(Model={**RETRAINED, "trainingDatasetArn": OTHER_DATASET})
    assert result.status == "ROLLBACK_COMPLETE"
    assert [model["trainingDatasetArn"] for model in world.models(AUDIENCE)] == [PLAIN["trainingDatasetArn"]]
    nothing_left(world)


def somebody(world: Simulator) -> Any:
    return client(world.service, account=ACCOUNT, region=REGION)


def train(world: Simulator, name: str, retraining: str = "Offer/Retraining", dataset: str = DATASET) -> str:
    """What a retraining does."""
    tags = {"cdk-cleanroomsml:retraining": retraining}
    world.clock.sleep(1)
    made = somebody(world).create_audience_model(name=name, trainingDatasetArn=dataset, tags=tags)
    return str(made["audienceModelArn"])


def names(world: Simulator) -> list[str]:
    return [model["name"] for model in world.models(AUDIENCE)]


@pytest.mark.scenario(13)
@pytest.mark.parametrize("first_is_gone", [True, False])
def test_what_a_retraining_has_made_of_it_goes_with_it(world: Simulator, first_is_gone: bool) -> None:
    world.deploy(Model=SUCCEEDED)
    train(world, "second")
    train(world, "third")
    train(world, "of another retraining", "Other/Retraining")
    train(world, "of another dataset", dataset=OTHER_DATASET)
    if first_is_gone:
        world.vanish()
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == ["of another retraining"]


@pytest.mark.scenario(13)
def test_without_a_tag_to_know_them_by_they_stay(world: Simulator) -> None:
    world.deploy(Model=RETRAINED)
    train(world, "second")
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == ["second"]


@pytest.mark.scenario(20, 22)
@pytest.mark.parametrize("look_fault", [None, "AccessDenied"])
def test_one_that_is_replaced_leaves_those_that_are_in_use(world: Simulator, look_fault: str | None) -> None:
    world.cloudformation.look_fault = look_fault
    # Whether CloudFormation says that another took its place, or a List that can't be behind.
    world.faults.list_lag = 0 if look_fault else 100
    world.deploy(Model=SUCCEEDED)
    second = train(world, "second")
    third = train(world, "third")
    somebody(world).create_configured_audience_model(
        **{**CONFIGURED_MODELS.minimal, "name": "in use", "audienceModelArn": third}
    )
    assert world.deploy(Model={**SUCCEEDED, "description": "another"}).status == "COMPLETE"
    arns = [model["audienceModelArn"] for model in world.models(AUDIENCE)]
    assert arns == [second, third, world.physical_id()]


@pytest.mark.scenario(20, 23)
@pytest.mark.parametrize("first_is_gone", [True, False])
@pytest.mark.parametrize("seconds", [0, 100_000])
def test_a_replacement_that_is_taken_back_leaves_what_the_retraining_is_at(
    world: Simulator, first_is_gone: bool, seconds: float
) -> None:
    """The newest isn't the one in use while an execution is under way."""
    world.deploy(Model=SUCCEEDED)
    second = train(world, "second")
    somebody(world).create_configured_audience_model(
        **{**CONFIGURED_MODELS.minimal, "name": "in use", "audienceModelArn": second}
    )
    if first_is_gone:
        world.vanish()
    world.switches.training_delete_refused = False
    world.switches.training_seconds = seconds
    third = train(world, "third")
    world.deploy(Model={**SUCCEEDED, "description": "another"}, fails=True)
    arns = [model["audienceModelArn"] for model in world.models(AUDIENCE)]
    assert {second, third} <= set(arns)


@pytest.mark.scenario(15)
def test_one_that_something_else_uses_stays_and_so_do_the_older_ones(world: Simulator) -> None:
    world.deploy(Model=SUCCEEDED)
    train(world, "second")
    third = train(world, "third")
    somebody(world).create_configured_audience_model(
        **{**CONFIGURED_MODELS.minimal, "name": "in use", "audienceModelArn": third}
    )
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == ["second", "third"]


@pytest.mark.scenario(13)
def test_a_refusal_that_passes(world: Simulator) -> None:
    """What used them went only just before, and the service may be behind itself."""
    world.deploy(Model=SUCCEEDED)
    train(world, "second")
    world.fail(DELETE, "ConflictException", "in use", times=2)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == []


@REFUSED
@pytest.mark.scenario(15)
def test_one_that_is_still_training_is_waited_for_in_vain(world: Simulator) -> None:
    world.deploy(Model=SUCCEEDED)
    world.switches.training_seconds = 100_000
    train(world, "second")
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert "which a retraining made, is still training" in result.reason
    world.clock.sleep(100_000)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == []


@pytest.mark.scenario(13)
def test_one_that_goes_while_it_is_looked_at(world: Simulator) -> None:
    world.deploy(Model=SUCCEEDED)
    second = train(world, "second")
    world.switches.deleting_seconds = 100

    def delete() -> None:
        somebody(world).delete_audience_model(audienceModelArn=second)

    world.wire.interruptions.append(Interruption(DELETE, delete, after_effect=False))
    assert world.destroy().status == "DELETE_COMPLETE"
    assert names(world) == []


@pytest.mark.scenario(26)
def test_taking_the_retraining_out_again(world: Simulator) -> None:
    """The first audience model may be gone by then: one deployment tells that nothing deletes it any more."""
    world.deploy(Model=RETRAINED)
    world.vanish()
    assert world.deploy(Model=PLAIN).status == "COMPLETE"
    assert world.attributes()["Status"] == "DELETED"
    assert "does not exist" in world.deploy(Model={**PLAIN, "tags": {"a": "1"}}).reason


@REFUSED
@pytest.mark.parametrize("seconds_a_call", [0.1, 0.5, 1.0, 2.0, 4.0, 8.0])
def test_a_refusal_is_told_when_no_time_is_left_to_look(world: Simulator, seconds_a_call: float) -> None:
    world.switches.training_seconds = 7200
    world.deploy(Model={**PLAIN, "ServiceTimeout": 60})
    world.wire.seconds_a_call = seconds_a_call
    result = world.destroy()
    assert "DeleteAudienceModel failed with ConflictException" in result.reason


def test_a_look_that_is_denied_after_a_refusal_says_so(world: Simulator) -> None:
    world.switches.training_seconds = 7200
    world.deploy(Model=PLAIN)

    def deny() -> None:
        world.fail("GetAudienceModel", "AccessDeniedException", "with an explicit deny", times=None)

    world.wire.interruptions.append(Interruption("DeleteAudienceModel", deny))
    result = world.destroy()
    assert "GetAudienceModel failed with AccessDeniedException" in result.reason
