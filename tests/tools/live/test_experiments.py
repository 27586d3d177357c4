"""Each experiment tells in which position its switch is, and only what it has seen; each row has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import pytest
from tools.live.documented import ANSWERED, rows
from tools.live.experiments import UNSEEN, all_experiments

from cdk_cleanroomsml.local.service import Switches

from .conftest import open_inputs

if TYPE_CHECKING:
    from tools.live.experiments import Experiment
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

EXPERIMENTS = {each.name: each for each in all_experiments()}

HIDDEN = [
    ("unique_names", "existing_name_is_answered", True),
]
"""Where another switch hides what an experiment looks for: the experiment, and the other switch's position."""


def positions(switch: str) -> list[Any]:
    """All values of a switch that are tried."""
    hint = get_type_hints(Switches)[switch]
    if hint is bool:
        return [False, True]
    if hint in (int, float):
        return [getattr(Switches(), switch), 60]
    words = get_args(hint) if get_origin(hint) is not None else ()
    return [word for each in words for word in get_args(each) or (each if isinstance(each, str) else None,)]


def cases() -> list[tuple[str, Any]]:
    return [(name, at) for name, each in EXPERIMENTS.items() if each.switch for at in positions(each.switch)]


@pytest.mark.parametrize(("name", "position"), cases())
def test_an_experiment_tells_the_position_of_its_switch(name: str, position: Any, run: Run, engine: Engine) -> None:
    each = EXPERIMENTS[name]
    open_inputs(run, engine, each.needs)
    engine.set_switches(**{str(each.switch): position})
    verdict = each.run(run)
    assert (verdict.position, verdict.answer != "not to be told") == (position, True), verdict.because
    assert verdict.evidence


@pytest.mark.parametrize(("name", "hides", "at"), HIDDEN)
def test_no_position_is_told_that_another_switch_hides(
    name: str, hides: str, at: Any, run: Run, engine: Engine
) -> None:
    each = EXPERIMENTS[name]
    open_inputs(run, engine, each.needs)
    for position in positions(str(each.switch)):
        engine.set_switches(**{str(each.switch): position, hides: at})
        assert each.run(run).position is UNSEEN


def test_every_experiment_has_a_row() -> None:
    known = [row for section in ("Documented", "Observed", "Inferred", "Unknown", ANSWERED) for row in rows(section)]
    assert [each.name for each in EXPERIMENTS.values() if each.row not in known] == []


def test_names_are_unique_and_switches_exist() -> None:
    every: list[Experiment] = all_experiments()
    assert len(every) == len(EXPERIMENTS) >= 3
    assert {each.switch for each in every} - {None, *get_type_hints(Switches)} == set()
