"""Random histories of a stack: whatever goes wrong in between, the four invariants hold.

`HYPOTHESIS_PROFILE=nightly` runs ten times as many. The last tests test the test: a handler with a bug in it is caught.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cdk_cleanroomsml.handler import policy
from cdk_cleanroomsml.handler.configured_audience_model import ConfiguredAudienceModel
from cdk_cleanroomsml.handler.leftovers import Leftovers
from cdk_cleanroomsml.handler.request import is_own
from cdk_cleanroomsml.local.service import Fault

from .virtual_lambda import Interruption, crash
from .world import AUDIENCE_MODEL, MINIMAL, OTHER_AUDIENCE_MODEL, World, output_config

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
HISTORIES = {"default": 300, "nightly": 3_000}[PROFILE]

OPERATIONS = (policy.CREATE, policy.UPDATE, policy.DELETE, policy.GET, policy.LIST, policy.TAG, policy.UNTAG)

# Where it hurts most, more often.
WHERE = st.sampled_from([*OPERATIONS, "*", *[policy.CREATE] * 8])

SIZES = [
    {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1000]},
    {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]},
]

VALID = st.fixed_dictionaries(
    {
        "audienceModelArn": st.sampled_from([AUDIENCE_MODEL, OTHER_AUDIENCE_MODEL]),
        "outputConfig": st.sampled_from([output_config(), output_config("s3://bucket/other")]),
        "sharedAudienceMetrics": st.sampled_from([["ALL"], ["NONE"]]),
    },
    optional={
        "name": st.sampled_from(["first", "second"]),
        "description": st.sampled_from(["", "one", "two"]),
        "minMatchingSeedSize": st.sampled_from([25, 500, 1000]),
        "audienceSizeConfig": st.sampled_from(SIZES),
        "tags": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12")),
        "childResourceTagOnCreatePolicy": st.sampled_from(["FROM_PARENT_RESOURCE", "NONE"]),
    },
)

TEMPLATES = st.builds(
    lambda template, typo: {**template, **typo}, VALID, st.sampled_from([*[{}] * 7, {"typo": "refused"}])
)

REFUSALS = st.sampled_from(
    [
        ("ThrottlingException", ""),
        ("ConflictException", "busy"),
        ("AccessDeniedException", "not authorized"),
        ("AccessDeniedException", "explicit deny"),
        ("ValidationException", "cannot assume the role"),
        ("ValidationException", "no"),
        ("ServiceQuotaExceededException", "full"),
    ]
)

COMMON = {"operation": WHERE, "times": st.sampled_from([1, 2, 5, None])}

FAULTS = st.one_of(
    # A clear refusal has no effect; what is unclear may have had one.
    REFUSALS.flatmap(
        lambda refusal: st.builds(Fault, **COMMON, error=st.just(refusal[0]), message=st.just(refusal[1]))
    ),
    st.builds(Fault, **COMMON, kind=st.sampled_from(["error", "connection_lost", "hang"]), after_effect=st.booleans()),
)

SEND_FAULTS = st.sampled_from([500, 503, ConnectionResetError(), TimeoutError(), 200])


@dataclass
class SendFaults:
    """What happens to the next answers."""

    outcomes: list[int | Exception]


@dataclass
class Lag:
    """How far the service is behind itself."""

    lists: int
    deletes: int
    roles: int


@dataclass
class Crash:
    """The function dies at a call of an operation, and perhaps at the first call of each later delivery, too."""

    operation: str
    skip: int
    after_effect: bool
    for_good: bool


@dataclass
class Twice:
    """The event that is being worked on comes once more, in the midst of it, when it is no longer fresh."""

    operation: str
    skip: int
    after_effect: bool


PLACES = {"operation": WHERE, "skip": st.sampled_from([0, 0, 0, 1, 2]), "after_effect": st.booleans()}

CRASHES = st.builds(Crash, **PLACES, for_good=st.booleans())
KINDS = [
    CRASHES,
    CRASHES,
    FAULTS,
    FAULTS,
    st.builds(Twice, **PLACES),
    st.builds(Lag, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
    st.builds(SendFaults, st.lists(SEND_FAULTS, max_size=12)),
]
DISTURBANCES = st.lists(st.sampled_from(KINDS).flatmap(lambda kind: kind), max_size=2)


class Histories(RuleBasedStateMachine):
    """A stack that is deployed, updated, rolled back and destroyed, each time with something going wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.function.timeout = 300
        # Deliveries at the same time may leave a twin, which goes when its resource goes.
        self.twins = False

    @initialize(dated=st.booleans(), unique=st.booleans(), policy=st.sampled_from([None, "NONE"]), kept=st.booleans())
    def begin(self, dated: bool, unique: bool, policy: Any, kept: bool) -> None:
        self.world.cloudformation.dated = dated
        self.world.switches.unique_names = unique
        self.world.switches.child_resource_tag_on_create_policy = policy
        self.world.switches.empty_description_is_kept = kept

    @rule(
        template=TEMPLATES,
        second=st.booleans(),
        fails=st.booleans(),
        disturbances=DISTURBANCES,
        pause=st.sampled_from([1.0, 60.0, 4_000.0]),
    )
    def deploy(
        self, template: dict[str, Any], second: bool, fails: bool, disturbances: list[Any], pause: float
    ) -> None:
        self.world.clock.sleep(pause)
        resources = {"Model": template}
        if second:
            resources["Second"] = {**MINIMAL, "name": "of the second"}
        self.disturb(disturbances)
        self.finish(self.world.deploy(resources, fails=fails).status)

    @rule(disturbances=DISTURBANCES)
    def destroy(self, disturbances: list[Any]) -> None:
        self.disturb(disturbances)
        self.finish(self.world.destroy().status)

    @precondition(lambda self: self.world.cloudformation.dated)
    @rule()
    def late_deliveries(self) -> None:
        """The last events come once more, when CloudFormation no longer waits for them."""
        self.world.clock.sleep(1_200)
        for pending in list(self.world.cloudformation.pending.values())[-5:]:
            self.world.function.deliver(pending.event)
        self.check()

    def disturb(self, disturbances: list[Any]) -> None:
        for disturbance in disturbances:
            match disturbance:
                case Fault():
                    self.world.faults.add(replace(disturbance))
                case SendFaults(outcomes):
                    self.world.cloudformation.send_faults += outcomes
                case Lag(lists, deletes, roles):
                    self.world.faults.list_lag = lists
                    self.world.faults.delete_lag = deletes
                    self.world.faults.role_propagation.calls = roles
                case Crash(operation, skip, after_effect, for_good):
                    then = self.crash_for_good if for_good else crash
                    self.world.wire.interruptions.append(Interruption(operation, then, skip, after_effect))
                case Twice(operation, skip, after_effect):
                    self.twins = True
                    again = Interruption(operation, self.deliver_again, skip, after_effect)
                    self.world.wire.interruptions.append(again)

    def crash_for_good(self) -> None:
        self.world.crash("*", times=2, after_effect=False)
        crash()

    def deliver_again(self) -> None:
        pending = list(self.world.cloudformation.pending.values())[-1]
        self.world.clock.sleep(21)
        self.world.function.deliver(pending.event)

    def finish(self, status: str) -> None:
        """What a person does when CloudFormation is stuck: waits until the trouble is over, and tries again."""
        self.world.faults.queue.clear()
        self.world.wire.interruptions.clear()
        self.world.cloudformation.send_faults.clear()
        if status == "ROLLBACK_FAILED":
            status = self.world.stack.continue_roll_back().status
        if status == "ROLLBACK_FAILED":
            # It would need replacement under the same name; what is left is to delete the stack.
            assert "needs replacement under the same name" in self.world.function.output.getvalue()
            status = "DELETE_FAILED"
        if status == "DELETE_FAILED":
            assert self.world.destroy().status == "DELETE_COMPLETE"
        self.check()

    def check(self) -> None:
        self.world.check(twins=self.twins)

    def teardown(self) -> None:
        self.finish(self.world.destroy().status)
        assert self.world.stack.resources == {}
        if not self.world.stack.abandoned:
            assert self.world.models() == []


