"""Pages of the county a hundred times over, served for real, beside a page that shows nothing but the frame.

Some pages remember what they counted while nothing of it changes, so each is also asked for right after an outcome was
told, which changes the plan, the figures and the people: the note says how long that took.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final
from urllib.parse import quote

import uvicorn
from sqlalchemy import Engine, func, select

from api.app import create_app
from api.security import SESSION_COOKIE
from bench.hundredfold import NOW, TODAY, ZONE, hundredfold_office
from bench.measuring import Measurement
from clock import command_clock
from flows.jobs import jobs
from models import Activity, Matter, Person, Place, Team
from models.database import reading, transaction
from models.enums import AccountRole, ActivityStatus, MatterFace
from outreach import accounts
from outreach.outcomes import Entered, Telling, record_outcome
from outreach.permissions import CONSOLE
from settings import Settings

REQUESTS: Final = 15
DEEDS: Final = 3
BAR_MS: Final = 50.0
BARE: Final = "/settings/roles"
"""A page that asks no question of its own: the frame, the session and the rights."""


def measure(*, full: bool) -> Iterator[Measurement]:
    with hundredfold_office(100 if full else 10) as engine, _served(engine) as browser:
        pages, people = _addresses(engine)
        deeds = _outcomes_told(engine)
        limit = browser.median_ms(BARE)
        for address in pages:
            took = browser.median_ms(address)
            after_deed = browser.median_ms(address, times=DEEDS, before_each=lambda: next(deeds))
            note = f"{people:,} people; {after_deed:,.0f} ms after an outcome was told"
            over = f"; over {BAR_MS:.0f} ms" if took > BAR_MS else ""
            yield Measurement(address, took, limit, "ms to the first byte", note + over)


class _Browser:
    """An administrator's browser, on one connection."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Accept": "text/html", "Cookie": f"{SESSION_COOKIE}={secret}"}

    def median_ms(
        self, address: str, *, times: int = REQUESTS, before_each: Callable[[], object] = lambda: None
    ) -> float:
        """To the first byte, of requests one after the other; the first of them is not counted."""
        self._ask(address)
        took = []
        for _ in range(times):
            before_each()
            took.append(self._ask(address))
        return median(took) * 1000

    def _ask(self, address: str) -> float:
        begin = perf_counter()
        self._connection.request("GET", quote(address, safe="/?=&"), headers=self._headers)
        answer = self._connection.getresponse()
        took = perf_counter() - begin
        answer.read()
        assert answer.status == 200, f"{address} answers {answer.status}"
        return took


@contextmanager
def _served(engine: Engine) -> Iterator[_Browser]:
    """The web by uvicorn, in a thread of its own, on any port that is free."""
    with TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), timezone=ZONE.key)
        app = create_app(settings, engine, command_clock(NOW), jobs=jobs(ZONE))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            sleep(0.02)
        try:
            yield _Browser(server.servers[0].sockets[0].getsockname()[1], _session(engine))
        finally:
            server.should_exit = True
            thread.join(20)


def _session(engine: Engine) -> str:
    """The secret of an administrator's session."""
    with transaction(engine) as session:
        accounts.make_account(
            session, "bench", role=AccountRole.ADMINISTRATOR, unit_code=None, by=CONSOLE, now=NOW
        )
        return accounts.open_session(session, accounts.account_of_name(session, "bench").id, now=NOW)


def _outcomes_told(engine: Engine) -> Iterator[None]:
    """Tells the outcome of an activity at each step: of the next that waits for one, and from the first again."""
    with reading(engine) as session:
        awaited = session.scalars(
            select(Activity.id)
            .where(Activity.status == ActivityStatus.PLANNED, Activity.day < TODAY)
            .order_by(Activity.day.desc(), Activity.id)
            .limit(100)
        ).all()
    for value, activity_id in enumerate(cycle(awaited), start=1):
        solved = Entered(metric="needs.solved", value=Decimal(value))
        telling = Telling(status=ActivityStatus.HELD, measures=[solved])
        with transaction(engine) as session:
            record_outcome(session, activity_id, telling, by=CONSOLE, now=NOW, zone=ZONE)
        yield


def _addresses(engine: Engine) -> tuple[Sequence[str], int]:
    """The pages that are opened most, and how many people there are."""
    with reading(engine) as session:
        people = session.scalar(select(func.count()).select_from(Person)) or 0
        person = session.scalars(select(Person).order_by(Person.id).offset(people // 2).limit(1)).one()
        team = session.scalars(select(Team.code).order_by(Team.id).limit(1)).one()
        coming = session.scalars(
            select(Activity.id)
            .join(Place, Place.campaign_id == Activity.campaign_id)
            .where(Activity.status == ActivityStatus.PLANNED, Activity.day > TODAY)
            .order_by(Activity.day, Activity.id)
            .limit(1)
        ).one()
        case, suggestion = (
            session.scalars(select(Matter.code).where(Matter.face == face).limit(1)).one()
            for face in (MatterFace.CASE, MatterFace.SUGGESTION)
        )
    month = f"{TODAY:%Y-%m}"
    return (
        "/",
        "/week",
        f"/calendar/{month}",
        f"/plan/{TODAY.year}",
        "/campaigns",
        "/people",
        f"/people?q={person.name}",
        "/people?q=li",
        f"/people/{person.code}",
        "/people/due",
        "/people/due/round",
        "/pairings",
        "/pairings/missing",
        "/teams",
        f"/teams/{team}",
        "/units",
        "/cases",
        f"/cases/{case}",
        "/suggestions",
        f"/suggestions/{suggestion}",
        "/ledger",
        f"/tally/{month}",
        f"/a/{coming}",
        f"/a/{coming}/people",
        "/outbox",
        "/outbox/calls",
        "/feeds",
        "/audit",
        "/settings",
        f"/search?q={person.name}",
        "/search?q=li",
        "/search/list?q=li",
        "/owed",
        "/runs",
    ), people
