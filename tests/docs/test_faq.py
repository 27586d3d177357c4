"""Each error of the FAQ is one that a program says, in these words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import ministack
import pytest

import cdk_cleanroomsml

from .pages import DOCS, REPOSITORY
from .said import messages

PACKAGE = Path(cdk_cleanroomsml.__file__).parent
FAQ = (DOCS / "faq.md").read_text()
CLI = "From the CDK CLI"
# Between two pieces of a message is a value, or another message that it begins with. Some values are written out,
# because people look for them.
BETWEEN = re.compile(r"…|: |\bNone\b|\bAccessDeniedException\b|\bcreation\b|\bupdate(?= cancelled)")


def errors() -> list[tuple[str, str]]:
    """The sections, and the errors in them."""
    found = []
    for section in re.split(r"^## ", FAQ, flags=re.MULTILINE)[1:]:
        who = section.partition("\n")[0]
        for heading in re.findall(r"^### (.*)$", section, re.MULTILINE):
            found += [(who, error) for error in re.findall(r"`([^`]+)`", heading)]
    return found


@cache
def said(by_cli: bool) -> tuple[str, ...]:
    """All that the CDK CLI says, or this library, and the engine for CloudFormation when it refuses a request."""
    if by_cli:
        program = (REPOSITORY / "node_modules" / "aws-cdk" / "lib" / "index.js").read_text()
        return (re.sub(r"\$\{[^}]*\}", "…", program),)
    requests = Path(str(ministack.__file__)).parent / "services" / "cloudformation" / "handlers.py"
    return tuple(text for place in (PACKAGE, requests) for text in messages(place))


@pytest.mark.parametrize(("who", "error"), errors(), ids=lambda value: value[:40])
def test_an_error_of_the_faq_is_said(who: str, error: str) -> None:
    """Each piece of it, between the values."""
    pieces = [piece.strip(" .;:,'()?") for piece in BETWEEN.split(error)]
    assert [piece for piece in pieces if piece and not any(piece in text for text in said(who == CLI))] == []


def test_every_section_has_errors_and_each_stands_once() -> None:
    found = [error for _, error in errors()]
    assert len(found) == len(set(found)) >= 30
    assert len({who for who, _ in errors()}) == len(re.findall(r"^## ", FAQ, re.MULTILINE))
