"""Runs the examples in the README, one after another in one namespace, as a reader would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from tests.worlds import Worlds

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["README.md"]).pytest()

# The CDK's own validation of templates takes longer than all the rest of a synthesis, and only warns by default:
# one test asks for it and has it fail what is wrong (tests/constructs/test_security.py).
os.environ["CDK_VALIDATION"] = "false"

ROOT = Path(__file__).parent

# No test waits while the CDK CLI pauses.
os.environ["NODE_OPTIONS"] = f'{os.environ.get("NODE_OPTIONS", "")} --require="{ROOT / "tests" / "without_pauses.cjs"}"'

LONG = (
    "tests/deploy/test_cli.py",
    "tests/docs/test_getting_started.py",
    "tests/deploy/test_examples.py",
    "tests/deploy/test_scenarios.py",
    "tests/benchmarks/test_measure.py",
    "tests/constructs/composition/test_compositions_checked.py",
    "tests/local/cli/test_command_line.py",
    "tests/deploy/test_retraining.py",
    "tests/deploy/test_chain_iam.py",
    "tests/deploy/test_iam.py",
    "tests/deploy/test_overlap.py",
    "tests/deploy/test_training.py",
    "tests/deploy/test_lifecycle.py",
    "tests/deploy/test_partner_iam.py",
    "tests/deploy/test_permissions_go_last.py",
    "tests/local/ministack_patches/test_stack_operations.py",
    "tests/local/ministack_patches/test_custom_resources.py",
    "tests/local/ministack_plugin/test_iam.py",
    "tests/constructs/composition/test_compositions.py",
    "tests/docs/test_testing_guide.py",
    "tests/docs/test_readme.py",
    "tests/local/ministack_patches/test_issue_texts.py",
    "tests/local/test_engine.py",
    "tests/handler/reconciliation/test_random_chain_histories.py",
    "tests/handler/reconciliation/test_concurrent_requests.py",
    "tests/handler/reconciliation/test_random_histories.py",
    "tests/benchmarks/test_chain.py",
    "tests/examples/test_examples.py",
    "tests/packaging/test_wheel.py",
)
"""Files that take long, each as a whole in one process: first, so that none runs alone at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """See tests/worlds.py."""
    told = "the world that the tests run in: usual, surprised, pairwise-<row>, or switches in JSON"
    parser.addoption("--switches", default=os.environ.get("SWITCHES") or "usual", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Enters the world."""
    config.pluginmanager.register(Worlds(config.getoption("--switches")), "worlds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is measured is how the function's own tests cover it; measuring everywhere takes time."""
    ranks = {ROOT / name: rank for rank, name in enumerate(LONG)}
    items.sort(key=lambda item: ranks.get(item.path, len(LONG)))
    own = ROOT / "tests" / "handler"
    for item in items:
        if own not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
        for mark in item.iter_markers("nightly"):
            if os.environ.get("HYPOTHESIS_PROFILE") != "nightly":
                item.add_marker(pytest.mark.skip(reason=f"by night only (HYPOTHESIS_PROFILE=nightly): {mark.args[0]}"))
