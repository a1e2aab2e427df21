"""An answer is found out once and again when something changed; and it names everything that it is made of."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from calendars.periods import parse_period
from calendars.workdays import Workdays
from models import Activity, Base, Place, Setting, Unit
from models.database import make_engine, reading, rehearsal, transaction
from models.enums import Additivity, PersonRole
from models.migrating import upgrade
from models.stamps import WATCHED
from outreach import (
    campaign_register,
    day_notes,
    pairing_register,
    people_register,
    sources,
    standings,
    suggestion_board,
    team_register,
    unit_choices,
    waiting,
)
from outreach import due_visits as due_visits_room
from outreach.activities import served
from outreach.activities.head import activity_head
from outreach.assignment import candidates
from outreach.assignment.candidates import ranked
from outreach.due_visits import due_visits
from outreach.house_rules import AssignmentRules
from outreach.matters import cases_waiting, suggestions_waiting
from outreach.matters import waiting as matters_waiting
from outreach.metrics import definitions, keep_dictionary
from outreach.near import near
from outreach.pairing_register import Asked as PairingsAsked
from outreach.people_register import RegisterAsked
from outreach.permissions import CONSOLE, EVERYWHERE, Reach
from outreach.planning import clashes, yearly
from outreach.remembered import _ANSWERS, remembered
from outreach.spans import SpanAsked, span
from outreach.standings import Standing
from outreach.suggestion_board import Sought
from outreach.suggestions import raise_suggestion
from outreach.tallies import figure, stocks, totals, views
from tests.outreach.books import Books
from tests.outreach.county import NOW, TODAY, ZONE, County
from tests.outreach.test_agenda import an_activity

TOMORROW = TODAY + timedelta(days=1)
UNITS = frozenset({"units"})
TABLE = re.compile(r"(?:FROM|JOIN)\s+(\w+)|\b(\w+)\.\w")
"""A table that a statement reads, or one that has a column in it."""


class Office:
    """Asks for the names of the units, and says how often it had to find them out."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.times = engine, 0

    def names(self, question: str = "names") -> list[str]:
        with reading(self.engine) as session:
            return remembered(session, question, lambda: self.found(session), made_of=UNITS)

    def found(self, session: Session) -> list[str]:
        self.times += 1
        return list(session.scalars(select(Unit.name).order_by(Unit.id)))


@pytest.fixture
def office(fresh_database: Engine) -> Office:
    with transaction(fresh_database) as session:
        session.add(Unit(code="A", name="甲"))
    return Office(fresh_database)


def test_an_answer_is_found_out_once_for_each_question(office: Office) -> None:
    assert [office.names(), office.names(), office.names("again")] == [["甲"]] * 3
    assert office.times == 2


def test_it_is_found_out_again_when_a_table_of_it_was_written_and_only_then(office: Office) -> None:
    assert office.names() == ["甲"]
    with transaction(office.engine) as session:
        session.add(Setting(name="hours", value=8))
    assert (office.names(), office.times) == (["甲"], 1)
    with transaction(office.engine) as session:
        session.execute(update(Unit).values(name="乙"))
    assert (office.names(), office.times) == (["乙"], 2)


def test_what_is_no_longer_so_is_not_kept(office: Office) -> None:
    office.names()
    with transaction(office.engine) as session:
        session.execute(update(Unit).values(name="乙"))
    office.names("again")
    assert [kept.answer for kept in _ANSWERS[office.engine.pool].values()] == [["乙"]]


def test_nothing_is_kept_of_what_a_transaction_sees_that_may_be_undone(office: Office) -> None:
    with rehearsal(office.engine) as session:
        session.execute(update(Unit).values(name="乙"))
        assert remembered(session, "names", lambda: office.found(session), made_of=UNITS) == ["乙"]
    assert office.names() == ["甲"]


def test_nothing_can_be_remembered_of_a_table_that_nobody_watches(office: Office) -> None:
    with reading(office.engine) as session, pytest.raises(ValueError, match="settings"):
        remembered(session, "hours", list, made_of=frozenset({"settings", "units"}))


