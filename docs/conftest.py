"""Runs the examples of a page one after another, in one namespace, as a reader.

A block with a title is a file of the reader's own: tests/docs writes it to a
folder and runs it there.
"""

from __future__ import annotations

from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def synthesise(namespace: dict[str, Any]) -> None:
    """What a page defines is a whole application."""
    if "app" in namespace:
        namespace["app"].synth()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], patterns=["*.md"], teardown=synthesise
).pytest()
