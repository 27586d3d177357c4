"""The site is built without a warning, has every page, and fetches nothing."""

from __future__ import annotations

import importlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .pages import REPOSITORY, pages
from .site import CONFIGURATION, build

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info < (3, 11):
    pytest.skip("Zensical, which builds the site, needs Python 3.11", allow_module_level=True)

PROJECT = importlib.import_module("tomllib").loads((REPOSITORY / CONFIGURATION).read_text())["project"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


class Fetched(HTMLParser):
    """What a browser fetches to show a page: everything but what is behind a link."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("rel") in ("canonical", "next", "prev"):
            return
        address = given.get("src") or (given.get("href") if tag == "link" else None)
        if address:
            self.addresses.append(address)


def test_it_fetches_nothing_from_elsewhere(site: Path) -> None:
    found = 0
    for page in site.rglob("*.html"):
        for address in Fetched(page).addresses:
            found += 1
            assert not re.match(r"(https?:)?//", address), f"{page.name} fetches {address}"
            assert page.name == "404.html" or (page.parent / address.partition("?")[0]).exists(), address
    assert found > len(pages())


def test_every_page_is_there_and_nothing_else(site: Path) -> None:
    built = {path.relative_to(site) for path in site.rglob("*.html")} - {Path("404.html")}
    assert built == {Path(page).with_suffix(".html") for page in pages()}
    kinds = {path.suffix for path in site.rglob("*") if path.is_file()} - {""}
    assert kinds <= {".css", ".html", ".inv", ".js", ".json", ".png", ".svg", ".xml"}


def test_every_page_stands_once_in_the_navigation() -> None:
    """Zensical doesn't say when a page is left out, or isn't there."""
    assert sorted(named(PROJECT["nav"])) == pages()


def named(entries: Any) -> Iterator[str]:
    for entry in entries:
        for value in entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from named(value)


ISSUES = {
    "[there](#nowhere)": "anchor does not exist",
    "[there](nowhere.md)": "page does not exist",
    "[there][cdk_cleanroomsml.Nothing]": "unresolved autoref",
}


@pytest.mark.parametrize(
    ("lines", "complaints"),
    [
        ([*ISSUES], [*ISSUES.values(), f"{len(ISSUES)} issues found"]),
        (["::: cdk_cleanroomsml.Nothing"], ["cdk_cleanroomsml.Nothing could not be found"]),
    ],
    ids=["issues", "nothing"],
)
def test_what_is_wrong_in_a_page_stops_the_build(lines: list[str], complaints: list[str], tmp_path: Path) -> None:
    (pages := tmp_path / "pages").mkdir()
    (pages / "index.md").write_text("\n\n".join(["# A page", *lines]))
    with pytest.raises(AssertionError) as raised:
        build(tmp_path, pages)
    assert [each for each in complaints if each not in str(raised.value)] == []
