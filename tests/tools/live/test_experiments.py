"""Each experiment tells in which position its switch is, and only what it has seen; each row has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tools.live.documented import ANSWERED, rows
from tools.live.experiments import all_experiments

from cdk_cleanroomsml.local.service import positions

from .conftest import open_inputs

if TYPE_CHECKING:
    from tools.live.experiments import Experiment
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

EXPERIMENTS = {each.name: each for each in all_experiments()}


def cases() -> list[tuple[str, Any]]:
    return [(name, at) for name, each in EXPERIMENTS.items() if each.switch for at in positions()[each.switch]]


@pytest.mark.parametrize(("name", "position"), cases())
def test_an_experiment_tells_the_position_of_its_switch(name: str, position: Any, run: Run, engine: Engine) -> None:
    each = EXPERIMENTS[name]
    open_inputs(run, engine, each.needs)
    engine.set_switches(**{str(each.switch): position})
    verdict = each.run(run)
    assert (verdict.position, verdict.answer != "not to be told") == (position, True), verdict.because
    assert verdict.evidence


def test_every_experiment_has_a_row() -> None:
    known = [row for section in ("Documented", "Observed", "Inferred", "Unknown", ANSWERED) for row in rows(section)]
    assert [each.name for each in EXPERIMENTS.values() if each.row not in known] == []


def test_names_are_unique_and_switches_exist() -> None:
    every: list[Experiment] = all_experiments()
    assert len(every) == len(EXPERIMENTS) >= 2
    assert {each.switch for each in every} - {None, *positions()} == set()
