"""Looking at few gives the same as looking at everybody: the same people, in the same order, for the same reasons."""

from datetime import date, time, timedelta
from random import Random

import pytest
from sqlalchemy.orm import Session

from calendars.timezones import at
from models import Activity, Person
from models.enums import AssignmentState
from outreach import assignment
from outreach.assignment import Ranking, When, candidates, shortlist
from outreach.errors import Conflict
from outreach.permissions import CONSOLE
from tests.outreach.assignment.staff import SOON, Staff
from tests.outreach.county import NOW, TODAY, ZONE

LIMITS = (1, 2, 3, 40)
HOW = {"by": CONSOLE, "today": TODAY, "zone": ZONE, "now": NOW, "limit": 40}


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let people be left out though there are few."""
    monkeypatch.setattr(shortlist, "FEW", 0)
    monkeypatch.setattr(candidates, "_FIRST_AT_LEAST", 2)
    monkeypatch.setattr(candidates, "_FIRST_FOR_EACH", 1)


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("seed", range(6))
def test_looking_at_few_gives_what_looking_at_everybody_gives(
    session: Session, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    activity = _somewhere(Staff(session), Random(seed))
    roles = (None, "driver")
    short = [_ranked(session, activity, role, limit) for role in roles for limit in LIMITS]
    monkeypatch.setattr(shortlist, "MOST_LOOKED_AT", -1)
    assert short == [_ranked(session, activity, role, limit) for role in roles for limit in LIMITS]


@pytest.mark.usefixtures("few_are_many")
def test_who_only_rested_is_not_looked_at_beyond_the_first(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    county, looked_at = Staff(session), []
    for number in range(30):
        county.volunteer(code=f"V{number:02}", available="Sun" if number % 2 else None)
    activity = county.work(start_time=time(9), duration_minutes=60)
    gather_one = candidates.gather_one
    monkeypatch.setattr(
        candidates,
        "gather_one",
        lambda *given, **how: looked_at.append(given[3]) or gather_one(*given, **how),
    )
    monkeypatch.setattr(candidates, "_FIRST_FOR_EACH", 4)
    found = _ranked(session, activity, None, 2)
    assert [each.code for each in found.candidates] == ["V00", "V02"]
    assert [each.code for each in found.passed_over] == ["V01", "V03"]
    assert [len(near.among) for near in looked_at] == [10]


@pytest.mark.parametrize("looked_at", ["few", "everybody"])
@pytest.mark.parametrize("seed", range(6))
def test_who_could_come_then_is_who_can_once_it_is_then(
    session: Session, monkeypatch: pytest.MonkeyPatch, seed: int, looked_at: str
) -> None:
    if looked_at == "everybody":
        monkeypatch.setattr(shortlist, "FEW", 0)
        monkeypatch.setattr(shortlist, "MOST_LOOKED_AT", -1)
    activity = _somewhere(Staff(session), Random(seed))
    number, day, next_month = activity.id, SOON + timedelta(days=3), SOON + timedelta(days=21)
    foreseen = [
        (when, assignment.ranked(session, number, when=when, **HOW))
        for when in (
            When(day, day, at(day, time(9), ZONE), at(day, time(11), ZONE)),
            When(day, day + timedelta(days=1)),
            When(next_month, next_month),
        )
    ]
    assert activity in session
    assert activity.day == SOON
    for when, found in foreseen:
        activity.day, activity.last_day = when.day, when.last_day
        activity.starts_at, activity.ends_at = when.starts_at, when.ends_at
        assert assignment.ranked(session, number, **HOW) == found


def test_nobody_is_looked_for_at_a_time_that_is_over(session: Session) -> None:
    number = Staff(session).work(start_time=time(9)).id
    over = When(TODAY, TODAY, NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    with pytest.raises(Conflict):
        assignment.ranked(session, number, when=over, **HOW)


def _ranked(session: Session, activity: Activity, role: str | None, limit: int) -> Ranking:
    return assignment.ranked(session, activity.id, role, **{**HOW, "limit": limit})


def _somewhere(county: Staff, chance: Random) -> Activity:
    """An activity near to which people live of whom this and that is known."""
    west, east = county.unit("Z01", county.root), county.unit("Z02", county.root)
    people = [_somebody(county, chance, chance.choice((west, west, county.root, east))) for _ in range(24)]
    team = county.team(*chance.sample(people, 3))
    county.led(team, people[0])
    elder = county.person("retiree", birth_date=date(1940, 9, 18))
    county.pair(people[1], elder)
    is_timed = chance.random() < 0.7
    activity = county.work(
        {"any": 2, "driver": 1},
        unit_id=chance.choice((west, county.root)).id,
        team_id=chance.choice((team.id, None)),
        skills=chance.choice(("", "", "农技;医护")),
        serves=[*chance.sample(people, 2), elder],
        **({"start_time": time(9), "duration_minutes": 120} if is_timed else {}),
    )
    other = county.work(9, start_time=time(10), duration_minutes=90)
    earlier = county.campaign("DATES:2026-09-02", unit_id=county.root.id)
    for days in (1, 2, 40, 80, 100):
        county.held(earlier, TODAY - timedelta(days=days), *_some(people, chance, 6))
    for person in _some(people, chance, 4):
        county.assign(other, person)
    for person in _some(people, chance, 3):
        county.assign(activity, person, chance.choice(list(AssignmentState)))
    held = county.held(earlier, date(2026, 6, 1))
    held.campaign_id = activity.campaign_id
    county.session.flush()
    return activity


def _somebody(county: Staff, chance: Random, unit: object) -> Person:
    skills = chance.sample(("农技", "医护", "driver"), chance.choice((0, 0, 1, 2)))
    columns = {
        "available": chance.choice((None, None, "Fri 08:00-12:00", "Sat-Sun 08:00-18:00")),
        "max_per_month": chance.choice((None, None, 0, 1, 2, 9)),
        "until": chance.choice((None, None, None, None, SOON - timedelta(days=1))),
        "birth_date": chance.choice((None, None, None, date(2012, 1, 1))),
    }
    return county.volunteer(*skills, unit=unit, **columns)


def _some(people: list[Person], chance: Random, most: int) -> list[Person]:
    return chance.sample(people, chance.randint(0, most))
