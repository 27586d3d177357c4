"""The resource policy: put, changed and deleted under guard, and a foreign one never touched."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.handler.resource_types.resource_policy.adopt import MOST_RACES
from cdk_cleanroomsml.handler.resource_types.resource_policy.operation import LONGEST_DOCUMENT
from cdk_cleanroomsml.local.service import Fault
from cdk_cleanroomsml.local.service.store import Policy

from ...worlds import IN_ITS_WORDS
from ..simulation.cloudformation import SERVICE_TIMEOUT, Stack
from ..simulation.resource_types import POLICY
from ..simulation.simulator import MINIMAL, Simulator
from ..simulation.virtual_lambda import ACCOUNT, REGION, Interruption

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = IN_ITS_WORDS

PUT = "PutConfiguredAudienceModelPolicy"
GET = "GetConfiguredAudienceModelPolicy"
DELETE = "DeleteConfiguredAudienceModelPolicy"

MODEL = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:configured-audience-model/first"
OTHER_MODEL = f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:configured-audience-model/second"
PARTNERS = ("444455556666", "777788889999", "123456789012")


def document(*partners: str, model: str = MODEL) -> dict[str, Any]:
    """The document that the user guide shows."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": list(partners)},
                "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                "Resource": [model, f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:audience-generation-job/*"],
                "Condition": {
                    "StringEquals": {"cleanrooms-ml:CollaborationId": "6dcf83a4-6ea4-4a52-a0bc-3c4b7d2f0c2e"}
                },
            }
        ],
    }


def policy(*partners: str, model: str = MODEL) -> dict[str, Any]:
    """The resource in a template."""
    return {
        "Type": POLICY,
        "configuredAudienceModelArn": model,
        "configuredAudienceModelPolicy": document(*(partners or PARTNERS[:1]), model=model),
    }


FIRST, SECOND, THIRD = (policy(partner) for partner in PARTNERS)
ELSEWHERE = policy(PARTNERS[0], model=OTHER_MODEL)
FOREIGN = document("999988887777")


@pytest.fixture(params=["ValidationException", "ConflictException"])
def world(request: pytest.FixtureRequest) -> Simulator:
    """With either error for a guard that doesn't hold, and two models that stand in no stack."""
    world = Simulator()
    world.switches.stale_policy_hash_error = request.param
    for arn in (MODEL, OTHER_MODEL):
        store(world).configured_audience_models.add(
            arn, {**MINIMAL, "configuredAudienceModelArn": arn, "name": arn[-6:], "createTime": world.clock.datetime()}
        )
    return world


def store(world: Simulator) -> Any:
    return world.service._stores[ACCOUNT, REGION]


def state(world: Simulator, model: str = MODEL) -> Any:
    """The document that a model has, or None."""
    found = store(world).policies.get(model)
    return json.loads(found.text) if found else None


def somebody_puts(world: Simulator, text: Any, model: str = MODEL) -> None:
    """Whatever is there is replaced, behind CloudFormation's back."""
    text = text if isinstance(text, str) else json.dumps(text)
    store(world).policies[model] = Policy(text, hashlib.sha256(text.encode()).hexdigest())


def somebody_deletes(world: Simulator, model: str = MODEL) -> None:
    store(world).policies.pop(model)


def delete_model(world: Simulator, model: str = MODEL) -> None:
    store(world).configured_audience_models.remove(model)
    store(world).policies.pop(model, None)


def operations(world: Simulator) -> list[str]:
    return [call.operation.removesuffix("ConfiguredAudienceModelPolicy") for call in world.calls]


def writes(world: Simulator) -> list[str]:
    return [name for name in operations(world) if name != "Get"]


def happens(
    world: Simulator, operation: str, action: Callable[[], None], skip: int = 0, *, after: bool = False
) -> None:
    world.wire.interruptions.append(Interruption(operation, action, skip, after_effect=after))


def check(world: Simulator) -> None:
    """Valid answers, no secrets, and exactly the policies of the last successful template."""
    assert world.cloudformation.violations == []
    world.check_secrets()
    wanted = {}
    for resource in world.stack.resources.values():
        model = resource.properties["configuredAudienceModelArn"]
        assert resource.physical_id == f"{model}/policy"
        assert resource.data == {"ConfiguredAudienceModelArn": model}
        wanted[model] = resource.properties["configuredAudienceModelPolicy"]
    assert {model: state(world, model) for model in store(world).policies} == wanted


def nothing_left(world: Simulator) -> None:
    check(world)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert store(world).policies == {}


def outcomes(world: Simulator) -> list[dict[str, Any]]:
    return [line for line in world.log() if line["step"] == "outcome"]


def logged(world: Simulator, step: str) -> bool:
    return any(line["step"] == step for line in world.log())


# Create


