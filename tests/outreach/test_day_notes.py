"""What to mind on a day: who and which team is to be in two places at once, who hurries, who turns a round age."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from models.enums import AssignmentState
from outreach.day_notes import NoteKind, notes_of_day
from outreach.permissions import EVERYWHERE, Reach
from tests.outreach.county import County
from tests.outreach.test_agenda import an_activity

DAY = date(2026, 9, 17)


@pytest.fixture
def county(session):
    return County(session)


def notes(county, within=EVERYWHERE, day=DAY):
    found = notes_of_day(county.session, within, day)
    return [
        (each.kind, each.name, each.first and each.first.id, each.second and each.second.id) for each in found
    ]


def test_whoever_is_on_two_activities_at_one_time_is_named_once(county):
    one = an_activity(county, county.campaign("DATES:2026-09-17"), DAY, 9)
    other = an_activity(county, county.campaign("DATES:2026-09-17"), DAY, 9)
    who, free = county.person("volunteer"), county.person("volunteer")
    for activity in (one, other):
        county.assign(activity, who, AssignmentState.CONFIRMED)
    county.assign(one, free)
    county.assign(other, free, AssignmentState.DECLINED)
    assert notes(county) == [(NoteKind.PERSON_CLASH, who.name, one.id, other.id)]


def test_little_time_between_two_places_is_a_hurry_and_much_is_none(county):
    campaign = county.campaign("DATES:2026-09-17")
    first = an_activity(county, campaign, DAY, 8, place="何家坝")
    same = an_activity(county, campaign, DAY, 9, place="何家坝")
    away = an_activity(county, campaign, DAY, 10, place="南阳乡")
    late = an_activity(county, campaign, DAY, 15, place="县城")
    who = county.person("volunteer")
    for activity in (first, same, away, late):
        county.assign(activity, who)
    assert notes(county) == [(NoteKind.HURRY, who.name, same.id, away.id)]


def test_a_team_cannot_be_in_two_places_unless_it_is_one_piece_of_work(county):
    team = county.team()
    one = an_activity(county, county.campaign("DATES:2026-09-17", team_id=team.id), DAY, 9)
    other = an_activity(county, county.campaign("DATES:2026-09-17", team_id=team.id), DAY, 9)
    split = county.campaign("DATES:2026-09-18", team_id=team.id, split_by="unit")
    an_activity(county, split, DAY + timedelta(days=1), 9)
    an_activity(county, split, DAY + timedelta(days=1), 9)
    assert notes(county) == [(NoteKind.TEAM_CLASH, team.name, one.id, other.id)]
    assert notes(county, day=DAY + timedelta(days=1)) == []


def test_round_birthdays_are_said_solar_and_lunar(county):
    eighty = county.person("retiree", birth_date=date(1946, 9, 17))
    county.person("retiree", birth_date=date(1945, 9, 17))
    county.person("volunteer", birth_date=date(1946, 9, 17))
    county.person("retiree", birth_date=date(1946, 9, 17), frozen_on=date(2026, 1, 1))
    # 2026-09-17 is the seventh of the eighth month.
    ninety = county.person("retiree", birth_date=date(1936, 10, 2), lunar_birthday="8-7")
    county.person("retiree", birth_date=date(1946, 9, 17), lunar_birthday="8-20")
    found = notes_of_day(county.session, EVERYWHERE, DAY)
    assert [(each.name, each.age) for each in found] == [(eighty.name, 80), (ninety.name, 90)]


def test_a_birthday_on_the_29th_of_february_is_the_28th_in_a_common_year(county):
    county.person("retiree", birth_date=date(1936, 2, 29))
    assert [each.age for each in notes_of_day(county.session, EVERYWHERE, date(2026, 2, 28))] == [90]


def test_other_units_stay_out_and_two_statements_are_enough(county):
    village = county.unit("X01", county.root)
    campaign = county.campaign("DATES:2026-09-17")
    for _ in range(9):
        who = county.person("retiree", birth_date=date(1946, 9, 17))
        for _ in range(2):
            county.assign(an_activity(county, campaign, DAY, 9), who)
    asked = []
    engine = county.session.get_bind()

    def note(*each):
        asked.append(each[2])

    event.listen(engine, "before_cursor_execute", note)
    assert len(notes_of_day(county.session, EVERYWHERE, DAY)) == 18
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 2
    assert notes(county, Reach(frozenset({village.id}))) == []
