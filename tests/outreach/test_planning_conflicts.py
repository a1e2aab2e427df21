"""What gets in each other's way, each with a proposal."""

from datetime import date, time

import pytest
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models.enums import AssignmentState, OnHoliday, SplitBy
from outreach.planning import ConflictKind, find_conflicts, say_conflict, say_proposal
from outreach.planning.conflicts import REPORTED_AT_MOST
from tests.outreach.county import TODAY, County
from wording.sentences import languages


@pytest.fixture
def county(session: Session) -> County:
    return County(session)


def found(report, kind: ConflictKind):
    return [conflict for conflict in report.conflicts if conflict.kind is kind]


def test_a_team_in_two_places_at_once(county: County) -> None:
    team = county.team()
    first = county.campaign("DATES:2026-10-20", team_id=team.id, start_time=time(9), duration_minutes=120)
    county.campaign("DATES:2026-10-20", team_id=team.id, start_time=time(11))
    later = county.campaign("DATES:2026-10-20", team_id=team.id, start_time=time(10))
    county.campaign("DATES:2026-10-21", team_id=team.id, start_time=time(10))
    (conflict,) = found(county.plan(), ConflictKind.TEAM_OVERLAP)

    # What begins at eleven begins when the first one ends.
    assert set(conflict.campaign_ids) == {first.id, later.id}
    assert (conflict.day, conflict.count, conflict.team) == (date(2026, 10, 20), 2, team.name)
    # The team is busy on the 21st.
    assert (conflict.proposal.action, conflict.proposal.to) == ("move", date(2026, 10, 22))
    assert conflict.proposal.activity_id == county.planned(later)[0].id


def test_whole_days_and_other_teams_do_not_overlap(county: County) -> None:
    team = county.team()
    county.campaign("DATES:2026-10-20", team_id=team.id)
    county.campaign("DATES:2026-10-20", team_id=team.id, start_time=time(9))
    county.campaign("DATES:2026-10-20", team_id=county.team().id, start_time=time(9))
    assert found(county.plan(), ConflictKind.TEAM_OVERLAP) == []


def test_pairs_go_by_themselves_and_a_campaign_split_by_unit_is_one_piece_of_work(county: County) -> None:
    supporters = [county.person("volunteer") for _ in range(2)]
    team = county.team(*supporters)
    for supporter in supporters:
        county.pair(supporter, county.person("minor"), since=date(2026, 9, 1))
    county.campaign("CADENCE:P30D", team_id=team.id, start_time=time(9))
    for code in ("A", "B"):
        county.person("retiree", unit=county.unit(code, county.root))
    county.campaign(
        "DATES:2026-10-20", serves=["retiree"], split_by=SplitBy.UNIT, team_id=team.id, start_time=time(9)
    )
    assert found(county.plan(), ConflictKind.TEAM_OVERLAP) == []


def test_one_person_on_two_activities_at_once(county: County) -> None:
    person, other = county.person("volunteer"), county.person("volunteer")
    campaigns = [county.campaign("DATES:2026-10-20", start_time=time(9)) for _ in range(2)]
    county.plan()
    first, second = county.planned()
    county.assign(first, person, reason="农技")
    county.assign(second, person, AssignmentState.CONFIRMED)
    county.assign(first, other, AssignmentState.CONFIRMED)
    county.assign(second, other, AssignmentState.WITHDRAWN)
    (conflict,) = found(county.plan(), ConflictKind.PERSON_OVERLAP)
    assert (conflict.people, set(conflict.campaign_ids)) == ((person.name,), {each.id for each in campaigns})
    assert conflict.proposal.action == "withdraw"


def test_somebody_visited_twice_within_a_week(county: County) -> None:
    person = county.person("retiree", birth_date=date(1936, 10, 8), since=date(2026, 7, 6))
    county.campaign("BIRTHDAY:all", serves=[person], kind="birthday")
    cadence = county.campaign("CADENCE:P90D", serves=[person], kind="hardship")
    (conflict,) = found(county.plan(), ConflictKind.VISITED_TWICE)

    assert conflict.people == (person.name,)
    # The visit of 10-04 comes to the birthday, which stays.
    assert conflict.proposal.activity_id == county.planned(cadence)[0].id
    assert conflict.proposal.to == date(2026, 10, 8)


def test_a_week_later_is_not_twice_within_a_week(county: County) -> None:
    person = county.person("retiree", birth_date=date(1936, 10, 8), since=date(2026, 7, 3))
    county.campaign("BIRTHDAY:all", serves=[person])
    county.campaign("CADENCE:P90D", serves=[person])
    assert found(county.plan(), ConflictKind.VISITED_TWICE) == []
    assert county.days() == ["2026-10-01", "2026-10-08"]


