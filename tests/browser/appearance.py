"""How a page looks on every screen: what axe finds in it, and which screens it is too wide for."""

from collections.abc import Mapping
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE

WIDTHS: Final = (320, 390, 768, 1024, 1366, 1920)
_ALL: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
_OF_COLOURS: Final = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
"""The dark theme has other colours than the light one, and nothing else."""

Violations = list[tuple[str, list[str]]]


def faults(page: Page) -> Mapping[str, object]:
    """What is wrong with the page that is open: in light, in dark, on a phone, and at each width in two languages.

    Empty if nothing is. The page is loaded again on the way.
    """
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    found: dict[str, object] = {"light": violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = violations(page, _OF_COLOURS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    found["phone"] = violations(page)
    found["sideways"] = too_narrow_for(page)
    page.set_extra_http_headers({"Accept-Language": "en-GB"})
    page.reload()
    found["sideways in English"] = too_narrow_for(page)
    page.set_extra_http_headers({})
    return {how: what for how, what in found.items() if what}


def violations(page: Page, options: Mapping[str, Any] = _ALL) -> Violations:
    """What axe finds as the page stands now: each rule with the first elements that break it."""
    # A colour on its way from one theme to the other has the contrast of neither.
    page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
    found = Axe().run(page, options=dict(options)).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]


def too_narrow_for(page: Page) -> list[int]:
    """The widths of a screen, in pixels, at which the page would have to be moved sideways."""
    return [width for width in WIDTHS if _width_needed(page, width) > width]


def _width_needed(page: Page, width: int) -> int:
    page.set_viewport_size({"width": width, "height": 800})
    needed: int = page.evaluate("document.documentElement.scrollWidth")
    return needed
