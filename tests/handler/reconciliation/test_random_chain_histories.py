"""Random histories of the whole chain in one stack, with a retraining and with somebody who puts policies.

`HYPOTHESIS_PROFILE=nightly` runs many more. The last tests test the test: a handler with a bug is caught.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.resource_types.configured_audience_model import ConfiguredAudienceModel
from cdk_cleanroomsml.handler.resource_types.resource_policy import ConfiguredAudienceModelPolicy
from cdk_cleanroomsml.local.service.store import Policy

from ..simulation.random_faults import CANCELLED, LATE, FaultInjector, find_bug, random_faults, run_histories
from ..simulation.resource_types import (
    ASSOCIATION,
    AUDIENCE,
    AUDIENCE_MODEL,
    CONFIGURED,
    DATASET,
    KINDS,
    MARKERS,
    MEMBERSHIP,
    MINIMAL,
    POLICY,
)
from ..simulation.simulator import Simulator
from ..simulation.virtual_lambda import ACCOUNT, REGION, Interruption, client

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.service.store import Store

    from ..simulation.cloudformation import Result

# Measuring coverage takes as long again; the scenarios measure it.
pytestmark = pytest.mark.sweep

CREATES = (
    operations.CREATE,
    operations.CREATE_AUDIENCE_MODEL,
    operations.CREATE_ASSOCIATION,
    operations.PUT_POLICY,
)
READS = (operations.GET, operations.GET_AUDIENCE_MODEL, operations.GET_ASSOCIATION, operations.GET_POLICY)
LISTS = (operations.LIST, operations.LIST_AUDIENCE_MODELS, operations.LIST_ASSOCIATIONS, operations.LIST_TAGS)
CHANGES = (operations.UPDATE, operations.UPDATE_ASSOCIATION, operations.TAG, operations.UNTAG)
DELETES = (
    operations.DELETE,
    operations.DELETE_AUDIENCE_MODEL,
    operations.DELETE_ASSOCIATION,
    operations.DELETE_POLICY,
)

# Where it hurts most, more often.
RANDOM_FAULTS = random_faults([*CREATES * 3, *READS, *LISTS, *CHANGES, *DELETES])

TAGS = st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"))


def mostly(properties: st.SearchStrategy[Any], times: int = 2) -> st.SearchStrategy[Any]:
    """So many times more often there than not."""
    return st.one_of(st.none(), *[properties] * times)


PARTS = st.fixed_dictionaries(
    {
        "Audience": mostly(
            st.fixed_dictionaries(
                {"trainingDatasetArn": st.just(DATASET)},
                optional={
                    "trainingDataEndTime": st.sampled_from(["2027-01-01T00:00:00Z", "2027-01-08T00:00:00+00:00"]),
                    "tags": TAGS,
                },
            )
        ),
        "Model": mostly(
            st.fixed_dictionaries(
                {
                    "minMatchingSeedSize": st.sampled_from([25, 500]),
                    # A change of it replaces the model.
                    "childResourceTagOnCreatePolicy": st.sampled_from(["FROM_PARENT_RESOURCE", "NONE"]),
                }
            ),
            times=7,
        ),
        "Policy": mostly(st.sampled_from(["444455556666", "777788889999"])),
        "Association": mostly(
            st.fixed_dictionaries(
                {"manageResourcePolicies": st.just(False)},
                optional={
                    "description": st.sampled_from(["one", "two"]),
                    "configuredAudienceModelAssociationName": st.sampled_from(["first", "second"]),
                },
            )
        ),
        "typo": st.sampled_from([None] * 14 + ["Policy", "Association"]),
    }
)


FLAG = st.sampled_from([False, True, True])


def document(partner: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": [partner]}}]}


FOREIGN = document("999988887777")


def template(parts: dict[str, Any], *, retrained: bool) -> dict[str, dict[str, Any]]:
    """A template of these parts, without those whose model is missing."""
    flag = {"Retrained": True} if retrained else {}
    made: dict[str, dict[str, Any]] = {}
    if parts["Audience"] is not None:
        made["Audience"] = {"Type": AUDIENCE, **parts["Audience"], **flag}
    if parts["Model"] is not None:
        audience_model = {"Ref": "Audience"} if "Audience" in made else AUDIENCE_MODEL
        waits = {"WaitForAudienceModelSeconds": 70}
        made["Model"] = {"Type": CONFIGURED, **MINIMAL, **parts["Model"], **waits, **flag}
        made["Model"]["audienceModelArn"] = audience_model
        of_model = {"configuredAudienceModelArn": {"Ref": "Model"}}
        if parts["Policy"] is not None:
            made["Policy"] = {
                "Type": POLICY,
                **of_model,
                "configuredAudienceModelPolicy": document(parts["Policy"]),
            }
        if parts["Association"] is not None:
            made["Association"] = {
                "Type": ASSOCIATION,
                **of_model,
                "membershipIdentifier": MEMBERSHIP,
                **parts["Association"],
            }
    if parts["typo"] in made:
        made[parts["typo"]]["typo"] = "refused"
    return made


WAYS_TO_BE_STUCK = (
    "needs replacement under the same name",
    "was changed outside of cloudformation",
    "with another document than this one",
)
"""What a roll-back can't undo, and only a person can mend."""


