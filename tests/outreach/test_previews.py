"""What a draft would plan; nothing is stored."""

from datetime import date, time

import pytest
from sqlalchemy.orm import Session

from calendars.schedules import parse_schedule
from calendars.workdays import Workdays
from models.enums import OnHoliday, SplitBy
from outreach.beneficiaries import ListEntry
from outreach.previews import Draft, preview
from tests.outreach.county import TODAY, ZONE, County
from wording.schedules import explain


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def shown(county: County, schedule: str, *, most: int = 1_000, **columns):
    columns = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31), **columns}
    draft = Draft(schedule=parse_schedule(schedule), **columns)
    return preview(county.session, draft, today=TODAY, zone=ZONE, workdays=Workdays.of({}), shown=most)


def test_all_days_of_a_dated_form_past_ones_too_with_their_reasons(county: County) -> None:
    seen = shown(county, "RRULE:FREQ=MONTHLY;BYMONTHDAY=15", on_holiday=OnHoliday.NEXT_WORKDAY)
    days = {each.on.isoformat(): each for each in seen.dates}
    assert len(days) == 12
    assert not seen.more
    assert days["2026-02-24"].shifted_from == date(2026, 2, 15)
    assert days["2026-08-17"].shifted_from == date(2026, 8, 15)
    assert days["2026-09-15"].shifted_from is None
    assert not days["2026-09-15"].forecast
    assert explain(days["2026-02-24"].occurrence)


def test_a_new_years_day_that_is_not_announced_makes_a_forecast(county: County) -> None:
    (only,) = shown(county, "FESTIVAL:元旦;shift=-3WD").dates
    assert (only.on, only.shifted_from, only.forecast) == (date(2026, 12, 29), date(2027, 1, 1), True)


def test_a_long_list_is_cut_and_says_so(county: County) -> None:
    seen = shown(county, "RRULE:FREQ=DAILY", most=10)
    assert (len(seen.dates), seen.more) == (10, True)
    assert seen.dates[-1].on == date(2026, 1, 10)


def test_birthdays_of_the_draft_list_in_the_order_of_days(county: County) -> None:
    person = county.person("retiree", birth_date=date(1936, 12, 30), lunar_birthday="11-17")
    other = county.person("retiree", birth_date=date(1936, 3, 8))
    seen = shown(
        county,
        "BIRTHDAY:all",
        unit_id=county.root.id,
        beneficiaries=(ListEntry(person_id=person.id), ListEntry(person_id=other.id)),
    )
    assert [(each.on.isoformat(), each.person_id) for each in seen.dates] == [
        ("2026-01-05", person.id),
        ("2026-03-08", other.id),
        ("2026-12-25", person.id),
    ]


def test_the_next_visits_of_a_cadence_over_pairings(county: County) -> None:
    supporter, child = county.person("volunteer"), county.person("minor")
    pairing = county.pair(supporter, child, since=date(2026, 9, 1))
    team = county.team(supporter)
    (visit,) = shown(county, "CADENCE:P30D", unit_id=county.root.id, team_id=team.id).dates
    assert (visit.on, visit.person_id, visit.pairing_id) == (date(2026, 10, 1), child.id, pairing.id)


def test_an_existing_cadence_goes_on_from_its_last_visits(county: County) -> None:
    person = county.person("retiree", since=date(2026, 1, 1))
    campaign = county.campaign("CADENCE:P90D", serves=[person])
    county.held(campaign, date(2026, 9, 3), person)
    (visit,) = shown(
        county,
        "CADENCE:P30D",
        unit_id=county.root.id,
        beneficiaries=(ListEntry(person_id=person.id),),
        campaign_id=campaign.id,
    ).dates
    assert visit.on == date(2026, 10, 3)


def test_the_visits_of_open_cases(county: County) -> None:
    person = county.person("retiree")
    county.case(person, TODAY)
    (visit,) = shown(county, "CASE:hospital;within=P2D", unit_id=county.root.id).dates
    assert (visit.on, visit.person_id) == (date(2026, 9, 17), person.id)


def test_a_split_draft_names_the_units_of_each_day(county: County) -> None:
    unit = county.unit("A", county.root)
    county.person("retiree", unit=unit)
    (day,) = shown(
        county,
        "DATES:2026-10-20",
        unit_id=county.root.id,
        split_by=SplitBy.UNIT,
        beneficiaries=(ListEntry(unit_id=county.root.id),),
    ).dates
    assert day.units == (unit.id,)


def test_the_conflicts_are_those_the_draft_would_make(county: County) -> None:
    team = county.team()
    planned = county.campaign("DATES:2026-10-20,2026-10-01", team_id=team.id, start_time=time(9))
    county.plan()
    draft = {"start_time": time(9), "team_id": team.id, "unit_id": county.root.id}
    seen = shown(county, "DATES:2026-10-20,2026-10-21", **draft)
    assert [(each.kind, each.day) for each in seen.conflicts.named] == [("team_overlap", date(2026, 10, 20))]
    # A change of the campaign itself takes the place of its present plan.
    changed = shown(county, "DATES:2026-10-20,2026-10-21", campaign_id=planned.id, **draft)
    assert changed.conflicts.named == ()


def test_nothing_is_stored(county: County) -> None:
    shown(county, "RRULE:FREQ=DAILY", unit_id=county.root.id)
    assert not county.session.new
    assert not county.session.dirty
    assert county.activities() == []
