"""The cases of tests/handler/scenarios once more: through CloudFormation and Lambda of the embedded engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..handler.scenarios.all_scenarios import CASES, IMPATIENT, Case
from ..handler.simulation.resource_types import AUDIENCE_MODEL, CONFIGURED_MODELS, MINIMAL, OTHER_AUDIENCE_MODEL
from .engine_driver import EngineDriver, publish_function

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine


@pytest.fixture
def driver(engine: Engine, tmp_path: Path) -> EngineDriver:
    engine.seed_audience_model(AUDIENCE_MODEL)
    engine.seed_audience_model(OTHER_AUDIENCE_MODEL)
    return EngineDriver(engine, tmp_path)


OTHER_TYPES = {
    "all_deliveries_crash-association",
    "crash_after_create-audience",
    "create_maximal-association",
    "create_maximal-audience",
    "delete_while_training",
    "its_model_is_replaced",
    "rename_in_place",
    "replacement-audience",
    "retrained_update_of_the_deleted",
}
"""The cases of other types that go through the engine; what all types have in common is proved for one of them."""

SIMULATED_ONLY = {
    "a_replacement_that_is_asked_for",
    "a_replacement_that_is_asked_for_is_rolled_back",
    "an_audience_model_in_training_is_told_at_once",
    "does_not_wait_for_what_never_comes",
    "protection_that_comes_with_the_replacement",
    "retrained_replacement",
    "retrained_update_of_nothing_else",
    "taken_back_from_the_retraining",
    "waits_in_vain",
    "waits_no_longer_than_the_function_may",
}
"""What only costs time here: the engine adds nothing to it."""


BY_DAY = {
    "all_deliveries_crash-configured",
    "all_problems_at_once-configured",
    "create_maximal-association",
    "create_maximal-audience",
    "create_maximal-configured",
    "delete_while_training",
    "its_model_is_replaced",
    "rename_in_place",
    "replacement_then_another_resource_fails-configured",
    "replacement-configured",
    "retain-configured",
    "retrained_roll_back",
    "throttling-configured",
    "update_fails_half_way-configured",
}
"""One for each thing that the engine does in its own way: crashes, repeated deliveries, roll-backs, clean-up."""
NIGHTLY = pytest.mark.nightly("by day the same cases run in the simulation, and one of each kind in the engine")


def marks(case: Case) -> list[pytest.MarkDecorator]:
    return [*case.marks] if case.name in BY_DAY else [*case.marks, NIGHTLY]


def test_those_by_day_are_there() -> None:
    assert {case.name for case in CASES} >= BY_DAY


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=marks(case))
        for case in CASES
        if (case.subject is CONFIGURED_MODELS or case.name in OTHER_TYPES) and case.name not in SIMULATED_ONLY
    ],
)
def test_scenario(case: Case, driver: EngineDriver) -> None:
    driver.prepare(case.subject)
    case.steps(driver)


@pytest.mark.scenario(39)
def test_a_function_that_can_not_be_imported_fails_at_once(driver: EngineDriver, engine: Engine) -> None:
    publish_function(engine, dispatch="raise ImportError('no such module')")
    result = driver.deploy(Model=MINIMAL)
    # It can't know that there is nothing to delete, either.
    assert result.status == "ROLLBACK_FAILED"
    assert "internal error (ImportError)" in result.reason
    assert driver.operations() == []


@pytest.mark.scenario(45)
def test_a_model_that_can_not_be_deleted_can_be_retained(driver: EngineDriver) -> None:
    driver.deploy(Model={**MINIMAL, **IMPATIENT})
    driver.faults.refuse_delete = True
    assert driver.destroy().status == "DELETE_FAILED"
    assert driver.destroy(retain=["Model"]).status == "DELETE_COMPLETE"
    assert len(driver.models()) == 1
