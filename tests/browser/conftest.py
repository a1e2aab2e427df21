"""The program over the sample county, served for real, and a Chromium to look at it with.

Everything here lives as long as one file of tests: Playwright keeps an event loop, which other tests must not meet.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import Engine

from api.app import create_app
from api.security import SESSION_COOKIE, sign_in_url
from clock import command_clock
from flows.jobs import jobs
from models.database import make_engine, transaction
from outreach import accounts
from settings import Settings
from tests.site import MORNING, settle

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Site:
    """A served office: its address, its database, and the link that was printed for its first administrator."""

    url: str
    engine: Engine
    link: str

    def session(self) -> str:
        """The secret of a new session of the first administrator."""
        with transaction(self.engine) as session:
            account = accounts.accounts(session)[0]
            account_id = accounts.account_of_name(session, account.name).id
            return accounts.open_session(session, account_id, now=MORNING)


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(sqlite_template, folder / "yinling.db")
    settings = Settings(data=folder, listen="127.0.0.1:0")
    engine = make_engine(settings.database_url)
    link = settle(engine, settings)
    app = create_app(settings, engine, command_clock(MORNING), jobs=jobs(settings.zone))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    yield Site(url, engine, sign_in_url(url, link))
    server.should_exit = True
    thread.join(20)
    engine.dispose()


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a page: `look("/tally/2026-09", dark=True)`; signed in unless told otherwise."""
    contexts: list[BrowserContext] = []

    def open_page(
        path: str,
        *,
        signed_in: bool = True,
        dark: bool = False,
        width: int | None = None,
        scripts: bool = True,
        language: str = "zh-CN",
    ) -> Page:
        context = chromium.new_context(
            base_url=site.url,
            viewport={**DESKTOP, "width": width or DESKTOP["width"]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            locale=language,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if signed_in:
            context.add_cookies([{"name": SESSION_COOKIE, "value": site.session(), "url": site.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
