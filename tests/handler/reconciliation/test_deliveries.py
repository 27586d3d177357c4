"""One request, several deliveries: lost answers, crashes, duplicates, late ones, ids that CloudFormation invents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.handler.reconciliation.leftovers import ORPHAN_SECONDS

from ...worlds import COUNTED, REPEATS
from ..scenarios.all_scenarios import CREATE, DELETE, nothing_left
from ..simulation.cloudformation import SERVICE_TIMEOUT, Stack
from ..simulation.deliveries import answers, create_event, deliver
from ..simulation.simulator import MINIMAL
from ..simulation.virtual_lambda import ACCOUNT, Interruption, client

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import Fault

    from ..simulation.simulator import Simulator

GET = "GetConfiguredAudienceModel"
LIST = "ListConfiguredAudienceModels"
OTHER_POLICY = {"childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE"}


@COUNTED
@pytest.mark.scenario(6)
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("crashes", [1, 2])
def test_after_a_crash_the_model_is_adopted(world: Simulator, dated: bool, crashes: int) -> None:
    world.cloudformation.dated = dated
    world.crash(CREATE)
    world.crash(LIST, times=crashes - 1)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert world.writes() == ["Create"]
    nothing_left(world)


@COUNTED
@pytest.mark.scenario(6, 20)
def test_after_a_crash_in_a_replacement_the_new_model_is_adopted(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    old = world.physical_id()
    world.crash(CREATE)
    assert world.deploy(Model={**MINIMAL, **OTHER_POLICY}).status == "COMPLETE"
    assert world.writes() == ["Create", "Create", "Delete"]
    assert world.physical_id() != old
    nothing_left(world)


@COUNTED
@pytest.mark.scenario(1, 6)
def test_an_event_of_unknown_age_is_looked_up_first(world: Simulator) -> None:
    world.cloudformation.dated = False
    world.deploy(Model=MINIMAL)
    assert world.operations() == ["List", "Create", "List", "Get"]
    nothing_left(world)


LOST: dict[str, dict[str, Any]] = {
    "5xx": {"kind": "error"},
    "connection": {"kind": "connection_lost"},
    "time-out": {"kind": "hang"},
}


def lost(world: Simulator, operation: str, kind: str, **more: Any) -> Fault:
    world.fail(operation, "InternalServiceException", **LOST[kind], **more)
    return world.faults.queue[-1]


@pytest.mark.scenario(7)
@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("names", ["unique", "repeat"])
@pytest.mark.parametrize("after_effect", [True, False], ids=["effect", "no effect"])
def test_the_answer_to_create_is_lost(world: Simulator, kind: str, names: Any, after_effect: bool) -> None:
    world.switches.configured_audience_model_names = names
    lost(world, CREATE, kind, after_effect=after_effect)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert len(world.models()) == 1
    nothing_left(world)


@pytest.mark.scenario(7)
@pytest.mark.parametrize("lag", range(1, 6))
def test_the_answer_is_lost_and_list_lags_behind(world: Simulator, lag: int) -> None:
    world.faults.list_lag = lag
    lost(world, CREATE, "5xx", after_effect=True)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert len(world.models()) == 1
    nothing_left(world)


@REPEATS
@pytest.mark.scenario(7)
def test_a_list_that_never_catches_up_does_not_hang(world: Simulator) -> None:
    world.faults.list_lag = 1000
    world.wire.longest_lag = 3600
    lost(world, CREATE, "5xx", after_effect=True)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    # The one whose answer was lost can't be found yet; the clean-up with its duplicate finds it later.
    assert len(world.models()) == 2
    world.clock.sleep(3600)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


@pytest.mark.scenario(7)
def test_a_new_model_that_somebody_deletes_at_once(world: Simulator) -> None:
    world.cloudformation.dated = False

    def vanish() -> None:
        store = world.service._stores[ACCOUNT, "us-east-1"].configured_audience_models
        store.remove(world.models()[0]["configuredAudienceModelArn"])

    world.wire.interruptions.append(Interruption(CREATE, vanish))
    result = world.deploy(Model=MINIMAL)
    assert result.status == "COMPLETE"
    assert world.models() == []
    assert world.destroy().status == "DELETE_COMPLETE"


POINTS = [(operation, effect) for operation in (LIST, CREATE, GET) for effect in (True, False)]


@pytest.mark.scenario(8)
@pytest.mark.parametrize("names", ["unique", "repeat"])
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize(("operation", "after_effect"), POINTS)
def test_a_second_delivery_in_the_midst_of_the_first(
    world: Simulator, names: Any, dated: bool, skip: int, operation: str, after_effect: bool
) -> None:
    """The other delivery runs whole at each call of this one; neither is a first delivery by its age."""
    world.switches.configured_audience_model_names = names
    world.cloudformation.dated = dated
    event = create_event(world)
    world.clock.sleep(61)
    world.wire.interruptions.append(Interruption(operation, lambda: deliver(world, event), skip, after_effect))
    deliver(world, event)
    first, *others = answers(world, event)
    assert first["Status"] == "SUCCESS"
    # To a second answer, CloudFormation doesn't listen.
    succeeded = [answer for answer in others if answer["Status"] == "SUCCESS"]
    assert {answer["PhysicalResourceId"] for answer in succeeded} <= {first["PhysicalResourceId"]}
    assert [model["configuredAudienceModelArn"] for model in world.models()] == [first["PhysicalResourceId"]]


@pytest.mark.scenario(8)
def test_what_has_made_a_delivery_suspicious_is_not_forgotten(world: Simulator) -> None:
    """A conflict, which may come from another delivery, and then a refusal that has nothing to do with it."""
    # CloudFormation, which would say that it doesn't wait any more, can't be asked.
    world.cloudformation.look_fault = "AccessDenied"
    event = create_event(world)
    world.fail(CREATE, "ConflictException", "busy")
    world.fail(CREATE, "ThrottlingException")
    # Both are fresh, so the other one creates in one call, and this one wouldn't look any more.

    def other() -> None:
        deliver(world, event)
        world.clock.sleep(1)

    world.wire.interruptions.append(Interruption(CREATE, other, 2, after_effect=False))
    deliver(world, event)
    assert {answer["PhysicalResourceId"] for answer in answers(world, event)} == {
        model["configuredAudienceModelArn"] for model in world.models()
    }
    assert len(world.models()) == 1


@COUNTED
@REPEATS
@pytest.mark.scenario(8)
def test_two_fresh_deliveries_at_once_leave_nothing_behind(world: Simulator) -> None:
    """With one call each they can't see each other; the duplicate goes when CloudFormation surely knows the other."""
    event = create_event(world)
    world.wire.interruptions.append(Interruption(CREATE, lambda: deliver(world, event), after_effect=False))
    deliver(world, event)
    assert len(world.models()) == 2
    for answer in answers(world, event):
        assert answer["Status"] == "SUCCESS"
    known = answers(world, event)[0]["PhysicalResourceId"]
    reply = world.cloudformation.request(
        "Delete", world.stack.id, "Model", event["ResourceProperties"], PhysicalResourceId=known
    )
    assert reply.succeeded
    assert world.models() == []