@pytest.mark.scenario(1, 3, 41)
def test_create(world: Simulator) -> None:
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert operations(world) == ["Put"]
    assert world.physical_id("Policy") == f"{MODEL}/policy"
    assert world.attributes("Policy") == {"ConfiguredAudienceModelArn": MODEL}
    nothing_left(world)


@pytest.mark.scenario(1)
def test_the_document_is_sent_compact_and_sorted(world: Simulator) -> None:
    world.deploy(Policy={**FIRST, "configuredAudienceModelPolicy": {"Version": "1", "Statement": [{"Sid": "ü"}]}})
    (put,) = world.inputs(PUT)
    assert put == {
        "configuredAudienceModelArn": MODEL,
        "configuredAudienceModelPolicy": '{"Statement":[{"Sid":"ü"}],"Version":"1"}',
        "policyExistenceCondition": "POLICY_MUST_NOT_EXIST",
    }
    nothing_left(world)


@pytest.mark.scenario(4, 5)
def test_all_problems_at_once(world: Simulator) -> None:
    result = world.deploy(Policy={"Type": POLICY, "policyExistenceCondition": "POLICY_MUST_EXIST", "typo": "x"})
    assert result.status == "ROLLBACK_COMPLETE"
    for problem in (
        "typo is unknown, allowed are configuredAudienceModelArn, configuredAudienceModelPolicy",
        "policyExistenceCondition is unknown",
        "configuredAudienceModelArn is missing",
        "configuredAudienceModelPolicy is missing",
    ):
        assert problem in result.reason
    assert operations(world) == []


@pytest.mark.scenario(2, 5)
@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({**FIRST, "configuredAudienceModelArn": [MODEL]}, "configuredAudienceModelArn must be a text"),
        ({**FIRST, "configuredAudienceModelPolicy": "{}"}, "configuredAudienceModelPolicy must be an object"),
        (
            {
                **FIRST,
                "configuredAudienceModelPolicy": {"Statement": "x" * (LONGEST_DOCUMENT - len('{"Statement":""}') + 1)},
            },
            f"has {LONGEST_DOCUMENT + 1} characters, at most {LONGEST_DOCUMENT} are allowed",
        ),
    ],
)
def test_bad_values(world: Simulator, properties: dict[str, Any], problem: str) -> None:
    result = world.deploy(Policy=properties)
    assert result.status == "ROLLBACK_COMPLETE"
    assert problem in result.reason
    assert operations(world) == []


@pytest.mark.scenario(12)
@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("not the ARN of any model", "ValidationException"),
        (MODEL.replace(ACCOUNT, "999988887777"), "ResourceNotFoundException"),
        (MODEL.replace("first", "gone"), "ResourceNotFoundException"),
    ],
)
def test_no_such_model(world: Simulator, arn: str, error: str) -> None:
    result = world.deploy(Policy={**FIRST, "configuredAudienceModelArn": arn})
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"ConfiguredAudienceModelPolicy failed with {error}" in result.reason
    if error == "ResourceNotFoundException":
        assert f"is there a configured audience model {arn} in {REGION}" in result.reason
    assert "Delete" not in operations(world)


def test_a_model_that_the_service_shows_late(world: Simulator) -> None:
    world.fail(PUT, "ResourceNotFoundException", times=2)
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    nothing_left(world)


def test_a_document_that_the_service_refuses(world: Simulator) -> None:
    world.fail(PUT, "ValidationException", "Invalid principal in policy")
    result = world.deploy(Policy=FIRST)
    assert "Invalid principal in policy" in result.reason
    assert "does the document name principals, actions and resources that the service knows?" in result.reason
    assert store(world).policies == {}


@pytest.mark.parametrize("status", ["forwards", "after a pause"])
def test_a_foreign_policy_is_not_overwritten(world: Simulator, status: str) -> None:
    somebody_puts(world, FOREIGN)
    world.cloudformation.dated = status == "forwards"
    result = world.deploy(Policy=FIRST)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"{MODEL} has a resource policy already, with another document" in result.reason
    assert "nothing was overwritten" in result.reason
    assert state(world) == FOREIGN
    assert writes(world) == ["Put"]


def test_a_policy_that_says_the_same_is_foreign_to_a_first_call(world: Simulator) -> None:
    """Else the clean-up of a logical id that was renamed would delete what the new one has just adopted."""
    world.deploy(Old=FIRST)
    result = world.deploy(New=FIRST)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "with the same document as this one, which this resource did not put there" in result.reason
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)
    assert world.deploy(New=FIRST).status == "COMPLETE"
    nothing_left(world)


def deliver_at(world: Simulator, age: float) -> None:
    """The next request is delivered so many seconds after it was sent; those after it at once."""

    def late(event: dict[str, Any]) -> None:
        world.cloudformation.reach = None
        world.clock.sleep(age)
        world.function.invoke(event)

    world.cloudformation.reach = late


