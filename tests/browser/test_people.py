"""People at a screen: nothing for axe, nothing moves sideways, ticks by keyboard, and all of it without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.appearance import faults

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "nobody found": "/people?q=没有这个人",
    "a dossier": "/people/V001",
    "two side by side": "/people/V001/merge?with=V002",
    "whom to merge with": "/people/V001/merge",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


def test_one_tick_in_the_head_ticks_the_page_by_keyboard(look: Look) -> None:
    page = look("/people?q=单")
    head = page.locator("th.pick input")
    boxes = page.locator("td.pick input")
    head.focus()
    page.keyboard.press("Space")
    expect(boxes).not_to_have_count(0)
    for box in boxes.all():
        expect(box).to_be_checked()
    boxes.first.focus()
    page.keyboard.press("Space")
    expect(head).not_to_be_checked()


def test_somebody_is_found_changed_and_many_are_given_a_skill_without_scripts(look: Look) -> None:
    page = look("/people", scripts=False)
    search = page.locator("main").get_by_role("searchbox")
    search.fill("V001")
    search.press("Enter")
    page.locator("main tbody a.who").first.click()
    page.get_by_role("link", name="修改").click()
    page.get_by_label("住址", exact=True).fill("柳河镇 3 号")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存")
    expect(page.get_by_text("柳河镇 3 号")).to_be_visible()
    page.goto("/people?q=V001")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("对选中的人").select_option("add_skill")
    page.get_by_role("button", name="先看会怎样").click()
    page.get_by_label("加什么特长").fill("养蜂")
    page.get_by_role("button", name="先看会怎样").click()
    expect(page.locator("main")).to_contain_text("改 1 人")
    page.get_by_role("button", name="就这么办").click()
    expect(page.get_by_role("status")).to_contain_text("改了 1 人")
    page.get_by_role("status").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("已撤回")
