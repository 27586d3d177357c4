"""Operations that overlap: what CloudFormation cancels goes on beside its roll-back, and nothing of it may stay."""

from __future__ import annotations

import contextlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

from cdk_cleanroomsml.local.service.store import Policy

from ...worlds import ANY_POLICY, CHANGES_TAGS, COUNTED
from ..simulation.cloudformation import Stack
from ..simulation.resource_types import ASSOCIATIONS, CONFIGURED_MODELS, POLICY, SUBJECTS, Subject
from ..simulation.simulator import MINIMAL, Simulator
from ..simulation.virtual_lambda import Crash, Interruption, client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODEL = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/existing0"


def document(partner: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": partner}}]}


class Case:
    """What a case needs to know of a type: templates that differ in place, its operations, and what lives of it."""

    def __init__(self, called: str, type_: str, create: str, update: str, first: Any, second: Any) -> None:
        self.called, self.type, self.create, self.update = called, type_, create, update
        self.first, self.second = first, second


def _case(subject: Subject) -> Case:
    member, value = next(iter(subject.in_place.items()), ("tags", {"a": "2"}))
    if subject is CONFIGURED_MODELS:
        member, value = "description", "second"
    operation = "TagResource" if member == "tags" else subject.kind.update
    first = {**subject.maximal, "tags": {"a": "1"}}
    return Case(subject.called, subject.type, subject.kind.create, operation, first, {**first, member: value})


def _policy(partner: str) -> dict[str, Any]:
    of = {"configuredAudienceModelArn": MODEL, "configuredAudienceModelPolicy": document(partner)}
    return {"Type": POLICY, **of}


PUT = "PutConfiguredAudienceModelPolicy"
CASES = [
    *(_case(subject) for subject in SUBJECTS),
    Case("policy", POLICY, PUT, PUT, _policy("444455556666"), _policy("777788889999")),
]
EVERY_TYPE = IN_PLACE = pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.called,
            marks=(pytest.mark.scenario(type=case.called), *([ANY_POLICY] if case.type == POLICY else [])),
        )
        for case in CASES
    ],
)


@pytest.fixture
def world() -> Iterator[Simulator]:
    made = Simulator()
    made.prepare(ASSOCIATIONS)
    yield made
    assert made.cloudformation.violations == []
    made.check_secrets()


def live(world: Simulator, case: Case) -> list[str]:
    return [*world.live()[case.type]]


def refuse(world: Simulator, operation: str, seconds: float, error: str = "AccessDeniedException") -> None:
    """The service refuses an operation for so long."""
    world.fail(operation, error, "not yet", times=None)
    fault, end = world.faults.queue[-1], world.clock.now() + seconds

    def lift() -> None:
        world.clock.sleep(max(0.0, end - world.clock.now()))
        if fault in world.faults.queue:
            world.faults.queue.remove(fault)

    world.lifts.append(lift)


def deploy(world: Simulator, properties: Any, **how: Any) -> Any:
    """Deploys with everything going on beside."""

    def act() -> Any:
        for lift in world.lifts:
            world.clock.beside(lift)
        world.lifts.clear()
        return world.deploy(Model=properties, **how)

    return world.clock.together(act)


@EVERY_TYPE
@pytest.mark.scenario(49)
@pytest.mark.parametrize("deleted", [False, True], ids=["sibling fails", "stack deleted"])
@pytest.mark.parametrize("until", [16, 20, 40, 80])
def test_a_create_that_is_cancelled_leaves_nothing(world: Simulator, case: Case, deleted: bool, until: float) -> None:
    refuse(world, case.create, until)
    result = deploy(world, case.first, after=15, deleted=deleted)
    assert result.status == ("DELETE_COMPLETE" if deleted else "ROLLBACK_COMPLETE")
    assert live(world, case) == []


@EVERY_TYPE
@pytest.mark.scenario(49)
@pytest.mark.parametrize("takes", [10, 24])
@pytest.mark.parametrize("after", [1, 4])
def test_a_create_that_takes_long_is_undone(world: Simulator, case: Case, takes: float, after: float) -> None:
    """It begins fresh, without any look, and ends when the roll-back is over."""
    world.fail(case.create, "InternalServiceException", kind="slow", seconds=takes)
    assert deploy(world, case.first, after=after).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == []


