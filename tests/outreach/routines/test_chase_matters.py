"""What is overdue is told to the coordinators of its unit: answers at once and again, tasks once."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Grant, Matter, Notice, Person, Unit
from models.enums import AccountRole, NoticeKind
from outreach import matters
from outreach.clockwork import Moment
from outreach.house_rules import change_house_rules
from outreach.matters import CaseTold, Opinion
from outreach.metrics import keep_dictionary
from outreach.permissions import CONSOLE
from outreach.routines.chase_matters import chase_matters
from tests.outreach.county import NOW, TODAY, ZONE, County

BY = {"by": CONSOLE, "now": NOW, "zone": ZONE}


@pytest.fixture
def county(session: Session) -> County:
    keep_dictionary(session)
    return County(session)


def coordinator(county: County, unit: Unit, role: AccountRole = AccountRole.COORDINATOR) -> Person:
    person = county.person(email="c@example.org")
    account = Account(name=f"of {person.code}", person_id=person.id, created_at=NOW)
    county.session.add(account)
    county.session.flush()
    county.session.add(Grant(account_id=account.id, role=role, unit_id=unit.id))
    return person


def look(county: County, day: date) -> tuple[int, int]:
    """How many new notices of suggestions and of cases a morning brings."""
    slot = datetime.combine(day, time(9, 30), ZONE).astimezone(UTC)
    counts = chase_matters(county.session, Moment(slot, slot, ZONE)).counts
    return int(counts["late_suggestions"]), int(counts["late_cases"])


def owed(county: County) -> list[tuple[str, NoticeKind]]:
    rows = county.session.execute(
        select(Person.code, Notice.kind).join(Person, Person.id == Notice.person_id).order_by(Notice.id)
    )
    return [(code, kind) for code, kind in rows]


def suggestion(county: County, due_on: date, unit: Unit | None = None, **columns: object) -> None:
    opinion = Opinion(
        "修路灯",
        code="Y1",
        raised_on=due_on - timedelta(20),
        unit_code=(unit or county.root).code,
        sent_to="交通局",
        sent_on=due_on - timedelta(15),
        due_on=due_on,
        **columns,  # type: ignore[arg-type]
    )
    matters.raise_suggestion(county.session, opinion, **BY)  # type: ignore[arg-type]


def test_an_answer_that_is_late_is_told_at_once_and_again_every_few_working_days(county: County) -> None:
    town = county.unit("Z01", county.root)
    near, _ = coordinator(county, town), coordinator(county, county.root)
    coordinator(county, county.unit("Z02", county.root))
    coordinator(county, town, AccountRole.VIEWER)
    suggestion(county, TODAY, town)
    assert look(county, TODAY) == (0, 0)
    assert look(county, TODAY + timedelta(1)) == (1, 0)
    assert owed(county) == [(near.code, NoticeKind.SUGGESTION_OVERDUE)]
    # The fifth working day after Tuesday the 15th is Monday the 21st: the Sunday before is worked.
    quiet = [look(county, date(2026, 9, day)) for day in (16, 17, 18, 20)]
    assert quiet == [(0, 0)] * 4
    assert look(county, date(2026, 9, 21)) == (1, 0)
    assert look(county, date(2026, 9, 21)) == (0, 0)


def test_after_somebody_asked_for_it_there_is_quiet_again(county: County) -> None:
    coordinator(county, county.root)
    suggestion(county, TODAY - timedelta(5))
    assert look(county, TODAY) == (1, 0)
    matters.chase(county.session, "Y1", **BY)  # type: ignore[arg-type]
    assert look(county, TODAY + timedelta(1)) == (0, 0)
    assert look(county, date(2026, 9, 21)) == (1, 0)
    (matter,) = county.session.scalars(select(Matter))
    assert len(matters.steps_of(county.session, matter.id)) == 3


def test_what_is_answered_or_long_past_is_let_be(county: County) -> None:
    coordinator(county, county.root)
    suggestion(county, TODAY - timedelta(5), answered_on=TODAY - timedelta(6), answer="已修")
    assert look(county, TODAY) == (0, 0)
    told = Opinion("旧事", raised_on=date(2020, 1, 1), due_on=date(2020, 2, 1), unit_code="BJ")
    matters.raise_suggestion(county.session, told, **BY)  # type: ignore[arg-type]
    assert look(county, TODAY) == (0, 0)


def test_each_task_of_a_case_is_told_once(county: County) -> None:
    someone = coordinator(county, county.root)
    change_house_rules(county.session, {"cases.hospital_visit_days": 3}, by=CONSOLE, now=NOW)
    person = county.person("retiree")
    matters.open_case(county.session, CaseTold("hospital", person.code, opened_on=TODAY), **BY)  # type: ignore[arg-type]
    assert look(county, TODAY + timedelta(3)) == (0, 0)
    assert look(county, TODAY + timedelta(4)) == (0, 1)
    assert look(county, TODAY + timedelta(9)) == (0, 0)
    assert look(county, TODAY + timedelta(15)) == (0, 1)
    assert owed(county) == [(someone.code, NoticeKind.CASE_OVERDUE)] * 2


def test_a_case_that_is_visited_in_time_or_closed_is_not_told_of(county: County) -> None:
    coordinator(county, county.root)
    person, other = county.person("retiree"), county.person("retiree")
    campaign = county.campaign("CASE:honour;within=P2D")
    visited = matters.open_case(county.session, CaseTold("honour", person.code, opened_on=TODAY), **BY)  # type: ignore[arg-type]
    county.held(campaign, TODAY + timedelta(1), person, matter_id=visited, subject_person_id=person.id)
    closed = CaseTold("honour", other.code, code="C9", opened_on=TODAY)
    matters.open_case(county.session, closed, **BY)  # type: ignore[arg-type]
    assert look(county, TODAY + timedelta(8)) == (0, 1)
    matters.change_case(
        county.session,
        "C9",
        CaseTold("honour", other.code, opened_on=TODAY, closed_on=TODAY),
        **BY,  # type: ignore[arg-type]
    )
    assert look(county, TODAY + timedelta(9)) == (0, 0)


def test_a_time_told_with_the_case_is_told_of_too(county: County) -> None:
    coordinator(county, county.root)
    person = county.person("retiree")
    due_at = NOW + timedelta(hours=5)
    told = CaseTold("失联", person.code, opened_on=TODAY, due_at=due_at)
    matters.open_case(county.session, told, **BY)  # type: ignore[arg-type]
    assert look(county, TODAY) == (0, 0)
    assert look(county, TODAY + timedelta(1)) == (0, 1)
    assert look(county, TODAY + timedelta(2)) == (0, 0)
