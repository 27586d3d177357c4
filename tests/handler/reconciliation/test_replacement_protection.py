"""Replacement protection where CloudFormation doesn't tell what goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..scenarios.configured_audience_model import PROTECTED, SIZES
from ..simulation.resource_types import MINIMAL

if TYPE_CHECKING:
    from ..simulation.simulator import Simulator


def test_who_may_not_ask_protects(world: Simulator) -> None:
    world.deploy(Model={**PROTECTED, **SIZES})
    arn = world.physical_id()
    world.wire.stack_statuses = None
    result = world.deploy(Model=PROTECTED)
    assert result.status == "ROLLBACK_COMPLETE"
    assert "Whether this is a roll-back could not be told: DescribeStacks failed with AccessDenied" in result.reason
    assert "the function's role needs cloudformation:DescribeStacks on its own stack" in result.reason
    assert world.physical_id() == arn
    world.check()


def test_a_roll_back_whose_permission_went_with_the_protection(world: Simulator) -> None:
    world.deploy(Model=PROTECTED)
    arn = world.physical_id()
    world.wire.stack_statuses = None
    assert world.deploy(Model={**MINIMAL, **SIZES}, fails=True).status == "ROLLBACK_COMPLETE"
    assert world.physical_id() == arn


def test_nobody_is_asked_as_long_as_nothing_is_to_be_replaced(world: Simulator) -> None:
    world.wire.stack_statuses = None
    world.deploy(Model={**PROTECTED, **SIZES})
    assert world.deploy(Model={**PROTECTED, **SIZES, "description": "new"}).status == "COMPLETE"
    world.check()