@EVERY_TYPE
@pytest.mark.scenario(49)
@pytest.mark.parametrize("lag", [0, 2])
def test_a_create_that_is_cancelled_while_its_effect_is_unknown(world: Simulator, case: Case, lag: int) -> None:
    world.faults.list_lag = lag
    world.fail(case.create, "InternalServiceException", after_effect=True)
    refuse(world, case.create, 60)
    assert deploy(world, case.first, after=1).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == []


@IN_PLACE
@pytest.mark.scenario(50)
@pytest.mark.parametrize("error", ["ThrottlingException", "AccessDeniedException"])
@pytest.mark.parametrize("until", [21, 60])
def test_an_update_that_is_cancelled_changes_nothing(world: Simulator, case: Case, error: str, until: float) -> None:
    world.deploy(Model=case.first)
    refuse(world, case.update, until, error)
    result = deploy(world, case.second, after=20)
    assert result.status == "ROLLBACK_COMPLETE"
    assert world.differences() == {}
    assert len(live(world, case)) == 1


@IN_PLACE
@pytest.mark.scenario(50)
@pytest.mark.parametrize(("takes", "after"), [(10, 3), (24, 3), (7, 6)])
def test_an_update_that_takes_long_is_undone(world: Simulator, case: Case, takes: float, after: float) -> None:
    world.deploy(Model=case.first)
    world.fail(case.update, "InternalServiceException", kind="slow", seconds=takes)
    assert deploy(world, case.second, after=after).status == "ROLLBACK_COMPLETE"
    assert world.differences() == {}


@EVERY_TYPE
@pytest.mark.scenario(50)
@pytest.mark.parametrize("until", [21, 60])
def test_a_replacement_that_is_cancelled_leaves_nothing(world: Simulator, case: Case, until: float) -> None:
    world.deploy(Model=case.first)
    known = live(world, case)
    refuse(world, case.create, until)
    assert deploy(world, replaced(case), after=20).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == known
    assert world.differences() == {}


TAGGED = pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.called, marks=pytest.mark.scenario(type=case.called)) for case in CASES[:3]]
)


def arrives_late(world: Simulator, case: Case) -> None:
    """The next Create takes long, and whoever sent it dies."""
    late = Interruption(case.create, lambda: world.clock.sleep(21), after_effect=False)
    world.wire.interruptions.append(late)
    world.crash(case.create)


@TAGGED
@pytest.mark.scenario(50)
@pytest.mark.parametrize("lag", [0, 3])
def test_a_replacement_that_comes_after_its_roll_back_is_undone_by_the_next_delivery(
    world: Simulator, case: Case, lag: int
) -> None:
    world.deploy(Model=case.first)
    known = live(world, case)
    world.faults.list_lag = lag
    arrives_late(world, case)
    assert deploy(world, replaced(case), after=10).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == known
    assert world.differences() == {}
    assert world.left_behind(case.type) == set()


@TAGGED
@pytest.mark.scenario(50)
def test_a_replacement_stays_that_no_delivery_survives(world: Simulator, case: Case) -> None:
    """Until the next one, whose clean-up it is."""
    world.deploy(Model=case.first)
    known = live(world, case)
    arrives_late(world, case)
    world.cloudformation.reach = dies_again(world)
    assert deploy(world, replaced(case), after=10).status == "ROLLBACK_COMPLETE"
    world.cloudformation.reach = None
    (left,) = {*live(world, case)} - {*known}
    assert world.left_behind(case.type) == {left}
    assert world.deploy(Model=replaced(case)).status == "COMPLETE"
    assert live(world, case) == [world.physical_id()]


def dies_again(world: Simulator) -> Callable[[dict[str, Any]], None]:
    """Events get to the function, but no second time."""

    def reach(event: dict[str, Any]) -> None:
        with contextlib.suppress(Crash):
            world.function.deliver(event)

    return reach


@pytest.mark.scenario(50, type="association")
def test_a_replacement_that_comes_after_its_roll_back_stays_when_nothing_says_whose_it_is(world: Simulator) -> None:
    case = CASES[2]
    world.switches.association_tags_refused = True
    world.deploy(Model=case.first)
    arrives_late(world, case)
    assert deploy(world, replaced(case), after=10).status == "ROLLBACK_COMPLETE"
    assert len(live(world, case)) == 2


