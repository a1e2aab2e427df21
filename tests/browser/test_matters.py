"""Suggestions, cases and the ledger at a screen: axe, sizes, keyboard, drag, phone, and without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from models.database import transaction
from outreach import cases, suggestions
from outreach.permissions import CONSOLE
from tests.browser.appearance import faults
from tests.browser.conftest import PHONE, Site
from tests.outreach.county import ZONE
from tests.site import MORNING, TODAY

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "a list": "/suggestions/all?late=yes",
    "a suggestion": "/suggestions/Y006?do=answer",
    "the lanes": "/cases",
    "a bereavement": "/cases/C2",
    "the book": "/ledger?month=2026-09",
}


@pytest.fixture(scope="module", autouse=True)
def in_need(site: Site) -> None:
    """Two cases, one of them late, and suggestions that wait to be sent on."""
    when = {"by": CONSOLE, "today": TODAY, "now": MORNING, "zone": ZONE}
    with transaction(site.engine) as session:
        for code, kind, person, days in (("C1", "hospital", "R083", 9), ("C2", "bereavement", "R057", 1)):
            told: cases.CaseColumns = {"code": code, "kind": kind, "person_code": person}
            cases.open_case(session, {**told, "opened_on": TODAY - timedelta(days)}, **when)  # type: ignore[arg-type]
        for number in range(4):
            fresh: suggestions.SuggestionColumns = {"code": f"N{number}", "text": f"第{number}条新建议"}
            suggestions.raise_suggestion(
                session,
                {**fresh, "unit_code": "BJ", "raised_on": TODAY - timedelta(400)},
                **when,  # type: ignore[arg-type]
            )


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


def stage_of(page: Page, code: str) -> str | None:
    """The stage in which the board shows a suggestion."""
    page.goto("/suggestions?q=" + code)
    return page.locator(".stage", has=page.locator(".card", has_text=code)).get_attribute("data-stage")


def press_with_keys(page: Page, thing: Locator) -> None:
    thing.focus()
    expect(thing).to_be_focused()
    page.keyboard.press("Enter")


def go_all_the_way(page: Page, code: str, press: Callable[[Locator], None]) -> None:
    """Every stage by the card's own link and the form that it opens."""
    page.goto("/suggestions?q=" + code)
    press(page.locator(".card", has_text=code).get_by_role("link", name="转送"))
    page.get_by_label("承办单位").fill("交通局")
    press(page.get_by_role("button", name="转送", exact=True))
    expect(page.get_by_role("status").first).to_contain_text("已转送")
    press(page.get_by_role("link", name="催办"))
    page.get_by_label("催办情况").fill("说下周答复")
    press(page.get_by_role("button", name="记下催办"))
    page.get_by_label("采纳", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_label("答复", exact=True).fill("已装路灯")
    press(page.get_by_role("button", name="登记答复"))
    page.get_by_label("怎么反馈的，本人怎么说").fill("当面，满意")
    press(page.get_by_role("button", name="记下反馈"))
    expect(page.get_by_role("status").first).to_contain_text("闭环")
    assert stage_of(page, code) == "fed_back"


def test_a_suggestion_goes_all_the_way_by_keyboard(look: Look) -> None:
    page = look("/suggestions")
    go_all_the_way(page, "N0", lambda thing: press_with_keys(page, thing))


def test_a_suggestion_goes_all_the_way_without_scripts_and_back_again(look: Look) -> None:
    page = look("/suggestions", scripts=False)
    go_all_the_way(page, "N1", lambda thing: thing.click())
    page.goto("/suggestions/N1?do=back")
    page.get_by_label("为什么退回").fill("本人不满意")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.locator(".status-line p")).to_be_visible()
    assert stage_of(page, "N1") == "answered"


def drop(page: Page, code: str, stage: str) -> None:
    """Pick a card up with the mouse and drop it on a stage."""
    page.goto("/suggestions?q=" + code)
    card, onto = (
        page.locator(".card", has_text=code).locator(".top"),
        page.locator(f"[data-stage={stage}] h2"),
    )
    start, end = card.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2 + 20, start["y"] + 20, steps=3)
    expect(page.locator(".ghost")).to_have_count(1)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2 + 30, steps=6)
    page.mouse.up()
    expect(page.locator(".ghost")).to_have_count(0)


