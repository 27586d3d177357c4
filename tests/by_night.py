"""Sweeps: by day some of their cases, by night all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
"""Whether this is the night's run."""


def the_rest_by_night(cases: Sequence[Any], by_day: Collection[Any], why: str) -> list[Any]:
    """The cases, for `parametrize`.

    Args:
        cases: all of them; a tuple is several values.
        by_day: those that are tried by day, too.
        why: what proves by day what the others do.
    """
    assert {*by_day} <= {*cases}
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=() if case in by_day else pytest.mark.nightly(why)
        )
        for case in cases
    ]
