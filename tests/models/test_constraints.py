"""What must always hold is held by the database itself, whoever writes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Activity,
    Base,
    Campaign,
    Drawing,
    Import,
    LedgerEntry,
    Person,
    Subscription,
    Team,
    Tie,
    Unit,
)
from models.enums import (
    ActivityStatus,
    LedgerKind,
    Privacy,
    ScheduleForm,
    TieKind,
)

NOON = datetime(2026, 9, 15, 4, tzinfo=UTC)


@pytest.fixture
def county(session: Session) -> Session:
    session.add_all([Unit(id=1, code="BJ", name="局"), Unit(id=2, code="X1", name="镇")])
    session.add_all([Person(id=1, code="P1", name="何玉兰"), Person(id=2, code="P2", name="欧阳光荣")])
    session.flush()
    session.add(Team(id=1, code="T1", name="队", unit_id=1))
    session.add(
        Campaign(
            id=1,
            code="C1",
            name="学习",
            kind="study",
            unit_id=1,
            schedule="RRULE:FREQ=DAILY",
            form=ScheduleForm.RRULE,
            starts_on=date(2026, 1, 1),
            ends_on=date(2026, 12, 31),
            public=False,
        )
    )
    session.flush()
    return session


def refused(session: Session, *rows: Base) -> bool:
    """Whether the database takes these rows; what it refuses leaves no trace."""
    try:
        with session.begin_nested():
            session.add_all(rows)
            session.flush()
    except IntegrityError:
        return True
    return False


def placement(**columns: object) -> Tie:
    return Tie(kind=TieKind.PLACEMENT, subject_person_id=1, **columns)


def pairing(**columns: object) -> Tie:
    return Tie(kind=TieKind.PAIRING, sort="mentor", subject_person_id=1, object_person_id=2, **columns)


def activity(**columns: object) -> Activity:
    given = {"campaign_id": 1, "unit_id": 1, "day": date(2026, 9, 20), "last_day": date(2026, 9, 20)}
    return Activity(**given | columns, changed_at=NOON, people_changed_at=NOON)


def entry(**columns: object) -> LedgerEntry:
    given = {"paid_on": date(2026, 9, 20), "kind": LedgerKind.CASH, "amount": Decimal(200)}
    return LedgerEntry(**given | columns, recorded_at=NOON, recorded_by="x")


def test_a_person_has_one_open_placement(county: Session) -> None:
    assert not refused(county, placement(object_unit_id=1))
    assert refused(county, placement(object_unit_id=2))
    assert not refused(county, placement(object_unit_id=2, until=date(2020, 1, 1)))


def test_the_same_two_have_one_open_pairing_of_a_kind(county: Session) -> None:
    assert not refused(county, pairing(until=date(2025, 1, 1)))
    assert not refused(county, pairing(since=date(2025, 1, 2)))
    assert refused(county, pairing(since=date(2026, 1, 1)))


def test_a_tie_has_one_subject_and_one_object(county: Session) -> None:
    assert refused(county, placement())
    assert refused(county, placement(object_unit_id=1, object_word="retiree"))
    assert refused(county, Tie(kind=TieKind.ROLE, object_word="retiree"))


def test_nobody_is_paired_with_oneself_and_no_unit_is_its_own_parent(county: Session) -> None:
    assert refused(county, Tie(kind=TieKind.PAIRING, subject_person_id=1, object_person_id=1))
    assert refused(county, Tie(kind=TieKind.PARENT, subject_unit_id=1, object_unit_id=1))


def test_a_tie_ends_no_sooner_than_it_begins(county: Session) -> None:
    assert refused(county, placement(object_unit_id=1, since=date(2026, 2, 1), until=date(2026, 1, 31)))


def test_one_activity_for_each_key_of_the_plan(county: Session) -> None:
    assert not refused(county, activity(plan_key="2026-09-20"))
    assert refused(county, activity(plan_key="2026-09-20", day=date(2026, 9, 21), last_day=date(2026, 9, 21)))
    assert not refused(county, activity(plan_key=None), activity(plan_key=None))


def test_a_cancelled_activity_says_why(county: Session) -> None:
    assert refused(county, activity(status=ActivityStatus.CANCELLED))
    assert not refused(county, activity(status=ActivityStatus.CANCELLED, reason="雨"))


def test_an_activity_has_both_times_or_none(county: Session) -> None:
    assert refused(county, activity(starts_at=NOON))
    assert refused(county, activity(starts_at=NOON, ends_at=NOON))


def test_a_public_subscription_is_never_full(county: Session) -> None:
    common = {"created_at": NOON, "created_by": "x"}
    assert refused(county, Subscription(token_hash="a", privacy=Privacy.FULL, **common))
    assert not refused(county, Subscription(token_hash="b", privacy=Privacy.BUSY, **common))
    assert refused(
        county, Subscription(token_hash="c", privacy=Privacy.BUSY, person_id=1, unit_id=1, **common)
    )


def test_an_entry_is_countered_once(county: Session) -> None:
    county.add(entry(id=7))
    county.flush()
    assert refused(county, entry(amount=Decimal(-200)))
    assert not refused(county, entry(amount=Decimal(-200), reverses_id=7))
    assert refused(county, entry(amount=Decimal(-200), reverses_id=7))


def test_what_was_paid_cannot_be_changed_but_who_signed_can(county: Session) -> None:
    county.add(entry(id=7, received_by="何玉兰"))
    county.flush()
    with pytest.raises(IntegrityError), county.begin_nested():
        county.execute(update(LedgerEntry).values(amount=Decimal(1)))
    with county.begin_nested():
        county.execute(update(LedgerEntry).values(received_by="P1"))


def test_only_an_imported_entry_can_be_removed(county: Session) -> None:
    county.add(
        Import(id=3, at=NOON, by="x", as_of=date(2026, 9, 15), sha256="0", counts={}, undo={}),
    )
    county.flush()
    county.add_all([entry(id=7), entry(id=8, import_id=3)])
    county.flush()
    with pytest.raises(IntegrityError), county.begin_nested():
        county.execute(delete(LedgerEntry).where(LedgerEntry.id == 7))
    with county.begin_nested():
        assert county.scalar(delete(LedgerEntry).where(LedgerEntry.id == 8).returning(LedgerEntry.id)) == 8


def test_words_of_a_closed_vocabulary_are_checked_by_the_database(county: Session) -> None:
    county.add(entry(id=7))
    county.flush()
    with pytest.raises(IntegrityError), county.begin_nested():
        county.execute(
            text(
                "INSERT INTO ledger_entries (paid_on, kind, amount, qualifier, recorded_at, recorded_by) "
                "SELECT paid_on, kind, amount, 'more or less', recorded_at, recorded_by FROM ledger_entries"
            )
        )


def test_what_was_drawn_is_never_changed_and_only_a_counter_entry_is_less_than_nothing(
    county: Session,
) -> None:
    def drawn(amount: int, **columns: object) -> Drawing:
        row = Drawing(drawn_on=date(2026, 9, 1), amount=Decimal(amount), unit_id=1, drawn_by="夏洪波")
        row.recorded_at, row.recorded_by = NOON, "王秀英"
        for name, value in columns.items():
            setattr(row, name, value)
        return row

    assert refused(county, drawn(0))
    assert refused(county, drawn(-5))
    assert not refused(county, drawn(500, id=1))
    assert not refused(county, drawn(-500, reverses_id=1))
    assert refused(county, drawn(-500, reverses_id=1))
    for change in (update(Drawing).values(amount=Decimal(1)), delete(Drawing)):
        with pytest.raises(IntegrityError), county.begin_nested():
            county.execute(change)
