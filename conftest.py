"""Runs the examples in the README, one after another in one namespace, as a reader would."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from tests.by_night import NIGHT
from tests.worlds import Worlds
from tools.set_up import Environment

# What an `assert` of the scenarios compared is told when it fails.
pytest.register_assert_rewrite("tests.handler.scenarios")

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["README.md"]).pytest()

# As with `make`: the Node.js and the programs of this environment, whatever else the machine has, or hasn't.
if "JSII_NODE" not in os.environ:
    os.environ.update(Environment(Path(sys.prefix)).variables(os.environ))

# The CDK's own validation of templates takes longer than all the rest of a synthesis, and only warns by default:
# one test asks for it and has it fail what is wrong (tests/constructs/composition/test_chain_checked.py).
os.environ["CDK_VALIDATION"] = "false"

ROOT = Path(__file__).parent

# Nearly all that the tests make stays to their end, so looking for what doesn't takes up to a tenth of their time.
gc.set_threshold(50_000)

# However slow the machine is, no test fails for it.
settings.register_profile(
    "untimed",
    settings(),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=settings().derandomize and not NIGHT,  # hypothesis itself repeats all where CI is set
)
settings.load_profile("untimed")

# No test waits while the CDK CLI pauses.
os.environ["NODE_OPTIONS"] = f'{os.environ.get("NODE_OPTIONS", "")} --require="{ROOT / "tests" / "without_pauses.cjs"}"'


def pytest_addoption(parser: pytest.Parser) -> None:
    """See tests/worlds.py."""
    told = "the world that the tests run in: usual, surprised, pairwise-<row>, or switches in JSON"
    parser.addoption("--switches", default=os.environ.get("SWITCHES") or "usual", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Enters the world."""
    config.pluginmanager.register(Worlds(config.getoption("--switches")), "worlds")


def pytest_sessionfinish() -> None:
    """Has nobody look once more through all that the process ends with."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is for the night is skipped by day, and says why; measuring a sweep would take as long again."""
    for item in items:
        if item.get_closest_marker("sweep"):
            item.add_marker("no_cover")
    if NIGHT:
        return
    for item in items:
        for mark in item.iter_markers("nightly"):
            item.add_marker(pytest.mark.skip(reason=f"by night only (HYPOTHESIS_PROFILE=nightly): {mark.args[0]}"))