AGES = [0, 6, 30, 59, 60, 61, 119, 600, 1100]


@pytest.mark.scenario(8)
@pytest.mark.parametrize("page_size", [1, 100])
@pytest.mark.parametrize("age", AGES)
def test_another_logical_id_whenever_it_is_delivered(world: Simulator, age: float, page_size: int) -> None:
    """Adopted or refused: the clean-up of the old one, or the roll-back of the new one, doesn't take it away."""
    world.cloudformation.page_size = page_size
    world.deploy(Old=FIRST)
    deliver_at(world, age)
    status = world.deploy(New=FIRST).status
    assert status == ("ROLLBACK_COMPLETE" if age < 60 else "COMPLETE")
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.scenario(9, 23)
@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("dated", [True, False])
def test_another_logical_id_is_rolled_back(world: Simulator, age: float, dated: bool) -> None:
    world.cloudformation.dated = dated
    world.deploy(Old=FIRST)
    deliver_at(world, age)
    assert world.deploy(New=FIRST, fails=True).status == "ROLLBACK_COMPLETE"
    assert list(world.stack.resources) == ["Old"]
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.sweep
@pytest.mark.scenario(9)
@pytest.mark.parametrize("operation", [PUT, GET])
@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("times", [1, 3])
def test_another_logical_id_crashes(world: Simulator, age: float, times: int, operation: str) -> None:
    world.deploy(Old=FIRST)
    deliver_at(world, age)
    world.crash(operation, times=times)
    world.deploy(New=FIRST)
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.scenario(8, 20)
@pytest.mark.parametrize("age", AGES)
def test_another_logical_id_gets_what_the_old_one_leaves_for_another_model(world: Simulator, age: float) -> None:
    world.deploy(Old=FIRST)

    def late(event: dict[str, Any]) -> None:
        world.clock.sleep(age if event["LogicalResourceId"] == "New" else 0)
        world.function.invoke(event)

    world.cloudformation.reach = late
    status = world.deploy(Old=ELSEWHERE, New=FIRST).status
    assert status == ("ROLLBACK_COMPLETE" if age < 60 else "COMPLETE")
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.parametrize("fault", ["AccessDenied", "Throttling"])
def test_who_else_has_it_can_not_be_asked(world: Simulator, fault: str) -> None:
    """Then it goes as if nobody else had it."""
    world.deploy(Policy=FIRST)
    world.cloudformation.look_fault = fault
    nothing_left(world)


def test_two_that_have_it_go_together(world: Simulator) -> None:
    world.deploy(Old=FIRST)
    deliver_at(world, 61)
    assert world.deploy(Old=FIRST, New=FIRST).status == "COMPLETE"
    assert world.deploy(New=FIRST).status == "COMPLETE"
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.parametrize("text", ["no json", "[]", '"text"', "{}"])
def test_a_policy_that_is_no_document_is_foreign(world: Simulator, text: str) -> None:
    somebody_puts(world, text)
    assert world.deploy(Policy=FIRST).status == "ROLLBACK_COMPLETE"
    assert store(world).policies[MODEL].text == text


# Deliveries


@pytest.mark.scenario(6)
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("crashes", [PUT, GET])
def test_after_a_crash_the_policy_is_adopted(world: Simulator, dated: bool, crashes: str) -> None:
    world.cloudformation.dated = dated
    world.crash(PUT)
    world.crash(GET, times=1 if crashes == GET else 0)
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert logged(world, "adopt")
    nothing_left(world)


@pytest.mark.scenario(7)
@pytest.mark.parametrize("kind", ["error", "connection_lost", "hang"])
@pytest.mark.parametrize("after_effect", [True, False], ids=["effect", "no effect"])
def test_the_answer_is_lost(world: Simulator, kind: Any, after_effect: bool) -> None:
    world.faults.add(Fault(PUT, kind=kind, after_effect=after_effect))
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert operations(world) == ["Put", "Get"] if after_effect else ["Put", "Get", "Put"]
    world.faults.add(Fault(PUT, kind=kind, after_effect=after_effect))
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    world.faults.add(Fault(DELETE, kind=kind, after_effect=after_effect))
    nothing_left(world)


@pytest.mark.scenario(7)
def test_the_answer_is_lost_and_get_lags_behind(world: Simulator) -> None:
    world.faults.add(Fault(PUT, after_effect=True), Fault(GET, error="ResourceNotFoundException"))
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert operations(world) == ["Put", "Get", "Put", "Get"]
    nothing_left(world)


