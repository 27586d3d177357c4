"""The site is built without a warning, and fetches nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from .pages import REPOSITORY, pages


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=REPOSITORY,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


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
    assert not list(site.rglob("*.py"))
