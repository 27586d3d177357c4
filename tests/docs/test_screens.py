"""Each page fits on a phone and on a desktop, light and dark, in headless Chromium."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from . import browser
from .browser import DESKTOP, PHONE, chromium, screen
from .pages import DOCS, pages
from .site import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

LOOK = (Path(__file__).parent / "screens.js").read_text()
HTML = "http://www.w3.org/1999/xhtml"
LOOK_AT_DIAGRAM = (Path(__file__).parent / "diagrams.js").read_text()
SCREENS = ((PHONE, False), (PHONE, True), (DESKTOP, True), (DESKTOP, False))


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    if not (browser.CHROMIUM and browser.DRIVER):
        pytest.skip("NO PAGE WAS LOOKED AT: chromium and chromedriver aren't installed")
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    request.getfixturevalue("driver")  # without it, nothing is built
    if sys.version_info < (3, 11):
        pytest.skip("NO PAGE WAS LOOKED AT: Zensical, which builds the site, needs Python 3.11")
    return build(tmp_path_factory.mktemp("site"))


def look(driver: Chrome, width: int, dark: bool, script: str = LOOK) -> list[str]:
    """What doesn't fit, once the page has taken the colours of the system."""
    screen(driver, width, dark)

    def seen(driver: Chrome) -> dict[str, Any] | None:
        found = dict(driver.execute_script(script))
        return found if found["light"] != dark else None

    found = WebDriverWait(driver, 10, 0.02).until(seen)
    assert found is not None
    return list(found["problems"])


@pytest.mark.parametrize("page", pages())
def test_a_page_fits_and_is_light_or_dark_as_the_system_is(page: str, site: Path, driver: Chrome) -> None:
    """The system changes while the page is open, and what was chosen at an earlier visit doesn't stay."""
    driver.get((site / page).with_suffix(".html").as_uri())
    for width, dark in SCREENS:
        assert look(driver, width, dark) == [], f"{width} px, dark: {dark}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<p style="width: 900px">wide</p>', "the page is 9"),
        ('<p style="width: 900px">wide</p>', "<p> “wide” reaches from"),
        ('<p style="width: 90px; overflow: hidden">incomprehensibilities</p>', "is cut off"),
        ('<img src="nothing.svg" alt="a picture">', "isn't shown"),
        ('<div style="margin-left: -99px">left</div>', "reaches from -"),
        ('<div style="overflow-x: auto"><p style="width: 900px">wide</p></div>', ""),
    ],
)
def test_what_does_not_fit_is_found(content: str, problem: str, driver: Chrome, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><body style="background: #fff"><div class="md-content">{content}</div>')
    driver.get(page.as_uri())
    found = look(driver, PHONE, dark=False)
    assert (problem in "\n".join(found)) if problem else found == []


def test_code_that_has_to_be_scrolled_is_found_where_there_is_room(driver: Chrome, tmp_path: Path) -> None:
    code = f'<code style="display: block; overflow: auto; width: 90px">{"letters " * 9}</code>'
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><body style="background: #fff"><div class="md-content"><pre>{code}</pre></div>')
    driver.get(page.as_uri())
    (found,) = look(driver, DESKTOP, dark=False)
    assert found.endswith("has to be scrolled")
    assert look(driver, PHONE, dark=False) == []


@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "diagrams").glob("*.svg")))
def test_a_diagram_can_be_read_and_is_light_or_dark_as_the_system_is(name: str, driver: Chrome) -> None:
    driver.get((DOCS / "diagrams" / name).as_uri())
    for dark in (False, True):
        assert look(driver, DESKTOP, dark, LOOK_AT_DIAGRAM) == [], f"dark: {dark}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<text x="20" y="30" font-size="16">short</text>', ""),
        ('<text x="20" y="30" font-size="16">longer than its box</text>', "runs out of its box"),
        ('<text x="20" y="30" font-size="12">short</text>', "has letters of 12 px"),
        (
            f'<foreignObject x="20" y="14" width="60" height="9"><div xmlns="{HTML}">two lines</div></foreignObject>',
            "is cut off",
        ),
    ],
)
def test_what_can_not_be_read_in_a_diagram_is_found(text: str, problem: str, driver: Chrome, tmp_path: Path) -> None:
    box = '<g class="shape"><rect x="10" y="10" width="80" height="30" style="fill: #fff"/></g>'
    picture = tmp_path / "picture.svg"
    size = 'width="300" height="60" style="font-size: 16px"'
    picture.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size}><g>{box}{text}</g></svg>')
    driver.get(picture.as_uri())
    found = look(driver, DESKTOP, dark=False, script=LOOK_AT_DIAGRAM)
    assert (problem in "\n".join(found)) if problem else found == []