class ChainHistories(RuleBasedStateMachine):
    """A stack with parts of the chain that is deployed, rolled back, retrained and destroyed, while things go wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Simulator()
        self.world.function.timeout = 150
        self.fault_injector = FaultInjector(self.world)
        # What the retraining has trained, oldest first, and what it has deleted.
        self.trained: list[str] = []
        self.deleted: set[str] = set()
        # The audience model that the retraining has last given to the stack's model.
        self.current = ""
        # The models whose policy somebody else has put.
        self.foreign: set[str] = set()

    @initialize(
        refused=st.booleans(),
        conflicts=st.booleans(),
        dated=st.booleans(),
        seconds=st.sampled_from([0, 0, 0, 50, 3_000]),
    )
    def begin(self, refused: bool, conflicts: bool, dated: bool, seconds: float) -> None:
        self.world.cloudformation.dated = dated
        switches = self.world.switches
        switches.association_tags_refused = refused
        switches.stale_policy_hash_error = "ConflictException" if conflicts else "ValidationException"
        switches.training_seconds = seconds
        switches.deleting_seconds = seconds / 100

    # What happens

    @rule(
        parts=PARTS,
        retrained=FLAG,
        fails=st.booleans(),
        faults=RANDOM_FAULTS,
        somebody=st.sampled_from([False, False, False, True]),
        pause=st.sampled_from([1.0, 4_000.0]),
        cancelled=CANCELLED,
    )
    def deploy(
        self,
        parts: dict[str, Any],
        retrained: bool,
        fails: bool,
        faults: list[Any],
        somebody: bool,
        pause: float,
        cancelled: float | None = None,
    ) -> None:
        self.world.clock.sleep(pause)
        self.fault_injector.inject(faults)
        if somebody:
            # Between a look and the Put.
            interruption = Interruption(operations.PUT_POLICY, self.somebody_puts_policies, after_effect=False)
            self.world.wire.interruptions.append(interruption)
        # Nobody takes a model back from its retraining.
        resources = template(parts, retrained=retrained or self.is_retrained())
        self.finish(self.world.deploy(resources, fails=fails, after=cancelled).status)

    @rule(parts=PARTS, retrained=FLAG, a_week_later=st.booleans())
    def deploy_in_peace(self, parts: dict[str, Any], retrained: bool, a_week_later: bool) -> None:
        """So that there is something to go wrong later."""
        if a_week_later and self.is_retrained():
            self.a_retraining_turns_over(keep=1)
        self.deploy(parts, retrained, fails=False, faults=[], somebody=False, pause=60.0)

    @precondition(lambda self: self.world.stack.resources)
    @rule(faults=RANDOM_FAULTS)
    def destroy(self, faults: list[Any]) -> None:
        self.fault_injector.inject(faults)
        self.finish(self.world.destroy().status)

    @precondition(lambda self: self.is_retrained())
    @rule(keep=st.sampled_from([1, 2]))
    def a_retraining_turns_over(self, keep: int) -> None:
        """As the state machine does it, behind CloudFormation's back."""
        self.let_trainings_end()
        service = client()
        name = f"retrained-{len(self.trained)}"
        self.current = service.create_audience_model(name=name, trainingDatasetArn=DATASET)["audienceModelArn"]
        self.trained.append(self.current)
        self.let_trainings_end()
        service.update_configured_audience_model(
            configuredAudienceModelArn=self.world.physical_id("Model"), audienceModelArn=self.current
        )
        older = self.trained[:-keep]
        if "Audience" in self.world.stack.resources:
            older.append(self.world.physical_id("Audience"))
        for arn in older:
            self.delete(arn)
        self.let_trainings_end()
        self.check()

    @precondition(lambda self: "Model" in self.world.stack.resources)
    @rule()
    def somebody_puts_policies(self) -> None:
        """On every model that there is."""
        text = json.dumps(FOREIGN)
        for model in self.store.configured_audience_models.live():
            arn = model["configuredAudienceModelArn"]
            self.store.policies[arn] = Policy(text, hashlib.sha256(text.encode()).hexdigest())
            self.foreign.add(arn)

    @precondition(lambda self: self.foreign)
    @rule()
    def somebody_makes_amends(self) -> None:
        """Puts back the policies of the last template, and deletes the others."""
        wanted = self.wanted_policies()
        for arn in self.foreign:
            if arn in wanted:
                text = json.dumps(wanted[arn])
                self.store.policies[arn] = Policy(text, hashlib.sha256(text.encode()).hexdigest())
            else:
                self.store.policies.pop(arn, None)
        self.foreign.clear()
        self.check()

    @precondition(lambda self: self.world.cloudformation.dated and self.world.stack.resources)
    @rule(after=LATE)
    def late_deliveries(self, after: float) -> None:
        self.fault_injector.deliver_late(after)
        self.check()

    def finish(self, status: str) -> None:
        """What a person does when CloudFormation is stuck: waits until the failure is over, and tries again."""
        self.fault_injector.stop()
        self.let_trainings_end()
        if status == "ROLLBACK_FAILED":
            result = self.again(self.world.stack.continue_roll_back)
            for reason in result.reasons:
                assert any(way in reason for way in WAYS_TO_BE_STUCK), reason
            # If it is stuck for good, what is left is to delete the stack.
            status = "DELETE_FAILED" if result.status == "ROLLBACK_FAILED" else ""
        if status == "DELETE_FAILED":
            result = self.again(self.world.destroy)
            assert result.status == "DELETE_COMPLETE", result.reasons
        if "Model" not in self.world.stack.resources:
            self.current = ""
        self.check()

    def again(self, tries: Callable[[], Result]) -> Result:
        """Three times: what is in training can't be deleted, and a deletion may take longer than a request."""
        for _ in range(3):
            result = tries()
            self.let_trainings_end()
            if not result.status.endswith("_FAILED"):
                break
        return result

    def let_trainings_end(self) -> None:
        self.world.clock.sleep(1 + self.world.switches.training_seconds)

    def delete(self, arn: str) -> None:
        """Deletes an audience model; one that is in use, or gone, is left as it is."""
        try:
            client().delete_audience_model(audienceModelArn=arn)
        except ClientError:
            return
        self.deleted.add(arn)

    # What must hold

    @property
    def store(self) -> Store:
        return self.world.service._stores[ACCOUNT, REGION]

    def is_retrained(self) -> bool:
        model = self.world.stack.resources.get("Model")
        return model is not None and "Retrained" in model.properties

    def wanted_policies(self) -> dict[str, Any]:
        return {
            resource.properties["configuredAudienceModelArn"]: resource.properties["configuredAudienceModelPolicy"]
            for resource in self.world.stack.resources.values()
            if resource.properties["Type"] == POLICY
        }

    def check(self) -> None:
        assert self.world.cloudformation.violations == []
        self.world.check_secrets()
        self.check_policies()
        for type_, live in self.world.live().items():
            if type_ != POLICY:
                self.check_resources(type_, live)
        if self.current:
            assert self.world.model("Model")["audienceModelArn"] == self.current

    def check_resources(self, type_: str, live: dict[str, Any]) -> None:
        """The stack's resources are as its last successful template says, and none of them lives twice."""
        resources = {
            name: resource
            for name, resource in self.world.stack.resources.items()
            if resource.properties["Type"] == type_ and resource.physical_id not in self.deleted
        }
        known = {resource.physical_id for resource in resources.values()}
        requests = {live[physical_id].request_id for physical_id in known} if self.fault_injector.duplicates else set()
        left = {*self.deleted, *self.world.stack.abandoned, *self.world.left_behind(type_)}
        for physical_id in live.keys() - known - left:
            tags = live[physical_id].tags
            assert MARKERS[0] not in tags or tags[MARKERS[2]] in requests, physical_id
        for name, resource in resources.items():
            found = self.world.differences(name)
            if self.is_retrained():
                found.pop("audienceModelArn", None)
            assert found == {}
            # A status is as of the last request.
            assert {**resource.data, "Status": ""} == {**live[resource.physical_id].data, "Status": ""}

    def check_policies(self) -> None:
        """Each model has the policy that its stack says, or somebody else's, which nobody has touched."""
        live = {model["configuredAudienceModelArn"] for model in self.store.configured_audience_models.live()}
        self.foreign &= live
        wanted = {**self.wanted_policies(), **dict.fromkeys(self.foreign, FOREIGN)}
        assert {arn: json.loads(found.text) for arn, found in self.store.policies.items()} == wanted

    def teardown(self) -> None:
        self.finish(self.world.destroy().status)
        assert self.world.stack.resources == {}
        if not self.world.stack.abandoned and not any(self.world.left_behind(type_) for type_ in KINDS):
            assert self.store.configured_audience_models.live() == []
            assert self.store.associations.live() == []
            assert self.store.policies == {}


def points_back(self: Any, wanted: Any, previous: Any, state: Any) -> Any:  # noqa: ARG001 - takes the place of a method
    return wanted


def forgets_the_guard(self: Any, arn: str, document: Any, _guard: Any, look: Callable[[], bool]) -> bool:
    return put(self, arn, document, {}, look)


put = ConfiguredAudienceModelPolicy._put

BUGS = [
    (ConfiguredAudienceModel, "_effective", points_back),
    (ConfiguredAudienceModelPolicy, "_put", forgets_the_guard),
]

SEED = 9
"""It finds both by day, as in test_random_histories.py."""


@pytest.mark.timeout(1800)
@pytest.mark.scenario(48)
def test_chain_histories() -> None:
    run_histories(ChainHistories, SEED)


@pytest.mark.parametrize(("where", "name", "bug"), BUGS, ids=[bug.__name__ for *_, bug in BUGS])
def test_a_handler_with_a_bug_is_caught(where: Any, name: str, bug: Any) -> None:
    with mock.patch.object(where, name, bug):
        find_bug(ChainHistories, SEED)
