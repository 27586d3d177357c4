"""No scenario without a test."""

from __future__ import annotations

import pytest

from .matrix import ROWS, rows_in_sources

FOUND = rows_in_sources()


@pytest.mark.parametrize("row", ROWS)
def test_every_scenario_has_a_test(row: int) -> None:
    assert FOUND[row], f"no test names scenario {row}: {ROWS[row]}"


def test_no_test_names_a_scenario_that_does_not_exist() -> None:
    assert set(FOUND) <= set(ROWS)