def test_a_card_that_is_dropped_on_a_stage_opens_its_form_and_can_be_undone(look: Look) -> None:
    page = look("/suggestions")
    drop(page, "N2", "sent")
    expect(page).to_have_url(f"{page.url.partition('/suggestions')[0]}/suggestions/N2?do=send#step")
    page.get_by_label("承办单位").fill("水利局")
    page.get_by_role("button", name="转送", exact=True).click()
    expect(page.locator(".status-line p")).to_be_visible()
    assert stage_of(page, "N2") == "sent"
    for stage, field, words, button in (
        ("chased", "催办情况", "电话", "记下催办"),
        ("answered", "答复", "已修", "登记答复"),
        ("fed_back", "怎么反馈的，本人怎么说", "满意", "记下反馈"),
    ):
        drop(page, "N2", stage)
        page.get_by_label(field, exact=True).fill(words)
        if stage == "answered":
            page.get_by_label("采纳", exact=True).check()
        page.get_by_role("button", name=button).click()
        expect(page.locator(".status-line p")).to_be_visible()
        if stage == "fed_back":
            page.get_by_role("button", name="撤销").click()
            expect(page.get_by_role("status").first).to_contain_text("恢复")
            assert stage_of(page, "N2") == "answered"
        else:
            assert stage_of(page, "N2") == stage


def test_a_card_dropped_where_it_cannot_go_stays_and_escape_lets_go(look: Look) -> None:
    page = look("/suggestions")
    drop(page, "N3", "fed_back")
    expect(page.locator("#said")).to_contain_text("这一步现在还不能做")
    assert "q=N3" in page.url
    box = page.locator(".card", has_text="N3").locator(".top").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    expect(page.locator(".ghost")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".ghost")).to_have_count(0)
    page.mouse.up()
    assert "q=N3" in page.url


def test_a_phone_shows_one_stage_at_a_time_under_tabs(look: Look) -> None:
    page = look("/suggestions", width=PHONE["width"])
    expect(page.locator(".stage:visible")).to_have_count(1)
    page.get_by_role("navigation", name="办理阶段").get_by_role("link", name="已答复").click()
    expect(page.locator(".stage:visible")).to_have_attribute("data-stage", "answered")
    sizes = page.locator(".tabs a").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 48
    wide = look("/suggestions")
    expect(wide.locator(".stage:visible")).to_have_count(5)


def test_a_task_of_a_case_is_done_without_scripts_and_undone(look: Look) -> None:
    page = look("/cases", scripts=False)
    page.get_by_role("row", name="C1").get_by_role("link").first.click()
    task = page.locator(".tasks > li", has_text="出院后回访")
    task.locator("summary").click()
    task.get_by_role("button", name="办了").click()
    expect(page.get_by_role("status").first).to_contain_text("已记为办了")
    expect(page.locator(".tasks > li.done")).to_contain_text("出院后回访")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".tasks > li.done")).to_have_count(0)


def test_money_is_given_signed_for_and_taken_back_by_keyboard(look: Look) -> None:
    page = look("/ledger/new")
    page.get_by_label("金额（元）").fill("300")
    page.get_by_label("给谁").fill("R083")
    press_with_keys(page, page.get_by_role("button", name="登记发放"))
    expect(page.get_by_role("status").first).to_contain_text("已登记 300.00 元")
    press_with_keys(page, page.locator("tr.unsigned").get_by_role("link", name="未签收"))
    page.get_by_label("签收").fill("家属代签")
    press_with_keys(page, page.get_by_role("button", name="签收"))
    expect(page.get_by_role("status").first).to_contain_text("已由 家属代签 签收")
    press_with_keys(page, page.locator("details.step summary"))
    page.get_by_label("原因").fill("记重了")
    press_with_keys(page, page.get_by_role("button", name="冲销"))
    expect(page.get_by_role("status").first).to_contain_text("已冲销")
