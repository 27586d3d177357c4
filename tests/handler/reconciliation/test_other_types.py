"""What is proved at length for configured audience models, for the other types with a name and tags as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.handler.calls import retry_policy
from cdk_cleanroomsml.handler.reconciliation.leftovers import ORPHAN_SECONDS

from ...worlds import CHANGES_TAGS
from ..scenarios.scenario import nothing_left
from ..simulation.cloudformation import SERVICE_TIMEOUT, Stack
from ..simulation.deliveries import answers, deliver
from ..simulation.resource_types import ASSOCIATIONS, AUDIENCE_MODELS, MARKERS, REGION, Subject
from ..simulation.virtual_lambda import Interruption, client

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator

TYPES = [AUDIENCE_MODELS, ASSOCIATIONS]
EVERY_TYPE = pytest.mark.parametrize(
    "subject",
    [pytest.param(subject, id=subject.called, marks=pytest.mark.scenario(type=subject.called)) for subject in TYPES],
)


@pytest.fixture
def ready(world: Simulator, subject: Subject) -> Simulator:
    world.prepare(subject)
    return world


def create_event(world: Simulator, subject: Subject, **properties: Any) -> dict[str, Any]:
    token = {"ServiceToken": "arn:aws:lambda:…", "ServiceTimeout": SERVICE_TIMEOUT}
    return world.cloudformation.event("Create", world.stack.id, "Model", {**subject.minimal, **token, **properties})


def request(world: Simulator, kind: str, subject: Subject, physical_id: str, **more: Any) -> Any:
    return world.cloudformation.request(
        kind, world.stack.id, "Model", subject.minimal, PhysicalResourceId=physical_id, **more
    )


def changed(subject: Subject) -> dict[str, Any]:
    return {**subject.minimal, **subject.other}


@EVERY_TYPE
@pytest.mark.scenario(6)
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("crashes", [1, 2])
def test_after_a_crash_it_is_adopted(ready: Simulator, subject: Subject, dated: bool, crashes: int) -> None:
    ready.cloudformation.dated = dated
    ready.crash(subject.kind.create)
    ready.crash(subject.kind.list, times=crashes - 1)
    assert ready.deploy(Model=subject.minimal).status == "COMPLETE"
    assert ready.writes() == ["Create"]
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(6, 20)
def test_after_a_crash_in_a_replacement_the_new_one_is_adopted(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.minimal)
    ready.crash(subject.kind.create)
    assert ready.deploy(Model=changed(subject)).status == "COMPLETE"
    assert ready.writes() == ["Create", "Create", "Delete"]
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(7)
@pytest.mark.parametrize("kind", ["error", "connection_lost", "hang"])
@pytest.mark.parametrize("unique", [True, False], ids=["unique", "free"])
@pytest.mark.parametrize("after_effect", [True, False], ids=["effect", "no effect"])
@pytest.mark.parametrize("lag", [0, 2])
def test_the_answer_to_create_is_lost(
    ready: Simulator, subject: Subject, kind: str, unique: bool, after_effect: bool, lag: int
) -> None:
    ready.name_twice("unique" if unique else "repeat")
    ready.switches.one_association_per_model = unique
    ready.faults.list_lag = lag
    ready.fail(subject.kind.create, "InternalServerException", kind=kind, after_effect=after_effect)
    assert ready.deploy(Model=subject.minimal).status == "COMPLETE"
    assert len(ready.models(subject.type)) == 1
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(8)
@pytest.mark.parametrize("unique", [True, False], ids=["unique", "free"])
@pytest.mark.parametrize("of", ["list", "create", "get"])
@pytest.mark.parametrize("after_effect", [True, False])
def test_a_second_delivery_in_the_midst_of_the_first(
    ready: Simulator, subject: Subject, unique: bool, of: str, after_effect: bool
) -> None:
    ready.name_twice("unique" if unique else "repeat")
    ready.switches.one_association_per_model = unique
    event = create_event(ready, subject)
    ready.clock.sleep(61)
    operation = getattr(subject.kind, of)
    ready.wire.interruptions.append(Interruption(operation, lambda: deliver(ready, event), 0, after_effect))
    deliver(ready, event)
    first, *others = answers(ready, event)
    assert first["Status"] == "SUCCESS"
    # To a second answer, CloudFormation doesn't listen.
    succeeded = [answer for answer in others if answer["Status"] == "SUCCESS"]
    assert {answer["PhysicalResourceId"] for answer in succeeded} <= {first["PhysicalResourceId"]}
    assert [*ready.live()[subject.type]] == [first["PhysicalResourceId"]]


@EVERY_TYPE
@pytest.mark.scenario(8)
def test_two_fresh_deliveries_at_once_leave_nothing_behind(ready: Simulator, subject: Subject) -> None:
    ready.switches.association_names, ready.switches.one_association_per_model = "repeat", False
    event = create_event(ready, subject)
    ready.wire.interruptions.append(Interruption(subject.kind.create, lambda: deliver(ready, event), 0, False))
    deliver(ready, event)
    assert len(ready.models(subject.type)) == 2
    known = answers(ready, event)[0]["PhysicalResourceId"]
    assert request(ready, "Delete", subject, known).succeeded
    assert ready.models(subject.type) == []


@EVERY_TYPE
@pytest.mark.scenario(9, 45)
def test_others_are_no_orphans(ready: Simulator, subject: Subject) -> None:
    first, second, third = ({**subject.minimal, **variant} for variant in subject.variants)
    ready.retain("Model")
    ready.deploy(Other=first, Model=second)
    ready.stack.resources.pop("Model")
    ready.stack.retained.clear()
    Stack(ready.cloudformation, "Neighbour").deploy({"Model": third})
    ready.clock.sleep(ORPHAN_SECONDS + 1)
    ready.crash(subject.kind.create, after_effect=False, times=3)
    assert ready.deploy(Other=first, Model=second).status == "ROLLBACK_COMPLETE"
    assert len(ready.models(subject.type)) == 3


@EVERY_TYPE
@pytest.mark.scenario(9, 20)
def test_a_replacement_that_never_came_to_be_is_removed_in_the_roll_back(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.minimal)
    old = ready.physical_id()
    ready.clock.sleep(3600)
    ready.crash(subject.kind.create)
    ready.crash(subject.kind.list, times=2)
    assert ready.deploy(Model=changed(subject)).status == "ROLLBACK_COMPLETE"
    assert ready.physical_id() == old
    nothing_left(ready)


@pytest.mark.reading("the seconds since it was sent are told", response_url_signature="v4")
@EVERY_TYPE
@pytest.mark.scenario(10)
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_late_delivery_changes_nothing(ready: Simulator, subject: Subject, kind: str) -> None:
    ready.deploy(Model=subject.minimal)
    known = {} if kind == "Create" else {"PhysicalResourceId": ready.physical_id()}
    event = ready.cloudformation.event(
        kind, ready.stack.id, "Model", {**changed(subject), "ServiceTimeout": SERVICE_TIMEOUT}, **known
    )
    ready.clock.sleep(SERVICE_TIMEOUT)
    ready.forget_calls()
    deliver(ready, event)
    assert "1200 s old" in answers(ready, event)[0]["Reason"]
    assert ready.operations() == []


@EVERY_TYPE
@pytest.mark.scenario(11)
def test_a_placeholder_spares_other_requests(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.minimal)
    event = create_event(ready, subject)
    for end in ("failed", "unclear"):
        placeholder = f"cdk-cleanroomsml:{end}-create/{event['RequestId']}/0123456789ab"
        assert request(ready, "Delete", subject, placeholder).succeeded
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(12)
@pytest.mark.parametrize("where", ["999988887777", "eu-west-1"])
def test_delete_of_a_foreign_one_is_refused(ready: Simulator, subject: Subject, where: str) -> None:
    ready.deploy(Model=subject.minimal)
    own = ready.physical_id()
    ready.forget_calls()
    foreign = own.replace(own.split(":")[4], where) if where.isdigit() else own.replace(REGION, where)
    reply = request(ready, "Delete", subject, foreign)
    assert not reply.succeeded
    assert "was not created by this function" in reply.reason
    assert ready.operations() == []


@EVERY_TYPE
@pytest.mark.scenario(12)
@pytest.mark.parametrize(
    "physical_id",
    [
        "Model-1MFPJWD0B0C2X",
        "arn:aws:s3:::bucket",
        "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/first",
        "arn:aws:cleanrooms:us-east-1:111122223333:membership/1/configuredaudiencemodelassociation/2",
        "../audience-model",
    ],
)
def test_what_was_never_one_is_never_sent(ready: Simulator, subject: Subject, physical_id: str) -> None:
    ready.prepare(subject)
    assert request(ready, "Delete", subject, physical_id).succeeded
    assert ready.operations()[0] == "List"
    assert all(physical_id not in call.input.values() for call in ready.calls)
    assert ready.writes() == []
    ready.forget_calls()
    reply = request(ready, "Update", subject, physical_id, OldResourceProperties=subject.minimal)
    assert not reply.succeeded
    assert f"is not the ARN of {subject.kind.words}" in reply.reason
    assert ready.operations() == []


@EVERY_TYPE
@pytest.mark.scenario(14)
def test_delete_does_not_look_at_properties(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.minimal)
    lenient: list[dict[str, Any]] = [{"typo": {}}, {"tags": [], "membershipIdentifier": ["x"]}]
    for properties in lenient:
        event = ready.cloudformation.event(
            "Delete",
            ready.stack.id,
            "Model",
            {"Type": subject.type, **properties},
            PhysicalResourceId=ready.physical_id(),
        )
        deliver(ready, event)
        assert answers(ready, event)[0]["Status"] == "SUCCESS"
    assert ready.models(subject.type) == []


@EVERY_TYPE
@pytest.mark.scenario(16)
def test_delete_waits_until_it_is_gone(ready: Simulator, subject: Subject) -> None:
    ready.deploy(Model=subject.minimal)
    ready.faults.delete_lag = 3
    assert ready.destroy().status == "DELETE_COMPLETE"
    assert ready.calls[-1].outcome == "ResourceNotFoundException"


@EVERY_TYPE
@pytest.mark.scenario(27)
def test_update_whose_old_id_is_a_placeholder_creates(ready: Simulator, subject: Subject) -> None:
    event = create_event(ready, subject)
    placeholder = f"cdk-cleanroomsml:failed-create/{event['RequestId']}/0123456789ab"
    reply = request(ready, "Update", subject, placeholder, OldResourceProperties={"typo": "x"})
    assert reply.succeeded
    assert [*ready.live()[subject.type]] == [reply.physical_id]


@CHANGES_TAGS
@EVERY_TYPE
@pytest.mark.scenario(28, 29)
def test_tags_of_others_are_drift(ready: Simulator, subject: Subject) -> None:
    properties = {**subject.minimal, "tags": {"ours": "1"}}
    ready.deploy(Model=properties)
    tags = ready.service.resource(ready.physical_id())["tags"]
    tags.update(ours="theirs", theirs="1")
    ready.forget_calls()
    assert ready.deploy(Model={**properties, "tags": {"ours": "1", "new": "2"}}).status == "COMPLETE"
    assert ready.writes() == ["TagResource"]
    assert ready.tags() == {"ours": "theirs", "theirs": "1", "new": "2"}
    assert {*MARKERS} <= tags.keys()
    assert ready.destroy().status == "DELETE_COMPLETE"


@EVERY_TYPE
@pytest.mark.scenario(30, 33)
@pytest.mark.parametrize("of", ["create", "list", "get", "delete", "TagResource"])
def test_denied_for_ever_names_what_is_missing(ready: Simulator, subject: Subject, of: str) -> None:
    operation = getattr(subject.kind, of, of)
    if of != "create":
        ready.deploy(Model=subject.minimal)
    ready.fail(operation, "AccessDeniedException", "no", times=None)
    started = ready.clock.now()
    tagged = {**subject.minimal, "tags": {"a": "1"}}
    result = ready.destroy() if of in ("get", "delete", "list") else ready.deploy(Model=tagged)
    prefix = "cleanrooms" if subject is ASSOCIATIONS else "cleanrooms-ml"
    assert f"the function's role needs {prefix}:{operation} on " in result.reason
    assert 90 <= ready.clock.now() - started < 500


@EVERY_TYPE
@pytest.mark.scenario(34)
def test_what_is_denied_on_purpose_is_not_tried_again(ready: Simulator, subject: Subject) -> None:
    ready.fail(subject.kind.create, "AccessDeniedException", "… with an explicit deny …", times=None)
    assert "the policy must allow it" in ready.deploy(Model=subject.minimal).reason
    assert ready.writes() == ["Create"]


@EVERY_TYPE
@pytest.mark.scenario(32)
@pytest.mark.parametrize("error", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_what_may_not_have_been_propagated(ready: Simulator, subject: Subject, error: str) -> None:
    ready.fail(subject.kind.create, error, "not authorized to assume the role", times=2)
    assert ready.deploy(Model=subject.minimal).status == "COMPLETE"
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(36)
@pytest.mark.parametrize("timeout", [60, 900])
def test_the_answer_is_sent_before_the_lambda_times_out(ready: Simulator, subject: Subject, timeout: int) -> None:
    ready.function.timeout = timeout
    ready.wire.seconds_a_call = 20
    ready.fail(subject.kind.create, "ThrottlingException", times=None)
    assert ready.deploy(Model=subject.minimal).status == "ROLLBACK_COMPLETE"
    assert ready.function.deaths == []
    ready.function.timeout = 39
    result = ready.deploy(Model=subject.minimal)
    assert f"{subject.kind.create} was not called: too little time is left" in result.reason


@EVERY_TYPE
@pytest.mark.scenario(37)
def test_when_nothing_gets_through_the_next_delivery_answers(ready: Simulator, subject: Subject) -> None:
    ready.cloudformation.send_faults = [503] * 10
    assert ready.deploy(Model=subject.minimal).status == "COMPLETE"
    assert ready.writes() == ["Create"]
    nothing_left(ready)


@EVERY_TYPE
@pytest.mark.scenario(39)
def test_a_bad_event_fails(ready: Simulator, subject: Subject) -> None:
    event = create_event(ready, subject)
    event["ResourceProperties"] = "none"
    deliver(ready, event)
    assert "ResourceProperties must be an object" in answers(ready, event)[0]["Reason"]
    assert ready.operations() == []


@EVERY_TYPE
@pytest.mark.scenario(40)
def test_what_the_service_repeats_is_not_written(ready: Simulator, subject: Subject) -> None:
    secret = "n0Echo-description"
    ready.fail(subject.kind.create, "ValidationException", f"{secret} is not allowed", times=None)
    result = ready.deploy(Model={**subject.minimal, "description": secret})
    assert "***" in result.reason
    ready.check_secrets("n0Echo")


@EVERY_TYPE
@pytest.mark.scenario(47)
def test_two_stacks_share_nothing(ready: Simulator, subject: Subject) -> None:
    first, second, _ = subject.variants
    other = Stack(ready.cloudformation, "Other")
    ready.deploy(Model={**subject.minimal, **first})
    other.deploy({"Model": {**subject.minimal, **second}})
    assert other.destroy().status == "DELETE_COMPLETE"
    nothing_left(ready)


@EVERY_TYPE
def test_the_table_fits_the_service_model(subject: Subject) -> None:
    service = "cleanrooms" if subject is ASSOCIATIONS else "cleanroomsml"
    shape = client(service).meta.service_model.operation_model(subject.kind.create).input_shape
    assert set(subject.kind.members) == set(shape.members)


@EVERY_TYPE
def test_every_modelled_error_has_a_place_in_the_policy(subject: Subject) -> None:
    service = "cleanrooms" if subject is ASSOCIATIONS else "cleanroomsml"
    model = client(service).meta.service_model
    kind = subject.kind
    for operation in (kind.create, kind.get, kind.list, kind.delete, "TagResource", "UntagResource"):
        for shape in model.operation_model(operation).error_shapes:
            error = {"Error": {"Code": shape.name, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            assert retry_policy._answered(error).kind != retry_policy.REFUSED, shape.name
