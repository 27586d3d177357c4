"""The reference is whole, and so are the docstrings that it is made of."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import TYPE_CHECKING, Any

import griffe
import pytest

import cdk_cleanroomsml
from cdk_cleanroomsml import testing
from cdk_cleanroomsml.local import service
from cdk_cleanroomsml.local.cli import main as local

from .pages import DOCS, table

if TYPE_CHECKING:
    from collections.abc import Iterator

CONSTRUCTS = [getattr(cdk_cleanroomsml, name) for name in cdk_cleanroomsml.__all__]
# What serves inside the engine: its own users meet it only as an argument or a result.
INSIDE = {"Response", "ServiceError"}


def referred(*pages: str) -> set[str]:
    texts = [(DOCS / "reference" / page).read_text() for page in pages]
    return set(re.findall(r"^::: ([\w.]+)$", "\n".join(texts), re.MULTILINE))


def test_every_public_name_is_in_the_reference() -> None:
    names = {f"cdk_cleanroomsml.{name}" for name in cdk_cleanroomsml.__all__}
    engine_pages = {"engine.md", "faults.md", "service.md"}
    others = {"index.md", "local.md", "operators-json.md", "testing.md"} | engine_pages
    assert referred(*{page.name for page in (DOCS / "reference").glob("*.md")} - others) == names
    index = re.findall(r"^\* \[(\w+)\]\[([\w.]+)\]: ", (DOCS / "reference" / "index.md").read_text(), re.MULTILINE)
    assert {address for name, address in index if address == f"cdk_cleanroomsml.{name}"} == names
    assert referred("testing.md") == {f"cdk_cleanroomsml.testing.{name}" for name in testing.__all__}
    wanted = {f"cdk_cleanroomsml.local.service.{name}" for name in set(service.__all__) - INSIDE}
    engine = {"cdk_cleanroomsml.local.engine.Engine", "cdk_cleanroomsml.local.pins.EngineError"}
    assert referred(*engine_pages) == wanted | engine


def documented(function: Any) -> list[str]:
    """The names in the Args of a docstring."""
    docstring = griffe.Docstring(inspect.getdoc(function) or "")
    return [
        str(argument.name)
        for section in docstring.parse("google", warnings=False)
        if section.kind is griffe.DocstringSectionKind.parameters
        for argument in section.value
    ]


def functions() -> Iterator[Any]:
    for construct in CONSTRUCTS:
        for name, member in vars(construct).items():
            function = getattr(member, "__func__", member)
            ours = inspect.isfunction(function) and function.__module__.startswith("cdk_cleanroomsml")
            # A dataclass documents its fields, each in its place.
            written = name == "__init__" and not dataclasses.is_dataclass(construct)
            if ours and (written or not name.startswith("_")):
                yield pytest.param(function, id=function.__qualname__)
    for name in testing.__all__:
        if inspect.isfunction(getattr(testing, name)):
            yield pytest.param(getattr(testing, name), id=name)


@pytest.mark.parametrize("function", list(functions()))
def test_every_parameter_is_documented(function: Any) -> None:
    parameters = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]
    assert documented(function) == parameters


@pytest.mark.parametrize(
    ("page", "construct"),
    [
        ("reference/configured-audience-model.md", cdk_cleanroomsml.ConfiguredAudienceModel),
        ("guides/output.md", cdk_cleanroomsml.AudienceOutput),
    ],
)
def test_a_table_names_every_parameter(page: str, construct: type) -> None:
    cells = re.findall(r"^\| (`.*?`) \|", (DOCS / page).read_text(), re.MULTILINE)
    rows = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    parameters = inspect.signature(vars(construct)["__init__"]).parameters.values()
    assert {each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY} <= {*rows}


def test_the_guide_names_every_option_of_the_provider() -> None:
    text = (DOCS / "guides" / "provider.md").read_text()
    parameters = inspect.signature(cdk_cleanroomsml.CleanRoomsMLProvider.__init__).parameters.values()
    options = [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    rows = {name for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert set(options) <= rows


def test_every_option_of_the_local_engine_is_in_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        local.main(["--help"])
    options = set(re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, re.MULTILINE))
    assert {row[0].strip("`").split()[0] for row in table("reference/local.md", "option")} == options
