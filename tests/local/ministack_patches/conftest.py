"""What the tests of Step Functions and of schedules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

from .machines import Machines


@pytest.fixture
def machines(engine: Engine) -> Machines:
    return Machines(engine)