@TAGGED
@pytest.mark.scenario(53)
def test_a_late_delivery_spares_what_a_later_try_with_its_id_is_creating(world: Simulator, case: Case) -> None:
    world.deploy(Model=case.first)
    world.cloudformation.reused_id = "8f7e6d5c-0000-4000-8000-000000000001"
    more = {"PhysicalResourceId": world.physical_id(), "OldResourceProperties": case.first}
    events = []
    for _ in range(2):
        world.clock.sleep(100)
        events.append(world.cloudformation.event("Update", world.stack.id, "Model", replaced(case), **more))
    world.crash(case.create)
    with pytest.raises(Crash):
        deliver(world, events[1])
    deliver(world, events[0])
    assert len(live(world, case)) == 2


def replaced(case: Case) -> Any:
    if case.called == "policy":
        return {**case.first, "configuredAudienceModelArn": MODEL.replace("existing0", "existing1")}
    subject = next(subject for subject in SUBJECTS if subject.called == case.called)
    return {**case.first, **subject.other, subject.name: "of its own"}


def deliver(world: Simulator, event: dict[str, Any]) -> None:
    world.function.deliver(deepcopy(event))


@IN_PLACE
@pytest.mark.scenario(51)
@pytest.mark.parametrize("later", [21, 300, 1_100])
def test_an_update_that_comes_again_after_a_newer_one(world: Simulator, case: Case, later: float) -> None:
    world.deploy(Model=case.first)
    world.deploy(Model=case.second)
    event = list(world.cloudformation.pending.values())[-1].event
    world.clock.sleep(10)
    world.deploy(Model=case.first)
    world.clock.sleep(later)
    world.forget_calls()
    deliver(world, event)
    assert world.writes() == []
    assert world.differences() == {}


@EVERY_TYPE
@pytest.mark.scenario(51)
@pytest.mark.parametrize("later", [21, 300, 1_000])
def test_a_create_that_comes_again_after_its_clean_up(world: Simulator, case: Case, later: float) -> None:
    world.deploy(Model=case.first)
    event = list(world.cloudformation.pending.values())[-1].event
    assert world.destroy().status == "DELETE_COMPLETE"
    world.clock.sleep(later)
    deliver(world, event)
    assert live(world, case) == []


@EVERY_TYPE
@pytest.mark.scenario(51)
@pytest.mark.parametrize("later", [21, 300])
def test_a_delete_that_comes_again_after_a_new_create(world: Simulator, case: Case, later: float) -> None:
    """With the same logical id, and for a policy with the same physical id, too; or one that was invented."""
    refuse(world, case.create, 20)
    deploy(world, case.first, after=10)
    invented = list(world.cloudformation.pending.values())[-1].event
    world.deploy(Model=case.first)
    world.deploy({})
    known = list(world.cloudformation.pending.values())[-1].event
    assert {invented["RequestType"], known["RequestType"]} == {"Delete"}
    world.deploy(Model=case.first)
    world.clock.sleep(later)
    for event in (invented, known):
        deliver(world, event)
    assert len(live(world, case)) == 1
    assert world.differences() == {}


@EVERY_TYPE
@pytest.mark.scenario(52)
@pytest.mark.parametrize("fault", ["AccessDenied", "Throttling", "unreachable"])
def test_without_a_look_the_request_goes_on(world: Simulator, case: Case, fault: str) -> None:
    world.cloudformation.look_fault = fault
    refuse(world, case.create, 70)
    assert deploy(world, case.first).status == "COMPLETE"
    assert any(line["step"] == "unseen" for line in world.log())
    # It asks in vain once a minute, and no more.
    assert world.cloudformation.looks <= 3
    refuse(world, case.update, 30, "ThrottlingException")
    assert deploy(world, case.second).status == "COMPLETE"
    assert world.differences() == {}
    assert world.destroy().status == "DELETE_COMPLETE"
    assert live(world, case) == []


@COUNTED
@EVERY_TYPE
@pytest.mark.scenario(1, 17)
def test_a_fresh_request_takes_no_look(world: Simulator, case: Case) -> None:
    world.deploy(Model=case.first)
    world.deploy(Model=case.second)
    assert world.cloudformation.looks == 0
    world.destroy()
    # A policy may have become another logical id's.
    assert world.cloudformation.looks == (1 if case.type == POLICY else 0)


