from __future__ import annotations

import pytest
from benchmarks.figures import Spread, line, most, ratio, spread
from hypothesis import given
from hypothesis import strategies as st

SECONDS = st.floats(min_value=0.001, max_value=1000)


def test_a_spread_is_the_median_the_lowest_and_the_highest() -> None:
    assert spread([5, 1, 9, 2, 8]) == Spread(5, 1, 9)


@given(st.lists(SECONDS, min_size=1))
def test_a_median_lies_within_its_spread(values: list[float]) -> None:
    found = spread(values)
    assert found.low <= found.median <= found.high


@given(fixed=SECONDS, each=SECONDS, models=st.lists(st.integers(1, 500), min_size=2, unique=True))
def test_a_line_is_found_again(fixed: float, each: float, models: list[int]) -> None:
    found = line((number, fixed + each * number) for number in models)
    assert found.each == pytest.approx(each, rel=1e-6, abs=1e-6)
    assert found.fixed == pytest.approx(fixed, rel=1e-6, abs=1e-3)


def test_a_line_goes_between_points_that_are_not_on_one() -> None:
    found = line([(0, 0), (1, 2), (2, 1), (3, 3)])
    assert [found.each, found.fixed] == pytest.approx([0.8, 0.3])


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was ten times slower in the second round: the medians' ratio would be 0.55.
    assert ratio({0: 1.0, 1: 10.0}, {0: 2.0, 1: 20.0}) == Spread(0.5, 0.5, 0.5)


def test_a_round_that_one_side_lacks_has_no_ratio() -> None:
    assert ratio({0: 1.0, 1: 3.0}, {0: 2.0}) == Spread(0.5, 0.5, 0.5)


@pytest.mark.parametrize(("fixed", "each", "fits"), [(10, 1, 490), (6, 5, 98), (12, 1.0000000001, 488), (0, 7, 71)])
def test_how_many_fit_into_a_limit(fixed: float, each: float, fits: int) -> None:
    assert most(500, fixed, each) == fits
