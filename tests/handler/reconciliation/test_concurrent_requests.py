"""Many at once: how many calls it takes, when the service takes two requests a second, or refuses one in twenty."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import Fault, associations

from ..simulation.concurrent_requests import ConcurrentRequests
from ..simulation.resource_types import (
    ACCOUNT,
    ASSOCIATIONS,
    AUDIENCE_MODELS,
    CONFIGURED_MODELS,
    MINIMAL,
    POLICY,
    REGION,
)
from ..simulation.simulator import Simulator

if TYPE_CHECKING:
    from ..simulation.cloudformation import Properties, Reply

# Measuring coverage takes as long again; what is covered here is covered by one request at a time.
pytestmark = pytest.mark.sweep

HOURS = 7_300
"""Seconds after which no delivery of a Create can still come."""

NUMBER = 40

KINDS: dict[str, dict[str, Any]] = {
    "configured": {"minMatchingSeedSize": 1000},
    "audience": {"tags": {"new": "1"}},
    "association": {"description": "new"},
    "policy": {},
}
"""A change of each type."""


def requests_of(world: Simulator, kind: str, number: int = NUMBER) -> ConcurrentRequests:
    """Resources that don't exist yet; an association and a policy are each about a model of their own."""
    subjects = {subject.called: subject for subject in (CONFIGURED_MODELS, AUDIENCE_MODELS, ASSOCIATIONS)}
    if kind in ("configured", "audience"):
        return ConcurrentRequests(world, [subjects[kind].minimal] * number)
    models = [
        f"arn:aws:cleanrooms-ml:{REGION}:{ACCOUNT}:configured-audience-model/existing{each}" for each in range(number)
    ]
    now = world.clock.datetime()
    for arn in models:
        model = {**MINIMAL, "name": "existing", "configuredAudienceModelArn": arn, "createTime": now, "tags": {}}
        world._store.configured_audience_models.add(arn, model)
        world._seeds.add(arn)
    if kind == "association":
        return ConcurrentRequests(
            world, [{**ASSOCIATIONS.minimal, "configuredAudienceModelArn": arn} for arn in models]
        )
    return ConcurrentRequests(world, [policy(arn, "111111111111") for arn in models])


def policy(arn: str, partner: str) -> Properties:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": partner},
        "Action": "cleanrooms-ml:StartAudienceGenerationJob",
        "Resource": arn,
    }
    return {
        "Type": POLICY,
        "configuredAudienceModelArn": arn,
        "configuredAudienceModelPolicy": {"Version": "2012-10-17", "Statement": [statement]},
    }


def change(requests: ConcurrentRequests, kind: str) -> list[Reply]:
    if kind == "policy":
        requests.wanted = {
            name: policy(each["configuredAudienceModelArn"], "222222222222") for name, each in requests.wanted.items()
        }
    return requests.update(**KINDS[kind])


def done(requests: ConcurrentRequests, replies: list[Reply], calls_each: float) -> None:
    """All succeeded, in a bearable time and with as few calls."""
    assert [reply.reason for reply in replies if not reply.succeeded] == []
    assert len(replies) == len(requests.wanted)
    assert requests.calls_each <= calls_each, requests.calls
    assert requests.seconds < 600


@pytest.fixture(autouse=True)
def _pauses_are_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    random.seed(12)
    monkeypatch.setattr(associations, "MAX_ASSOCIATIONS", NUMBER)


@pytest.mark.scenario(31, 47)
@pytest.mark.parametrize("kind", KINDS)
def test_two_requests_a_second(world: Simulator, kind: str) -> None:
    """All at the same time, each in an execution environment of its own."""
    requests = requests_of(world, kind)
    world.faults.requests_a_second = 2
    done(requests, requests.create(), 7)
    world.clock.sleep(HOURS)
    done(requests, change(requests, kind), 8)
    world.clock.sleep(HOURS)
    done(requests, requests.delete(), 11)
    world.check()


@pytest.mark.scenario(31, 47)
def test_a_hundred_updates_at_two_requests_a_second(world: Simulator) -> None:
    requests = requests_of(world, "configured", 100)
    requests.create()
    world.faults.requests_a_second = 2
    done(requests, change(requests, "configured"), 8)
    assert requests.seconds < 300
    world.faults.requests_a_second = 0
    world.check()


@pytest.mark.scenario(31, 47)
@pytest.mark.parametrize("kind", KINDS)
def test_one_call_in_twenty_is_throttled(world: Simulator, kind: str) -> None:
    """One after another: the execution environment is the same, and so is what it remembers."""
    requests = requests_of(world, kind)
    done(requests, requests.create(), 1)
    world.clock.sleep(HOURS)
    for fault in throttling(1_000):
        world.faults.add(fault)
    requests.one_by_one = True
    done(requests, change(requests, kind), 4)
    done(requests, requests.delete(), 5 if kind == "association" else 4)
    world.check()


def throttling(refusals: int) -> list[Fault]:
    """Every twentieth call is refused, of whatever operation."""
    served = [Fault("*", kind="slow", seconds=0, times=19), Fault("*", error="ThrottlingException")]
    return [Fault(**vars(fault)) for _ in range(refusals) for fault in served]


@pytest.mark.scenario(31)
def test_calls_grow_with_the_number_and_not_with_its_square() -> None:
    each = []
    for number in (25, 100):
        world = Simulator()
        requests = requests_of(world, "configured", number)
        requests.create()
        world.faults.requests_a_second = 2
        done(requests, change(requests, "configured"), 8)
        each.append(requests.calls_each)
    assert each[1] < 2 * each[0]


@pytest.mark.scenario(31, 47)
def test_audience_models_of_retrainings_read_each_other_once(world: Simulator) -> None:
    properties = [{**AUDIENCE_MODELS.minimal, "RetrainedBy": f"Stack/Retraining{each}"} for each in range(NUMBER)]
    requests = ConcurrentRequests(world, properties)
    done(requests, requests.create(), 1)
    requests.one_by_one = True
    # Each reads the others' tags once, and one List and three calls are its own.
    done(requests, requests.delete(), 5.1)
    world.check()