@EVERY_TYPE
@pytest.mark.scenario(53)
@pytest.mark.parametrize("asked", [True, False], ids=["look", "no look"])
def test_a_request_id_that_is_used_again(world: Simulator, case: Case, asked: bool) -> None:
    """The clean-up of the failed try comes after the one that succeeded, and finds only what the former made."""
    world.switches.association_names, world.switches.one_association_per_model = "repeat", False
    world.cloudformation.reused_id = "8f7e6d5c-0000-4000-8000-000000000001"
    world.cloudformation.look_fault = None if asked else "AccessDenied"
    send = world.cloudformation.request
    world.fail(case.create, "InternalServiceException", after_effect=case.called != "policy")
    if case.called != "policy":
        world.fail(_list(case), "AccessDeniedException", "explicit deny")
    else:
        world.fail(case.create, "AccessDeniedException", "explicit deny")
    failed = send("Create", world.stack.id, "Model", {**case.first, "ServiceTimeout": 1200})
    assert not failed.succeeded
    world.clock.sleep(100)
    world.deploy(Model=case.first)
    (retained,) = {*live(world, case)} & {world.physical_id()}
    reply = send("Delete", world.stack.id, "Model", case.first, PhysicalResourceId=failed.physical_id)
    assert reply.succeeded
    if case.called == "policy" and not asked:
        return
    assert live(world, case) == [retained]


def _list(case: Case) -> str:
    return next(subject.kind.list for subject in SUBJECTS if subject.called == case.called)


# An audience model changes by its tags alone, and who can't write them can't mark it either.
FAILED_UPDATES = [(case, ends) for case in CASES[:3] for ends in ("denied", "roll-back denied")]
FAILED_UPDATES.remove((CASES[1], "roll-back denied"))


@CHANGES_TAGS
@pytest.mark.scenario(54)
@pytest.mark.parametrize(
    ("case", "ends"),
    [pytest.param(*each, marks=pytest.mark.scenario(type=each[0].called)) for each in FAILED_UPDATES],
)
def test_after_a_roll_back_without_the_resource_the_template_is_written(
    world: Simulator, case: Case, ends: str
) -> None:
    first, third = {**case.first, "tags": {"a": "1"}}, {**case.first, "tags": {"a": "1", "c": "3"}}
    second = {**case.second, "tags": {"a": "2", "b": "2"}}
    world.deploy(Model=first)
    for operation in {case.update, "TagResource"}:
        world.fail(operation, "AccessDeniedException", "explicit deny", times=None, after_effect=ends == "denied")
    if ends == "denied":
        assert world.deploy(Model=second).status == "ROLLBACK_FAILED"
    else:
        faults = [fault for fault in world.faults.queue if fault.operation == case.update]
        world.faults.queue.clear()
        world.clock.sleep(60)
        world.stack._cloudformation.reach = _then(world, lambda: world.faults.queue.extend(faults))
        assert world.deploy(Model=second, fails=True).status == "ROLLBACK_FAILED"
    world.faults.queue.clear()
    world.cloudformation.reach = None
    assert world.stack.continue_roll_back("Model").status == "ROLLBACK_COMPLETE"
    assert world.deploy(Model=third).status == "COMPLETE"
    assert world.differences() == {}
    # Known no longer: what somebody changes from now on is drift again.
    world.forget_calls()
    world.service.resource(world.physical_id())["tags"]["a"] = "theirs"
    assert world.deploy(Model={**third, "tags": {"a": "1", "c": "4"}}).status == "COMPLETE"
    assert world.tags() == {"a": "theirs", "c": "4"}


