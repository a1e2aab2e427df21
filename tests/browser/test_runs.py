"""The page of runs at a screen: nothing for axe, nothing that moves sideways, and running a job without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from clock import real_now
from models.database import transaction
from outreach.clockwork import Changed, Trouble, claim, fail, finish
from tests.browser.conftest import PHONE, Site
from tests.browser.test_pages import WIDTHS, _violations
from tests.site import MORNING

pytestmark = pytest.mark.browser

Look = Callable[..., Page]
PAGES = {
    "the jobs": "/runs",
    "the runs of a job": "/runs/plan_horizon",
    "one that failed": "/runs/close_month",
}
LONG = "OperationalError: (sqlite3.OperationalError) database or disk is full " + "/a/long/path" * 12


@pytest.fixture(scope="module", autouse=True)
def ran(site: Site) -> None:
    """One job went well, one in part, and one failed."""
    trouble = Trouble("clockwork.trouble_unplanned", {"campaign": "K-1", "why": "ValueError"})
    for job, changed in (
        ("plan_horizon", Changed({"created": 1204, "moved": 3})),
        ("open_due_visits", Changed({"opened": 0}, [trouble])),
        ("close_month", None),
    ):
        slot = MORNING - timedelta(minutes=20)
        with transaction(site.engine) as session:
            held = claim(session, job, slot, runner="a", now=slot, machine_now=real_now())
            assert held is not None
            if changed is None:
                fail(session, held, why=LONG, now=slot + timedelta(seconds=2))
            else:
                finish(session, held, changed=changed, now=slot + timedelta(seconds=8))


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_light_in_dark_and_on_a_phone(look: Look, name: str) -> None:
    page = look(PAGES[name])
    found = {"light": _violations(page)}
    page.emulate_media(color_scheme="dark")
    found["dark"] = _violations(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    found["phone"] = _violations(page)
    assert found == {"light": [], "dark": [], "phone": []}


@pytest.mark.parametrize("path", PAGES.values())
def test_no_page_of_runs_moves_sideways(look: Look, path: str) -> None:
    for language in ("zh-CN", "en-GB"):
        page = look(path, language=language)
        wider = []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wider.append(width)
        assert wider == [], language


def test_a_job_is_run_after_seeing_what_it_would_do_without_scripts(look: Look) -> None:
    page = look("/", scripts=False)
    page.get_by_role("link", name="运行", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("运行")
    expect(page.locator("li.job").first).to_contain_text("按时关账")
    page.get_by_role("button", name="现在运行：起草月报").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("现在运行“起草月报”？")
    expect(page.locator(".words")).to_contain_text("将会：")
    scripted = look("/runs")
    scripted.get_by_role("button", name="现在运行：生成活动").click()
    assert _violations(scripted) == []
    page.get_by_role("button", name="现在运行").click()
    expect(page.get_by_role("status")).to_contain_text("等时钟启动后会做")
    expect(page.locator("li.job", has_text="起草月报")).to_contain_text("已要求运行")
