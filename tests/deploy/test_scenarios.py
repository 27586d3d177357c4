"""The cases of tests/handler/cases.py once more: through CloudFormation and Lambda of the embedded engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..handler.cases import CASES, Case
from ..handler.world import AUDIENCE_MODEL, OTHER_AUDIENCE_MODEL
from .engine_driver import EngineDriver

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_cleanroomsml.local.engine import Engine


@pytest.fixture
def driver(engine: Engine, tmp_path: Path) -> EngineDriver:
    engine.seed_audience_model(AUDIENCE_MODEL)
    engine.seed_audience_model(OTHER_AUDIENCE_MODEL)
    return EngineDriver(engine, tmp_path)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=pytest.mark.scenario(*case.rows)) for case in CASES]
)
def test_scenario(case: Case, driver: EngineDriver) -> None:
    case.steps(driver)