def test_a_round_of_visits_near_a_visit_of_its_own(county: County) -> None:
    person, other = county.person("retiree", since=date(2026, 7, 3)), county.person("retiree")
    rounds = county.campaign(
        "DATES:2026-10-05", serves=["retiree"], kind="festival_visit", split_by=SplitBy.UNIT
    )
    cadence = county.campaign("CADENCE:P90D", serves=[person], kind="hardship")
    county.campaign("DATES:2026-10-05", serves=["retiree"], kind="study")
    (conflict,) = found(county.plan(), ConflictKind.VISITED_ANYWAY)
    assert conflict.people == (person.name,)
    assert set(conflict.campaign_ids) == {rounds.id, cadence.id}
    assert (conflict.proposal.activity_id, conflict.proposal.to) == (
        county.planned(cadence)[0].id,
        date(2026, 10, 5),
    )
    assert other.name not in conflict.people


def test_a_holiday_and_a_make_up_day(county: County) -> None:
    county.campaign("DATES:2026-10-01,2026-10-10,2026-10-11")
    county.campaign("DATES:2026-10-10", on_holiday=OnHoliday.NEXT_WORKDAY)
    report = county.plan()
    (holiday,) = found(report, ConflictKind.ON_HOLIDAY)
    assert (holiday.day, holiday.proposal.to) == (date(2026, 10, 1), date(2026, 10, 8))
    weekend, weekday = found(report, ConflictKind.ON_MAKE_UP_DAY)
    # Who keeps to weekends would rather come on the Sunday.
    assert (weekend.proposal.action, weekend.proposal.to) == ("move", date(2026, 10, 11))
    assert (weekday.proposal.action, weekday.proposal.to) == ("keep", None)


def test_the_nearest_conflicts_are_named_and_all_are_counted(county: County) -> None:
    team = county.team()
    days = [date.fromordinal(TODAY.toordinal() + passed) for passed in range(REPORTED_AT_MOST + 1)]
    for _ in range(2):
        county.campaign(
            "RRULE:FREQ=DAILY", team_id=team.id, start_time=time(9), ends_on=days[-1], starts_on=TODAY
        )
    report = county.plan(through=days[-1])
    assert len(report.conflicts) == REPORTED_AT_MOST
    assert report.conflicts_in_all > REPORTED_AT_MOST
    assert [each.day for each in report.conflicts] == sorted(each.day for each in report.conflicts)


def test_conflicts_can_be_asked_for_some_campaigns(county: County) -> None:
    team = county.team()
    first, second = (
        county.campaign("DATES:2026-10-20", team_id=team.id, start_time=time(9)) for _ in range(2)
    )
    third = county.campaign("DATES:2026-10-20,2026-10-02")
    county.plan()

    def asked(campaign):
        days = {"first": TODAY, "last": date(2026, 12, 31)}
        conflicts = find_conflicts(
            county.session, workdays=Workdays.of({}), campaign_ids=[campaign.id], **days
        )
        return [each.kind for each in conflicts.named]

    assert asked(first) == asked(second) == [ConflictKind.TEAM_OVERLAP]
    assert asked(third) == [ConflictKind.ON_HOLIDAY]


def test_every_conflict_and_proposal_is_said_in_every_language(county: County) -> None:
    person = county.person("retiree", birth_date=date(1936, 10, 8), since=date(2026, 7, 6))
    team = county.team(person)
    campaign = county.campaign(
        "DATES:2026-10-06", serves=["retiree"], kind="festival_visit", start_time=time(9), team_id=team.id
    )
    for _ in range(2):
        county.campaign("BIRTHDAY:all", serves=[person], kind="birthday", start_time=time(9), team_id=team.id)
    county.plan()
    for activity in county.planned():
        county.assign(activity, person)
    campaign.schedule = "DATES:2026-10-10"
    report = county.plan()
    assert {each.kind for each in report.conflicts} >= {"team_overlap", "person_overlap", "visited_twice"}
    for conflict in report.conflicts:
        said = {say_conflict(conflict, today=TODAY, language=language) for language in languages()}
        proposed = {
            say_proposal(conflict.proposal, today=TODAY, language=language) for language in languages()
        }
        assert len(said) == len(proposed) == len(languages())
        assert not any("{" in sentence for sentence in said | proposed)
