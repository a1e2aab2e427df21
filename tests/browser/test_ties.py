"""Due visits, pairings, teams and units at a screen: axe, no sideways scroll, the keyboard, and no scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.appearance import faults, violations

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "what is due": "/people/due",
    "who leaves a team": "/teams/T-YM/members?person=V012",
    "units": "/units/X01",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


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
    assert violations(page) == []
    page.get_by_role("button", name="排好这次走访").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_contain_text("一次走访已排好")
    page.get_by_role("button", name="撤销").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_contain_text("这次走访已撤销")
    expect(page.locator(".head .sub")).to_have_text(before)


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
    expect(inner).to_have_attribute("open", "")