SETTINGS = settings(
    max_examples=HISTORIES,
    # By day the same ones each time, so that a change is told from chance; other ones each night.
    derandomize=PROFILE == "default",
    stateful_step_count=10,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(1800)
@pytest.mark.scenario(48)
def test_histories() -> None:
    run_state_machine_as_test(Histories, settings=SETTINGS)


def never_looks(self: Any) -> bool:  # noqa: ARG001 - takes the place of a method
    return True


def forgets_the_abandoned(self: Any, current: Any) -> None:
    pass


def takes_the_successor_for_a_twin(self: Any, model: Any) -> None:
    for twin in self.find(lambda other: other.arn != model.arn, lambda other: is_own(other.tags, self._request)):
        self.remove(twin.arn)


MUTATIONS = [
    (ConfiguredAudienceModel, "_is_first", never_looks),
    (Leftovers, "remove_abandoned", forgets_the_abandoned),
    (Leftovers, "remove_twins", takes_the_successor_for_a_twin),
]


@pytest.mark.parametrize(("where", "name", "mutant"), MUTATIONS, ids=[mutant.__name__ for _, _, mutant in MUTATIONS])
def test_a_handler_with_a_bug_is_caught(where: Any, name: str, mutant: Any) -> None:
    thorough = settings(SETTINGS, max_examples=3_000, phases=[Phase.generate], derandomize=True, database=None)
    with mock.patch.object(where, name, mutant), pytest.raises(AssertionError):
        run_state_machine_as_test(Histories, settings=thorough)
