"""The simulator as a fixture, and the matrix of scenarios."""

from __future__ import annotations

import pytest

from .matrix import pytest_addoption, pytest_collection_modifyitems, pytest_terminal_summary
from .world import World

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_terminal_summary"]


@pytest.fixture
def world() -> World:
    return World()
