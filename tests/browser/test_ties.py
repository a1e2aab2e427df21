"""Due visits, pairings, teams and units at a screen: axe, no sideways scroll, the keyboard, and no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_pages import WIDTHS, _violations

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "what is due": "/people/due",
    "a round of nobody": "/people/due/round",
    "pairings": "/pairings",
    "a new pairing": "/pairings/new",
    "who has nobody": "/pairings/missing",
    "teams": "/teams",
    "a team": "/teams/T-YM",
    "who leaves a team": "/teams/T-YM/members?person=V012",
    "a new team": "/teams/new",
    "units": "/units/X01",
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_light_in_dark_and_on_a_phone(look: Look, name: str) -> None:
    page = look(PAGES[name])
    found = {"light": _violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = _violations(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    found["phone"] = _violations(page)
    assert found == {"light": [], "dark": [], "phone": []}


@pytest.mark.parametrize("path", PAGES.values())
def test_no_page_moves_sideways(look: Look, path: str) -> None:
    page = look(path, language="en-GB")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_a_round_is_made_by_keyboard_and_undone(look: Look) -> None:
    page = look("/people/due")
    before = page.locator(".head .sub").inner_text()
    first = page.locator("input[name=visit]").first
    first.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-chosen]")).to_have_text("已选 1 户")
    page.get_by_role("button", name="组成一次走访").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("一次走访")
    assert _violations(page) == []
    page.get_by_role("button", name="排好这次走访").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_contain_text("一次走访已排好")
    page.get_by_role("button", name="撤销").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_contain_text("这次走访已撤销")
    assert page.locator(".head .sub").inner_text() == before


def test_pairings_are_handed_over_without_scripts_and_back(look: Look) -> None:
    page = look("/pairings?q=曹思雨", scripts=False)
    boxes = page.locator("input[name=pairing]")
    boxes.first.check()
    page.get_by_role("button", name="交接或结束").click()
    page.get_by_label("交接给谁").fill("没有这个人")
    page.get_by_role("button", name="交接", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("没有这个人")
    page.get_by_label("交接给谁").fill("程宏伟")
    page.get_by_role("button", name="交接", exact=True).click()
    expect(page.locator(".status-line")).to_contain_text("已交接给 程宏伟")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".status-line")).to_contain_text("结对照旧")


def test_the_tree_folds_by_keyboard(look: Look) -> None:
    page = look("/units")
    inner = page.locator(".unit-tree ul ul details").first
    assert inner.get_attribute("open") is None
    inner.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert inner.get_attribute("open") is not None
