"""No scenario without a test."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from .coverage_table import NOT_APPLICABLE, ROWS, TYPES, Found, rows_in_sources, scenarios, verdict


@pytest.fixture(scope="module")
def rows() -> dict[int, set[str]]:
    return rows_in_sources()


@pytest.mark.parametrize("row", ROWS)
def test_every_scenario_has_a_test(rows: dict[int, set[str]], row: int) -> None:
    assert rows[row], f"no test names scenario {row}: {ROWS[row]}"


def test_no_test_names_a_scenario_that_does_not_exist(rows: dict[int, set[str]]) -> None:
    assert set(rows) <= set(ROWS)


def test_every_type_has_a_test_or_a_reason(request: pytest.FixtureRequest) -> None:
    here = Path(__file__).parents[1]
    items = [item for item in request.session.items if here in item.path.parents]
    if {item.path for item in items} != set(here.rglob("test_*.py")):
        pytest.skip("not all tests of the handler are run")
    found: Found = defaultdict(dict)
    for item in items:
        for scenario in scenarios(item):
            found[scenario][item.nodeid] = "passed"
    # What needs the engine is proved in tests/deploy.
    elsewhere = (42, 43)
    gaps = [(row, type_) for row in ROWS for type_ in TYPES if verdict(found, row, type_) == "no test"]
    assert [gap for gap in gaps if gap[0] not in elsewhere] == []
    assert [key for key in NOT_APPLICABLE if found[key[1], key[0]]] == []
