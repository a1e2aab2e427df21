"""The settings, accounts and the trail at a screen: axe, widths, the keyboard, and what scripts add."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_pages import WIDTHS, _violations

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = (
    "/settings",
    "/settings/holidays",
    "/settings/holidays/2027",
    "/settings/kinds",
    "/settings/deadlines",
    "/settings/assignment",
    "/settings/channels",
    "/settings/retention",
    "/settings/language",
    "/settings/backups",
    "/settings/accounts",
    "/settings/accounts/new",
    "/settings/accounts/1",
    "/settings/roles",
    "/account",
    "/audit",
)


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_moves_sideways(look: Look, path: str) -> None:
    page = look(path)
    found = {"light": _violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = _violations(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    found["phone"] = _violations(page)
    assert found == {"light": [], "dark": [], "phone": []}
    for language in ("zh-CN", "en-GB"):
        page = look(path, language=language)
        wider = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wider.append(width)
        assert wider == [], language


def test_what_would_follow_is_shown_while_typing(look: Look) -> None:
    page = look("/settings/assignment")
    expect(page.locator("#effects")).to_contain_text("现在的顺序")
    page.get_by_label("推荐时，本队的人加几分").fill("0")
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
