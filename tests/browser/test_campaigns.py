"""Campaigns at a screen: schedules built by keyboard with their dates beside them, the way without scripts, axe."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.appearance import faults, violations

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "nothing found": "/campaigns?q=nothing-like-it",
    "one": "/campaigns/XX15",
    "a form after a template": "/campaigns/new?template=double_ninth",
    "a form of one that runs": "/campaigns/FH/edit",
    "what pausing would do": "/campaigns/FD/paused",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


def _choose_pattern(page: Page, words: str) -> None:
    """By keyboard alone: to the radio buttons, then along them."""
    page.locator("[name=pattern]").first.focus()
    page.keyboard.press("Space")
    for _ in range(12):
        chosen = page.evaluate("document.querySelector('[name=pattern]:checked').value")
        if page.locator(f"label.pattern[for='pattern-{chosen}']").all_inner_texts() == [words]:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(words)


def _down(page: Page, steps: int) -> None:
    """Along the list of the select that has the focus."""
    for _ in range(steps):
        page.keyboard.press("ArrowDown")


def test_three_schedules_are_built_by_keyboard_with_their_dates_beside_them(look: Look) -> None:
    page = look("/campaigns/new")
    said, live = page.locator("#preview-says"), page.locator("#preview-live")
    page.locator("#starts_on").fill("2026-11-04")
    page.locator("#ends_on").fill("2027-10-31")

    _choose_pattern(page, "每月")
    page.keyboard.press("Tab")
    expect(page.locator("#every")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#on_day")).to_be_focused()
    _down(page, 15)
    page.locator("#on_holiday").focus()
    _down(page, 3)
    expect(said).to_have_text(re.compile("^共 12 次，首次 11月13日 周五"))
    expect(live).to_have_text(re.compile("^共 12 次，首次"))
    expect(page.locator(".dates li").first).to_contain_text("原 11月15日 周日，提前到 11月13日 周五")

    _choose_pattern(page, "节日")
    page.keyboard.press("Tab")
    expect(page.locator("#festival")).to_be_focused()
    _down(page, 15)
    page.keyboard.press("Tab")
    expect(page.locator("#shift_side")).to_be_focused()
    expect(page.locator("#shift")).to_be_hidden()
    _down(page, 1)
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    expect(said).to_have_text("共 1 次，2027年9月30日 周四")
    expect(page.locator(".dates li").first).to_contain_text("往前第 3 个工作日")

    _choose_pattern(page, "隔多久")
    page.keyboard.press("Tab")
    page.keyboard.type("90")
    expect(said).to_have_text(re.compile(r"^共 \d+ 次"))
    expect(page.locator(".dates li").first).to_contain_text("该走访了")
    assert violations(page) == []


def test_a_campaign_is_made_changed_and_paused_without_scripts(look: Look) -> None:
    page = look("/campaigns/new?template=study_day", scripts=False)
    expect(page.locator("#on_day")).to_be_visible()
    expect(page.locator("#festival")).to_be_hidden()
    page.get_by_label("名称").fill("老年大学开课")
    page.locator("#starts_on").fill("2026-11-04")
    page.get_by_role("button", name="预览日期").click()
    expect(page.locator("#preview-says")).to_have_text(re.compile("^共 14 次，首次 11月13日"))
    page.get_by_role("button", name="保存并排入月历").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("老年大学开课")
    expect(page.get_by_role("status")).to_contain_text("排入月历 12 场")

    page.get_by_role("link", name="修改").click()
    page.locator("#on_day").select_option("16")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("保存前先看影响")
    expect(page.locator(".effect.added")).to_contain_text("新增")
    page.get_by_role("button", name="就这样保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存老年大学开课")

    page.get_by_role("link", name="暂停").click()
    page.get_by_role("button", name="暂停").click()
    expect(page.get_by_role("status")).to_contain_text("已暂停")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("header.head .state")).to_have_text("进行中")


def test_what_is_wrong_is_told_on_top_and_beside_and_the_focus_goes_there(look: Look) -> None:
    page = look("/campaigns/new")
    _choose_pattern(page, "节日")
    page.get_by_label("名称").fill("没有选节日")
    page.get_by_role("button", name="先存为草稿").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#festival-note")).to_be_visible()
    expect(page.get_by_label("名称")).to_have_value("没有选节日")
    assert violations(page) == []