def test_a_database_does_not_answer_for_another(office: Office, tmp_path) -> None:
    office.names()
    other = make_engine(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(other)
    assert Office(other).names() == []
    other.dispose()


@contextmanager
def tables_read(session: Session) -> Iterator[set[str]]:
    """The tables that statements name while this lasts."""
    names: set[str] = set()
    tables = set(Base.metadata.tables)

    def note(_connection, _cursor, statement, *_) -> None:
        names.update(tables & {word for words in TABLE.findall(statement) for word in words})

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield names
    event.remove(connection, "before_cursor_execute", note)


def figures(session: Session) -> Callable[[], object]:
    books = Books(session)
    supporter, other = books.person("A", "retiree"), books.person("B", "retiree")
    books.pair(supporter, other, "mentor")
    books.team("A")
    books.listed("study.participants", [supporter, other])
    record = books.activity(books.part("46", "A"))
    books.entry("10")
    books.close("2026-09", "A")
    books.record(record, books.part("50", "A"))
    periods = [parse_period("2026-09"), parse_period("2026")]
    return lambda: totals(session, periods, books.units["BJ"])


def one_figure(session: Session) -> Callable[[], object]:
    figures(session)
    unit_id = session.scalars(select(Unit.id).where(Unit.code == "BJ")).one()
    period, asked = parse_period("2026"), ("materials.issued", "study.participants", "org.retirees")
    return lambda: [figure(session, period, unit_id, metric) for metric in asked]


def records(session: Session) -> Callable[[], object]:
    figures(session)
    unit_id = session.scalars(select(Unit.id).where(Unit.code == "BJ")).one()
    every = [code for code, metric in definitions().items() if metric.additivity is not Additivity.RATIO]
    period = parse_period("2026")
    return lambda: [sources.sources(session, period, unit_id, metric, limit=9) for metric in every]


def in_force(session: Session) -> Callable[[], object]:
    books = Books(session)
    asked = [(date(2026, 9, 30), frozenset(books.units.values()))]
    return lambda: stocks._in_force(session, asked)


def lanes(session: Session) -> Callable[[], object]:
    county = County(session)
    campaigns = yearly.campaigns_of_year(session, EVERYWHERE, 2026)
    county.campaign("DATES:2026-10-20")
    county.plan()
    return lambda: yearly.year_plan(session, EVERYWHERE, 2026, campaigns=campaigns)


def campaigns(session: Session) -> Callable[[], object]:
    County(session)
    return lambda: yearly.campaigns_of_year(session, EVERYWHERE, 2026)


def overlaps(session: Session) -> Callable[[], object]:
    county = County(session)
    team, day = county.team(), date(2026, 10, 20)
    for _ in range(2):
        county.campaign(f"DATES:{day}", team_id=team.id, start_time=time(9))
    county.plan()
    workdays = Workdays.of({})
    return lambda: clashes.undecided(session, EVERYWHERE, first=day, last=day, workdays=workdays)


def how_far(session: Session) -> Callable[[], object]:
    campaign = County(session).campaign("DATES:2026-10-20")
    return lambda: campaign_register._so_far(session, [campaign.id], year=2026, today=TODAY)


def months(session: Session) -> Callable[[], object]:
    campaign = County(session).campaign("DATES:2026-10-20")
    return lambda: campaign_register.months_done(session, campaign.id, year=2026)


def who_was_there(session: Session) -> Callable[[], object]:
    county = County(session)
    campaign = county.campaign("DATES:2026-10-20", team_id=county.team(county.person()).id)
    options = {"year": 2026, "today": TODAY, "limit": 5}
    return lambda: campaign_register.participation(session, campaign.id, campaign.team_id, **options)


def missing(session: Session) -> Callable[[], object]:
    county = County(session)
    campaign = county.campaign("DATES:2026-10-01")
    session.add(Place(campaign_id=campaign.id, role="any", needed=3))
    county.plan()
    return lambda: campaign_register._short(session, [campaign.id], today=TODAY, now=NOW)


def a_day(session: Session) -> County:
    """Two activities at one time that lack people, and to both of which somebody was asked."""
    county = County(session)
    campaign = county.campaign(f"DATES:{TODAY}", serves=[PersonRole.RETIREE])
    session.add(Place(campaign_id=campaign.id, needed=2))
    county.person("retiree")
    who = county.person("volunteer")
    for _ in range(2):
        county.assign(an_activity(county, campaign, TODAY, 23), who)
    return county


def days(session: Session) -> Callable[[], object]:
    a_day(session)
    options = {"first": TODAY, "last": TODAY, "today": TODAY, "now": NOW, "per_day": 3}
    asked = [None, *(SpanAsked(kind="study", standing=each) for each in Standing)]
    return lambda: [span(session, EVERYWHERE, asked=each, **options) for each in asked]


def coming(session: Session) -> Callable[[], object]:
    a_day(session)
    options = {"today": TODAY, "now": NOW, "days": 7, "today_shown": 3, "short_shown": 3}
    return lambda: near(session, EVERYWHERE, **options)


def to_mind(session: Session) -> Callable[[], object]:
    a_day(session)
    return lambda: day_notes.notes_of_day(session, EVERYWHERE, TODAY)


def whom_it_is_for(session: Session) -> Callable[[], object]:
    a_day(session)
    number = session.scalars(select(Activity.id)).first()
    head = activity_head(session, number, EVERYWHERE, today=TODAY, now=NOW)
    return lambda: served.whom_it_serves(session, head)


def suggestions(session: Session) -> None:
    keep_dictionary(session)
    opinion = {
        "code": "Y1",
        "text": "路灯坏了",
        "raised_on": TODAY,
        "person_code": County(session).person().code,
    }
    raise_suggestion(session, opinion, by=CONSOLE, today=TODAY, now=NOW, zone=ZONE)


def side_by_side(session: Session) -> Callable[[], object]:
    suggestions(session)
    options = {"today": TODAY, "now": NOW, "zone": ZONE, "limit": 3}
    asked = (Sought(), Sought(person_code="P1"), Sought(words="路灯"), Sought(is_late=True))
    return lambda: [suggestion_board._standing(session, each, EVERYWHERE, **options) for each in asked]


def past_their_time(session: Session) -> Callable[[], object]:
    suggestions(session)
    return lambda: [
        asked(session, EVERYWHERE, now=NOW, limit=3) for asked in (suggestions_waiting, cases_waiting)
    ]


def who_could_come(session: Session) -> Callable[[], object]:
    county = a_day(session)
    county.plan()
    coming = an_activity(county, county.campaign(f"DATES:{TODAY}", serves=[PersonRole.RETIREE]), TOMORROW)
    session.add_all([Place(activity_id=coming.id, role=role, needed=2) for role in ("any", "driver")])
    session.flush()
    options = {"today": TODAY, "zone": ZONE, "now": NOW, "limit": 3, "rules": AssignmentRules()}
    return lambda: ranked(session, coming.id, by=CONSOLE, **options)


def in_the_menu(session: Session) -> Callable[[], object]:
    within = Reach(frozenset({County(session).root.id}))
    return lambda: waiting.what_waits(session, within, today=TODAY, now=NOW)


def to_choose_from(session: Session) -> Callable[[], object]:
    County(session)
    return lambda: unit_choices.unit_choices(session, EVERYWHERE, on=TODAY)


def due(session: Session) -> Callable[[], object]:
    county = County(session)
    county.campaign("CADENCE:P1M", serves=[PersonRole.RETIREE])
    county.person("retiree", since=TODAY - timedelta(days=90))
    county.plan()
    return lambda: due_visits(session, EVERYWHERE, today=TODAY, through=TODAY + timedelta(days=90), limit=3)


def who_is_paired(session: Session) -> Callable[[], object]:
    county = County(session)
    county.pair(county.person("volunteer"), county.person("minor"), code="J1")
    options = {"within": EVERYWHERE, "today": TODAY, "limit": 3}
    asked = (PairingsAsked(words="li"), PairingsAsked())
    return lambda: [pairing_register.register(session, each, **options) for each in asked]


def who_has_nobody(session: Session) -> Callable[[], object]:
    code = County(session).person("minor").code
    options = {"within": EVERYWHERE, "today": TODAY, "limit": 3}
    return lambda: [
        pairing_register.without_partner(session, PersonRole.MINOR, after=code, **options),
        pairing_register._with_room(session, EVERYWHERE, TODAY, 3, 1),
    ]


def who_is_found(session: Session) -> Callable[[], object]:
    team = County(session).team()
    asked = RegisterAsked(words="li", team_code=team.code, is_due=True, role=PersonRole.MINOR)
    return lambda: people_register.ids_found(session, asked, within=EVERYWHERE, today=TODAY, limit=3)


def who_carries_how_much(session: Session) -> Callable[[], object]:
    county = County(session)
    team = county.team(county.person())
    return lambda: team_register._team_at_work(session, team.code, EVERYWHERE, TODAY, 3)


@pytest.mark.parametrize(
    ("asked", "made_of"),
    [
        (who_carries_how_much, team_register.AT_WORK_IS_MADE_OF),
        (due, due_visits_room.MADE_OF),
        (who_is_paired, pairing_register.MADE_OF),
        (who_has_nobody, pairing_register.WHO_IS_PAIRED_IS_MADE_OF),
        (who_is_found, people_register.WHO_IS_FOUND_IS_MADE_OF),
        (who_could_come, candidates.MADE_OF),
        (in_the_menu, waiting.MADE_OF),
        (past_their_time, matters_waiting.MADE_OF),
        (side_by_side, suggestion_board.MADE_OF),
        (to_choose_from, unit_choices.MADE_OF),
        (days, standings.MADE_OF),
        (coming, standings.MADE_OF),
        (to_mind, day_notes.MADE_OF),
        (whom_it_is_for, served.MADE_OF),
        (figures, views.MADE_OF),
        (one_figure, views.MADE_OF),
        (records, sources.MADE_OF),
        (in_force, stocks.MADE_OF),
        (lanes, yearly.MADE_OF),
        (campaigns, yearly.CAMPAIGNS_ARE_MADE_OF),
        (overlaps, clashes.MADE_OF),
        (how_far, campaign_register.SO_FAR_IS_MADE_OF),
        (months, campaign_register.SO_FAR_IS_MADE_OF),
        (who_was_there, campaign_register.WHO_WAS_THERE_IS_MADE_OF),
        (missing, campaign_register.SHORT_IS_MADE_OF),
    ],
)
def test_what_is_remembered_names_every_table_that_it_reads(
    session: Session, asked: Callable[[Session], Callable[[], object]], made_of: frozenset[str]
) -> None:
    answer = asked(session)
    with tables_read(session) as read:
        answer()
    assert read == made_of
    assert made_of <= WATCHED
