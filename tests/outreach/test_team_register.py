"""Teams as pages show them, and people who join, change and leave them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from models import Account, Assignment, Attendance, Place, Tie
from models.enums import AccountRole, AssignmentState, CountedAs, TieKind
from outreach import memberships, team_moves
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.permissions import CONSOLE, EVERYWHERE, Actor, Reach, Right
from outreach.team_moves import Left, Moved
from outreach.team_register import Load, coming_places, team_at_work, team_list
from tests.outreach.county import NOW, TODAY, ZONE, County

HOW = {"by": CONSOLE, "today": TODAY, "now": NOW}


@pytest.fixture
def county(session):
    county = County(session)
    county.people = [county.person("volunteer", code=code) for code in ("A", "B", "C", "D")]
    county.a, county.b, county.c, county.d = county.people
    county.first, county.second = county.team(county.a, county.b, county.c, code="T1"), county.team(code="T2")
    return county


def members(county, code):
    found = memberships.members(county.session, code, within=EVERYWHERE, today=TODAY, limit=99)
    return [each.person_code for each in found]


def went(county, person, day, minutes=60, counted=CountedAs.VOLUNTEER):
    activity = county.held(county.campaign("DATES:2026-09-01"), day)
    county.session.add(
        Attendance(
            activity_id=activity.id,
            person_id=person.id,
            unit_id=county.root.id,
            day=day,
            state="as_planned",
            minutes=minutes,
            counted_as=counted,
        )
    )
    county.session.flush()


def test_teams_stand_by_name_with_their_leader_and_size(county):
    county._add(Tie(kind=TieKind.LEADERSHIP, subject_person_id=county.b.id, object_team_id=county.first.id))
    found = team_list(county.session, within=EVERYWHERE, today=TODAY, limit=1)
    assert [(each.code, each.leader_name, each.members) for each in found.lines] == [("T1", "何B", 3)]
    assert (found.next, found.count) == ("T1", 2)
    rest = team_list(county.session, within=EVERYWHERE, today=TODAY, after="T1", limit=9)
    assert [(each.code, each.leader_code, each.members) for each in rest.lines] == [("T2", None, 0)]
    assert team_list(county.session, within=EVERYWHERE, today=TODAY, words="T2", limit=9).count == 1
    assert team_list(county.session, within=Reach(frozenset()), today=TODAY, limit=9).count == 0
    with pytest.raises(NotFound):
        team_list(county.session, within=EVERYWHERE, today=TODAY, after="x", limit=9)


def test_what_each_did_this_month_and_year_is_counted_without_being_served(county):
    for day in (date(2026, 9, 2), date(2026, 9, 9), date(2026, 3, 1)):
        went(county, county.a, day)
    went(county, county.a, date(2025, 12, 31))
    went(county, county.b, date(2026, 9, 3), counted=CountedAs.SERVED)
    went(county, county.c, date(2026, 2, 1), minutes=30)
    shown = team_at_work(county.session, "T1", within=EVERYWHERE, today=TODAY)
    assert [(each.code, each.load) for each in shown.members] == [
        ("A", Load(2, 120, 3, 180)),
        ("C", Load(0, 0, 1, 30)),
        ("B", Load()),
    ]
    assert shown.mean_year == pytest.approx(4 / 3)
    assert [each.carries_too_much for each in shown.members] == [True, False, False]


def test_posts_skills_pairings_and_what_is_to_come_stand_beside_a_member(county):
    county._add(Tie(kind=TieKind.SKILL, subject_person_id=county.a.id, object_word="驾驶"))
    county._add(
        Tie(
            kind=TieKind.POST,
            sort="副队长",
            code="Z1",
            subject_person_id=county.a.id,
            object_team_id=county.first.id,
        )
    )
    county.pair(county.a, county.d)
    campaign = county.campaign("DATES:2026-09-20,2026-09-27", team_id=county.first.id)
    county.plan()
    first, second = county.planned(campaign)
    county.assign(first, county.a)
    county.assign(second, county.a, AssignmentState.CONFIRMED)
    (member,) = [
        each
        for each in team_at_work(county.session, "T1", within=EVERYWHERE, today=TODAY).members
        if each.code == "A"
    ]
    assert (member.posts, member.skills, member.pairings, member.coming) == (["副队长"], ["驾驶"], 1, 2)
    places = coming_places(county.session, county.first.id, ["A"], after=TODAY, limit=9)["A"]
    assert [(each.day, each.is_confirmed) for each in places] == [
        (date(2026, 9, 20), False),
        (date(2026, 9, 27), True),
    ]
    assert coming_places(county.session, county.first.id, ["A"], after=date(2026, 9, 20), limit=9) == {
        "A": places[1:]
    }


def test_several_join_at_once_or_nobody_does(county):
    with pytest.raises(Invalid) as caught:
        team_moves.join(county.session, "T1", ["D", "A", "nobody"], since=TODAY, **HOW)
    assert [each.values["code"] for each in caught.value.faults] == ["A", "nobody"]


def test_members_change_to_another_team_and_back(county):
    moved = team_moves.move(county.session, "T1", ["A", "B"], "T2", since=TODAY, **HOW)
    assert (members(county, "T1"), members(county, "T2")) == (["C"], ["A", "B"])
    team_moves.undo(county.session, moved, **HOW)
    assert (members(county, "T1"), members(county, "T2")) == (["A", "B", "C"], [])


def test_who_is_in_the_other_team_already_only_leaves(county):
    county.join(county.a, county.second)
    moved = team_moves.move(county.session, "T1", ["A"], "T2", since=TODAY, **HOW)
    assert (members(county, "T1"), members(county, "T2")) == (["B", "C"], ["A"])
    team_moves.undo(county.session, moved, **HOW)
    assert (members(county, "T1"), members(county, "T2")) == (["A", "B", "C"], ["A"])


def test_members_leave_after_a_day_and_go_on_when_undone(county):
    left = team_moves.leave(county.session, "T1", ["A"], last_day=TODAY, **HOW)
    later = memberships.members(county.session, "T1", within=EVERYWHERE, today=date(2026, 9, 16), limit=9)
    assert [each.person_code for each in later] == ["B", "C"]
    team_moves.undo(county.session, left, **HOW)
    assert members(county, "T1") == ["A", "B", "C"]
    with pytest.raises(NotFound):
        team_moves.leave(county.session, "T1", ["D"], last_day=TODAY, **HOW)
    with pytest.raises(Invalid):
        team_moves.move(county.session, "T1", ["A"], "T1", since=TODAY, **HOW)


def an_undo_of_joining_long_ago(county):
    view = memberships.members(county.session, "T1", within=EVERYWHERE, today=TODAY, limit=9)[0]
    return Moved([view.id], ()), HOW


def an_undo_of_joining_that_was_changed_since(county):
    moved = team_moves.join(county.session, "T2", ["D"], since=TODAY, **HOW)
    team_moves.leave(county.session, "T2", ["D"], last_day=date(2026, 12, 1), **HOW)
    return moved, HOW


def an_undo_of_joining_two_days_later(county):
    moved = team_moves.join(county.session, "T2", ["D"], since=TODAY, **HOW)
    return moved, {**HOW, "now": NOW + timedelta(2)}


def an_undo_of_what_somebody_else_did(county):
    account = Account(name="other", password_hash="", created_at=NOW)
    county.session.add(account)
    county.session.flush()
    other = Actor("other", rights=(Right(AccountRole.COORDINATOR),), account_id=account.id)
    moved = team_moves.join(county.session, "T2", ["D"], since=TODAY, **{**HOW, "by": other})
    return moved, HOW


def an_undo_of_leaving_with_another_last_day(county):
    team_moves.leave(county.session, "T1", ["A"], last_day=TODAY, **HOW)
    return Moved((), [Left("T1", "A", date(2027, 1, 1))]), HOW


def an_undo_of_leaving_that_never_was(county):
    return Moved((), [Left("T1", "A", date(2027, 1, 1))]), HOW


@pytest.mark.parametrize(
    "an_undo",
    [
        an_undo_of_joining_long_ago,
        an_undo_of_joining_that_was_changed_since,
        an_undo_of_joining_two_days_later,
        an_undo_of_what_somebody_else_did,
        an_undo_of_leaving_with_another_last_day,
        an_undo_of_leaving_that_never_was,
    ],
)
def test_an_undo_is_not_believed_what_the_records_do_not_say(county, an_undo):
    moved, how = an_undo(county)
    before = [members(county, code) for code in ("T1", "T2")]
    with pytest.raises(Conflict) as caught:
        team_moves.undo(county.session, moved, **how)
    assert caught.value.key == "ties.undo_too_late"
    assert [members(county, code) for code in ("T1", "T2")] == before


def test_what_was_undone_is_not_undone_again(county):
    moved = team_moves.join(county.session, "T2", ["D"], since=TODAY, **HOW)
    team_moves.undo(county.session, moved, **HOW)
    with pytest.raises(Conflict):
        team_moves.undo(county.session, moved, **HOW)


def test_rights_are_those_of_the_teams_unit(county):
    moved = team_moves.join(county.session, "T2", ["D"], since=TODAY, **HOW)
    viewer = Actor("x", rights=(Right(AccountRole.VIEWER),))
    with pytest.raises(Forbidden):
        team_moves.undo(county.session, moved, by=viewer, today=TODAY, now=NOW)
    with pytest.raises(Forbidden):
        team_moves.move(county.session, "T1", ["A"], "T2", since=TODAY, by=viewer, today=TODAY, now=NOW)


def test_places_that_somebody_gives_up_go_to_the_next_best(county):
    campaign = county.campaign("DATES:2026-09-20", team_id=county.first.id)
    county._add(Place(campaign_id=campaign.id, needed=1))
    county.plan()
    (activity,) = county.planned(campaign)
    county.assign(activity, county.a)
    team_moves.give_places_up(county.session, "A", [activity.id], zone=ZONE, **HOW)
    states = dict(county.session.execute(select(Assignment.person_id, Assignment.state)).all())
    assert states[county.a.id] is AssignmentState.WITHDRAWN
    assert sorted(states.values()) == [AssignmentState.PROPOSED, AssignmentState.WITHDRAWN]
