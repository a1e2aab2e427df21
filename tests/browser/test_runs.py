"""The page of runs at a screen: nothing for axe, nothing that moves sideways, and running a job without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from clock import real_now
from models.database import transaction
from outreach.clockwork import Changed, Trouble, claim, fail, finish
from tests.browser.appearance import faults, violations
from tests.browser.conftest import Site
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


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_clean_and_fits_on_every_screen(look: Look, path: str) -> None:
    assert faults(look(path)) == {}


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
    assert violations(scripted) == []
    page.get_by_role("button", name="现在运行").click()
    expect(page.get_by_role("status")).to_contain_text("等时钟启动后会做")
    expect(page.locator("li.job", has_text="起草月报")).to_contain_text("已要求运行")
