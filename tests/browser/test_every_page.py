"""Every page of the sample county at a screen: nothing for axe in light, in dark and on a phone, nothing sideways."""

from collections.abc import Mapping

import pytest
from playwright.sync_api import Page

from settings import Settings
from tests.browser.conftest import DESKTOP, PHONE, Site
from tests.browser.test_pages import Look, _violations
from tests.site import addresses, work_on

pytestmark = pytest.mark.browser

NARROW, WIDE = 320, 1920
ALONE = {"/login", "/welcome/{secret}"}


@pytest.fixture(scope="module")
def pages(site: Site) -> Mapping[str, str]:
    work_on(site.engine, Settings())
    return addresses(site.engine)


def _moves_sideways(page: Page, width: int) -> bool:
    page.set_viewport_size({"width": width, "height": 800})
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide > width


# A list of routes is known only with the county, so the walk is cut into parts that say where they were.
@pytest.mark.parametrize("part", range(6))
def test_every_page_is_clean_and_fits(look: Look, pages: Mapping[str, str], part: int) -> None:
    found: dict[str, object] = {}
    page, alone = look("/settings/roles"), look("/login", signed_in=False)
    for route, address in sorted(pages.items())[part::6]:
        shown = alone if route in ALONE else page
        shown.set_viewport_size(DESKTOP)
        shown.emulate_media(color_scheme="light")
        shown.goto(address)
        seen: dict[str, object] = {"light": _violations(shown)}
        shown.emulate_media(color_scheme="dark")
        seen["dark"] = _violations(shown)
        shown.emulate_media(color_scheme="light")
        shown.set_viewport_size(PHONE)
        seen["phone"] = _violations(shown)
        seen["sideways"] = [width for width in (NARROW, WIDE) if _moves_sideways(shown, width)]
        if wrong := {how: what for how, what in seen.items() if what}:
            found[address] = wrong
    assert found == {}
