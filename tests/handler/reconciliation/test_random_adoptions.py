"""Random histories of two stacks that adopt, move and release the same models, while somebody changes them.

Whatever goes wrong in between: nothing is lost, nothing is two stacks' at once, and a roll-back gives everything back.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.reconciliation.adopt import Adopt
from cdk_cleanroomsml.handler.reconciliation.release import Release

from ..simulation.cloudformation import Stack
from ..simulation.random_faults import CANCELLED, FaultInjector, find_bug, random_faults, run_histories
from ..simulation.resource_types import MARKERS, MINIMAL, PREFIX
from ..simulation.simulator import Simulator

pytestmark = pytest.mark.sweep

OPERATIONS = (operations.UPDATE, operations.DELETE, operations.GET, operations.TAG, operations.UNTAG)
RANDOM_FAULTS = random_faults([*OPERATIONS, *[operations.TAG] * 3, *[operations.UNTAG] * 3])

NAMES = ("first", "second")
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from(["one", "two"]),
        "sharedAudienceMetrics": st.sampled_from([["ALL"], ["NONE"]]),
        "tags": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12")),
        "DeleteAdopted": st.just(value=True),
    },
)
# What a logical id adopts: one that was made by hand, one that this or the other stack has made, or nothing.
WHOSE = st.sampled_from([*NAMES, *NAMES, "this stack's", "the other's", None])
TEMPLATES = st.dictionaries(st.sampled_from(["A", "B"]), st.tuples(MEMBERS, WHOSE), max_size=2)


class Adoptions(RuleBasedStateMachine):
    """Two stacks, and models that were there before them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Simulator()
        self.world.function.timeout = 300
        self.stacks = [Stack(self.world.cloudformation, name) for name in ("One", "Two")]
        self.world.stack = self.stacks[0]
        self.by_hand = [self.world.by_hand(name, tags={"x": "0"}) for name in NAMES]
        self.fault_injector = FaultInjector(self.world)
        # What was asked to be deleted with its stack, some time.
        self.may_go: set[str] = set()

    @rule(
        which=st.sampled_from([0, 1]),
        template=TEMPLATES,
        fails=st.booleans(),
        faults=RANDOM_FAULTS,
        cancelled=CANCELLED,
        retained=st.booleans(),
        pause=st.sampled_from([1.0, 60.0, 4_000.0]),
    )
    def deploy(
        self,
        which: int,
        template: dict[str, Any],
        fails: bool,
        faults: list[Any],
        cancelled: float | None,
        retained: bool,
        pause: float,
    ) -> None:
        self.world.clock.sleep(pause)
        stack, other = self.stacks[which], self.stacks[1 - which]
        before, since = self.everything(), len(self.world.cloudformation.pending)
        stack.retained = set("AB") if retained else set()
        resources = {name: self.properties(stack, other, *given) for name, given in template.items()}
        self.fault_injector.inject(faults)
        status = stack.deploy(resources, fails=fails, after=cancelled).status
        self.finish(stack, status, before, since)

    def properties(self, stack: Stack, other: Stack, members: dict[str, Any], whose: str | None) -> dict[str, Any]:
        made = [*(other if whose == "the other's" else stack).resources.values()]
        arns = dict(zip(NAMES, self.by_hand, strict=True))
        arn = arns.get(whose or "") or (made[0].physical_id if whose and made else None)
        return {**MINIMAL, **members, **({"Adopt": arn} if arn else {})}

    @rule(which=st.sampled_from([0, 1]), faults=RANDOM_FAULTS, retained=st.booleans())
    def destroy(self, which: int, faults: list[Any], retained: bool) -> None:
        stack, before = self.stacks[which], self.everything()
        stack.retained = set("AB") if retained else set()
        self.fault_injector.inject(faults)
        self.finish(stack, stack.destroy().status, before)

    @rule(number=st.sampled_from([0, 1]), description=st.sampled_from(["by somebody", ""]), tags=st.booleans())
    def somebody_changes(self, number: int, description: str, tags: bool) -> None:
        arn = self.by_hand[number]
        if arn in self.everything():
            self.world.service.resource(arn)["description"] = description
            if tags:
                self.world.service.resource(arn)["tags"]["foreign"] = description

    @rule(after=st.sampled_from([10.0, 70.0, 1_200.0]))
    def late_deliveries(self, after: float) -> None:
        self.fault_injector.deliver_late(after)
        self.check()

    def updated(self, since: int) -> set[str]:
        """What was updated, and back: of what somebody else had given, an update knows nothing."""
        events = [pending.event for pending in list(self.world.cloudformation.pending.values())[since:]]
        return {event["PhysicalResourceId"] for event in events if event["RequestType"] == "Update"}

    def everything(self) -> dict[str, dict[str, Any]]:
        models = self.world.models()
        shown = {}
        for model in models:
            arn = model["configuredAudienceModelArn"]
            held = self.world.held(arn)
            # That none of it is left of an adoption that stays is the next request's business.
            held["description"] = held.get("description") or ""
            shown[arn] = held
        return shown

    def finish(self, stack: Stack, status: str, before: dict[str, dict[str, Any]], since: int = 0) -> None:
        self.fault_injector.stop()
        for _ in range(2):
            if status == "ROLLBACK_FAILED":
                status = stack.continue_roll_back().status
        if status == "ROLLBACK_FAILED":
            # An Update that says whose the model is: a person skips it.
            status = stack.continue_roll_back("A", "B").status
            before = {}
        if status == "DELETE_FAILED":
            status = stack.destroy().status
            assert status == "DELETE_COMPLETE"
        if status == "ROLLBACK_COMPLETE" and before:
            was, now = _settled(before), _settled(self.everything())
            changed = {
                arn: (held, now.get(arn))
                for arn, held in was.items()
                if held != now.get(arn) and arn not in self.updated(since)
            }
            assert changed == {}, changed
        self.check()

    def check(self) -> None:
        assert self.world.cloudformation.violations == []
        live = self.everything()
        for stack in self.stacks:
            for resource in stack.resources.values():
                if resource.properties.get("DeleteAdopted"):
                    self.may_go.add(resource.physical_id)
        # Nothing is lost.
        assert {arn for arn in self.by_hand if arn not in self.may_go} <= live.keys()
        # Nothing is two stacks'.
        one, two = ({resource.physical_id for resource in stack.resources.values()} for stack in self.stacks)
        assert one & two <= set()
        # What a stack has is marked as its own, and there.
        for stack in self.stacks:
            for logical_id, resource in stack.resources.items():
                twice = [each for each in stack.resources.values() if each.physical_id == resource.physical_id]
                if len(twice) > 1 or resource.physical_id not in live:
                    # Both logical ids in one template: a mistake, and the marker is one's.
                    assert len(twice) > 1 or self.was_twice(stack, logical_id)
                    continue
                tags = live[resource.physical_id]["tags"]
                marked = tags.get(MARKERS[0]), tags.get(MARKERS[1])
                assert marked == (stack.id, logical_id) or self.was_twice(stack, logical_id), marked

    def was_twice(self, stack: Stack, logical_id: str) -> bool:
        """Whether another logical id of the stack has taken it over while this one stayed in the template."""
        arn = stack.resources[logical_id].physical_id
        return any(
            pending.event["StackId"] == stack.id
            and pending.event["LogicalResourceId"] != logical_id
            and pending.event["ResourceProperties"].get("Adopt") == arn
            for pending in self.world.cloudformation.pending.values()
        )

    def teardown(self) -> None:
        for stack in self.stacks:
            stack.retained = set()
            self.finish(stack, stack.destroy().status, {})
            assert stack.resources == {}


