"""Every page there is, over the sample county: it opens, asks little, carries nothing inline, and is known here."""

import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from api.app import create_app, furnish
from api.security import SESSION_COOKIE
from clock import command_clock
from flows.jobs import jobs
from models.database import make_engine, transaction
from models.enums import AccountRole
from outreach import accounts
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from settings import Settings
from tests.api.conftest import HTML
from tests.site import (
    DOCUMENTS,
    LEADS_ON,
    MORNING,
    PIECES,
    addresses,
    page_routes,
    settle,
    work_on,
)

MOST_QUESTIONS = 15
ASK_MORE = {}
"""Pages that work something out; as many questions for one row as for thirty."""
ALONE = {"/login", "/welcome/{secret}"}
"""Pages of somebody who is not signed in."""
NOWHERE = {"/search"}
"""Pages that belong to no entry of the menu; an activity belongs to several."""
SPENT = {"/welcome/{secret}": 404}


class County:
    """The application over the sample county, asked by its first administrator."""

    def __init__(self, app: FastAPI, engine: Engine, pages: Mapping[str, str], session: str) -> None:
        self.app, self.pages = app, pages
        self.client = TestClient(app, headers=HTML, follow_redirects=False)
        self.client.cookies.set(SESSION_COOKIE, session)
        self.asked: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *each: self.asked.append(each[2]))


@pytest.fixture(scope="module")
def county(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    folder = tmp_path_factory.mktemp("county")
    shutil.copyfile(sqlite_template, folder / "yinling.db")
    settings = Settings(data=folder, public_url="http://testserver")
    engine = make_engine(settings.database_url)
    settle(engine, settings)
    work_on(engine, settings)
    app = create_app(settings, engine, command_clock(MORNING), jobs=jobs(settings.zone))
    with transaction(engine) as session:
        account = accounts.account_of_name(session, accounts.accounts(session)[0].name)
        secret = accounts.open_session(session, account.id, now=MORNING)
    yield County(app, engine, addresses(engine), secret)
    engine.dispose()


def test_every_page_is_walked(county: County) -> None:
    assert page_routes(county.app) - DOCUMENTS - PIECES - LEADS_ON == set(county.pages)


def test_every_page_opens_asks_little_and_carries_nothing_inline(county: County) -> None:
    wrong: dict[str, list[str]] = {}
    for route, address in county.pages.items():
        county.client.get(address)
        county.asked.clear()
        answer = county.client.get(address)
        questions = [
            each for each in county.asked if not each.startswith("BEGIN") and "SAVEPOINT" not in each
        ]
        if found := list(_faults(route, answer.status_code, answer.text, len(questions))):
            wrong[address] = found
    assert wrong == {}


def _faults(route: str, status: int, page: str, questions: int) -> Iterator[str]:
    if status != SPENT.get(route, 200):
        yield f"answers {status}"
    if questions > ASK_MORE.get(route, MOST_QUESTIONS):
        yield f"asks {questions} questions"
    if found := re.search(
        r"<script(?![^>]* src=\"/static/[^\"]+\"></script>)|<style|\s(?:style|on[a-z]+)=\"", page
    ):
        yield f"carries {found[0]!r}"
    ids = Counter(re.findall(r'\sid="([^"]*)"', page))
    if twice := [each for each, count in ids.items() if count > 1]:
        yield f"says the ids {twice[:3]} twice"
    if 'aria-current="page"' not in page and route not in ALONE | NOWHERE and not route.startswith("/a/"):
        yield "stands nowhere in the menu"
    headings = re.findall(r"<h1[\s>]", page)
    if len(headings) != 1:
        yield f"has {len(headings)} first headings"


def test_every_page_opens_in_each_language(county: County, caplog: pytest.LogCaptureFixture) -> None:
    """A sentence that a language lacks, or that lacks a value, is an error in the log."""
    for language in ("zh-TW", "en-GB"):
        for route, address in county.pages.items():
            answer = county.client.get(address, headers={"Accept-Language": language})
            assert answer.status_code == SPENT.get(route, 200), address
            assert f'<html lang="{ {"zh-TW": "zh-Hant", "en-GB": "en"}[language] }"' in answer.text, address
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_an_office_that_has_nothing_yet_can_open_every_page_that_needs_nothing(
    empty_app: FastAPI, settings: Settings, fresh_database: Engine
) -> None:
    with transaction(fresh_database) as session:
        keep_dictionary(session)
        link = accounts.make_account(
            session, "first", role=AccountRole.ADMINISTRATOR, unit_code=None, by=CONSOLE, now=MORNING
        )
    furnish(empty_app, settings, fresh_database, command_clock(MORNING), jobs=jobs(settings.zone))
    client = TestClient(empty_app, headers=HTML, follow_redirects=False)
    password = "秋天的柿子红彤彤"
    client.post(
        f"/welcome/{link}", data={"step": "account", "name": "first", "password": password, "again": password}
    )
    open_to_all = [path for path in sorted(page_routes(empty_app) - DOCUMENTS - PIECES) if "{" not in path]
    answers = {path: client.get(path).status_code for path in open_to_all}
    assert {path: status for path, status in answers.items() if status not in (200, 303)} == {}
