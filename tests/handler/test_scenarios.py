"""The cases, in the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cases import CASES, Case

if TYPE_CHECKING:
    from .world import World


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=pytest.mark.scenario(*case.rows)) for case in CASES]
)
def test_scenario(case: Case, world: World) -> None:
    case.steps(world)
    assert world.cloudformation.violations == []
    world.check_secrets()