def _then(world: Simulator, action: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
    def reach(event: dict[str, Any]) -> None:
        world.function.invoke(event)
        action()

    return reach


@COUNTED
@pytest.mark.scenario(55)
@pytest.mark.parametrize("status", [301, 307, 400, 404, 409])
@pytest.mark.parametrize("times", [1, 8, 12])
def test_an_answer_that_is_refused_is_sent_again(world: Simulator, status: int, times: int) -> None:
    world.cloudformation.send_faults = [status] * times
    assert world.deploy(Model=CASES[0].first).status == "COMPLETE"
    assert world.writes() == ["Create"]


@COUNTED
@pytest.mark.scenario(56)
@pytest.mark.parametrize("expires", [7199, 7200])
def test_a_url_of_the_old_kind_tells_the_age(world: Simulator, expires: int) -> None:
    world.switches.response_url_signature, world.switches.response_url_seconds = "v2", expires
    assert world.deploy(Model=MINIMAL).status == "COMPLETE"
    assert world.operations() == ["Create"]
    event = list(world.cloudformation.pending.values())[-1].event
    world.clock.sleep(1_201)
    deliver(world, event)
    assert world.operations() == ["Create"]


@TAGGED
@pytest.mark.scenario(57)
@pytest.mark.parametrize("name", ["another", "a copy"])
def test_a_clone_with_all_tags_is_nobodys_leftover(world: Simulator, case: Case, name: str) -> None:
    world.switches.one_association_per_model = False
    subject = next(subject for subject in SUBJECTS if subject.called == case.called)
    world.deploy(Model=case.first)
    state = world.live()[case.type][world.physical_id()]
    given = {member: value for member, value in state.members.items() if member in subject.kind.members}
    service = client("cleanrooms" if subject is ASSOCIATIONS else "cleanroomsml")
    create = getattr(service, xform_name(case.create))
    create(**{**given, "tags": dict(state.tags), subject.name: name})
    world.clock.sleep(3_600)
    world.fail(case.create, "ValidationException", "'x' is not allowed")
    assert world.deploy(Model=replaced(case)).status == "ROLLBACK_COMPLETE"
    assert world.deploy(Model=replaced(case)).status == "COMPLETE"
    assert len(live(world, case)) == 2
    assert world.destroy().status == "DELETE_COMPLETE"
    assert len(live(world, case)) == 1


@TAGGED
@pytest.mark.scenario(58)
@pytest.mark.parametrize("when", ["long before", "just before"])
@pytest.mark.parametrize("refused", [False, True], ids=["tags", "no tags"])
def test_what_had_the_name_before_is_not_taken_over(world: Simulator, case: Case, when: str, refused: bool) -> None:
    world.name_twice("answered")
    world.switches.association_tags_refused = refused
    Stack(world.cloudformation, "Other").deploy({"Theirs": case.first})
    (theirs,) = live(world, case)
    world.clock.sleep(3_600 if when == "long before" else 10)
    result = world.deploy(Model=case.first)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"the name is taken by {theirs}" in result.reason
    assert live(world, case) == [theirs]
    # Its own, after a crash, is its own.
    subject = next(subject for subject in SUBJECTS if subject.called == case.called)
    world.crash(case.create)
    other = {**case.first, **subject.other, subject.name: "of its own"}
    assert world.deploy(Model=other).status == "COMPLETE"
    assert world.destroy().status == "DELETE_COMPLETE"
    assert live(world, case) == [theirs]


@pytest.mark.scenario(59, type="association")
@pytest.mark.parametrize("where", ["another logical id", "another stack"])
@pytest.mark.parametrize("ends", ["refused", "crash"])
@pytest.mark.parametrize("pause", [1, 10, 600])
def test_an_association_of_the_same_name_is_spared_without_tags(
    world: Simulator, where: str, ends: str, pause: float
) -> None:
    case = CASES[2]
    world.switches.association_tags_refused = True
    stack = world.stack if where == "another logical id" else Stack(world.cloudformation, "Other")
    stack.deploy({"Old": case.first})
    (known,) = live(world, case)
    world.clock.sleep(pause)
    if ends == "crash":
        world.crash(case.create, after_effect=False, times=3)
    assert world.deploy(Model=case.first).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == [known]
    assert stack.resources["Old"].physical_id == known


@pytest.mark.scenario(59, type="policy")
@pytest.mark.parametrize("crashes", [1, 3])
def test_a_policy_that_was_moved_in_vain_is_taken_back(world: Simulator, crashes: int) -> None:
    case = CASES[3]
    world.deploy(Model=case.first)
    world.crash(PUT, times=crashes)
    if crashes == 3:
        world.crash("GetConfiguredAudienceModelPolicy", times=2)
    world.deploy(Model=replaced(case), fails=True)
    assert live(world, case) == [world.physical_id()]
    assert world.destroy().status == "DELETE_COMPLETE"
    assert live(world, case) == []


@pytest.mark.scenario(59, type="policy")
def test_a_late_first_delivery_takes_no_policy_over(world: Simulator) -> None:
    """A new logical id for the same policy: the old one's clean-up would take it away."""
    case = CASES[3]
    world.deploy(Old=case.first)

    def late(event: dict[str, Any]) -> None:
        world.clock.sleep(30)
        world.function.invoke(event)

    world.cloudformation.reach = late
    result = world.deploy(Model=case.first)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "which this resource did not put there" in result.reason
    assert len(live(world, case)) == 1


@pytest.mark.scenario(51)
def test_a_create_that_comes_again_when_the_resource_has_left_the_stack(world: Simulator) -> None:
    case = CASES[0]
    world.deploy(Model=case.first)
    event = list(world.cloudformation.pending.values())[-1].event
    world.deploy({})
    world.cloudformation.views.clear()
    world.clock.sleep(60)
    deliver(world, event)
    assert live(world, case) == []


@pytest.mark.scenario(50, type="policy")
@pytest.mark.parametrize("then", ["changed", "deleted"])
def test_what_somebody_does_to_a_policy_meanwhile_stays(world: Simulator, then: str) -> None:
    case = CASES[3]
    world.deploy(Model=case.first)
    world.fail(PUT, "InternalServiceException", kind="slow", seconds=20)
    policies = world.service._stores["111122223333", "us-east-1"].policies

    def meddle() -> None:
        policies.pop(MODEL)
        if then == "changed":
            policies[MODEL] = Policy(json.dumps(document("999988887777")), "theirs")

    world.wire.interruptions.append(Interruption(PUT, meddle))
    deploy(world, case.second, after=3)
    assert {arn: policy.hash for arn, policy in policies.items()} == ({MODEL: "theirs"} if then == "changed" else {})


@pytest.mark.scenario(50)
def test_what_vanishes_meanwhile_needs_no_undoing(world: Simulator) -> None:
    case = CASES[0]
    world.deploy(Model=case.first)
    world.fail(case.update, "InternalServiceException", kind="slow", seconds=20)
    world.wire.interruptions.append(Interruption(case.update, world.vanish))
    assert deploy(world, case.second, after=3).status == "ROLLBACK_COMPLETE"
    assert live(world, case) == []


@pytest.mark.scenario(58)
def test_a_named_model_that_vanishes_at_once(world: Simulator) -> None:
    case = CASES[0]
    models = world.service._stores["111122223333", "us-east-1"].configured_audience_models
    world.wire.interruptions.append(Interruption(case.create, lambda: models.remove(live(world, case)[0])))
    assert world.deploy(Model=case.first).status == "COMPLETE"


@pytest.mark.scenario(54)
def test_an_update_without_time_left_for_a_mark(world: Simulator) -> None:
    case = CASES[0]
    world.deploy(Model=case.first)
    world.fail(case.update, "ThrottlingException", times=None)
    world.wire.seconds_a_call = 20
    world.function.timeout = 100
    assert "ThrottlingException" in world.deploy(Model=case.second).reason
    assert "TagResource" not in world.operations()


@pytest.mark.scenario(59, type="association")
def test_what_is_clearly_refused_is_not_taken_for_its_own_without_tags(world: Simulator) -> None:
    case = CASES[2]
    world.switches.association_tags_refused = True
    event = world.cloudformation.event("Create", world.stack.id, "Model", case.first)
    world.wire.interruptions.append(Interruption(case.create, lambda: deliver(world, event), after_effect=False))
    deliver(world, event)
    pending = list(world.cloudformation.pending.values())[-1]
    assert [answer["Status"] for answer in pending.answers] == ["SUCCESS", "FAILED"]
    assert live(world, case) == [pending.answers[0]["PhysicalResourceId"]]


@EVERY_TYPE
@pytest.mark.scenario(52)
def test_a_duplicate_in_a_warm_process_after_the_clean_up(world: Simulator, case: Case) -> None:
    """It comes within the seconds for which the sending of a first delivery is believed."""
    event = world.cloudformation.event("Create", world.stack.id, "Model", case.first)
    deliver(world, event)
    (created,) = live(world, case)
    assert world.cloudformation.request(
        "Delete", world.stack.id, "Model", case.first, PhysicalResourceId=created
    ).succeeded
    deliver(world, event)
    assert live(world, case) == []


@IN_PLACE
@pytest.mark.scenario(50)
def test_a_read_that_is_tried_again_is_time_in_between(world: Simulator, case: Case) -> None:
    """The roll-back has seen nothing to take back when the update comes to its write."""
    get = "GetConfiguredAudienceModelPolicy" if case.type == POLICY else _get(case)
    deploy(world, case.first)
    world.wire.interruptions.append(Interruption(get, lambda: world.clock.sleep(2.5), after_effect=False))
    world.fail(get, "InternalServiceException")
    assert deploy(world, case.second, after=1).status == "ROLLBACK_COMPLETE"
    assert world.differences() == {}


@EVERY_TYPE
@pytest.mark.scenario(51)
def test_a_look_that_is_behind_refuses_no_clean_up(world: Simulator, case: Case) -> None:
    world.crash("*", times=3)
    failed = world.cloudformation.request("Create", world.stack.id, "Model", {**case.first, "ServiceTimeout": 1200})
    assert not failed.succeeded
    assert len(live(world, case)) == 1
    views, key = world.cloudformation.views, (world.stack.id, "Model")
    before = views[key]
    event = world.cloudformation.event(
        "Delete", world.stack.id, "Model", case.first, PhysicalResourceId=failed.physical_id
    )
    views[key] = before
    deliver(world, event)
    assert live(world, case) == []


@pytest.mark.parametrize(
    "subject", [each for each in SUBJECTS if "description" in each.in_place], ids=lambda each: each.called
)
@pytest.mark.scenario(50)
def test_an_update_that_takes_members_away_is_undone(world: Simulator, subject: Subject) -> None:
    """What the service holds then isn't in the template: a default."""
    with_all = {**subject.maximal, **subject.in_place}
    defaults = {"description", "minMatchingSeedSize"} & with_all.keys()
    deploy(world, with_all)
    world.fail(subject.kind.update, "InternalServiceException", kind="slow", seconds=20)
    result = deploy(world, {name: value for name, value in with_all.items() if name not in defaults}, after=10)
    assert result.status == "ROLLBACK_COMPLETE"
    assert world.differences() == {}


def _get(case: Case) -> str:
    return next(subject.kind.get for subject in SUBJECTS if subject.called == case.called)


@IN_PLACE
@pytest.mark.scenario(49)
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("fails", [False, True], ids=["forward", "roll-back"])
@pytest.mark.parametrize("after_effect", [False, True])
def test_two_deliveries_of_an_update_of_which_one_is_slow(
    world: Simulator, case: Case, dated: bool, fails: bool, after_effect: bool
) -> None:
    """The other one has answered when it ends: it takes nothing back, it isn't cancelled."""
    world.cloudformation.dated = dated
    deploy(world, case.first)
    world.clock.sleep(60)
    slow = Interruption(case.update, lambda: deliver_again(world), skip=int(fails), after_effect=after_effect)
    world.wire.interruptions.append(slow)
    deploy(world, case.second, fails=fails)
    assert slow.times == 0
    world.check()


def deliver_again(world: Simulator) -> None:
    """The last event comes once more, and is carried out."""
    world.clock.sleep(21)
    world.function.deliver(deepcopy([*world.cloudformation.pending.values()][-1].event))


@IN_PLACE
@pytest.mark.scenario(49)
@pytest.mark.parametrize("before", ["answered", "cancelled", "cancelled, and nobody tells"])
def test_an_update_that_takes_effect_after_its_roll_back_is_undone(world: Simulator, case: Case, before: str) -> None:
    """Whether another delivery had answered it or not."""
    deploy(world, case.first)
    world.clock.sleep(60)
    first, second = world.resource(), {**world.resource().properties, **case.second}
    if "nobody" in before:
        world.cloudformation.denied.add("DescribeStackEvents")

    def update(new: Any, old: Any) -> bool:
        of = {"PhysicalResourceId": first.physical_id, "OldResourceProperties": old}
        return world.cloudformation.request("Update", world.stack.id, "Model", new, **of).succeeded

    def roll_back() -> None:
        deliver_again(world) if before == "answered" else world.clock.sleep(21)
        assert update(first.properties, second)

    world.wire.interruptions.append(Interruption(case.update, roll_back, after_effect=False))
    update(second, first.properties)
    assert "undone" in [line["step"] for line in world.log()]
    world.check()


@pytest.mark.scenario(50)
def test_what_cant_be_taken_away_again_stays_and_the_rest_is_undone(world: Simulator) -> None:
    deploy(world, {**MINIMAL, "tags": {"a": "1"}})
    sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000]}
    more = {"audienceSizeConfig": sizes, "minMatchingSeedSize": 25, "tags": {"b": "2"}}
    world.fail("UpdateConfiguredAudienceModel", "InternalServiceException", kind="slow", seconds=20)
    assert deploy(world, {**MINIMAL, **more}, after=10).status == "ROLLBACK_COMPLETE"
    assert world.differences() == {"audienceSizeConfig": (None, sizes)}
    world.check()
    (undone,) = [line for line in world.log() if line["step"] == "undone"]
    assert undone["stays"] == ["audienceSizeConfig"]