@pytest.mark.scenario(7)
def test_the_answer_is_lost_and_somebody_puts_another_policy(world: Simulator) -> None:
    world.faults.add(Fault(PUT, after_effect=True))
    happens(world, GET, lambda: somebody_puts(world, FOREIGN))
    assert "with another document" in world.deploy(Policy=FIRST).reason
    assert state(world) == FOREIGN


def event(world: Simulator, kind: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    token = {"ServiceToken": "arn:aws:lambda:…", "ServiceTimeout": SERVICE_TIMEOUT}
    return world.cloudformation.event(kind, world.stack.id, "Policy", {**properties, **token}, **more)


def deliver(world: Simulator, event: dict[str, Any]) -> None:
    world.function.deliver(deepcopy(event))


def answers(world: Simulator, event: dict[str, Any]) -> list[dict[str, Any]]:
    return next(pending.answers for pending in world.cloudformation.pending.values() if pending.event is event)


@pytest.mark.scenario(8)
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("operation", [PUT, GET, DELETE])
def test_a_second_delivery_in_the_midst_of_the_first(
    world: Simulator, dated: bool, after_effect: bool, kind: str, operation: str
) -> None:
    world.cloudformation.dated = dated
    known: dict[str, Any] = {}
    if kind != "Create":
        known = {"PhysicalResourceId": f"{MODEL}/policy", "OldResourceProperties": FIRST}
        world.deploy(Policy=FIRST)
    sent = event(world, kind, SECOND if kind == "Update" else FIRST, **known)
    world.clock.sleep(61)
    happens(world, operation, lambda: deliver(world, sent), after=after_effect)
    deliver(world, sent)
    # To a second answer, CloudFormation doesn't listen.
    assert answers(world, sent)[0]["Status"] == "SUCCESS"
    assert {answer["PhysicalResourceId"] for answer in answers(world, sent)} == {f"{MODEL}/policy"}
    wanted = {"Create": PARTNERS[0], "Update": PARTNERS[1]}
    assert state(world) == (document(wanted[kind]) if kind in wanted else None)


@pytest.mark.scenario(8)
def test_a_duplicate_in_a_warm_process(world: Simulator) -> None:
    world.cloudformation.look_fault = "AccessDenied"
    sent = event(world, "Create", FIRST)
    deliver(world, sent)
    deliver(world, sent)
    first, second = answers(world, sent)
    assert first == second
    assert first["Status"] == "SUCCESS"


@pytest.mark.scenario(9)
@pytest.mark.parametrize("after_effect", [True, False])
def test_every_delivery_crashes(world: Simulator, after_effect: bool) -> None:
    world.crash(PUT, times=3, after_effect=after_effect)
    assert world.deploy(Policy=FIRST).status == "ROLLBACK_COMPLETE"
    assert writes(world) == (["Put"] * 3 + ["Delete"] if after_effect else [])
    assert store(world).policies == {}


@pytest.mark.scenario(9)
def test_an_invented_id_leads_to_no_foreign_policy(world: Simulator) -> None:
    somebody_puts(world, FOREIGN)
    world.crash(PUT, times=3)
    assert world.deploy(Policy=FIRST).status == "ROLLBACK_COMPLETE"
    assert state(world) == FOREIGN
    assert logged(world, "foreign")


@pytest.mark.scenario(10)
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_late_delivery_changes_nothing(world: Simulator, kind: str) -> None:
    world.deploy(Policy=FIRST)
    known = {"PhysicalResourceId": f"{MODEL}/policy", "OldResourceProperties": FIRST} if kind != "Create" else {}
    sent = event(world, kind, SECOND if kind == "Update" else FIRST, **known)
    world.clock.sleep(SERVICE_TIMEOUT)
    world.forget_calls()
    deliver(world, sent)
    assert "nothing was changed" in answers(world, sent)[0]["Reason"]
    assert operations(world) == []
    nothing_left(world)


@pytest.mark.scenario(11)
def test_the_placeholder_of_an_unclear_create_leads_to_the_policy(world: Simulator) -> None:
    world.fail(PUT, "InternalServiceException", after_effect=True)
    world.fail(GET, "AccessDeniedException", "explicit deny")
    assert world.deploy(Policy=FIRST).status == "ROLLBACK_COMPLETE"
    assert outcomes(world)[-1]["physical_id"].startswith("cdk-cleanroomsml:unclear-create/")
    assert writes(world) == ["Put", "Delete"]
    assert store(world).policies == {}


@pytest.mark.scenario(11, 36)
def test_the_placeholder_tells_of_a_last_call_without_an_answer(world: Simulator) -> None:
    world.function.timeout = 60
    world.wire.seconds_a_call = 25
    happens(world, PUT, lambda: setattr(world.wire, "seconds_a_call", 0.1))
    world.faults.add(Fault(PUT, kind="hang", after_effect=True))
    result = world.deploy(Policy=FIRST)
    assert f"{PUT} failed with ReadTimeoutError" in result.reason
    assert outcomes(world)[-1]["physical_id"].startswith("cdk-cleanroomsml:unclear-create/")
    assert store(world).policies == {}


@pytest.mark.scenario(11)
def test_the_placeholder_of_a_clear_failure_leads_nowhere(world: Simulator) -> None:
    world.deploy(Other=FIRST)
    world.forget_calls()
    assert world.deploy(Other=FIRST, Policy=FIRST).status == "ROLLBACK_COMPLETE"
    assert outcomes(world)[-1]["physical_id"].startswith("cdk-cleanroomsml:failed-create/")
    assert operations(world) == ["Put", "Get"]
    nothing_left(world)


# Ids


def delete(world: Simulator, physical_id: str, properties: dict[str, Any]) -> Any:
    return world.cloudformation.request(
        "Delete", world.stack.id, "Policy", {"Type": POLICY, **properties}, PhysicalResourceId=physical_id
    )


def update(world: Simulator, physical_id: str, properties: dict[str, Any], old: dict[str, Any]) -> Any:
    return world.cloudformation.request(
        "Update", world.stack.id, "Policy", properties, PhysicalResourceId=physical_id, OldResourceProperties=old
    )


FOREIGN_IDS = [
    f"arn:aws:cleanrooms-ml:{REGION}:999988887777:configured-audience-model/theirs/policy",
    f"arn:aws:cleanrooms-ml:eu-west-1:{ACCOUNT}:configured-audience-model/elsewhere/policy",
]
NO_IDS = ["Policy-1MFPJWD0B0C2X", MODEL, f"{MODEL}/x y/policy", "arn:aws:s3:::bucket/policy", "../policy"]


@pytest.mark.scenario(12)
@pytest.mark.parametrize("physical_id", FOREIGN_IDS)
def test_a_foreign_id_is_left_alone(world: Simulator, physical_id: str) -> None:
    model = physical_id.removesuffix("/policy")
    for reply in (
        delete(world, physical_id, FIRST),
        update(world, physical_id, policy(PARTNERS[1], model=model), policy(model=model)),
    ):
        assert not reply.succeeded
        assert "was not created by this function" in reply.reason
    assert operations(world) == []


@pytest.mark.scenario(12)
@pytest.mark.parametrize("physical_id", NO_IDS)
@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"configuredAudienceModelArn": "x"},
        {**FIRST, "configuredAudienceModelArn": FOREIGN_IDS[0][: -len("/policy")]},
    ],
)
def test_delete_of_what_was_never_a_policy(world: Simulator, physical_id: str, properties: dict[str, Any]) -> None:
    somebody_puts(world, FOREIGN)
    assert delete(world, physical_id, properties).succeeded
    assert operations(world) == []


