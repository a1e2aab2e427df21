"""The pages of an activity at a screen: axe, widths, and the main path by keyboard, by touch and without scripts."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from api.security import SESSION_COOKIE
from models import Activity, Campaign, Photo, Place
from models.base import ActivityId
from models.database import reading, transaction
from outreach.permissions import CONSOLE
from outreach.photos import add_photos, picture_of
from tests.browser.appearance import faults
from tests.browser.conftest import PATIENCE_MS, PHONE, Site
from tests.site import MORNING, TODAY

pytestmark = pytest.mark.browser

Look = Callable[..., Page]


def a_photo() -> BytesIO:
    written = BytesIO()
    Image.new("RGB", (800, 600), "green").save(written, "JPEG")
    written.seek(0)
    return written


@pytest.fixture
def number(site: Site) -> ActivityId:
    """A talk of today in the afternoon with three places, one of them for whoever leads, and a photo of it."""
    with transaction(site.engine) as session:
        campaign = session.scalars(
            select(Campaign).where(Campaign.kind == "rural").order_by(Campaign.id).limit(1)
        ).one()
        activity = Activity(
            campaign_id=campaign.id,
            unit_id=campaign.unit_id,
            day=TODAY,
            last_day=TODAY,
            starts_at=datetime(2026, 11, 4, 6, tzinfo=UTC),
            ends_at=datetime(2026, 11, 4, 8, tzinfo=UTC),
            by_hand=True,
            changed_at=MORNING,
            people_changed_at=MORNING,
        )
        session.add(activity)
        session.flush()
        session.add(Place(activity_id=activity.id, role="any", needed=3))
        add_photos(
            session,
            activity.id,
            [picture_of(a_photo())],
            caption="讲课",
            by=CONSOLE,
            today=TODAY,
            now=MORNING,
        )
        return activity.id


@pytest.mark.parametrize("tab", ["", "/people", "/outcome", "/photos"])
def test_it_is_clean_and_fits_on_every_screen(look: Look, number: ActivityId, tab: str) -> None:
    page = look(f"/a/{number}{tab}")
    page.wait_for_load_state("networkidle")
    assert faults(page) == {}


def test_places_are_filled_and_the_list_is_taken_by_keyboard_and_seen_in_the_tally(
    look: Look, number: ActivityId
) -> None:
    page = look(f"/a/{number}")
    for filled in (1, 2):
        button = page.locator("#candidates ol.ranked").get_by_role("button", name="安排").first
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("等本人确认")
        expect(page.locator("#places-head")).to_contain_text(f"{filled}/3")
    page.get_by_role("link", name="签到").focus()
    page.keyboard.press("Enter")
    expect(page.locator("ul.attended > li")).not_to_have_count(0)
    came = page.locator("ul.attended input[value=came]").first
    came.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="保存签到").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("到场 1 人")
    page.get_by_role("button", name="全部到").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("签到已保存")
    page.get_by_role("status").get_by_role("button", name="撤销").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("已恢复成上一次录的样子")
    expect(page.locator(".told-before")).to_contain_text("到场")
    page.goto(f"/a/{number}/history")
    expect(page.locator("ol.story")).to_contain_text("改了结果，第 3 次")


def test_the_field_for_a_stand_in_shows_where_it_is_wanted(look: Look, number: ActivityId) -> None:
    page = look(f"/a/{number}/attendance")
    row = page.locator("ul.attended > li").first
    expect(row.locator(".stand-in input")).not_to_be_visible()
    row.locator("input[value=instead]").check()
    expect(row.locator(".stand-in input")).to_be_focused()


def test_without_scripts_everything_is_there(look: Look, number: ActivityId) -> None:
    page = look(f"/a/{number}", scripts=False)
    page.get_by_role("link", name="看人选和理由").click()
    page.locator("#candidates ol.ranked").get_by_role("button", name="安排").first.click()
    expect(page.get_by_role("status")).to_contain_text("等本人确认")
    page.get_by_role("status").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("已撤下")
    page.get_by_role("link", name="签到").click()
    page.get_by_role("button", name="全部到").click()
    expect(page.get_by_role("status")).to_contain_text("签到已保存")


def test_a_thumb_takes_the_list_and_brings_a_photo(
    chromium: Browser, site: Site, number: ActivityId, tmp_path: Path
) -> None:
    context = chromium.new_context(
        base_url=site.url, viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": SESSION_COOKIE, "value": site.session(), "url": site.url}])
    page = context.new_page()
    page.goto(f"/a/{number}/attendance")
    page.get_by_role("button", name="全部到").tap()
    expect(page.get_by_role("status")).to_contain_text("签到已保存")
    page.goto(f"/a/{number}/photos")
    good, bad = tmp_path / "现场.png", tmp_path / "坏的.jpg"
    Image.new("RGB", (900, 700), "orange").save(good)
    bad.write_bytes(b"\xff\xd8\xff broken")
    page.get_by_label("选照片").set_input_files([good, bad])
    page.get_by_label("照片里的人同意拍照和留存").tap()
    page.get_by_role("button", name="上传").tap()
    expect(page.get_by_role("alert")).to_contain_text("“坏的.jpg”")
    expect(page.locator("ul.photos img")).to_have_count(2)
    expect(page.locator("ul.photos img").last).to_have_js_property("naturalWidth", 320)
    with reading(site.engine) as session:
        assert len(session.scalars(select(Photo.id).where(Photo.activity_id == number)).all()) == 2
    context.close()
