"""The simulator as a fixture, and the matrix of scenarios."""

from __future__ import annotations

import pytest

from .scenarios.coverage_table import pytest_addoption, pytest_collection_modifyitems, pytest_terminal_summary
from .simulation.simulator import Simulator

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_terminal_summary"]


@pytest.fixture
def world() -> Simulator:
    return Simulator()