@pytest.mark.scenario(12, 27)
@pytest.mark.parametrize("physical_id", [*NO_IDS, "cdk-cleanroomsml:unclear-create/1/0123456789ab"])
def test_update_of_what_was_never_answered(world: Simulator, physical_id: str) -> None:
    reply = update(world, physical_id, FIRST, FIRST)
    assert not reply.succeeded
    assert "its creation was never answered: remove the resource from the template" in reply.reason
    assert operations(world) == []


@pytest.mark.scenario(27)
def test_update_whose_old_id_is_a_placeholder_creates(world: Simulator) -> None:
    placeholder = "cdk-cleanroomsml:failed-create/1/0123456789ab"
    reply = update(world, placeholder, FIRST, {"typo": "x"})
    assert reply.succeeded
    assert reply.physical_id == f"{MODEL}/policy"
    assert delete(world, placeholder, FIRST).succeeded
    assert state(world) == document(PARTNERS[0])


# Delete


@pytest.mark.scenario(13)
@pytest.mark.parametrize("gone", [somebody_deletes, delete_model])
def test_delete_of_the_deleted(world: Simulator, gone: Callable[[Simulator], None]) -> None:
    world.deploy(Policy=FIRST)
    gone(world)
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert operations(world) == ["Get"]


@pytest.mark.scenario(13)
@pytest.mark.parametrize("gone", [somebody_deletes, delete_model])
def test_what_goes_before_the_delete(world: Simulator, gone: Callable[[Simulator], None]) -> None:
    world.deploy(Policy=FIRST)
    happens(world, DELETE, lambda: gone(world))
    assert world.destroy().status == "DELETE_COMPLETE"


@pytest.mark.scenario(13)
def test_a_delete_that_finds_nothing_for_ever_is_believed(world: Simulator) -> None:
    """Whatever a Get still shows."""
    world.deploy(Policy=FIRST)
    world.fail(DELETE, "ResourceNotFoundException", times=None)
    assert world.destroy().status == "DELETE_COMPLETE"


