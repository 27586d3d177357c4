"""Random histories of a stack: whatever goes wrong in between, the four invariants hold.

`HYPOTHESIS_PROFILE=nightly` runs many more. The last tests test the test: a handler with a bug is caught.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.protocol.request import is_own
from cdk_cleanroomsml.handler.reconciliation.leftovers import Leftovers
from cdk_cleanroomsml.handler.resource_types.configured_audience_model import ConfiguredAudienceModel

from ..simulation.random_faults import CANCELLED, LATE, FaultInjector, find_bug, random_faults, run_histories
from ..simulation.resource_types import CONFIGURED
from ..simulation.simulator import AUDIENCE_MODEL, MINIMAL, OTHER_AUDIENCE_MODEL, Simulator, output_config

# Measuring coverage takes as long again; the scenarios measure it.
pytestmark = pytest.mark.sweep

OPERATIONS = (
    operations.CREATE,
    operations.UPDATE,
    operations.DELETE,
    operations.GET,
    operations.LIST,
    operations.TAG,
    operations.UNTAG,
)

# Where it hurts most, more often.
RANDOM_FAULTS = random_faults([*OPERATIONS, *[operations.CREATE] * 8])

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


class Histories(RuleBasedStateMachine):
    """A stack that is deployed, updated, rolled back and destroyed, each time with something going wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Simulator()
        self.world.function.timeout = 300
        self.fault_injector = FaultInjector(self.world)

    @initialize(
        dated=st.booleans(),
        names=st.sampled_from(["unique", "repeat"]),
        policy=st.sampled_from([None, "NONE"]),
        description=st.sampled_from(["left_out", "kept"]),
    )
    def begin(self, dated: bool, names: Any, policy: Any, description: Any) -> None:
        self.world.cloudformation.dated = dated
        self.world.switches.configured_audience_model_names = names
        self.world.switches.child_resource_tag_on_create_policy = policy
        self.world.switches.empty_description = description

    @rule(
        template=TEMPLATES,
        second=st.booleans(),
        fails=st.booleans(),
        faults=RANDOM_FAULTS,
        pause=st.sampled_from([1.0, 60.0, 4_000.0]),
        cancelled=CANCELLED,
    )
    def deploy(
        self,
        template: dict[str, Any],
        second: bool,
        fails: bool,
        faults: list[Any],
        pause: float,
        cancelled: float | None,
    ) -> None:
        self.world.clock.sleep(pause)
        resources = {"Model": template}
        if second:
            resources["Second"] = {**MINIMAL, "name": "of the second"}
        self.fault_injector.inject(faults)
        self.finish(self.world.deploy(resources, fails=fails, after=cancelled).status)

    @rule(faults=RANDOM_FAULTS)
    def destroy(self, faults: list[Any]) -> None:
        self.fault_injector.inject(faults)
        self.finish(self.world.destroy().status)

    @precondition(lambda self: self.world.cloudformation.dated)
    @rule(after=LATE)
    def late_deliveries(self, after: float) -> None:
        self.fault_injector.deliver_late(after)
        self.check()

    def finish(self, status: str) -> None:
        """What a person does when CloudFormation is stuck: waits until the failure is over, and tries again."""
        self.fault_injector.stop()
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
        self.world.check(duplicates=self.fault_injector.duplicates)

    def teardown(self) -> None:
        self.finish(self.world.destroy().status)
        assert self.world.stack.resources == {}
        if not self.world.stack.abandoned:
            assert self.world.live()[CONFIGURED].keys() == self.world.left_behind()


def never_looks(self: Any) -> bool:  # noqa: ARG001 - takes the place of a method
    return True


def forgets_the_abandoned(self: Any, current: Any) -> None:
    pass


def takes_the_successor_for_a_duplicate(self: Any, model: Any) -> None:
    for duplicate in self.find(lambda other: other.arn != model.arn, lambda other: is_own(other.tags, self._request)):
        self.remove(duplicate.arn)


BUGS = [
    (ConfiguredAudienceModel, "_is_first", never_looks),
    (Leftovers, "remove_abandoned", forgets_the_abandoned),
    (Leftovers, "remove_duplicates", takes_the_successor_for_a_duplicate),
]

SEED = 17
"""It finds all of them by day. After a change of the histories another one may: their tests are slow until then."""


@pytest.mark.timeout(1800)
@pytest.mark.scenario(48)
def test_histories() -> None:
    run_histories(Histories, SEED)


@pytest.mark.parametrize(("where", "name", "bug"), BUGS, ids=[bug.__name__ for *_, bug in BUGS])
def test_a_handler_with_a_bug_is_caught(where: Any, name: str, bug: Any) -> None:
    with mock.patch.object(where, name, bug):
        find_bug(Histories, SEED)
