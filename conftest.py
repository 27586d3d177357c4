"""Runs the examples in the README, one after another in one namespace, as a reader would."""

from __future__ import annotations

from typing import Any

import cdk_nag
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def nag_has_nothing_left_to_say(namespace: dict[str, Any]) -> None:
    """The acknowledgements at the end of the page are all that its first stack needs."""
    left = cdk_nag.AwsSolutionsChecks(namespace["app"]).validate_scope(namespace["stack"]).violations
    assert [violation.rule_name for violation in left] == []


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], patterns=["README.md"], teardown=nag_has_nothing_left_to_say
).pytest()
