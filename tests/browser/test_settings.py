"""The settings, accounts and the trail at a screen: axe, widths, the keyboard, and what scripts add."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.appearance import faults

pytestmark = pytest.mark.browser

Look = Callable[..., Page]


@pytest.mark.parametrize("path", ["/settings/holidays/2027"])
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


def test_what_would_follow_is_shown_while_typing(look: Look) -> None:
    page = look("/settings/assignment")
    expect(page.locator("#effects")).to_contain_text("现在的顺序")
    for others in ("去看过这位老人的人", "担任过这个岗位的人", "本队的人"):
        page.get_by_label(f"推荐时，{others}加几分").fill("0")
    expect(page.locator("#effects")).to_contain_text("改后的顺序", timeout=20_000)


def test_days_are_marked_by_keyboard_and_saved_without_scripts(look: Look) -> None:
    page = look("/settings/holidays/2027")
    page.get_by_label("3月1日 周一 放假").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_label("3月2日 周二 放假")).to_be_checked()
    plain = look("/settings/holidays/2027", scripts=False)
    plain.get_by_label("3月2日 周二 放假").check(force=True)
    plain.get_by_role("button", name="看看会动哪些活动").click()
    expect(plain.get_by_role("heading", name="保存后会这样")).to_be_visible()
    plain.get_by_role("button", name="保存并重排").click()
    expect(plain.get_by_role("status")).to_contain_text("2027年的放假安排已保存")
    plain.get_by_role("button", name="撤销").click()
    expect(plain.get_by_role("status")).to_contain_text("已去掉录入的")
