"""The table of the design's page is what the code says, and nothing in it is left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import guidelines

if TYPE_CHECKING:
    from constructs import Construct


@pytest.fixture(scope="module")
def made() -> dict[str, Construct]:
    return guidelines.instances()


@pytest.mark.parametrize("guideline", guidelines.GUIDELINES)
@pytest.mark.parametrize("name", guidelines.constructs())
def test_a_construct_keeps_to_a_guideline_or_says_why_not(
    made: dict[str, Construct], name: str, guideline: str
) -> None:
    mark = guidelines.mark(name, guidelines.constructs()[name], made[name], guideline)
    assert mark == ("—" if (name, guideline) in guidelines.NOT_APPLICABLE else "✔")


def test_the_page_has_the_table() -> None:
    section = guidelines.section()
    assert guidelines.written(guidelines.PAGE.read_text()) == section, "python -m tests.docs.guidelines"
    assert section.count("✔") > 40
