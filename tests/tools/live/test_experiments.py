"""Each experiment tells in which position its switch is, and only what it has seen; each row has one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import pytest
from tools.live.experiments import UNSEEN, all_experiments

from cdk_cleanroomsml.local.service import Switches

from .conftest import open_inputs

if TYPE_CHECKING:
    from tools.live.experiments import Experiment
    from tools.live.run import Run

    from cdk_cleanroomsml.local.engine import Engine

LIMITATIONS = (Path(__file__).parents[3] / "docs" / "limitations.md").read_text()
EXPERIMENTS = {each.name: each for each in all_experiments()}

NOT_TOLD = {
    ("unique_names", "unique_names", ("existing_name_is_answered", True)),
}
"""Where one switch hides another: the experiment, its switch, and what hides it."""


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


@pytest.mark.parametrize(("name", "switch", "hidden_by"), NOT_TOLD)
def test_nothing_is_told_that_another_switch_hides(
    name: str, switch: str, hidden_by: tuple[str, Any], run: Run, engine: Engine
) -> None:
    for position in positions(switch):
        open_inputs(run, engine, EXPERIMENTS[name].needs)
        engine.set_switches(**{switch: position, hidden_by[0]: hidden_by[1]})
        verdict = EXPERIMENTS[name].run(run)
        assert (verdict.answer, verdict.position) == ("not to be told", UNSEEN)


def rows(*sections: str) -> list[str]:
    """The first cells of these sections' tables."""
    found = []
    for section in sections:
        text = LIMITATIONS.partition(f"## {section}\n")[2].partition("\n## ")[0]
        lines = [line for line in text.splitlines() if line.startswith("|")][2:]
        found += [re.split(r"(?<!\\)\|", line)[1].strip() for line in lines]
    return found


def test_every_experiment_has_a_row() -> None:
    known = rows("Documented", "Observed", "Inferred", "Unknown")
    assert [each.name for each in EXPERIMENTS.values() if each.row not in known] == []


def test_names_are_unique_and_switches_exist() -> None:
    every: list[Experiment] = all_experiments()
    assert len(every) == len(EXPERIMENTS) >= 3
    assert {each.switch for each in every} - {None, *get_type_hints(Switches)} == set()
