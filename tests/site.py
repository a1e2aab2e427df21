"""The sample county at work for two weeks, and every page of it by address: for the tests that walk all pages."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from PIL import Image
from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from clock import real_now
from models import (
    Account,
    Activity,
    Campaign,
    Drawing,
    LedgerEntry,
    Matter,
    Person,
    Photo,
    Place,
    Subscription,
    Team,
    Tie,
)
from models.base import ActivityId
from models.database import reading, transaction
from models.enums import ActivityStatus, LedgerKind, MatterFace, Privacy, TieKind
from outreach import accounts, holidays, subscriptions
from outreach.activities.handing import hand_over_here
from outreach.cases import open_case
from outreach.clockwork import Changed, claim, finish
from outreach.drawings import Drawn, draw
from outreach.imports import import_path
from outreach.ledger import Payment
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.photos import add_photos, picture_of
from outreach.planning import plan
from settings import Settings
from tests.conftest import ROOT

TODAY = date(2026, 11, 4)
MORNING = datetime(2026, 11, 4, 2, 20, tzinfo=UTC)
IMPORTED = datetime(2026, 10, 20, 1, tzinfo=UTC)
"""Two weeks before: so some outcomes are owed."""


def settle(engine: Engine, settings: Settings) -> str:
    """The sample county with its plan, as if the office had begun two weeks ago; the first sign-in link."""
    with transaction(engine) as session:
        keep_dictionary(session)
        link = accounts.first_administrator(session, now=MORNING).sign_in
        import_path(
            session,
            ROOT / "sample",
            today=IMPORTED.date(),
            by=CONSOLE,
            now=IMPORTED,
            zone=settings.zone,
        )
        plan(
            session,
            today=IMPORTED.date(),
            through=date(2026, 12, 31),
            zone=settings.zone,
            workdays=holidays.workdays(session),
            by=CONSOLE,
            now=IMPORTED,
        )
    return link


def work_on(engine: Engine, settings: Settings) -> None:
    """What two weeks of work leave behind: a run of the clockwork, a photo, money, a case, a feed."""
    with transaction(engine) as session:
        held = claim(session, "plan_horizon", MORNING, runner="a", now=MORNING, machine_now=real_now())
        assert held is not None
        finish(session, held, changed=Changed({"created": 12}), now=MORNING + timedelta(seconds=8))
        over = session.scalars(_activities(ActivityStatus.HELD)).one()
        add_photos(
            session,
            over,
            [picture_of(_a_picture())],
            caption="",
            consent="",
            by=CONSOLE,
            now=MORNING,
            today=TODAY,
        )
        payment = Payment(LedgerKind.CASH, Decimal(200), handed_by="周敏", received_by="本人")
        hand_over_here(session, over, payment, by=CONSOLE, today=TODAY, now=MORNING)
        draw(
            session,
            Drawn(drawn_on=TODAY, amount=Decimal(5000), unit_code="BJ", drawn_by="周敏"),
            by=CONSOLE,
            today=TODAY,
            now=MORNING,
        )
        ill = session.scalars(select(Person.code).order_by(Person.id.desc()).limit(1)).one()
        open_case(
            session,
            {"kind": "hospital", "person_code": ill},
            by=CONSOLE,
            today=TODAY,
            now=MORNING,
            zone=settings.zone,
        )
        subscriptions.issue(
            session, "public", privacy=Privacy.BUSY, label=None, by=CONSOLE, now=MORNING, today=TODAY
        )


def addresses(engine: Engine) -> Mapping[str, str]:
    """An address of every page that can be opened, by its route; what it needs is looked up in the county."""
    with reading(engine) as session:
        return {**_PLAIN, **dict(_with_records(session))}


def page_routes(app: FastAPI) -> set[str]:
    """The routes of all pages that are opened: GET, and not for programs."""
    return {
        path
        for route in iter_route_contexts(app.routes)
        if (path := route.path)
        and "GET" in (route.methods or ())
        and not path.startswith(("/api/", "/healthz", "/readyz", "/static"))
    }


DOCUMENTS = {
    "/a/{activity_id}/photos/{photo_id}",
    "/a/{activity_id}/photos/{photo_id}/small",
    "/audit.csv",
    "/ledger/book.{ending}",
    "/people/{code}/export",
    "/suggestions/all.{ending}",
}
"""What is downloaded or drawn, and no page."""
PIECES = {"/search/list", "/a/{activity_id}/first-choice"}
"""Pieces of pages, for scripts."""
LEADS_ON = {"/tally", "/plan", "/calendar"}
"""Addresses of the menu that lead to those of today."""

_PLAIN = {
    "/": "/",
    "/account": "/account",
    "/activities/new": "/activities/new",
    "/audit": "/audit",
    "/calendar/{month}": "/calendar/2026-11",
    "/campaigns": "/campaigns",
    "/campaigns/new": "/campaigns/new",
    "/cases": "/cases",
    "/cases/all": "/cases/all",
    "/cases/new": "/cases/new",
    "/feeds": "/feeds",
    "/feeds/new": "/feeds/new",
    "/imports": "/imports",
    "/ledger": "/ledger",
    "/ledger/draw": "/ledger/draw",
    "/ledger/new": "/ledger/new",
    "/login": "/login",
    "/outbox": "/outbox",
    "/outbox/calls": "/outbox/calls",
    "/outbox/told": "/outbox/told",
    "/owed": "/owed",
    "/pairings": "/pairings",
    "/pairings/change": "/pairings/change",
    "/pairings/missing": "/pairings/missing",
    "/pairings/new": "/pairings/new",
    "/people": "/people",
    "/people/due": "/people/due",
    "/people/due/round": "/people/due/round",
    "/people/duplicates": "/people/duplicates",
    "/people/new": "/people/new",
    "/plan/{year}": "/plan/2026",
    "/plan/{year}/copy": "/plan/2026/copy",
    "/runs": "/runs",
    "/runs/{job}": "/runs/plan_horizon",
    "/search": "/search?q=li",
    "/settings": "/settings",
    "/settings/accounts": "/settings/accounts",
    "/settings/accounts/new": "/settings/accounts/new",
    "/settings/assignment": "/settings/assignment",
    "/settings/backups": "/settings/backups",
    "/settings/channels": "/settings/channels",
    "/settings/deadlines": "/settings/deadlines",
    "/settings/holidays": "/settings/holidays",
    "/settings/holidays/{year}": "/settings/holidays/2026",
    "/settings/kinds": "/settings/kinds",
    "/settings/language": "/settings/language",
    "/settings/retention": "/settings/retention",
    "/settings/roles": "/settings/roles",
    "/suggestions": "/suggestions",
    "/suggestions/all": "/suggestions/all",
    "/suggestions/new": "/suggestions/new",
    "/tally/{period}": "/tally/2026-10",
    "/tally/{period}/close": "/tally/2026-10/close",
    "/tally/{period}/{metric}": "/tally/2026-09/visits.person_times",
    "/teams": "/teams",
    "/teams/new": "/teams/new",
    "/units": "/units",
    "/units/{code}": "/units/BJ",
    "/week": "/week",
    "/week/{monday}": "/week/2026-11-02",
    "/welcome/{secret}": "/welcome/spent",
}


def _with_records(session: Session) -> Iterator[tuple[str, str]]:
    """Pages of one record, which has another number in every county."""
    coming = session.scalars(_activities(ActivityStatus.PLANNED)).one()
    held = session.scalars(_activities(ActivityStatus.HELD)).one()
    for tab in ("/people", "/move", "/cancel"):
        yield f"/a/{{activity_id}}{tab}", f"/a/{coming}{tab}"
    for tab in ("", "/attendance", "/outcome", "/ledger", "/suggestions", "/photos", "/history"):
        yield f"/a/{{activity_id}}{tab}", f"/a/{held}{tab}"
    photo = session.scalars(select(Photo).limit(1)).one()
    yield "/a/{activity_id}/photos/{photo_id}/remove", f"/a/{photo.activity_id}/photos/{photo.id}/remove"
    entry = session.scalars(
        select(LedgerEntry).where(LedgerEntry.activity_id.is_not(None)).order_by(LedgerEntry.id).limit(1)
    ).one()
    yield (
        "/a/{activity_id}/ledger/{entry_id}/reverse",
        f"/a/{entry.activity_id}/ledger/{entry.id}/reverse",
    )
    yield "/ledger/{entry_id}", f"/ledger/{entry.id}"
    drawing = session.scalars(select(Drawing.id).limit(1)).one()
    yield "/ledger/draw/{drawing_id}", f"/ledger/draw/{drawing}"
    campaign = session.scalars(select(Campaign.code).order_by(Campaign.id).limit(1)).one()
    for part in ("", "/edit"):
        yield f"/campaigns/{{code}}{part}", f"/campaigns/{campaign}{part}"
    yield "/campaigns/{code}/{status}", f"/campaigns/{campaign}/paused"
    yield "/plan/{year}/lane/{code}/{month}", f"/plan/2026/lane/{campaign}/11"
    one, other = session.scalars(select(Person.code).order_by(Person.id).limit(2)).all()
    for part in ("", "/edit", "/erase"):
        yield f"/people/{{code}}{part}", f"/people/{one}{part}"
    yield "/people/{code}/merge", f"/people/{one}/merge?with={other}"
    for face, page in ((MatterFace.CASE, "cases"), (MatterFace.SUGGESTION, "suggestions")):
        code = session.scalars(select(Matter.code).where(Matter.face == face).limit(1)).one()
        for part in ("", "/edit"):
            yield f"/{page}/{{code}}{part}", f"/{page}/{code}{part}"
    team = session.scalars(select(Team.code).order_by(Team.id).limit(1)).one()
    yield "/teams/{code}", f"/teams/{team}"
    yield "/teams/{code}/members", f"/teams/{team}/members"
    pairing = session.scalars(
        select(Tie.code).where(Tie.kind == TieKind.PAIRING, Tie.code.is_not(None)).order_by(Tie.id).limit(1)
    ).one()
    yield "/pairings/{code}", f"/pairings/{pairing}"
    feed = session.scalars(select(Subscription.id).limit(1)).one()
    yield "/feeds/{feed_id}/revoke", f"/feeds/{feed}/revoke"
    account = session.scalars(select(Account.id).limit(1)).one()
    yield "/settings/accounts/{account_id}", f"/settings/accounts/{account}"


_IN_TIME = {ActivityStatus.PLANNED: Activity.day > TODAY, ActivityStatus.HELD: Activity.day <= TODAY}


def _activities(status: ActivityStatus) -> Select[ActivityId]:
    """One that needs people, of this state; the nearest to today."""
    return (
        select(Activity.id)
        .join(Place, Place.campaign_id == Activity.campaign_id)
        .where(Activity.status == status, _IN_TIME[status])
        .order_by(Activity.day, Activity.id)
        .limit(1)
    )


def _a_picture() -> BytesIO:
    written = BytesIO()
    Image.new("RGB", (640, 480), "green").save(written, "JPEG")
    written.seek(0)
    return written
