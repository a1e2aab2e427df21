"""Taking an import back: the database is as it was, unless something was built on it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Activity, AuditEntry, Campaign, LedgerEntry, Person, Rollup, Subscription, Tally, Unit
from models.enums import ActivityStatus, AuditAction, MonthState, Privacy
from outreach import ledger, ties
from outreach.errors import Conflict, NotFound
from outreach.holidays import workdays
from outreach.imports import ImportReport, undo_import
from outreach.metrics import keep_dictionary
from outreach.outcomes import record_outcome
from outreach.outcomes.tellings import Telling
from outreach.permissions import CONSOLE
from outreach.planning import plan
from tests.outreach.imports.files import NOW, TODAY, ZONE, a_county, dump, take, write_folder


@pytest.fixture(autouse=True)
def _the_dictionary(session: Session) -> None:
    keep_dictionary(session)


def undo(session: Session, report: ImportReport) -> None:
    undo_import(session, report.id, by=CONSOLE, now=NOW, zone=ZONE)


def test_an_undone_import_leaves_nothing(session: Session, tmp_path: Path) -> None:
    before = dump(session)
    report = take(session, write_folder(tmp_path, a_county()))
    assert dump(session) != before

    undo(session, report)

    assert dump(session) == before


def test_an_undone_import_can_be_taken_in_again(session: Session, tmp_path: Path) -> None:
    folder = write_folder(tmp_path, a_county())
    first = take(session, folder)
    said = dump(session, without_ids=True)
    undo(session, first)

    take(session, folder)

    assert dump(session, without_ids=True) == said


def test_what_an_import_changed_is_put_back(session: Session, tmp_path: Path) -> None:
    county = a_county()
    take(session, write_folder(tmp_path / "first", county))
    # Measures are made anew when a record tells its figures again; their ids say nothing.
    before = dump(session, without_ids=True)
    county["units"][2]["parent_code"] = "BJ"
    county["people"][0] |= {"name": "单国清", "unit_code": "C01", "roles": "volunteer", "skills": "书法;法律"}
    county["people"][1] |= {"until": "2026-12-31"}
    county["teams"][0] |= {"leader_code": "V2", "members": "V2;R1"}
    county["pairings"][0] |= {"supporter_code": "V1", "visit_every": ""}
    county["campaigns"][0] |= {
        "metrics": "",
        "places_needed": "",
        "beneficiaries": "R1",
        "start_time": "10:00",
    }
    county["campaigns"][1] |= {"metrics": "culture.activities", "places_needed": "5"}
    county["suggestions"][0] |= {"raised_on": "2026-07-30", "answered_on": "2026-08-20", "answer": "修好了"}
    county["ledger"].append(county["ledger"][0])
    county["outcomes"].append(county["outcomes"][0] | {"attendees": "M1", "narrative": "又来一人"})

    report = take(session, write_folder(tmp_path / "second", county))
    changed = {table: count.updated + count.created for table, count in report.counts.items()}
    assert changed == {
        "units": 1,
        "people": 2,
        "teams": 1,
        "pairings": 1,
        "campaigns": 2,
        "suggestions": 1,
        "ledger": 1,
        "outcomes": 1,
    }
    undo(session, report)

    after = dump(session, without_ids=True)
    # What calendars count an activity's changes by never goes back.
    assert _without_activities(after) == _without_activities(before)
    assert [row[1:3] for row in after["activities"]] == [row[1:3] for row in before["activities"]]


def _without_activities(said: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: rows
        for table, rows in said.items()
        if table not in ("activities", "attendances", "outcomes", "measures")
    }


def test_an_activity_that_was_planned_is_planned_again(session: Session, tmp_path: Path) -> None:
    county = a_county()
    outcomes = county.pop("outcomes")
    county["campaigns"][1]["schedule"] = "DATES:2026-09-20"
    take(session, write_folder(tmp_path / "first", county))
    _plan(session)
    visit = session.scalars(select(Activity).join(Campaign).where(Campaign.code == "WT")).one()
    key = visit.plan_key
    told = [outcomes[0] | {"held_on": "2026-09-20"}]

    report = take(session, write_folder(tmp_path / "second", {"outcomes": told}))
    session.refresh(visit)
    assert visit.status is ActivityStatus.HELD
    undo(session, report)

    session.refresh(visit)
    assert (visit.status, visit.held_on, visit.plan_key, visit.revision) == (
        ActivityStatus.PLANNED,
        None,
        key,
        0,
    )
    assert visit.sequence > 0
    assert session.scalars(select(Rollup).where(Rollup.month == date(2026, 9, 1))).all() == []


def test_an_import_is_undone_only_once(session: Session, tmp_path: Path) -> None:
    report = take(session, write_folder(tmp_path, a_county()))
    undo(session, report)

    with pytest.raises(Conflict) as refused:
        undo(session, report)
    assert refused.value.key == "imports.undone_already"


def test_an_import_that_never_was_cannot_be_undone(session: Session) -> None:
    with pytest.raises(NotFound):
        undo_import(session, 77, by=CONSOLE, now=NOW, zone=ZONE)


def test_the_audit_trail_keeps_that_there_was_an_import(session: Session, tmp_path: Path) -> None:
    report = take(session, write_folder(tmp_path, a_county()))
    undo(session, report)

    removed = select(AuditEntry).where(AuditEntry.action == AuditAction.REMOVED)
    assert session.scalars(removed).one().row_id == report.id
    people = select(func.count()).select_from(AuditEntry).where(AuditEntry.table_name == "people")
    assert session.scalar(people) == 4


def _plan(session: Session) -> None:
    plan(
        session,
        today=TODAY,
        through=date(2026, 12, 31),
        zone=ZONE,
        workdays=workdays(session),
        by=CONSOLE,
        now=NOW,
    )


def _tell(session: Session) -> None:
    held = session.scalars(select(Activity).order_by(Activity.id)).first()
    assert held is not None
    record_outcome(
        session, held.id, Telling(ActivityStatus.HELD, narrative="补记"), by=CONSOLE, now=NOW, zone=ZONE
    )


def _rename(session: Session) -> None:
    session.scalars(select(Unit).where(Unit.code == "X01")).one().name = "新城镇"


def _move(session: Session) -> None:
    person = session.scalars(select(Person).where(Person.code == "V1")).one()
    unit = session.scalars(select(Unit).where(Unit.code == "BJ")).one()
    ties.place(session, person.id, unit.id, as_of=TODAY)


def _subscribe(session: Session) -> None:
    person = session.scalars(select(Person).where(Person.code == "V1")).one()
    session.add(
        Subscription(
            token_hash="0" * 64,
            person_id=person.id,
            privacy=Privacy.BUSY,
            created_at=NOW,
            created_by="a test",
        )
    )


def _counter(session: Session) -> None:
    entry = session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).first()
    assert entry is not None
    ledger.reverse(session, entry.id, by=CONSOLE, now=NOW, zone=ZONE)


def _close(session: Session) -> None:
    unit = session.scalars(select(Unit).where(Unit.code == "C01")).one()
    session.add(Tally(month=date(2026, 8, 1), unit_id=unit.id, state=MonthState.CLOSED, closed_at=NOW))


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (_plan, "imports.built_on_activities"),
        (_tell, "imports.changed_since"),
        (_rename, "imports.changed_since"),
        (_move, "imports.changed_since"),
        (_subscribe, "imports.built_on_subscriptions"),
        (_close, "imports.built_on_tallies"),
        (_counter, "imports.built_on_ledger_entries"),
    ],
)
def test_what_was_built_on_an_import_holds_it(
    session: Session, tmp_path: Path, build: Callable[[Session], None], key: str
) -> None:
    report = take(session, write_folder(tmp_path, a_county()))
    build(session)
    session.flush()
    before = dump(session)

    with pytest.raises(Conflict) as refused:
        undo(session, report)

    assert refused.value.key == key
    assert dump(session) == before


def test_a_later_import_that_refers_to_an_earlier_one_holds_it(session: Session, tmp_path: Path) -> None:
    county = a_county()
    first = take(session, write_folder(tmp_path / "first", county))
    newcomer = county["people"][1] | {"code": "V3", "name": "周末"}
    second = take(session, write_folder(tmp_path / "second", {"people": [newcomer]}))

    with pytest.raises(Conflict):
        undo(session, first)
    undo(session, second)
    undo(session, first)

    assert session.scalar(select(func.count()).select_from(Person)) == 0
