"""A handful of scenarios where every answer of the service surprises; all of them run so at night."""

from __future__ import annotations

from itertools import combinations

import pytest

from cdk_cleanroomsml.local.service import positions, surprised

from ...worlds import pairwise, rows
from ..simulation.simulator import MAXIMAL, MINIMAL, Simulator
from .all_scenarios import CASES

CHOSEN = (
    "a_retraining_comes_with_another_audience_model",
    "all_deliveries_crash-association",
    "all_deliveries_crash-configured",
    "delete_while_in_use_for_a_while",
    "drift",
    "its_model_is_replaced",
    "permission_not_propagated-configured",
    "replacement-configured",
    "replacement_then_another_resource_fails-audience",
    "retrained_update",
)
ROWS = [
    {"a": 0, "b": 0, "c": "x"},
    {"a": 0, "b": 1, "c": "y"},
    {"a": 0, "b": 2, "c": "x"},
    {"a": 1, "b": 0, "c": "y"},
    {"a": 1, "b": 1, "c": "x"},
    {"a": 1, "b": 2, "c": "y"},
]
BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("name", CHOSEN)
def test_where_every_answer_surprises(name: str) -> None:
    case = BY_NAME[name]
    assert not case.readings
    world = Simulator()
    world.service.switches = surprised()
    world.prepare(case.subject)
    case.steps(world)
    assert world.cloudformation.violations == []


@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_what_get_does_not_know_yet_is_no_orphan_after_a_roll_back(seconds: float) -> None:
    world = Simulator()
    world.switches.readable_after_seconds = seconds
    assert world.deploy(Model=MINIMAL, fails=True).status == "ROLLBACK_COMPLETE"
    assert world.models() == []


@pytest.mark.parametrize("resets", [False, True])
def test_an_update_resets_nothing_that_it_is_not_about(resets: bool) -> None:
    world = Simulator()
    world.switches.update_resets = resets
    world.deploy(Model=MAXIMAL)
    assert world.deploy(Model={**MAXIMAL, "sharedAudienceMetrics": ["NONE"]}).status == "COMPLETE"
    world.check()


def test_every_two_positions_meet_in_a_row() -> None:
    unknowns = positions()
    for one, other in combinations(unknowns, 2):
        met = {(row[one], row[other]) for row in rows()}
        assert met == {(a, b) for a in unknowns[one] for b in unknowns[other]}, (one, other)
    assert all(row.keys() == unknowns.keys() for row in rows())


def test_rows_are_the_same_each_time() -> None:
    assert pairwise({"a": (0, 1), "b": (0, 1, 2), "c": ("x", "y")}) == ROWS
