"""The plan, without a client; and its table against the service model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_cleanroomsml.handler.calls import operations
from cdk_cleanroomsml.handler.reconciliation.kind import Change, Removal
from cdk_cleanroomsml.handler.reconciliation.plan import Plan, plan_update
from cdk_cleanroomsml.handler.resource_types import audience_model
from cdk_cleanroomsml.handler.resource_types.configured_audience_model import KIND

from ..simulation.resource_types import MARKERS
from ..simulation.virtual_lambda import client

OURS = dict.fromkeys(MARKERS, "x")


def shape(operation: str) -> Any:
    return client().meta.service_model.operation_model(operation).input_shape


def test_every_member_of_create_has_a_place_in_the_table() -> None:
    assert set(KIND.members) == set(shape(operations.CREATE).members)


def test_what_changes_in_place_is_what_update_takes() -> None:
    updatable = set(shape(operations.UPDATE).members) - {"configuredAudienceModelArn"}
    assert {member for member, (change, _) in KIND.members.items() if change is Change.IN_PLACE} == updatable


def test_what_can_not_be_removed_is_what_create_requires() -> None:
    required = set(shape(operations.CREATE).required_members) - {"name"}
    assert {member for member, (_, removal) in KIND.members.items() if removal is Removal.IMPOSSIBLE} == required


HELD = {"name": "generated", "minMatchingSeedSize": 500, "childResourceTagOnCreatePolicy": "NONE", "tags": OURS}
SIZES = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [1]}


@pytest.mark.parametrize(
    ("previous", "wanted", "state", "expected"),
    [
        pytest.param({}, {}, {}, Plan(), id="nothing"),
        pytest.param({}, {"description": "a"}, {}, Plan(update={"description": "a"}), id="added"),
        pytest.param({"description": "a"}, {}, {"description": "a"}, Plan(update={"description": ""}), id="removed"),
        pytest.param({"description": "a"}, {}, {"description": ""}, Plan(), id="removed before"),
        pytest.param({}, {}, {"description": "theirs"}, Plan(drift=["description"]), id="drift, undeclared"),
        pytest.param(
            {"description": "a"}, {"description": "a"}, {"description": "b"}, Plan(drift=["description"]), id="drift"
        ),
        pytest.param(
            {"description": "a"},
            {"description": "b"},
            {"description": "c"},
            Plan(update={"description": "b"}),
            id="drift and change",
        ),
        pytest.param(
            {},
            {},
            {"audienceSizeConfig": SIZES},
            Plan(drift=["audienceSizeConfig"]),
            id="sizes of others",
        ),
        pytest.param(
            {}, {"audienceSizeConfig": SIZES}, {}, Plan(update={"audienceSizeConfig": SIZES}), id="sizes added"
        ),
        pytest.param(
            {"audienceSizeConfig": SIZES},
            {},
            {"audienceSizeConfig": SIZES},
            Plan(replace=["audienceSizeConfig"]),
            id="sizes removed",
        ),
        pytest.param({"audienceSizeConfig": SIZES}, {}, {}, Plan(), id="sizes rolled back"),
        # The failed template needed a new model, so nothing of it was applied, and what can't be unset isn't sent.
        pytest.param(
            {"name": "b", "audienceSizeConfig": SIZES},
            {},
            {"audienceSizeConfig": {**SIZES, "audienceSizeBins": [2]}},
            Plan(drift=["audienceSizeConfig"], abandoned=True),
            id="sizes of others in a roll-back",
        ),
        pytest.param({}, {"name": "a"}, {}, Plan(replace=["name"]), id="named"),
        pytest.param({"name": "a"}, {"name": "b"}, {"name": "a"}, Plan(replace=["name"]), id="renamed"),
        pytest.param({"name": "a"}, {}, {"name": "a"}, Plan(replace=["name"]), id="name removed"),
        pytest.param({"name": "a"}, {}, {}, Plan(abandoned=True), id="naming rolled back"),
        pytest.param({"name": "b"}, {"name": "a"}, {"name": "a"}, Plan(abandoned=True), id="renaming rolled back"),
        pytest.param(
            {"childResourceTagOnCreatePolicy": "NONE"},
            {},
            {},
            Plan(replace=["childResourceTagOnCreatePolicy"]),
            id="policy removed",
        ),
        # A roll-back would look the same, so it is made sure that nothing was left behind.
        pytest.param(
            {}, {"childResourceTagOnCreatePolicy": "NONE"}, {}, Plan(abandoned=True), id="policy said as it is"
        ),
        pytest.param(
            {"childResourceTagOnCreatePolicy": "NONE"},
            {"childResourceTagOnCreatePolicy": "NONE"},
            {"childResourceTagOnCreatePolicy": None},
            Plan(drift=["childResourceTagOnCreatePolicy"]),
            id="policy not told",
        ),
        pytest.param({}, {"tags": {"a": "1"}}, {}, Plan(tag={"a": "1"}), id="tag added"),
        pytest.param({"tags": {"a": "1"}}, {}, {"tags": {**OURS, "a": "1"}}, Plan(untag=["a"]), id="tag removed"),
        pytest.param(
            {}, {}, {"tags": {**OURS, "theirs": "1", "aws:x": "1"}}, Plan(drift=["tags.theirs"]), id="tags of others"
        ),
        pytest.param(
            {"tags": {"a": "1"}},
            {"tags": {"a": "1"}},
            {"tags": {**OURS, "a": "2"}},
            Plan(drift=["tags.a"]),
            id="tag changed by others",
        ),
        pytest.param(
            {"tags": {"a": "1"}}, {"tags": {"a": "1"}}, {}, Plan(drift=["tags.a"]), id="tag removed by others"
        ),
    ],
)
def test_plan(previous: dict[str, Any], wanted: dict[str, Any], state: dict[str, Any], expected: Plan) -> None:
    assert plan_update(KIND, wanted, previous, {**HELD, **state}) == expected


@pytest.mark.scenario(18)
@pytest.mark.parametrize(
    ("previous", "wanted", "state", "replace"),
    [
        ({}, {"description": ""}, {}, []),
        ({"description": ""}, {}, {}, []),
        ({"description": ""}, {}, {"description": ""}, []),
        ({}, {"description": ""}, {"description": ""}, []),
        ({"description": "a"}, {"description": ""}, {"description": "a"}, ["description"]),
        ({"description": "a"}, {}, {"description": "a"}, ["description"]),
        ({"description": ""}, {"description": "a"}, {}, ["description"]),
    ],
)
def test_an_empty_description_is_none_and_trains_nothing_anew(
    previous: dict[str, Any], wanted: dict[str, Any], state: dict[str, Any], replace: list[str]
) -> None:
    assert plan_update(audience_model.KIND, wanted, previous, {"name": "generated", **state}).replace == replace


@pytest.mark.scenario(21)
def test_refusal_says_what_to_change() -> None:
    todo = plan_update(
        KIND,
        {"name": "a"},
        {"name": "a", "audienceSizeConfig": SIZES},
        {**HELD, "name": "a", "audienceSizeConfig": SIZES},
    )
    assert todo.replace == ["audienceSizeConfig"]
    assert "audienceSizeConfig: this change needs replacement under the same name" in todo.refusal


TEXTS = st.sampled_from(["", "a", "b"])
TEMPLATES = st.fixed_dictionaries(
    {"audienceModelArn": TEXTS},
    optional={
        "description": TEXTS,
        "minMatchingSeedSize": st.sampled_from([25, 500, 501]),
        "tags": st.dictionaries(st.sampled_from("xyz"), TEXTS),
    },
)


def apply(state: dict[str, Any], todo: Plan, steps: int) -> dict[str, Any]:
    """The service after the first so many of the update's calls."""
    tags = dict(state["tags"])
    if steps > 1:
        tags = {key: value for key, value in tags.items() if key not in todo.untag}
    if steps > 2:
        tags.update(todo.tag)
    return {**state, **(todo.update if steps > 0 else {}), "tags": tags}


def create(template: dict[str, Any]) -> dict[str, Any]:
    return {**HELD, **template, "tags": {**OURS, **template.get("tags", {})}}


@pytest.mark.scenario(24, 25)
@given(TEMPLATES, TEMPLATES, st.integers(0, 3), st.integers(0, 3))
def test_a_roll_back_converges_from_any_mixed_state(
    old: dict[str, Any], new: dict[str, Any], done: int, undone: int
) -> None:
    state = apply(create(old), plan_update(KIND, new, old, create(old)), done)
    state = apply(state, plan_update(KIND, old, new, state), undone)
    state = apply(state, plan_update(KIND, old, new, state), 3)
    assert state["tags"] == create(old)["tags"]
    assert {"description": "", **state} == {"description": "", **create(old)}
    assert plan_update(KIND, old, new, state) == Plan()


@pytest.mark.scenario(18, 44)
@given(TEMPLATES, TEMPLATES)
def test_an_update_is_done_once(old: dict[str, Any], new: dict[str, Any]) -> None:
    state = apply(create(old), plan_update(KIND, new, old, create(old)), 3)
    assert plan_update(KIND, new, old, state) == Plan()
    assert plan_update(KIND, new, new, state) == Plan()