@pytest.mark.scenario(8)
def test_two_fresh_deliveries_with_unique_names(world: Simulator) -> None:
    world.switches.configured_audience_model_names = "unique"
    event = create_event(world)
    world.wire.interruptions.append(Interruption(CREATE, lambda: deliver(world, event), after_effect=False))
    deliver(world, event)
    assert len(world.models()) == 1
    assert len({answer["PhysicalResourceId"] for answer in answers(world, event)}) == 1


@COUNTED
@pytest.mark.scenario(8)
def test_a_duplicate_in_a_warm_process_is_adopted(world: Simulator) -> None:
    world.cloudformation.look_fault = "AccessDenied"
    event = create_event(world)
    deliver(world, event)
    deliver(world, event)
    assert world.writes() == ["Create"]
    first, second = answers(world, event)
    assert first == second


@pytest.mark.scenario(8)
def test_a_delivery_never_deletes_what_another_may_have_reported(world: Simulator) -> None:
    """Same age to the last digit: the one who comes second may win, but then both stay until Delete."""
    world.wire.seconds_a_call = 0
    event = create_event(world)
    world.clock.sleep(61)
    world.wire.interruptions.append(Interruption(CREATE, lambda: deliver(world, event), after_effect=False))
    deliver(world, event)
    reported = answers(world, event)[0]["PhysicalResourceId"]
    assert reported in [model["configuredAudienceModelArn"] for model in world.models()]
    world.cloudformation.request("Delete", world.stack.id, "Model", {}, PhysicalResourceId=reported)
    assert world.models() == []


