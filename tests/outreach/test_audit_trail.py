"""The audit trail as it is read: filters, pages, names, and who may."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from models import AuditEntry
from models.enums import AccountRole, AuditAction, Via
from outreach import accounts, audit
from outreach.audit_trail import Named, TrailAsked, trail
from outreach.errors import Forbidden, NotFound
from outreach.permissions import CLOCKWORK, CONSOLE, Actor, Right
from tests.outreach.county import TODAY, County

ALL = TrailAsked()


@pytest.fixture
def county(session):
    return County(session)


@pytest.fixture
def wang(session, now):
    accounts.make_account(session, "wang", role=AccountRole.COORDINATOR, by=CONSOLE, now=now)
    account = accounts.account_of_name(session, "wang")
    return Actor("wang", account.id, via=Via.PAGE)


def ids(found):
    return [entry.id for entry in found]


def read(session, asked=ALL, *, by=CONSOLE, **options):
    return trail(session, asked, by=by, today=TODAY, **{"limit": 50, **options})


def note(session, by, table, row_id, now, action=AuditAction.CHANGED, **told):
    audit.note(session, by, action, table, row_id, now=now, **told)
    session.flush()


def test_the_latest_stands_first_with_who_which_way_and_about_what(session, county, wang, now):
    he = county.person("retiree", code="V1")
    campaign = county.campaign("DATES:2026-10-09")
    note(session, wang, "people", he.id, now, AuditAction.READ, person_id=he.id, reason="电话")
    note(session, CLOCKWORK, "campaigns", campaign.id, now + timedelta(seconds=1))
    latest, before, *_ = read(session)
    assert (latest.by, latest.via, latest.about) == (None, Via.CLOCKWORK, Named(campaign.name, campaign.code))
    assert (before.by, before.via, before.reason) == ("wang", Via.PAGE, "电话")
    assert (before.about, before.person_code) == (Named(he.name, "V1"), "V1")


def test_it_is_asked_by_person_account_deed_record_and_time(session, county, wang, now):
    he, she = county.person(code="V1"), county.person(code="V2")
    for number, (by, person, action) in enumerate(
        [(wang, he, AuditAction.READ), (CONSOLE, he, AuditAction.CHANGED), (wang, she, AuditAction.CHANGED)]
    ):
        at = now + timedelta(days=number + 1)
        note(session, by, "people", person.id, at, action, person_id=person.id)
    first, second, third = sorted(ids(read(session)))[-3:]
    assert ids(read(session, TrailAsked(person_code="V1"))) == [second, first]
    assert ids(read(session, TrailAsked(account="wang"))) == [third, first]
    assert ids(read(session, TrailAsked(account="console")))[0] == second
    assert ids(read(session, TrailAsked(action=AuditAction.READ))) == [first]
    assert ids(read(session, TrailAsked(table="people", row_id=she.id))) == [third]
    span = TrailAsked(since=now + timedelta(days=2), until=now + timedelta(days=3))
    assert ids(read(session, span)) == [second]
    for unknown in (TrailAsked(person_code="nobody"), TrailAsked(account="nobody")):
        with pytest.raises(NotFound):
            read(session, unknown)


def test_a_walk_by_pages_is_complete_and_without_doubles_even_within_one_instant(session, county, wang, now):
    for number in range(12):
        note(session, wang, "settings", 0, now + timedelta(seconds=number // 5), after={"n": number})
    asked, walked, before = TrailAsked(account="wang"), [], None
    while page := read(session, asked, before=before, limit=5):
        walked += ids(page)
        before = page[-1].id
    assert walked == ids(read(session, asked))
    assert len(set(walked)) == 12
    with pytest.raises(NotFound):
        read(session, before=10**9)


def test_it_takes_as_many_statements_for_thirty_entries_as_for_one(session, county, wang, now):
    campaign = county.campaign("DATES:2026-10-09")
    rows = {"campaigns": campaign.id, "units": county.root.id, "people": county.person().id}

    def asked() -> int:
        statements = []
        connection = session.connection()

        def count(*each):
            statements.append(each)

        event.listen(connection, "before_cursor_execute", count)
        read(session)
        event.remove(connection, "before_cursor_execute", count)
        return len(statements)

    for table, row_id in rows.items():
        note(session, wang, table, row_id, now)
    few = asked()
    for number in range(30):
        table, row_id = list(rows.items())[number % 3]
        note(session, wang, table, row_id, now)
    assert asked() == few <= 4


def test_whose_right_is_bound_to_a_unit_reads_what_is_about_it(session, county, wang, now):
    here, there = county.unit("H", county.root), county.unit("T", county.root)
    mine, other = county.person(unit=here), county.person(unit=there)
    campaign = county.campaign("DATES:2026-10-09", unit_id=here.id)
    for table, row_id, person in (
        ("people", mine.id, mine),
        ("people", other.id, other),
        ("campaigns", campaign.id, None),
        ("settings", 0, None),
    ):
        note(session, wang, table, row_id, now, person_id=None if person is None else person.id)
    bound = Actor("li", rights=(Right(AccountRole.ADMINISTRATOR, here.id),))
    seen = {(entry.table, entry.row_id) for entry in read(session, by=bound)}
    assert seen == {("people", mine.id), ("campaigns", campaign.id)}


def test_only_administrators_read_it(session, now):
    for role in (AccountRole.COORDINATOR, AccountRole.RECORDER, AccountRole.VIEWER):
        with pytest.raises(Forbidden):
            read(session, by=Actor("x", rights=(Right(role),)))


def test_an_entry_of_before_the_way_was_kept_has_none(session, now):
    session.add(AuditEntry(at=now, action=AuditAction.CHANGED, table_name="settings", row_id=0))
    session.flush()
    assert read(session)[0].via is None
