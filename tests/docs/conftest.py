from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_cleanroomsml.testing.engines import Engines

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """One engine for all pages, but for Getting started, which starts its own."""
    engines = Engines()
    yield engines
    engines.stop()
