"""The year plan at a screen: nothing for axe, nothing sideways, decided by keyboard, copied without scripts."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models import Campaign
from models.database import reading
from tests.browser.appearance import faults
from tests.browser.conftest import PHONE, Site

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "the year": "/plan/2026",
    "a kind unfolded": "/plan/2026?open=hardship",
    "a year without a notice": "/plan/2027",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    page = look(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert faults(page) == {}


def test_a_phone_shows_the_clashes_first_and_only_months_with_something(look: Look) -> None:
    page = look("/plan/2026")
    page.set_viewport_size(PHONE)
    clashes, lanes = page.locator(".year-clashes").bounding_box(), page.locator(".year").bounding_box()
    assert clashes is not None
    assert lanes is not None
    assert clashes["y"] < lanes["y"]
    assert page.locator("td.bare:visible").count() == 0
    assert page.locator("td .month:visible").count() > 0


def test_a_clash_is_kept_and_reopened_by_keyboard_without_scripts(look: Look) -> None:
    page = look("/plan/2026", scripts=False)
    first = page.locator("#clashes > ul > li.clash").first
    about = first.locator(".things").inner_text()
    count = page.locator("#clashes h2 span").inner_text()
    first.locator("details.keep summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("分两路去")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("保留不动")
    expect(page.locator("#clashes > ul > li.clash").first.locator(".things")).not_to_have_text(about)
    expect(page.locator("#clashes h2 span")).not_to_have_text(count)
    page.locator("details.kept > summary").click()
    expect(page.locator("details.kept li").first).to_contain_text("分两路去")
    page.get_by_role("status").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("重新列为要决定的")
    expect(page.locator("#clashes h2 span")).to_have_text(count)


def test_a_clash_is_moved_away_with_one_press_and_back_with_another(look: Look) -> None:
    page = look("/plan/2026")
    count = page.locator("#clashes h2 span").inner_text()
    page.locator("#clashes li.clash form[action$='/move'] button").first.click()
    expect(page.get_by_role("status")).to_contain_text("移到")
    expect(page.get_by_role("heading", level=1)).to_have_text("2026年度计划")
    page.get_by_role("status").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("又回到")
    expect(page.get_by_role("heading", level=1)).to_have_text("2026年度计划")
    expect(page.locator("#clashes h2 span")).to_have_text(count)


def test_a_year_is_copied_and_taken_back_without_scripts(look: Look, site: Site) -> None:
    page = look("/plan/2027", scripts=False)
    page.get_by_role("link", name="复制为 2028年").click()
    expect(page.get_by_role("button", name="复制选中的专项")).to_be_visible()
    for box in page.locator("input[name=campaign]").all():
        if box.get_attribute("value") != "XX15":
            box.uncheck()
    page.locator("li", has_text="每月15日老干部政治学习").locator("summary").click()
    expect(page.locator("li", has_text="每月15日老干部政治学习")).to_contain_text("2028年1月17日 周一")
    page.get_by_role("button", name="复制选中的专项").click()
    expect(page.get_by_role("status")).to_contain_text("已复制 1 个专项到 2028年")
    assert _ends_on(site) == date(2028, 12, 31)
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("恢复原样")
    assert _ends_on(site) == date(2027, 12, 31)


def test_the_print_is_the_whole_table_on_one_wide_sheet(look: Look) -> None:
    page = look("/plan/2026")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1500, "height": 1000})
    assert page.locator(".year thead").is_visible()
    assert page.locator(".clash .do:visible").count() == 0
    box, sheet = page.locator("table.year").bounding_box(), page.locator("main").bounding_box()
    assert box is not None
    assert sheet is not None
    assert box["width"] <= sheet["width"]
    assert page.pdf(prefer_css_page_size=True)[:4] == b"%PDF"


def _ends_on(site: Site) -> date | None:
    with reading(site.engine) as session:
        return session.scalar(select(Campaign.ends_on).where(Campaign.code == "XX15"))