@pytest.mark.scenario(9)
@pytest.mark.parametrize("crashes", [LIST, GET])
def test_delete_with_an_invented_id_finds_the_orphan(world: Simulator, crashes: str) -> None:
    world.crash(CREATE)
    world.crash(LIST if crashes == LIST else GET, times=2)
    assert world.deploy(Model=MINIMAL).status == "ROLLBACK_COMPLETE"
    assert world.models() == []


@pytest.mark.scenario(9)
def test_delete_with_an_invented_id_crashes_as_well(world: Simulator) -> None:
    world.crash(CREATE)
    world.crash(LIST, times=5)
    assert world.deploy(Model=MINIMAL).status == "ROLLBACK_FAILED"
    assert len(world.models()) == 1
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


@pytest.mark.scenario(9)
def test_other_models_are_no_orphans(world: Simulator) -> None:
    world.deploy(Other=MINIMAL)
    neighbour = Stack(world.cloudformation, "Neighbour")
    neighbour.deploy({"Model": MINIMAL})
    by_hand = {**MINIMAL, "name": "by hand"}
    client().create_configured_audience_model(**by_hand)
    world.crash(CREATE)
    world.crash(LIST, times=2)
    assert world.deploy(Other=MINIMAL, Model=MINIMAL).status == "ROLLBACK_COMPLETE"
    assert len(world.models()) == 3


@pytest.mark.scenario(9, 45)
def test_a_retained_model_is_no_orphan(world: Simulator) -> None:
    world.retain()
    world.deploy(Model=MINIMAL)
    (retained,) = world.models()
    world.deploy({})
    world.stack.retained.clear()
    world.clock.sleep(ORPHAN_SECONDS + 1)
    world.crash(CREATE, after_effect=False, times=3)
    assert world.deploy(Model=MINIMAL).status == "ROLLBACK_COMPLETE"
    assert world.models() == [retained]


@pytest.mark.scenario(45)
@pytest.mark.reading("a call takes a second at most", role_seconds=0)
def test_a_name_that_is_taken_is_told_at_once_if_the_request_id_comes_again(world: Simulator) -> None:
    world.switches.request_ids_repeat, world.switches.configured_audience_model_names = True, "unique"
    world.retain()
    world.deploy(Model=MINIMAL)
    retained = world.models()
    world.deploy({})
    world.stack.retained.clear()
    world.clock.sleep(1300)
    world.forget_calls()
    assert "which another request for this resource created" in world.deploy(Model=MINIMAL).reason
    assert world.operations().count("Create") == 1
    assert world.models() == retained


@REPEATS
@pytest.mark.scenario(9, 45)
def test_what_was_retained_is_no_duplicate_of_what_has_its_request_id_again(world: Simulator) -> None:
    world.switches.request_ids_repeat = True
    world.retain()
    world.deploy(Model=MINIMAL)
    (retained,) = world.models()
    world.deploy({})
    world.stack.retained.clear()
    world.clock.sleep(1300)
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == [retained]


