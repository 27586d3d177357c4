"""Runs the examples in the README, one after another in one namespace, as a reader would."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["README.md"]).pytest()

# The CDK's own validation of templates takes longer than all the rest of a synthesis, and only warns by default:
# one test asks for it and has it fail what is wrong (tests/constructs/test_security.py).
os.environ["CDK_VALIDATION"] = "false"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is measured is how the function's own tests cover it; measuring everywhere takes time."""
    own = Path(__file__).parent / "tests" / "handler"
    for item in items:
        if own not in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
