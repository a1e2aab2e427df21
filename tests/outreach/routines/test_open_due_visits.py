"""The next visit stands within the hour after what it follows from; the night then finds nothing to add."""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy.orm import Session

from models.enums import CampaignStatus
from outreach.clockwork import Changed, Moment
from outreach.routines.open_due_visits import open_due_visits
from outreach.routines.plan_horizon import plan_horizon
from tests.outreach.county import TODAY, ZONE, County


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def at(hour: int, day: date = TODAY) -> Moment:
    instant = datetime.combine(day, time(hour), ZONE).astimezone(UTC)
    return Moment(instant, instant, ZONE)


def open_visits(county: County, hour: int = 10) -> Changed:
    county.session.flush()
    return open_due_visits(county.session, at(hour))


def test_after_a_recorded_visit_the_next_one_stands_within_the_hour(county: County) -> None:
    elder = county.person("retiree", since=date(2026, 8, 16))
    visits = county.campaign("CADENCE:P30D", serves=[elder])
    open_visits(county, 9)
    (visit,) = county.planned(visits)
    visit.plan_key, visit.status = f"{visit.plan_key}@{visit.day}.{visit.id}", "held"
    county.held(visits, TODAY, elder)
    assert open_visits(county).counts["opened"] == 1
    assert county.days(visits) == ["2026-10-15"]
    assert not open_visits(county, 11)


def test_a_new_pairing_and_a_new_case_have_their_visit_within_the_hour(county: County) -> None:
    supporter, elder = county.person("volunteer"), county.person("retiree")
    pairs, cases = county.campaign("CADENCE:P30D"), county.campaign("CASE:hospital;within=P2D")
    assert not open_visits(county, 9)
    county.pair(supporter, elder, since=TODAY)
    county.case(elder, TODAY)
    assert open_visits(county).counts["opened"] == 2
    assert (county.days(pairs), county.days(cases)) == (["2026-10-15"], ["2026-09-17"])


def test_other_campaigns_wait_for_the_night_and_the_night_finds_the_visits_there(county: County) -> None:
    elder = county.person("retiree", since=date(2026, 9, 1))
    study = county.campaign("DATES:2026-10-09")
    visits = county.campaign("CADENCE:P30D", serves=[elder])
    paused = county.campaign("CADENCE:P30D", serves=[elder], status=CampaignStatus.PAUSED)
    open_visits(county)
    assert (county.days(study), county.days(visits), county.days(paused)) == ([], ["2026-10-01"], [])
    night = plan_horizon(county.session, at(2, date(2026, 9, 16)))
    assert (night.counts["created"], night.counts["moved"], night.counts["unchanged"]) == (1, 0, 1)


def test_without_such_campaigns_nothing_happens(county: County) -> None:
    county.campaign("DATES:2026-10-09")
    assert not open_visits(county)
    assert county.activities() == []


@pytest.mark.logs_errors
def test_a_campaign_that_cannot_be_worked_out_is_named_and_the_others_are_opened(county: County) -> None:
    supporter, elder = county.person("volunteer"), county.person("retiree", since=date(2026, 9, 1))
    county.pair(supporter, elder, visit_every="soon")
    county.campaign("CADENCE:P30D", code="BAD")
    good = county.campaign("CADENCE:P30D", serves=[elder])
    changed = open_visits(county)
    assert [trouble.values["campaign"] for trouble in changed.troubles] == ["BAD"]
    assert county.days(good) == ["2026-10-01"]
