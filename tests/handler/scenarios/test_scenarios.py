"""The cases, in the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..simulation.resource_types import ASSOCIATIONS
from .all_scenarios import CASES, Case

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=case.marks) for case in CASES],
)
def test_scenario(case: Case, world: Simulator) -> None:
    world.prepare(case.subject)
    case.steps(world)
    assert world.cloudformation.violations == []
    world.check_secrets()


ABOUT_TAGS = {
    f"{name}-association"
    for name in (
        "several_resources",
        "tags",
        "throttling",
        "update_fails_half_way",
        "update_of_the_deleted",
        "update_then_another_resource_fails",
    )
}
"""Cases that change tags, which such a service refuses."""


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=case.marks)
        for case in CASES
        if case.subject is ASSOCIATIONS and case.name not in ABOUT_TAGS
    ],
)
def test_association_whose_tags_nobody_tells(case: Case, world: Simulator) -> None:
    """The same, where the service refuses to list the tags of an association."""
    world.switches.association_tags_refused = True
    world.prepare(case.subject)
    case.steps(world)
    assert world.cloudformation.violations == []
