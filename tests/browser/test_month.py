"""The month at a screen: moving by keyboard, mouse and plain form, with a way back; phone, paper, axe, no scripts."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from models import Activity
from models.database import reading
from tests.browser.appearance import faults, violations
from tests.browser.conftest import PHONE, Site

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
NOVEMBER = "/calendar/2026-11"
PAGES = {
    "the month": f"{NOVEMBER}?day=2026-11-12",
    "the list": f"{NOVEMBER}?view=list&state=short",
    "a new one": "/activities/new?day=2026-11-12",
}


def day_of(site: Site, number: str) -> date:
    with reading(site.engine) as session:
        return session.get_one(Activity, int(number)).day


def first_of(page: Page, day: str) -> str:
    """The number of the first activity of a day that may be moved."""
    number = page.locator(f"#d{day} .event[data-moves]").first.get_attribute("data-id")
    assert number is not None
    return number


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


def test_an_activity_is_moved_and_put_back_by_keyboard_alone(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12")
    number = first_of(page, "2026-11-12")
    expect(page.locator("td[tabindex='0']")).to_have_count(1)
    page.locator("#d2026-11-12").focus()
    page.keyboard.press("m")
    expect(page.locator("#said")).to_contain_text("拿起了")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#said")).to_contain_text("移到 11月20日 周五")
    page.keyboard.press("Enter")
    expect(page.locator(".status-line").filter(has_text="移到 11月20日 周五")).to_be_visible()
    assert day_of(site, number) == date(2026, 11, 20)
    expect(page.locator("#d2026-11-20")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator(".status-line").filter(has_text="又回到 11月12日 周四")).to_be_visible()
    assert day_of(site, number) == date(2026, 11, 12)


def test_escape_leaves_an_activity_where_it_was(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12")
    number = first_of(page, "2026-11-12")
    page.locator("#d2026-11-12").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#said")).to_contain_text("没有移动")
    expect(page.locator("#d2026-11-12")).to_be_focused()
    assert day_of(site, number) == date(2026, 11, 12)


def test_the_keys_walk_through_days_weeks_and_months(look: Look) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12")
    page.locator("#d2026-11-12").focus()
    for key, day in (
        ("ArrowLeft", "2026-11-11"),
        ("ArrowUp", "2026-11-04"),
        ("Home", "2026-11-02"),
        ("End", "2026-11-08"),
        ("ArrowDown", "2026-11-15"),
        ("t", "2026-11-04"),
        ("PageDown", "2026-12-04"),
        ("PageUp", "2026-11-04"),
    ):
        page.keyboard.press(key)
        expect(page.locator(f"#d{day}")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#day-head")).to_contain_text("11月5日 周四")
    expect(page.locator("#d2026-11-05")).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_label("哪一天")).to_have_value("2026-11-05")


def test_a_page_key_turns_the_month_though_the_day_stands_in_the_grid(look: Look) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-03")
    expect(page.locator("#d2026-12-03")).to_be_visible()
    page.locator("#d2026-11-03").focus()
    page.keyboard.press("PageDown")
    page.wait_for_url("**/calendar/2026-12?*")
    expect(page.locator("#d2026-12-03")).to_be_focused()
    page.keyboard.press("PageUp")
    page.wait_for_url("**/calendar/2026-11?*")
    expect(page.locator("#d2026-11-03")).to_be_focused()


def test_a_move_that_is_refused_says_why(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-06")
    number = first_of(page, "2026-11-06")
    page.locator("#d2026-11-06").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".status-line")).to_contain_text("不能移到已经过去的日子")
    assert day_of(site, number) == date(2026, 11, 6)


def test_an_activity_is_carried_into_the_next_month(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12")
    number = first_of(page, "2026-11-12")
    page.locator("#d2026-11-12").focus()
    page.keyboard.press("m")
    page.keyboard.press("PageDown")
    expect(page.locator("#d2026-12-12")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".status-line").filter(has_text="移到 12月12日")).to_be_visible()
    assert day_of(site, number) == date(2026, 12, 12)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".status-line").filter(has_text="又回到")).to_be_visible()
    assert day_of(site, number) == date(2026, 11, 12)


def test_an_activity_is_dragged_with_the_mouse(look: Look, site: Site) -> None:
    page = look(NOVEMBER)
    number = first_of(page, "2026-11-06")
    event = page.locator(f".event[data-id='{number}']").first
    target = page.locator("#d2026-11-08")
    begin, end = event.bounding_box(), target.bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 20, begin["y"] + 8)
    page.mouse.down()
    page.mouse.move(begin["x"] + 60, begin["y"] + 8, steps=3)
    page.mouse.move(end["x"] + 30, end["y"] + 60, steps=5)
    expect(page.locator("td.drop")).to_have_attribute("data-day", "2026-11-08")
    page.mouse.up()
    expect(page.locator(".status-line").filter(has_text="移到 11月8日 周日")).to_be_visible()
    assert day_of(site, number) == date(2026, 11, 8)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".status-line").filter(has_text="又回到 11月6日")).to_be_visible()


def test_what_is_over_says_why_it_cannot_be_dragged(look: Look) -> None:
    page = look(NOVEMBER)
    event = page.locator(".event[data-stays]").first
    box = event.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 30, steps=3)
    page.mouse.up()
    expect(page.locator(".status-line")).to_contain_text("已经有记录了")


def test_a_press_without_a_drag_opens_the_activity(look: Look) -> None:
    page = look(NOVEMBER)
    number = first_of(page, "2026-11-06")
    page.locator(f"#d2026-11-06 .event[data-id='{number}']").click()
    page.wait_for_url(f"**/a/{number}")


def test_a_phone_shows_the_list_and_the_grid_shows_counts(look: Look) -> None:
    page = look(NOVEMBER, width=PHONE["width"])
    expect(page.locator(".month-list")).to_be_visible()
    expect(page.locator("table.month")).to_be_hidden()
    page.get_by_role("link", name="月", exact=True).click()
    expect(page.locator("table.month")).to_be_visible()
    expect(page.locator("#d2026-11-12 .count-of-day")).to_be_visible()
    expect(page.locator("#d2026-11-12 .event").first).to_be_hidden()
    page.locator("#d2026-11-12 .of-day a").click()
    expect(page.locator("#day-head")).to_contain_text("11月12日 周四")
    expect(page.locator("#day-head")).to_be_in_viewport()


def test_without_scripts_an_activity_is_moved_after_a_look_ahead(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12", scripts=False)
    number = first_of(page, "2026-11-12")
    page.locator("#day .do a", has_text="改时间").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("改时间")
    page.get_by_label("改到哪一天").fill("2026-11-15")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("#follows")).to_contain_text("改到 11月15日 周日")
    expect(page.locator("#follows")).to_contain_text("这天是周末")
    assert day_of(site, number) == date(2026, 11, 12)
    page.get_by_role("button", name="改到这天").click()
    expect(page.locator(".status-line")).to_contain_text("移到 11月15日 周日")
    assert page.url.endswith(f"{NOVEMBER}?day=2026-11-12")
    page.get_by_role("button", name="撤销").click()
    assert day_of(site, number) == date(2026, 11, 12)


def test_what_would_follow_is_shown_while_the_day_is_being_chosen(look: Look, site: Site) -> None:
    page = look(f"{NOVEMBER}?day=2026-11-12")
    number = first_of(page, "2026-11-12")
    page.goto(f"/a/{number}/move")
    page.get_by_label("改到哪一天").fill("2026-11-15")
    expect(page.locator("#follows")).to_contain_text("这天是周末")
    page.get_by_label("改到哪一天").fill("2026-11-01")
    expect(page.locator("#follows")).to_contain_text("不能移到已经过去的日子")
    assert day_of(site, number) == date(2026, 11, 12)
    assert violations(page) == []


def test_a_month_is_one_sheet_of_paper(look: Look) -> None:
    page = look(NOVEMBER)
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1
