"""People at their screens: signing in by keyboard, reading, downloading; and what axe finds (nothing)."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from models import Activity
from models.enums import ActivityStatus
from tests.browser.appearance import faults, violations
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "a holiday's week": "/week/2026-09-28",
    "one whole day": "/week/2026-11-02?day=2026-11-04&unit=BJ",
    "a month": "/tally/2026-09",
    "a year": "/tally/2026",
    "a month without figures": "/tally/2027-09?unit=X02",
    "a figure with parts": "/tally/2026-09/materials.issued",
    "telling an outcome": "/a/300/outcome",
    "an outcome told of": "/a/1/outcome",
    "an unknown address": "/nowhere",
}
WITHOUT_ACCOUNT = {"a calendar's link": "/a/1"}


@pytest.mark.parametrize("name", [*PAGES, *WITHOUT_ACCOUNT])
def test_it_is_clean_and_fits_on_every_screen(look: Look, name: str):
    page = look(PAGES.get(name) or WITHOUT_ACCOUNT[name], signed_in=name in PAGES)
    assert faults(page) == {}


def test_english_is_as_wide_as_it_needs(look: Look):
    page = look("/", width=320, language="en-GB")
    expect(page.get_by_role("link", name="This week").first).to_be_visible()
    assert violations(page) == []


def test_one_gets_in_by_the_printed_link_and_the_keyboard_alone(look: Look, site: Site):
    page = look(site.link, signed_in=False, scripts=False)
    _tab_to(page, "继续")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="设置账号和密码")).to_be_visible()
    _tab_to(page, "账号")
    page.keyboard.press("Control+A")
    for words in ("周敏", "一句好记的话来开门", "一句好记的话来开门"):
        page.keyboard.insert_text(words)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("11月4日 周三")
    expect(page.locator(".account summary")).to_contain_text("周敏")


def test_the_focus_can_be_seen_and_the_first_stop_skips_to_the_content(look: Look):
    page = look("/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    expect(focused).to_have_text("跳到正文")
    assert focused.evaluate("each => getComputedStyle(each).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_the_week_leads_to_other_weeks_and_to_activities(look: Look):
    page = look("/week", scripts=False)
    page.get_by_role("link", name="下一周").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("11月9–15日")
    page.get_by_role("link", name="本周").last.click()
    expect(page.locator("section.today h2")).to_contain_text("11月4日")
    title = page.locator(".activity .title a").first
    words = title.inner_text()
    title.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def test_choosing_a_unit_shows_its_week_and_keeps_it_on_the_way(look: Look):
    page = look("/week", scripts=False)
    page.get_by_label("单位", exact=True).select_option("GXS")
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".sub")).to_contain_text("青溪县干休所")
    page.get_by_role("link", name="上一周").click()
    expect(page.locator(".sub")).to_contain_text("青溪县干休所")


def test_figures_lead_to_their_records(look: Look):
    page = look("/tally/2026-09", scripts=False)
    page.get_by_role("link", name=re.compile("^走访慰问人次 ")).click()
    records = page.locator("table.records tbody tr")
    told = re.match(r"(\d+) 条记录，与表中一致", page.locator(".match").inner_text().strip())
    assert told is not None
    expect(records).to_have_count(int(told[1]))


def test_the_workbook_holds_the_figures_of_the_page(look: Look, tmp_path):
    page = look("/tally/2026-09", scripts=False)
    shown = page.locator("table.tally tbody tr:has(td)").count()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.suffix == ".xlsx"
    cells = [cell for row in load_workbook(file).worksheets[0].iter_rows() for cell in row]
    values = [cell.value for cell in cells]
    assert "走访慰问人次" in values
    assert sum(isinstance(value, str) and "." in value and value.isascii() for value in values) >= shown


def test_the_other_downloads_come_as_what_they_say(look: Look, tmp_path):
    page = look("/tally/2026-09", scripts=False)
    files = {}
    for kind in ("Word", "CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    assert "word/document.xml" in zipfile.ZipFile(files["Word"]).namelist()
    lines = json.loads(files["JSON"].read_text("utf-8"))["lines"]
    rows = list(csv.reader(io.StringIO(files["CSV"].read_text("utf-8-sig"))))
    assert len(rows) == len(lines) + 1


def test_light_and_dark_can_be_chosen_without_scripts(look: Look):
    page = look("/", scripts=False)
    before = _ground(page)
    page.locator(".account summary").click()
    page.get_by_role("button", name="深色").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert _ground(page) != before


def test_signing_out_leads_to_the_way_in(look: Look):
    page = look("/", scripts=False)
    page.locator(".account summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_on_paper_the_tally_is_a_sheet_with_places_to_sign(look: Look):
    page = look("/tally/2026-09", dark=True)
    page.emulate_media(media="print")
    expect(page.get_by_text("离退休干部工作统计表")).to_be_visible()
    expect(page.get_by_text("审核人：")).to_be_visible()
    expect(page.locator(".side")).to_be_hidden()
    assert _ground(page) == "rgb(255, 255, 255)"


def test_what_is_written_in_a_name_stays_text(look: Look, site: Site):
    from models.database import transaction

    with transaction(site.engine) as session:
        activity = session.query(Activity).filter_by(status=ActivityStatus.PLANNED).first()
        activity.place = '<img src=x onerror="document.title=1">&amp;'
        number = activity.id
    page = look(f"/a/{number}")
    expect(page.locator(".facts")).to_contain_text('<img src=x onerror="document.title=1">&amp;')


def test_pages_load_nothing_from_elsewhere_and_break_no_rule_of_ours(look: Look, site: Site):
    page = look("/login", signed_in=False)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/login")
    assert asked
    assert all(url.startswith(site.url) for url in asked)
    assert complaints == []


def _tab_to(page: Page, words: str) -> None:
    """Press Tab until what is called so has the focus."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if words in page.locator(":focus").evaluate("each => (each.labels?.[0] || each).textContent"):
            return
    raise AssertionError(f"the keyboard does not come to {words}")


def _ground(page: Page) -> str:
    ground: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return ground