@pytest.mark.scenario(9)
@pytest.mark.parametrize("names", [{}, {"name": "the same for both"}])
@pytest.mark.parametrize("again", [False, True], ids=["another id", "the id again"])
@REPEATS
def test_two_candidates_are_told_not_guessed(world: Simulator, names: dict[str, str], again: bool) -> None:
    world.switches.request_ids_repeat = again
    properties = {**MINIMAL, **names}
    world.retain()
    world.deploy(Model=properties)
    world.deploy({})
    world.stack.retained.clear()
    # As long as deliveries of one request may create, its id tells nothing.
    world.clock.sleep(1300)
    world.crash(CREATE)
    world.crash(LIST, times=2)
    result = world.deploy(Model=properties)
    assert result.status == "ROLLBACK_FAILED"
    assert len(world.models()) == 2
    for model in world.models():
        assert model["configuredAudienceModelArn"] in result.reasons[-1]
    assert "can't be told" in result.reasons[-1]


@pytest.mark.scenario(9, 20)
@pytest.mark.parametrize("ends", ["crash", "failure"])
def test_a_replacement_that_never_came_to_be_is_removed_in_the_roll_back(world: Simulator, ends: str) -> None:
    world.deploy(Model=MINIMAL)
    old = world.physical_id()
    world.clock.sleep(3600)
    if ends == "crash":
        world.crash(CREATE)
        world.crash(LIST, times=2)
    else:
        lost(world, CREATE, "5xx", after_effect=True)
        world.fail(LIST, "AccessDeniedException", "explicit deny")
    assert world.deploy(Model={**MINIMAL, **OTHER_POLICY}).status == "ROLLBACK_COMPLETE"
    assert world.physical_id() == old
    nothing_left(world)


