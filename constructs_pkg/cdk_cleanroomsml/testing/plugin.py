"""The engine as fixtures: ``pytest_plugins = ["cdk_cleanroomsml.testing.plugin"]`` in the topmost ``conftest.py``.

It needs the extra ``local``. The engine is a process for the whole session, or for each worker of pytest-xdist, and is
reset before each test that uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..local.pins import EngineError
from .engines import EngineOptions, Engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..local.engine import Engine
    from .cdk_project import CdkProject

MARKER = "cleanrooms_ml_engine"


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    options = ", ".join(f"{name}=..." for name in EngineOptions.__annotations__)
    config.addinivalue_line("markers", f"{MARKER}({options}): what the fixture {MARKER} is, for this test")


@pytest.fixture
def cleanrooms_ml_engine_options() -> EngineOptions:
    """What engines are for which a test's marker doesn't say it: to be overridden. All is as it is by default."""
    return {}


@pytest.fixture(scope="session", name="_cleanrooms_ml_engines")
def _engines() -> Iterator[Engines]:
    engines = Engines()
    yield engines
    engines.stop()


@pytest.fixture
def cleanrooms_ml_engine(
    request: pytest.FixtureRequest, cleanrooms_ml_engine_options: EngineOptions, _cleanrooms_ml_engines: Engines
) -> Engine:
    """An AWS with Clean Rooms ML on loopback, in which there is nothing but the audience models that were asked for."""
    options: dict[str, Any] = {**cleanrooms_ml_engine_options}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        if marker.args:
            pytest.fail(f"the marker {MARKER} takes options by name, got {marker.args}", pytrace=False)
        options |= marker.kwargs
    try:
        return _cleanrooms_ml_engines.get(**options)
    except EngineError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def cleanrooms_ml_project(request: pytest.FixtureRequest, cleanrooms_ml_engine: Engine) -> CdkProject:
    """The CDK CLI with that engine, in the nearest folder above the test that has a ``cdk.json``, or pytest's root."""
    from .cdk_project import CdkProject  # it needs the extra's packages, the engine has seen to them

    root: Path = request.config.rootpath
    folder = next((each for each in request.path.parents if (each / "cdk.json").is_file()), root)
    return CdkProject(cleanrooms_ml_engine, folder)
