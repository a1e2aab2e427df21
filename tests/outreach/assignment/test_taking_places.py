"""Who comes instead: the next best after a no, one for another by hand, and what is shown of those who could come."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Activity, Assignment, Notice, Person
from models.enums import AccountRole, AssignmentState, NoticeKind
from outreach import activities, assignment
from outreach.activities import Circumstances
from outreach.assignment import Cause, Ranking, say_reason
from outreach.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from outreach.permissions import CONSOLE, Actor, Right
from tests.outreach.assignment.staff import SOON, Staff
from tests.outreach.county import NOW, TODAY, ZONE

HOW: Circumstances = {"by": CONSOLE, "today": TODAY, "now": NOW + timedelta(minutes=5), "zone": ZONE}


@pytest.fixture
def county(session: Session) -> Staff:
    return Staff(session)


def ranked(county: Staff, activity: Activity, role: str | None = None, limit: int = 9, **how) -> Ranking:
    how = {"by": CONSOLE, "today": TODAY, "now": NOW, "zone": ZONE, **how}
    return assignment.ranked(county.session, activity.id, role, limit=limit, **how)


def warned(county: Staff, activity: Activity, person: Person, **options) -> list[tuple[Cause, int]]:
    activities.assign(county.session, activity.id, person.code, **options, **HOW)
    found = assignment.warnings_about(
        county.session, activity.id, person.code, today=TODAY, zone=ZONE, now=NOW
    )
    return [(each.cause, each.count) for each in found]


# The next best


@pytest.mark.parametrize(
    ("leave", "state"), [(activities.decline, "declined"), (activities.withdraw, "withdrawn")]
)
def test_when_somebody_goes_the_next_best_is_proposed_at_once_and_never_who_went(
    county: Staff, leave, state: str
) -> None:
    for code in ("V1", "V2"):
        county.volunteer(code=code)
    activity = county.work()
    county.propose()
    assert county.on(activity) == {"V1": "proposed"}
    leave(county.session, activity.id, "V1", **HOW)
    assert county.on(activity) == {"V1": state, "V2": "proposed"}
    leave(county.session, activity.id, "V2", **HOW)
    assert county.on(activity) == {"V1": state, "V2": state}
    (left,) = county.propose().unfilled
    assert left.cause is Cause.DECLINED


def test_only_the_place_that_came_free_is_filled_and_in_its_role(county: Staff) -> None:
    for code in ("V1", "V2", "V3", "V4"):
        county.volunteer(code=code)
    activity = county.work({"leader": 1, "any": 3})
    activities.assign(county.session, activity.id, "V1", role="leader", **HOW)
    activities.decline(county.session, activity.id, "V1", **HOW)
    asked = county.session.execute(
        select(Person.code, Assignment.role, Assignment.state).join(Person, Person.id == Assignment.person_id)
    )
    assert sorted(asked.all()) == [("V1", "leader", "declined"), ("V2", "leader", "proposed")]


def test_nobody_is_proposed_where_no_place_is_open_or_the_days_are_not_proposed_for_yet(
    county: Staff,
) -> None:
    for code in ("V1", "V2", "V3"):
        county.volunteer(code=code)
    full, far = county.work(1), county.work(1, day=TODAY + timedelta(days=31))
    for activity in (full, far):
        for code in ("V1", "V2") if activity is full else ("V1",):
            activities.assign(county.session, activity.id, code, **HOW)
        activities.decline(county.session, activity.id, "V1", **HOW)
    assert county.on(full) == {"V1": "declined", "V2": "proposed"}
    assert county.on(far) == {"V1": "declined"}


def test_who_is_withdrawn_after_declining_leaves_no_second_place_free(county: Staff) -> None:
    for code in ("V1", "V2", "V3"):
        county.volunteer(code=code)
    activity = county.work()
    county.propose()
    activities.decline(county.session, activity.id, "V1", **HOW)
    activities.withdraw(county.session, activity.id, "V1", **HOW)
    assert county.on(activity) == {"V1": "withdrawn", "V2": "proposed"}


def test_declining_counts_against_nobody_elsewhere(county: Staff) -> None:
    county.volunteer(code="V1")
    activity, other = county.work(), county.work(day=SOON + timedelta(days=1))
    activities.assign(county.session, activity.id, "V1", **HOW)
    activities.decline(county.session, activity.id, "V1", **HOW)
    county.volunteer(code="V2")
    county.propose()
    assert county.on(other) == {"V1": "proposed"}


def test_where_minors_are_one_who_goes_is_replaced_so_that_two_adults_stay(county: Staff) -> None:
    child = county.person("minor")
    for code in ("V1", "V2", "V3"):
        county.volunteer(code=code)
    activity = county.work(1, serves=[child])
    county.propose()
    first, second = county.on(activity)
    activities.decline(county.session, activity.id, first, **HOW)
    assert list(county.on(activity).values()) == ["declined", "proposed", "proposed"]
    activities.decline(county.session, activity.id, second, **HOW)
    assert "proposed" in county.on(activity).values()


# One for another


def test_one_comes_for_another_in_the_same_role_and_both_are_told(county: Staff) -> None:
    for code in ("V1", "V2", "V3"):
        county.volunteer(code=code, email=f"{code}@example.org", contact_by="email")
    activity = county.work({"leader": 1})
    activities.assign(county.session, activity.id, "V1", role="leader", **HOW)
    assert activities.swap(county.session, activity.id, "V1", "V2", **HOW)
    assert county.on(activity) == {"V1": "withdrawn", "V2": "proposed"}
    assert county.session.scalars(
        select(Assignment.role).where(Assignment.state == AssignmentState.PROPOSED)
    ).all() == ["leader"]
    asked = select(Notice.person_id).where(Notice.kind == NoticeKind.ASKED)
    assert len(set(county.session.scalars(asked))) == 2


def test_a_swap_that_cannot_be_done_is_refused(county: Staff) -> None:
    for code in ("V1", "V2"):
        county.volunteer(code=code)
    activity = county.work()
    activities.assign(county.session, activity.id, "V1", **HOW)
    for codes, error in (
        (("V2", "V1"), NotFound),
        (("V1", "V1"), Invalid),
        (("V1", "x"), Invalid),
    ):
        with pytest.raises(error), county.session.begin_nested():
            activities.swap(county.session, activity.id, *codes, **HOW)
    with pytest.raises(Stale):
        activities.swap(county.session, activity.id, "V1", "V2", **HOW, expected_version=1)
    assert county.on(activity) == {"V1": "proposed"}
    activities.decline(county.session, activity.id, "V1", **HOW)
    with pytest.raises(NotFound):
        activities.swap(county.session, activity.id, "V1", "V2", **HOW)


# By hand


def test_somebody_who_is_left_in_peace_is_not_asked_by_hand_either(county: Staff) -> None:
    county.volunteer(code="V1", frozen_on=SOON)
    county.volunteer(code="V2", frozen_on=SOON + timedelta(days=1))
    activity = county.work()
    with pytest.raises(Conflict) as refused:
        activities.assign(county.session, activity.id, "V1", **HOW)
    assert refused.value.key == "assignment.person_frozen"
    assert activities.assign(county.session, activity.id, "V2", **HOW)


def test_what_the_program_would_not_do_is_done_by_hand_and_warned_of(county: Staff) -> None:
    west = county.unit("Z01", county.root)
    elder, far = county.person("retiree"), county.volunteer("书法", unit=county.root, available="Sat")
    other = county.work(1, start_time=time(9), duration_minutes=60)
    far.max_per_month = 1
    assert warned(county, other, far) == [(Cause.AWAY, 0)]
    activity = county.work(
        3, start_time=time(9), duration_minutes=60, unit_id=west.id, skills="农技", serves=[elder]
    )
    assert warned(county, activity, far) == [
        (Cause.FAR, 0),
        (Cause.SKILL, 0),
        (Cause.AWAY, 0),
        (Cause.OVERLAP, 0),
        (Cause.LIMIT, 0),
    ]
    assert warned(county, activity, elder) == [
        (Cause.FAR, 0),
        (Cause.NOT_THERE, 0),
        (Cause.SKILL, 0),
        (Cause.SERVED, 0),
    ]


def test_who_fits_is_asked_without_a_warning_and_one_adult_with_a_minor_with_one(county: Staff) -> None:
    child = county.person("minor")
    one, two = county.volunteer(max_per_month=1), county.volunteer()
    activity = county.work(2, serves=[child])
    assert warned(county, activity, one) == [(Cause.ADULTS, 1)]
    assert warned(county, activity, two) == []


# Who could come


def test_candidates_stand_in_the_order_in_which_they_would_be_asked_with_reasons(county: Staff) -> None:
    county.volunteer(code="V1")
    member = county.volunteer("农技", code="V2", max_per_month=4)
    activity = county.work(1, team_id=county.team(member).id)
    found = ranked(county, activity)
    assert [each.code for each in found.candidates] == ["V2", "V1"]
    said = [say_reason(each.reason, today=TODAY, language="zh_Hans") for each in found.candidates]
    assert said == ["本队队员，本月 1/4", "本月第 1 次；但不是本队队员"]
    assert found.passed_over == []
    assert [each.code for each in ranked(county, activity, limit=1).candidates] == ["V2"]


def test_whoever_is_passed_over_stands_there_with_the_cause(county: Staff) -> None:
    elder = county.person("volunteer", "retiree", code="R1")
    people = {
        "V1": {"max_per_month": 0},
        "V2": {},
        "V3": {"available": "Sat"},
        "V4": {"until": TODAY},
        "V5": {},
        "V6": {"code": "V6"},
    }
    volunteers = {code: county.volunteer(**{"code": code} | columns) for code, columns in people.items()}
    team = county.team(county.person("staff", code="S1"))
    county.volunteer(code="FAR", unit=county.unit("Z02"))
    activity = county.work(1, start_time=time(9), duration_minutes=60, serves=["retiree"], team_id=team.id)
    county.assign(county.work(1, start_time=time(9), duration_minutes=60), volunteers["V2"])
    county.assign(activity, volunteers["V5"], AssignmentState.DECLINED)
    county.assign(activity, volunteers["V6"])
    found = ranked(county, activity)
    assert found.candidates == []
    assert {each.code: each.cause for each in found.passed_over} == {
        "V1": Cause.LIMIT,
        "V2": Cause.OVERLAP,
        "V5": Cause.DECLINED,
        "V3": Cause.AWAY,
        elder.code: Cause.SERVED,
        "V4": Cause.NOT_THERE,
        "S1": Cause.NOT_THERE,
    }


def test_the_ranking_is_for_planners_of_whom_they_see_and_for_what_is_to_come(county: Staff) -> None:
    west = county.unit("Z01", county.root)
    county.volunteer(code="V1", unit=west)
    outside = county.volunteer(code="V2")
    activity = county.work(1, unit_id=west.id, team_id=county.team(outside).id)
    planner = Actor("planner", rights=(Right(AccountRole.COORDINATOR, west.id),))
    recorder = Actor("recorder", rights=(Right(AccountRole.RECORDER, west.id),))
    assert [each.code for each in ranked(county, activity, by=planner).candidates] == ["V1"]
    assert [each.code for each in ranked(county, activity).candidates] == ["V2", "V1"]
    with pytest.raises(Forbidden):
        ranked(county, activity, by=recorder)
    with pytest.raises(NotFound):
        ranked(county, activity, by=Actor("nobody"))
    with pytest.raises(Conflict):
        ranked(county, county.held(county.campaign("DATES:2026-09-01"), date(2026, 9, 1)))


def test_a_role_may_be_asked_for_and_is_that_of_the_first_open_place_otherwise(county: Staff) -> None:
    county.volunteer(code="V1")
    county.volunteer("driver", code="V2")
    activity = county.work({"driver": 1, "any": 1})
    assert (ranked(county, activity).role, ranked(county, activity).candidates[0].code) == ("driver", "V2")
    assert ranked(county, activity, "any").candidates[0].code == "V1"
