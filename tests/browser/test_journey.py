"""The main path from a plan to a figure, by keyboard, by touch and without scripts: plan, fill, record, count, undo."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.security import SESSION_COOKIE
from tests.browser.conftest import DESKTOP, PATIENCE_MS, PHONE, Site

pytestmark = pytest.mark.browser

Way = Literal["keyboard", "touch", "no scripts"]
FIGURE = "study.sessions"


class Walker:
    """Somebody at a screen who does everything in one way."""

    def __init__(self, page: Page, way: Way) -> None:
        self.page, self.way = page, way

    def choose(self, box: Locator) -> None:
        """A radio button or a tick; a finger meets its label."""
        if self.way == "keyboard":
            box.focus()
            self.page.keyboard.press("Space")
        else:
            label = self.page.locator("label", has=box).or_(
                self.page.locator(f"label[for='{box.get_attribute('id')}']")
            )
            self.press(label.first)

    def press(self, button: Locator) -> None:
        """A button, or the head of what unfolds."""
        if self.way == "keyboard":
            button.focus()
            self.page.keyboard.press("Enter")
        elif self.way == "touch":
            button.tap()
        else:
            button.click()

    def type(self, field: Locator, words: str) -> None:
        field.focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(words)

    def figure(self) -> int:
        """How many sessions the tally of the month says, by the records that it leads to."""
        self.page.goto(f"/tally/2026-11/{FIGURE}?unit=BJ")
        match = self.page.locator(".match")
        if not match.count():
            return 0
        told = re.match(r"(\d+) 条记录，与表中一致", match.inner_text().strip())
        assert told is not None, "the records do not match the figure"
        return int(told[1])


@pytest.fixture(params=["keyboard", "touch", "no scripts"])
def walker(request: pytest.FixtureRequest, chromium: Browser, site: Site) -> Iterator[Walker]:
    way: Way = request.param
    context = chromium.new_context(
        base_url=site.url,
        viewport=PHONE if way == "touch" else DESKTOP,
        has_touch=way == "touch",
        java_script_enabled=way != "no scripts",
        locale="zh-CN",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": SESSION_COOKIE, "value": site.session(), "url": site.url}])
    yield Walker(context.new_page(), way)
    context.close()


def test_from_a_plan_to_a_figure_and_back(walker: Walker) -> None:
    page, name = walker.page, f"读书会（{walker.way}）"
    before = walker.figure()

    page.goto("/campaigns/new")
    walker.type(page.get_by_label("名称"), name)
    page.get_by_label("类别和字标").select_option("study")
    walker.choose(page.locator("#pattern-dates"))
    walker.type(page.locator("#dates"), "2026-11-04")
    walker.type(page.locator("#needed_1"), "2")
    metric = page.locator(f"input[name=metric][value='{FIGURE}']")
    if not metric.is_visible():
        walker.press(page.locator("details", has=metric).locator("summary"))
    metric.set_checked(True)
    walker.press(page.get_by_role("button", name="保存并排入月历"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("status").last).to_contain_text("排入月历 1 场")

    activity = page.locator("main a[href^='/a/']").first.get_attribute("href")
    assert activity is not None
    page.goto(f"{activity}/people")
    walker.press(page.locator("ol.ranked").get_by_role("button", name="安排").first)
    expect(page.get_by_role("status").last).to_contain_text("等本人确认")

    page.goto(f"{activity}/outcome")
    walker.choose(page.locator("input[name=everybody]"))
    walker.press(page.get_by_role("button", name="保存结果"))
    expect(page.get_by_role("status").last).to_contain_text("结果已保存")
    assert walker.figure() == before + 1

    page.goto(f"{activity}/outcome")
    form = page.locator("details", has=page.get_by_text("保存结果"))
    walker.press(form.locator("summary").first)
    walker.choose(page.locator("input[name=status][value=cancelled]"))
    walker.press(page.get_by_role("button", name="保存结果"))
    expect(page.get_by_role("status").last).to_contain_text("已记为没办")
    walker.press(page.get_by_role("button", name="撤销"))
    expect(page.get_by_role("status").last).to_contain_text("已恢复成上一次录的样子")
    assert walker.figure() == before + 1