@pytest.mark.scenario(9, 20)
def test_a_late_duplicate_of_a_roll_back_spares_what_came_after(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.fail(CREATE, "ValidationException", "'x' is not allowed")
    world.deploy(Model={**MINIMAL, **OTHER_POLICY})
    roll_back = list(world.cloudformation.pending.values())[-1].event
    world.clock.sleep(30)
    world.wire.interruptions.append(Interruption(DELETE, lambda: deliver(world, roll_back), after_effect=False))
    assert world.deploy(Model={**MINIMAL, **OTHER_POLICY}).status == "COMPLETE"
    assert len(answers(world, roll_back)) == 2
    nothing_left(world)


@pytest.mark.reading("the seconds since it was sent are told", response_url_signature="v4")
@pytest.mark.scenario(10)
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_late_delivery_changes_nothing(world: Simulator, kind: str) -> None:
    world.deploy(Other=MINIMAL)
    known = {} if kind == "Create" else {"PhysicalResourceId": world.physical_id("Other")}
    properties = {**MINIMAL, "ServiceToken": "…", "ServiceTimeout": SERVICE_TIMEOUT, "minMatchingSeedSize": 77}
    event = world.cloudformation.event(kind, world.stack.id, "Other", properties, **known)
    world.clock.sleep(SERVICE_TIMEOUT)
    world.forget_calls()
    deliver(world, event)
    (answer,) = answers(world, event)
    assert answer["Status"] == "FAILED"
    assert "1200 s old" in answer["Reason"]
    assert world.operations() == []
    nothing_left(world)


@pytest.mark.scenario(10)
def test_a_url_of_the_old_kind_says_at_least_when_it_has_expired(world: Simulator) -> None:
    event = create_event(world)
    url = event["ResponseURL"].partition("?")[0]
    event["ResponseURL"] = f"{url}?AWSAccessKeyId=AKIA&Expires={int(world.clock.now()) + 7200}&Signature=abcd"
    world.clock.sleep(7201)
    deliver(world, event)
    assert "nothing was changed" in answers(world, event)[0]["Reason"]
    assert world.operations() == []


@pytest.mark.scenario(10)
@pytest.mark.parametrize("query", ["Expires=soon", "X-Amz-Date=yesterday", "", "X-Amz-Date=20270115T080000Z"])
def test_a_url_that_says_no_age_is_taken_for_new(world: Simulator, query: str) -> None:
    event = create_event(world)
    event["ResponseURL"] = event["ResponseURL"].partition("?")[0] + "?" + query
    deliver(world, event)
    assert answers(world, event)[0]["Status"] == "SUCCESS"
    assert len(world.models()) == 1


@pytest.mark.scenario(11)
def test_the_placeholder_leads_to_the_model(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    lost(world, CREATE, "5xx", after_effect=True)
    world.fail(LIST, "AccessDeniedException", "explicit deny")
    world.retain("Second")
    result = world.deploy(Model=MINIMAL, Second=MINIMAL)
    assert result.status == "ROLLBACK_COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(11)
def test_a_placeholder_spares_other_requests(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    event = create_event(world)
    placeholder = f"cdk-cleanroomsml:failed-create/{event['RequestId']}/0123456789ab"
    reply = world.cloudformation.request("Delete", world.stack.id, "Model", MINIMAL, PhysicalResourceId=placeholder)
    assert reply.succeeded
    nothing_left(world)


def delete(world: Simulator, physical_id: str, properties: dict[str, Any] | None = None) -> Any:
    return world.cloudformation.request(
        "Delete", world.stack.id, "Model", properties or {}, PhysicalResourceId=physical_id
    )


@pytest.mark.scenario(12)
@pytest.mark.parametrize(
    "physical_id",
    [
        "arn:aws:cleanrooms-ml:us-east-1:999988887777:configured-audience-model/theirs",
        "arn:aws:cleanrooms-ml:eu-west-1:111122223333:configured-audience-model/elsewhere",
    ],
)
def test_delete_of_a_foreign_model_is_refused(world: Simulator, physical_id: str) -> None:
    reply = delete(world, physical_id)
    assert not reply.succeeded
    assert "was not created by this function" in reply.reason
    assert world.operations() == []


@pytest.mark.scenario(12)
@pytest.mark.parametrize(
    "physical_id",
    [
        "Model-1MFPJWD0B0C2X",
        "arn:aws:s3:::bucket",
        "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/first",
        "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/a b",
        "cdk-cleanroomsml:failed-create/not/ours",
        "../configured-audience-model",
    ],
)
def test_delete_of_what_was_never_a_model_sends_nothing_of_it(world: Simulator, physical_id: str) -> None:
    assert delete(world, physical_id).succeeded
    assert {*world.operations()} == {"List"}


@pytest.mark.scenario(12)
@pytest.mark.parametrize("physical_id", ["Model-1MFPJWD0B0C2X", "arn:aws:s3:::bucket"])
def test_update_of_what_was_never_a_model_is_refused(world: Simulator, physical_id: str) -> None:
    reply = world.cloudformation.request(
        "Update", world.stack.id, "Model", MINIMAL, PhysicalResourceId=physical_id, OldResourceProperties=MINIMAL
    )
    assert not reply.succeeded
    assert "is not the ARN of a configured audience model" in reply.reason
    assert world.operations() == []


@pytest.mark.scenario(14)
@pytest.mark.parametrize("properties", [{"Name": "old", "sizes": ["x"]}, {"outputConfig": "no"}, {"tags": []}])
def test_delete_does_not_look_at_properties(world: Simulator, properties: dict[str, Any]) -> None:
    world.deploy(Model=MINIMAL)
    assert delete(world, world.physical_id(), properties).succeeded
    assert world.models() == []


@COUNTED
@pytest.mark.scenario(16)
@pytest.mark.parametrize("lag", [1, 2, 5])
def test_delete_waits_until_it_is_gone(world: Simulator, lag: int) -> None:
    world.deploy(Model=MINIMAL)
    world.faults.delete_lag = lag
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.operations().count("Get") == lag + 2
    assert world.calls[-1].outcome == "ResourceNotFoundException"


@pytest.mark.scenario(16)
def test_what_never_goes_is_told(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    world.faults.delete_lag = 1000
    world.wire.longest_lag = 3600
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert "still shows it" in result.reason


@pytest.mark.scenario(13)
@pytest.mark.parametrize("at", ["Delete", "Get"])
def test_delete_crashes_and_is_delivered_again(world: Simulator, at: str) -> None:
    world.deploy(Model=MINIMAL)
    world.crash(f"{at}ConfiguredAudienceModel")
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.models() == []


@COUNTED
@pytest.mark.scenario(13, 8)
def test_delete_of_a_model_without_markers(world: Simulator) -> None:
    """A model of an older version, or one that was made by hand: it goes, and nothing is looked for."""
    world.deploy(Model=MINIMAL)
    world.change(tags={})
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert world.operations() == ["Get", "Delete", "Get"]


@pytest.mark.scenario(27)
def test_update_whose_old_id_is_a_placeholder_creates(world: Simulator) -> None:
    event = create_event(world)
    placeholder = f"cdk-cleanroomsml:failed-create/{event['RequestId']}/0123456789ab"
    reply = world.cloudformation.request(
        "Update", world.stack.id, "Model", MINIMAL, PhysicalResourceId=placeholder, OldResourceProperties={"typo": "x"}
    )
    assert reply.succeeded
    assert [model["configuredAudienceModelArn"] for model in world.models()] == [reply.physical_id]
    # CloudFormation then cleans up the old id.
    assert delete(world, placeholder).succeeded
    assert len(world.models()) == 1


@pytest.mark.scenario(47)
def test_two_stacks_share_nothing(world: Simulator) -> None:
    other = Stack(world.cloudformation, "Other")
    world.deploy(Model=MINIMAL)
    other.deploy({"Model": MINIMAL})
    assert len({model["name"] for model in world.models()}) == 2
    assert other.destroy().status == "DELETE_COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(9, 24)
def test_a_roll_back_that_replaces_and_never_answers_leaves_nothing_when_it_is_continued(world: Simulator) -> None:
    sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000]}
    world.deploy(Model=MINIMAL)
    world.crash(CREATE)
    world.crash(LIST, times=2)
    # The sizes were added in place, and only a new model can do without them.
    assert world.deploy(Model={**MINIMAL, "audienceSizeConfig": sizes}, fails=True).status == "ROLLBACK_FAILED"
    assert len(world.models()) == 2
    assert world.stack.continue_roll_back().status == "ROLLBACK_COMPLETE"
    assert len(world.models()) == 1
    world.check()


@pytest.mark.scenario(6, 8)
@pytest.mark.parametrize("lag", [1, 2, 3, 5])
def test_an_own_model_that_list_shows_late_is_not_taken_for_anothers(world: Simulator, lag: int) -> None:
    """Where names are unique, the service refuses what a crashed delivery has created already."""
    world.switches.configured_audience_model_names = "unique"
    world.wire.longest_lag = 600
    world.faults.list_lag = lag
    world.crash(CREATE)
    assert world.deploy(Model={**MINIMAL, "name": "ours"}).status == "COMPLETE"
    assert len(world.models()) == 1
    nothing_left(world)


@pytest.mark.scenario(5)
def test_whose_a_taken_name_is(world: Simulator) -> None:
    world.switches.configured_audience_model_names = "unique"
    named = {**MINIMAL, "name": "taken"}
    world.deploy(Old=named)
    in_use = world.physical_id("Old")
    renamed = world.deploy(New=named).reason
    assert f"the name is taken by {in_use}, which is this stack's under the logical id Old and may be in use" in renamed
    another = Stack(world.cloudformation, "Another").deploy({"Model": named}).reason
    assert f"the name is taken by {in_use}, which somebody else created" in another
    assert [model["configuredAudienceModelArn"] for model in world.models()] == [in_use]
