"""Each page fits on a phone and on a desktop, light and dark, in headless Chromium."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from . import browser
from .browser import DESKTOP, PHONE, chromium, screen
from .pages import pages
from .site import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

if not (browser.CHROMIUM and browser.DRIVER):
    pytest.skip("NO PAGE WAS LOOKED AT: chromium and chromedriver aren't installed", allow_module_level=True)
if sys.version_info < (3, 11):
    pytest.skip("NO PAGE WAS LOOKED AT: Zensical, which builds the site, needs Python 3.11", allow_module_level=True)

LOOK = (Path(__file__).parent / "screens.js").read_text()
SCREENS = ((PHONE, False), (PHONE, True), (DESKTOP, True), (DESKTOP, False))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with chromium() as started:
        yield started


def look(driver: Chrome, width: int, dark: bool) -> list[str]:
    """What doesn't fit, once the page has taken the colours of the system."""
    screen(driver, width, dark)

    def seen(driver: Chrome) -> dict[str, Any] | None:
        found = dict(driver.execute_script(LOOK))
        return found if found["light"] != dark else None

    return list(WebDriverWait(driver, 10, 0.02).until(seen)["problems"])


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
