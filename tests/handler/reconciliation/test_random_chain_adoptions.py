"""Random histories of two stacks that adopt, move and release audience models, associations and resource policies.

Whatever goes wrong in between: nothing is lost, nothing is two stacks' at once, and a roll-back gives everything back.
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import Any
from unittest import mock

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.reconciliation.release import Release
from cdk_cleanroomsml.handler.resource_types.resource_policy.adopt import Adopt as PolicyAdopt
from cdk_cleanroomsml.handler.resource_types.resource_policy.release import Release as PolicyRelease
from cdk_cleanroomsml.local.service.store import Policy

from ..simulation.cloudformation import Stack
from ..simulation.random_faults import CANCELLED, FaultInjector, find_bug, random_faults, run_histories
from ..simulation.resource_types import (
    ASSOCIATION,
    ASSOCIATIONS,
    AUDIENCE,
    AUDIENCE_MODELS,
    EXISTING_MODELS,
    MARKERS,
    POLICY,
    PREFIX,
)
from ..simulation.simulator import Simulator
from ..simulation.virtual_lambda import ACCOUNT, REGION

pytestmark = pytest.mark.sweep

OPERATIONS = (
    operations.GET,
    operations.GET_ASSOCIATION,
    operations.UPDATE_ASSOCIATION,
    operations.LIST_TAGS,
    *[operations.TAG] * 2,
    *[operations.UNTAG] * 2,
    *[operations.PUT_POLICY] * 3,
    operations.GET_POLICY,
)
RANDOM_FAULTS = random_faults(OPERATIONS)

KINDS = ("audience", "association", "policy")
OURS, THEIRS = ({"Version": "2012-10-17", "Statement": [{"Sid": name}]} for name in ("ours", "theirs"))
MODEL = EXISTING_MODELS[0]

# Each kind is made by hand once, and has a logical id in either stack, or two.
TEMPLATES = st.dictionaries(
    st.sampled_from([(kind, name) for kind in KINDS for name in "AB"]),
    st.fixed_dictionaries(
        {
            "ours": st.booleans(),
            "deletes": st.sampled_from([False, False, False, True]),
            "tags": st.dictionaries(st.sampled_from("xy"), st.sampled_from("12")),
        }
    ),
    max_size=3,
)


class ChainAdoptions(RuleBasedStateMachine):
    """Two stacks, and what was there before them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world = Simulator()
        world.prepare(ASSOCIATIONS)
        world.function.timeout = 300
        self.stacks = [Stack(world.cloudformation, name) for name in ("One", "Two")]
        world.stack = self.stacks[0]
        self.arns = {
            "audience": world.audience_model_by_hand("by hand", tags={"x": "0"}),
            "association": world.association_by_hand("by hand", tags={"x": "0"}),
        }
        self.put(THEIRS)
        self.injector = FaultInjector(world)
        # What was asked to be deleted with its stack, some time.
        self.may_go: set[str] = set()

    @property
    def policies(self) -> dict[str, Policy]:
        policies: dict[str, Policy] = self.world.service._stores[ACCOUNT, REGION].policies
        return policies

    def put(self, document: dict[str, Any]) -> None:
        text = json.dumps(document, indent=1)
        self.policies[MODEL] = Policy(text, hashlib.sha256(text.encode()).hexdigest())

    def properties(self, kind: str, ours: bool, deletes: bool, tags: dict[str, str]) -> dict[str, Any]:
        more = {"DeleteAdopted": True} if deletes else {}
        if kind == "policy":
            document = {"configuredAudienceModelArn": MODEL, "configuredAudienceModelPolicy": OURS if ours else THEIRS}
            return {"Type": POLICY, **document, "Adopt": True, "Overwrite": True, **more}
        of_kind = AUDIENCE_MODELS.minimal if kind == "audience" else ASSOCIATIONS.minimal
        changed = {"description": "ours"} if ours and kind == "association" else {}
        return {**of_kind, **changed, "tags": tags, "Adopt": self.arns[kind], **more}

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
        template: dict[tuple[str, str], dict[str, Any]],
        fails: bool,
        faults: list[Any],
        cancelled: float | None,
        retained: bool,
        pause: float,
    ) -> None:
        self.world.clock.sleep(pause)
        stack, before, since = self.stacks[which], self.everything(), len(self.world.cloudformation.pending)
        stack.retained = {f"{kind}{name}" for kind in KINDS for name in "AB"} if retained else set()
        # One of each kind: two in one template are a mistake, and the marker is one's.
        chosen = {kind: (name, given) for (kind, name), given in template.items()}
        resources = {f"{kind}{name}": self.properties(kind, **given) for kind, (name, given) in chosen.items()}
        self.injector.inject(faults)
        status = stack.deploy(resources, fails=fails, after=cancelled).status
        self.finish(stack, status, before, since)

    @rule(which=st.sampled_from([0, 1]), faults=RANDOM_FAULTS, retained=st.booleans())
    def destroy(self, which: int, faults: list[Any], retained: bool) -> None:
        stack = self.stacks[which]
        stack.retained = {f"{kind}{name}" for kind in KINDS for name in "AB"} if retained else set()
        self.injector.inject(faults)
        self.finish(stack, stack.destroy().status, {})

    @rule(document=st.sampled_from([OURS, THEIRS]))
    def somebody_puts_a_policy(self, document: dict[str, Any]) -> None:
        if MODEL in self.policies:
            self.put(document)

    @rule(after=st.sampled_from([10.0, 70.0, 1_200.0]))
    def late_deliveries(self, after: float) -> None:
        self.injector.deliver_late(after)
        self.check()

    def everything(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind, type_ in (("audience", AUDIENCE), ("association", ASSOCIATION)):
            if self.arns[kind] in self.world.live()[type_]:
                held = self.world.held(self.arns[kind])
                found[kind] = {**held, "description": held.get("description") or ""}
        if MODEL in self.policies:
            found["policy"] = self.policies[MODEL].text
        return deepcopy(found)

    def finish(self, stack: Stack, status: str, before: dict[str, Any], since: int = 0) -> None:
        self.injector.stop()
        for _ in range(2):
            if status == "ROLLBACK_FAILED":
                status = stack.continue_roll_back().status
        if status == "ROLLBACK_FAILED":
            # An Update that says that somebody has changed the policy: a person skips it.
            status = stack.continue_roll_back(*[f"{kind}{name}" for kind in KINDS for name in "AB"]).status
            before = {}
        if status == "DELETE_FAILED":
            assert stack.destroy().status == "DELETE_COMPLETE"
        if status == "ROLLBACK_COMPLETE" and before:
            events = [pending.event for pending in list(self.world.cloudformation.pending.values())[since:]]
            updated = {event["LogicalResourceId"][:-1] for event in events if event["RequestType"] == "Update"}
            now = self.everything()
            changed = {
                kind: (_settled(was), _settled(now.get(kind)))
                for kind, was in before.items()
                if kind not in updated and _meaning(was) != _meaning(now.get(kind))
            }
            assert changed == {}, changed
        self.check()

    def check(self) -> None:
        assert self.world.cloudformation.violations == []
        live = self.everything()
        for stack in self.stacks:
            for logical_id, resource in stack.resources.items():
                if resource.properties.get("DeleteAdopted"):
                    self.may_go.add(logical_id[:-1])
        # Nothing is lost.
        assert {*KINDS} - self.may_go <= live.keys(), live.keys()
        # Nothing is two stacks', and what a stack has is marked as its own.
        one, two = ({logical_id[:-1] for logical_id in stack.resources} for stack in self.stacks)
        assert one & two <= {kind for kind in KINDS if kind not in live}
        for stack in self.stacks:
            for logical_id in stack.resources:
                kind = logical_id[:-1]
                if kind in live and kind != "policy":
                    tags = live[kind]["tags"]
                    assert (tags.get(MARKERS[0]), tags.get(MARKERS[1])) == (stack.id, logical_id)

    def teardown(self) -> None:
        for stack in self.stacks:
            stack.retained = set()
            self.finish(stack, stack.destroy().status, {})
            assert stack.resources == {}


def _settled(held: Any) -> Any:
    """But for the mark of an update that failed, and for the memory of an adoption, which any request ends."""
    if not isinstance(held, dict):
        return held
    own = (f"{PREFIX}before", f"{PREFIX}failed")
    return {**held, "tags": {key: value for key, value in held["tags"].items() if not key.startswith(own)}}


def _meaning(held: Any) -> Any:
    return json.loads(held) if isinstance(held, str) else _settled(held)


def deletes_what_it_adopted(self: Any, state: Any) -> bool:  # noqa: ARG001 - takes the place of a method
    return False


def always(self: Any) -> bool:  # noqa: ARG001
    return True


def never(self: Any, arn: str, document: Any) -> bool:  # noqa: ARG001
    return False


def nobody_has_it(self: Any, physical_id: str) -> str:  # noqa: ARG001
    return ""


BUGS = [
    (Release, "_keeps", deletes_what_it_adopted),
    (PolicyRelease, "_deletes", always),
    (PolicyRelease, "_gives_back", never),
    (PolicyAdopt, "_stack_with", nobody_has_it),
]

SEED = 7
"""It finds all of them by day, as in test_random_histories.py."""


@pytest.mark.timeout(1800)
def test_histories() -> None:
    run_histories(ChainAdoptions, SEED)


@pytest.mark.parametrize(("where", "name", "bug"), BUGS, ids=[bug.__name__ for *_, bug in BUGS])
def test_a_handler_with_a_bug_is_caught(where: Any, name: str, bug: Any) -> None:
    with mock.patch.object(where, name, bug):
        find_bug(ChainAdoptions, SEED)