@pytest.mark.scenario(13)
@pytest.mark.parametrize("operation", [GET, DELETE])
def test_delete_crashes_and_is_delivered_again(world: Simulator, operation: str) -> None:
    world.deploy(Policy=FIRST)
    world.crash(operation)
    nothing_left(world)


@pytest.mark.scenario(14)
@pytest.mark.parametrize("properties", [{}, {"Policy": "x"}, {"configuredAudienceModelPolicy": ["no", {}]}])
def test_delete_with_properties_of_another_version(world: Simulator, properties: dict[str, Any]) -> None:
    """Nobody knows then whose the policy is."""
    world.deploy(Policy=FIRST)
    assert delete(world, f"{MODEL}/policy", properties).succeeded
    assert state(world) == document(PARTNERS[0])
    assert logged(world, "foreign")


def test_delete_leaves_a_foreign_policy_alone(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    somebody_puts(world, FOREIGN)
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert operations(world) == ["Get"]
    assert state(world) == FOREIGN
    assert logged(world, "foreign")


@pytest.mark.scenario(15)
def test_conflict_on_delete(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.fail(DELETE, "ConflictException", times=2)
    nothing_left(world)
    world.deploy(Policy=FIRST)
    world.fail(DELETE, "ConflictException", times=None)
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert f"{DELETE} failed with ConflictException" in result.reason
    world.faults.queue.clear()
    nothing_left(world)


def test_delete_without_an_answer_spares_what_came_after(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.faults.add(Fault(DELETE, after_effect=True))
    happens(world, GET, lambda: somebody_puts(world, FOREIGN), skip=1)
    world.forget_calls()
    assert world.destroy().status == "DELETE_COMPLETE"
    assert operations(world) == ["Get", "Delete", "Get"]
    assert state(world) == FOREIGN


# Update


@pytest.mark.scenario(17)
def test_update(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    before = store(world).policies[MODEL].hash
    world.forget_calls()
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    assert operations(world) == ["Get", "Put"]
    (put,) = world.inputs(PUT)
    assert (put["previousPolicyHash"], put["policyExistenceCondition"]) == (before, "POLICY_MUST_EXIST")
    nothing_left(world)


@pytest.mark.scenario(18)
def test_update_without_effect(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.forget_calls()
    assert world.deploy(Policy={**FIRST, "ServiceTimeout": 600}).status == "COMPLETE"
    assert operations(world) == ["Get"]
    nothing_left(world)


def test_somebody_has_done_the_update_already(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    somebody_puts(world, document(PARTNERS[1]))
    world.forget_calls()
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    assert operations(world) == ["Get"]
    nothing_left(world)


@pytest.mark.scenario(20, 22)
def test_another_model(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.forget_calls()
    assert world.deploy(Policy=ELSEWHERE).status == "COMPLETE"
    assert operations(world) == ["Put", "Get", "Delete"]
    assert world.inputs(DELETE) == [{"configuredAudienceModelArn": MODEL}]
    nothing_left(world)


@pytest.mark.scenario(22)
def test_the_old_model_is_gone_before_the_clean_up(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    delete_model(world)
    world.forget_calls()
    assert world.deploy(Policy=ELSEWHERE).status == "COMPLETE"
    assert operations(world) == ["Put", "Get"]
    assert world.stack.abandoned == []
    nothing_left(world)


@pytest.mark.scenario(6, 20)
def test_a_crash_while_the_model_changes(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.crash(PUT)
    assert world.deploy(Policy=ELSEWHERE).status == "COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(20)
def test_another_model_with_a_foreign_policy(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    somebody_puts(world, FOREIGN, OTHER_MODEL)
    assert world.deploy(Policy=ELSEWHERE).status == "ROLLBACK_COMPLETE"
    assert state(world) == document(PARTNERS[0])
    assert state(world, OTHER_MODEL) == FOREIGN
    somebody_deletes(world, OTHER_MODEL)
    nothing_left(world)


@pytest.mark.scenario(23)
def test_another_model_then_another_resource_fails(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    assert world.deploy(Policy=ELSEWHERE, fails=True).status == "ROLLBACK_COMPLETE"
    assert state(world) == document(PARTNERS[0])
    nothing_left(world)


@pytest.mark.scenario(24)
def test_update_then_another_resource_fails(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    before = store(world).policies[MODEL]
    assert world.deploy(Policy=SECOND, fails=True).status == "ROLLBACK_COMPLETE"
    assert store(world).policies[MODEL] == before
    nothing_left(world)


@pytest.mark.scenario(25)
@pytest.mark.parametrize("after_effect", [True, False])
def test_an_update_that_never_answers_is_rolled_back(world: Simulator, after_effect: bool) -> None:
    world.deploy(Policy=FIRST)
    world.crash(PUT, after_effect=after_effect)
    world.crash(GET, times=2, skip=1)
    assert world.deploy(Policy=SECOND).status == "ROLLBACK_COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(26)
@pytest.mark.parametrize("gone", [somebody_deletes, delete_model])
def test_update_of_the_deleted(world: Simulator, gone: Callable[[Simulator], None]) -> None:
    world.deploy(Policy=FIRST)
    gone(world)
    world.forget_calls()
    result = world.deploy(Policy=SECOND)
    assert result.status == "ROLLBACK_FAILED"
    assert f"{MODEL} has no resource policy any more" in result.reason
    assert "remove the resource from the template and deploy, then add it again" in result.reason
    assert writes(world) == []
    assert store(world).policies == {}


@pytest.mark.scenario(26)
@pytest.mark.parametrize("gone", [somebody_deletes, delete_model])
def test_what_goes_before_the_put(world: Simulator, gone: Callable[[Simulator], None]) -> None:
    world.deploy(Policy=FIRST)
    happens(world, PUT, lambda: gone(world))
    assert f"{MODEL} has no resource policy any more" in world.deploy(Policy=SECOND).reason
    assert store(world).policies == {}


@pytest.mark.scenario(28)
def test_a_foreign_policy_is_not_changed(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    somebody_puts(world, FOREIGN)
    world.forget_calls()
    result = world.deploy(Policy=SECOND)
    assert result.status == "ROLLBACK_FAILED"
    assert "was changed outside of cloudformation" in result.reason
    assert "nothing was overwritten" in result.reason
    assert writes(world) == []
    # What the message says.
    somebody_puts(world, document(PARTNERS[0]))
    assert world.stack.continue_roll_back().status == "ROLLBACK_COMPLETE"
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    somebody_puts(world, FOREIGN)
    assert world.deploy({}).status == "COMPLETE"
    assert state(world) == FOREIGN
    somebody_deletes(world)
    assert world.deploy(Policy=THIRD).status == "COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(28)
def test_drift_is_logged_where_nothing_changes(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    somebody_puts(world, FOREIGN)
    assert world.deploy(Policy={**FIRST, "ServiceTimeout": 600}).status == "COMPLETE"
    assert state(world) == FOREIGN
    assert logged(world, "drift")


@pytest.mark.scenario(8, 28)
@pytest.mark.parametrize("operation", [PUT, GET])
def test_somebody_is_faster(world: Simulator, operation: str) -> None:
    """Between our Get and our Put: the hash guards the policy."""
    world.deploy(Policy=FIRST)
    happens(world, operation, lambda: somebody_puts(world, FOREIGN), after=operation == GET)
    assert "was changed outside of cloudformation" in world.deploy(Policy=SECOND).reason
    assert state(world) == FOREIGN


@pytest.mark.scenario(8, 28)
@pytest.mark.parametrize("times", [MOST_RACES - 1, MOST_RACES])
def test_a_lost_race_is_run_again(world: Simulator, times: int) -> None:
    """Somebody writes the same policy in other spellings."""
    world.deploy(Policy=FIRST)
    for number in range(times):
        text = json.dumps(document(PARTNERS[0]), indent=number)
        happens(world, PUT, lambda text=text: somebody_puts(world, text), number)  # type: ignore[misc]
    result = world.deploy(Policy=SECOND)
    if times < MOST_RACES:
        assert result.status == "COMPLETE"
        nothing_left(world)
    else:
        assert f"was changed by somebody else {MOST_RACES} times" in result.reason
        assert state(world) == document(PARTNERS[0])


def spelt_otherwise(text: dict[str, Any]) -> dict[str, Any]:
    """As other services answer a policy: a principal's other name, lists in another order, or none for one item."""
    (statement,) = deepcopy(text["Statement"])
    statement["Principal"] = {
        "AWS": [f"arn:aws:iam::{partner}:root" for partner in statement["Principal"]["AWS"]][::-1]
    }
    statement["Resource"] = statement["Resource"][::-1]
    (statement["Action"],) = statement["Action"]
    return {"Statement": statement, "Version": text["Version"]}


def test_documents_are_compared_by_what_they_mean(world: Simulator) -> None:
    both = policy(*PARTNERS[:2])
    world.deploy(Policy=both)
    somebody_puts(world, spelt_otherwise(document(*PARTNERS[:2])))
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert state(world) == document(PARTNERS[0])
    somebody_puts(world, spelt_otherwise(document(PARTNERS[0])))
    assert world.destroy().status == "DELETE_COMPLETE"
    assert store(world).policies == {}


def test_one_more_partner_is_another_document(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    assert world.deploy(Policy=policy(*PARTNERS)).status == "COMPLETE"
    assert state(world) == document(*PARTNERS)
    nothing_left(world)


# Errors


@pytest.mark.scenario(31)
def test_throttling(world: Simulator) -> None:
    world.fail(PUT, "ThrottlingException", times=3)
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert operations(world) == ["Put"] * 4
    for operation in (GET, PUT):
        world.fail(operation, "ThrottlingException", times=3)
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    for operation in (GET, DELETE):
        world.fail(operation, "ThrottlingException", times=3)
    nothing_left(world)


@pytest.mark.scenario(31, 36)
def test_throttling_for_ever(world: Simulator) -> None:
    world.fail(PUT, "ThrottlingException", times=None)
    result = world.deploy(Policy=FIRST)
    assert result.status == "ROLLBACK_COMPLETE"
    assert f"{PUT} failed with ThrottlingException" in result.reason
    assert world.function.deaths == []
    assert store(world).policies == {}


@pytest.mark.scenario(32)
@pytest.mark.parametrize("operation", [PUT, GET, DELETE])
def test_permissions_that_are_not_propagated(world: Simulator, operation: str) -> None:
    world.fail(operation, "AccessDeniedException", "is not authorized to perform", times=3)
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert world.deploy(Policy=SECOND).status == "COMPLETE"
    nothing_left(world)


@pytest.mark.scenario(33, 34)
@pytest.mark.parametrize("message", ["is not authorized", "explicit deny"])
@pytest.mark.parametrize("operation", [PUT, GET])
def test_permissions_that_are_missing(world: Simulator, operation: str, message: str) -> None:
    world.deploy(Policy=FIRST)
    world.fail(operation, "AccessDeniedException", message, times=None)
    result = world.deploy(Policy=SECOND)
    hint = "retrying is of no use" if "deny" in message else f"needs cleanrooms-ml:{operation} on {MODEL}"
    assert hint in result.reason
    world.faults.queue.clear()
    world.stack.continue_roll_back()
    nothing_left(world)


@pytest.mark.scenario(33)
@pytest.mark.parametrize("operation", [GET, DELETE])
def test_denied_is_not_gone(world: Simulator, operation: str) -> None:
    world.deploy(Policy=FIRST)
    world.fail(operation, "AccessDeniedException", times=None)
    result = world.destroy()
    assert result.status == "DELETE_FAILED"
    assert f"needs cleanrooms-ml:{operation} on {MODEL}" in result.reason
    world.faults.queue.clear()
    nothing_left(world)


@pytest.mark.scenario(40)
def test_documents_are_never_told(world: Simulator) -> None:
    """Any property may be NoEcho."""
    secret = "the-partner-nobody-must-know"
    hidden = {**FIRST, "configuredAudienceModelPolicy": {"Statement": [{"Sid": secret}]}}
    world.deploy(Policy=hidden)
    world.deploy(Policy=FIRST)
    somebody_puts(world, hidden["configuredAudienceModelPolicy"])
    world.deploy(Policy=SECOND)
    world.fail(PUT, "ValidationException", f"Sid {secret} is not valid", times=None)
    world.deploy(Policy={**hidden, "configuredAudienceModelArn": OTHER_MODEL})
    world.check_secrets(secret)


# Stacks


@pytest.mark.scenario(44)
def test_deploy_twice_destroy_twice(world: Simulator) -> None:
    world.deploy(Policy=FIRST)
    world.forget_calls()
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert operations(world) == []
    nothing_left(world)
    assert world.destroy().status == "DELETE_COMPLETE"


@pytest.mark.scenario(45)
@pytest.mark.reading("a later request is told by its id", request_ids_repeat=False)
def test_a_retained_policy_is_not_taken_over(world: Simulator) -> None:
    world.retain("Policy")
    world.deploy(Policy=FIRST)
    assert world.destroy().status == "DELETE_COMPLETE"
    assert state(world) == document(PARTNERS[0])
    world.stack.retained.clear()
    assert "did not put there" in world.deploy(Policy=FIRST).reason
    assert state(world) == document(PARTNERS[0])


@pytest.mark.scenario(47)
def test_two_stacks_and_two_models(world: Simulator) -> None:
    neighbour = Stack(world.cloudformation, "Neighbour")
    assert neighbour.deploy({"Policy": ELSEWHERE}).status == "COMPLETE"
    assert world.deploy(Policy=FIRST).status == "COMPLETE"
    assert world.deploy(Policy=FIRST, Second=ELSEWHERE).status == "ROLLBACK_COMPLETE"
    assert state(world, OTHER_MODEL) == document(PARTNERS[0], model=OTHER_MODEL)
    assert neighbour.destroy().status == "DELETE_COMPLETE"
    assert world.deploy(Policy=FIRST, Second=ELSEWHERE).status == "COMPLETE"
    nothing_left(world)