def _settled(models: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """But for the mark of an update that failed, and for the memory of an adoption, which any request ends."""
    return {
        arn: {
            **held,
            "tags": {
                key: value
                for key, value in held["tags"].items()
                if not key.startswith((f"{PREFIX}before", f"{PREFIX}failed"))
            },
        }
        for arn, held in models.items()
    }


def deletes_what_it_adopted(self: Any, state: Any) -> bool:  # noqa: ARG001 - takes the place of a method
    return False


def takes_whatever_there_is(self: Any, state: Any) -> str:  # noqa: ARG001
    return "taken"


def asks_nobody(self: Any, state: Any, how: str) -> bool:  # noqa: ARG001
    return False


BUGS = [
    (Release, "_keeps", deletes_what_it_adopted),
    (Release, "_goes_back", asks_nobody),
    (Adopt, "_may_be_taken", takes_whatever_there_is),
]

SEED = 7
"""It finds all of them by day, as in test_random_histories.py."""


@pytest.mark.timeout(1800)
def test_histories() -> None:
    run_histories(Adoptions, SEED)


@pytest.mark.parametrize(("where", "name", "bug"), BUGS, ids=[bug.__name__ for *_, bug in BUGS])
def test_a_handler_with_a_bug_is_caught(where: Any, name: str, bug: Any) -> None:
    with mock.patch.object(where, name, bug):
        find_bug(Adoptions, SEED)
