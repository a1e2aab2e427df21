"""Outcomes: what was told, who counts as what, what it adds to the figures, and what happens when it is told again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from calendars.workdays import Workdays
from models import (
    Activity,
    Attendance,
    Campaign,
    CampaignMetric,
    FeedVersion,
    LedgerEntry,
    Matter,
    MatterStep,
    Measure,
    Metric,
    Outcome,
    Person,
    Rollup,
    Unit,
)
from models.database import transaction
from models.enums import (
    ActivityStatus,
    AttendanceState,
    CountedAs,
    LedgerKind,
    MatterStatus,
    MatterStepKind,
    Origin,
    OutcomeScope,
    Qualifier,
    VisitResult,
)
from outreach import outcomes
from outreach.due_visits import due_visits
from outreach.errors import Invalid, NotFound, Stale
from outreach.ledger import Payment
from outreach.matters import Opinion
from outreach.metrics import keep_dictionary, metric_ids
from outreach.outcomes import Attended, Entered, EnteredValue, HistoryRow, Recorded, Telling, Visited
from outreach.outcomes.reading import present_outcome, revisions
from outreach.permissions import EVERYWHERE, Actor
from tests.outreach.county import NOW, TODAY, ZONE, County

WANG, LI = Actor("wang"), Actor("li")
HELD, PARTLY, CANCELLED = ActivityStatus.HELD, ActivityStatus.PARTLY, ActivityStatus.CANCELLED
DAY = date(2026, 9, 10)
SERVES_RETIREES = {"serves": ["retiree"]}


class Records(County):
    """A county with the dictionary of metrics, whose activities are told of."""

    def __post_init__(self) -> None:
        super().__post_init__()
        keep_dictionary(self.session)
        self.ids = metric_ids(self.session)

    def course(self, *metrics: str, schedule: str = "DATES:2026-09-10", **columns: Any) -> Campaign:
        campaign = self.campaign(schedule, **columns)
        for position, code in enumerate(metrics):
            self._add(CampaignMetric(campaign_id=campaign.id, metric_id=self.ids[code], position=position))
        return campaign

    def due(self, campaign: Campaign, day: date = DAY, **columns: Any) -> Activity:
        """A planned activity."""
        return self._add(
            Activity(
                **{
                    "campaign_id": campaign.id,
                    "unit_id": campaign.unit_id,
                    "day": day,
                    "last_day": day,
                    "changed_at": NOW - timedelta(days=1),
                    "people_changed_at": NOW - timedelta(days=1),
                    **columns,
                }
            )
        )

    def tell(self, activity: Activity, *, by: Actor = WANG, now: datetime = NOW, **told: Any) -> Recorded:
        options = {key: told.pop(key) for key in _OPTIONS if key in told}
        telling = Telling(**{"status": HELD, **told})
        return outcomes.record_outcome(
            self.session, activity.id, telling, by=by, now=now, zone=ZONE, **options
        )

    def report(self, activity: Activity, *, by: Actor = WANG, now: datetime = NOW, **told: Any) -> Recorded:
        options = {key: told.pop(key) for key in _OPTIONS if key in told}
        telling = Telling(**{"status": HELD, **told})
        return outcomes.report_part(self.session, activity.id, telling, by=by, now=now, zone=ZONE, **options)

    def bring(self, *rows: HistoryRow) -> outcomes.HistoryReport:
        return outcomes.record_history(
            self.session, rows, by=WANG, now=NOW, zone=ZONE, workdays=Workdays.of({})
        )

    def row(self, campaign: Campaign, *attendees: Person, **columns: Any) -> HistoryRow:
        columns = {
            "number": next(self.numbers) + 1,
            "held_on": DAY,
            "fingerprint": f"{next(self.numbers):064}",
            **columns,
        }
        return HistoryRow(
            campaign_id=campaign.id, attendees=tuple(person.id for person in attendees), **columns
        )

    def figures(self, month: date = date(2026, 9, 1)) -> dict[str, str]:
        """What the month's rollups say: `metric@unit{dimensions}` → `value qualifier? ×sources`."""
        rows = self.session.execute(
            select(Rollup, Metric.code, Unit.code)
            .join(Metric, Metric.id == Rollup.metric_id)
            .join(Unit, Unit.id == Rollup.unit_id)
            .where(Rollup.month == month)
            .execution_options(populate_existing=True)
        )
        found = {}
        for rollup, metric, unit in rows:
            place = f"{metric}@{unit}" + (f"{{{rollup.combination}}}" if rollup.combination else "")
            counters = {"at_least": rollup.at_least, "nearly": rollup.nearly, "about": rollup.about}
            inexact = "".join(f" {name}" for name, number in counters.items() if number)
            found[place] = f"{rollup.value.normalize():f}{inexact} ×{rollup.sources}"
        return found

    def measures(self, origin: Origin) -> dict[str, str]:
        rows = self.session.execute(
            select(Metric.code, Measure.value)
            .join(Metric, Metric.id == Measure.metric_id)
            .where(Measure.origin == origin)
            .order_by(Measure.id)
        )
        return {code: f"{value.normalize():f}" for code, value in rows}

    def counted(self, activity: Activity) -> dict[str, CountedAs | None]:
        rows = self.session.execute(
            select(Person.code, Attendance.counted_as)
            .join(Attendance, Attendance.person_id == Person.id)
            .where(Attendance.activity_id == activity.id)
        )
        return dict(rows.all())

    def entries(self) -> list[tuple[str, str]]:
        rows = self.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id))
        return [(entry.kind.value, f"{entry.amount:f}") for entry in rows]


_OPTIONS = ("idempotency_key", "request_hash", "expected_version")


@pytest.fixture
def county(session: Session) -> Records:
    return Records(session)


def there(*people: Person, **columns: Any) -> list[Attended]:
    return [Attended(person.code, **columns) for person in people]


def entered(metric: str, value: str, qualifier: Qualifier = Qualifier.EXACT, **dimensions: str) -> Entered:
    return Entered(metric, Decimal(value), qualifier, dimensions)


def faults(caught: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {fault.field: fault.key for fault in caught.value.faults}


# --- who counts as what -----------------------------------------------------------------------------------------------


def test_served_are_those_the_campaign_is_for_and_volunteers_those_who_are_not(county: Records) -> None:
    campaign = county.course(**SERVES_RETIREES)
    retiree, both = county.person("retiree"), county.person("retiree", "volunteer")
    volunteer, staff = county.person("volunteer"), county.person("staff")
    activity = county.due(campaign)
    county.tell(activity, attendance=there(retiree, both, volunteer, staff))
    assert county.counted(activity) == {
        retiree.code: CountedAs.SERVED,
        both.code: CountedAs.SERVED,
        volunteer.code: CountedAs.VOLUNTEER,
        staff.code: CountedAs.OTHER,
    }


def test_the_team_s_own_members_are_not_served(county: Records) -> None:
    member = county.person("retiree", "volunteer")
    activity = county.due(county.course(team_id=county.team(member).id, **SERVES_RETIREES))
    county.tell(activity, attendance=there(member))
    assert county.counted(activity) == {member.code: CountedAs.VOLUNTEER}


def test_the_subject_of_a_birthday_is_served_even_as_a_member_of_the_team(county: Records) -> None:
    member = county.person("retiree")
    campaign = county.course(
        "milestones.birthdays",
        schedule="BIRTHDAY:all",
        team_id=county.team(member).id,
        **SERVES_RETIREES,
    )
    activity = county.due(campaign, subject_person_id=member.id, plan_key=f"{DAY}/p{member.id}")
    county.tell(activity, attendance=there(member))
    assert county.figures() == {"milestones.birthdays@BJ": "1 ×1"}


@pytest.mark.parametrize("state", [AttendanceState.ABSENT, AttendanceState.EXCUSED])
def test_whoever_was_not_there_counts_nowhere(county: Records, state: AttendanceState) -> None:
    campaign = county.course("study.person_times", "visits.person_times", **SERVES_RETIREES)
    came, stayed_away = county.person("retiree"), county.person("retiree")
    activity = county.due(campaign)
    county.tell(activity, attendance=there(came) + there(stayed_away, state=state))
    assert county.counted(activity)[stayed_away.code] is None
    assert county.figures() == {"study.person_times@BJ": "1 ×1", "visits.person_times@BJ": "1 ×1"}


def test_where_visits_are_told_they_alone_say_who_was_served(county: Records) -> None:
    campaign = county.course("visits.person_times", "volunteer.person_times", **SERVES_RETIREES)
    seen, away, listed = (county.person("retiree") for _ in range(3))
    visitor = county.person("volunteer")
    activity = county.due(campaign)
    county.tell(
        activity,
        attendance=there(listed, visitor),
        visits=[Visited(seen.code), Visited(away.code, VisitResult.NOT_SEEN)],
    )
    assert county.counted(activity) == {
        seen.code: CountedAs.SERVED,
        away.code: None,
        listed.code: CountedAs.OTHER,
        visitor.code: CountedAs.VOLUNTEER,
    }
    assert county.figures() == {"visits.person_times@BJ": "1 ×1", "volunteer.person_times@BJ": "1 ×1"}


def test_roles_count_on_the_day_itself(county: Records) -> None:
    campaign = county.course("visits.person_times", serves=["retiree"])
    late = county.person()
    county.session.add(_role(late, "retiree", since=DAY + timedelta(1)))
    activity = county.due(campaign)
    county.tell(activity, attendance=there(late))
    assert county.counted(activity) == {late.code: CountedAs.OTHER}
    assert county.figures() == {}


def _role(person: Person, word: str, **columns: Any) -> Any:
    from models import Tie
    from models.enums import TieKind

    return Tie(kind=TieKind.ROLE, subject_person_id=person.id, object_word=word, **columns)


# --- what it adds -----------------------------------------------------------------------------------------------------


def test_a_campaign_feeds_the_metrics_that_it_lists(county: Records) -> None:
    campaign = county.course("study.sessions", "study.person_times", "study.participants")
    county.tell(county.due(campaign), attendance=there(county.person(), county.person()))
    assert county.figures() == {"study.sessions@BJ": "1 ×1", "study.person_times@BJ": "2 ×1"}
    assert county.measures(Origin.PERSONS) == {"study.participants": "2"}


def test_what_is_entered_counts_whether_it_is_listed_or_not(county: Records) -> None:
    county.tell(
        county.due(county.course()),
        measures=[
            entered("materials.issued", "300", Qualifier.AT_LEAST, kind="leaflet", category="study"),
            entered("materials.issued", "20", kind="card"),
        ],
    )
    assert county.figures() == {
        "materials.issued@BJ{category=study;kind=leaflet}": "300 at_least ×1",
        "materials.issued@BJ{kind=card}": "20 ×0",
    }


def test_an_entered_value_goes_before_the_count_with_a_remark(county: Records) -> None:
    campaign = county.course("visits.person_times", "visits.people", **SERVES_RETIREES)
    recorded = county.tell(
        county.due(campaign),
        attendance=there(*(county.person("retiree") for _ in range(3))),
        measures=[entered("visits.person_times", "140")],
    )
    assert county.figures() == {"visits.person_times@BJ": "140 ×1"}
    assert county.measures(Origin.PERSONS) == {"visits.people": "3"}
    (remark,) = recorded.remarks
    assert remark.key == "outcomes.entered_differs"
    assert remark.values == {"metric": "visits.person_times", "entered": Decimal(140), "listed": 3}


def test_an_entered_value_that_equals_the_list_needs_no_remark(county: Records) -> None:
    campaign = county.course("study.person_times")
    recorded = county.tell(
        county.due(campaign),
        attendance=there(county.person(), county.person()),
        measures=[entered("study.person_times", "2", Qualifier.NEARLY)],
    )
    assert recorded.remarks == ()
    assert county.figures() == {"study.person_times@BJ": "2 nearly ×1"}


def test_an_entered_number_of_people_is_a_floor_beside_the_people_counted(county: Records) -> None:
    campaign = county.course("study.participants")
    county.tell(
        county.due(campaign),
        attendance=there(county.person()),
        measures=[entered("study.participants", "200", Qualifier.NEARLY)],
    )
    assert county.figures() == {}
    assert county.measures(Origin.FLOOR) == {"study.participants": "200"}
    assert county.measures(Origin.PERSONS) == {"study.participants": "1"}


def test_a_stock_is_a_reading_and_an_estimate_never_exact(county: Records) -> None:
    county.tell(
        county.due(county.course()),
        measures=[entered("study.subscriptions", "403"), entered("rural.beneficiaries", "60")],
    )
    assert county.measures(Origin.READING) == {"study.subscriptions": "403"}
    assert county.figures() == {"rural.beneficiaries@BJ": "60 about ×1"}


def test_an_entered_zero_is_a_figure(county: Records) -> None:
    county.tell(county.due(county.course()), measures=[entered("incidents.count", "0")])
    assert county.figures() == {"incidents.count@BJ": "0 ×1"}


def test_what_comes_from_records_cannot_be_entered(county: Records) -> None:
    recorded = county.tell(county.due(county.course()), measures=[entered("finance.visit_money", "500")])
    assert county.figures() == {}
    assert [remark.key for remark in recorded.remarks] == ["outcomes.counted_from_records"]


def test_a_later_change_of_the_campaign_s_metrics_moves_no_old_figure(county: Records) -> None:
    campaign = county.course("study.sessions")
    county.tell(county.due(campaign))
    county._add(
        CampaignMetric(campaign_id=campaign.id, metric_id=county.ids["culture.activities"], position=2)
    )
    county.tell(county.due(campaign, day=DAY + timedelta(1)))
    assert county.figures() == {"study.sessions@BJ": "2 ×2", "culture.activities@BJ": "1 ×1"}


def test_figures_belong_to_the_day_on_which_it_was_held(county: Records) -> None:
    activity = county.due(county.course("study.sessions"))
    county.tell(activity, held_on=date(2026, 8, 31))
    assert county.figures() == {}
    assert county.figures(date(2026, 8, 1)) == {"study.sessions@BJ": "1 ×1"}
    assert (activity.held_on, activity.day) == (date(2026, 8, 31), DAY)
    county.tell(activity)
    assert county.figures() == {"study.sessions@BJ": "1 ×1"}
    assert county.figures(date(2026, 8, 1)) == {}


@pytest.mark.parametrize("status", [HELD, PARTLY])
def test_partly_counts_like_held(county: Records, status: ActivityStatus) -> None:
    county.tell(county.due(county.course("study.sessions")), status=status)
    assert county.figures() == {"study.sessions@BJ": "1 ×1"}


def test_a_cancelled_activity_counts_nowhere_and_may_come_back(county: Records) -> None:
    activity = county.due(county.course("study.sessions", "study.person_times"))
    person = county.person()
    county.tell(activity, attendance=there(person))
    county.tell(
        activity,
        status=CANCELLED,
        attendance=there(person),
        measures=[entered("materials.issued", "3")],
        narrative="暴雨取消。",
    )
    assert (activity.status, activity.reason) == (CANCELLED, "暴雨取消。")
    assert county.figures() == {}
    assert county.counted(activity) == {person.code: None}
    county.tell(activity, attendance=there(person))
    assert (activity.status, activity.reason) == (HELD, None)
    assert county.figures() == {"study.sessions@BJ": "1 ×1", "study.person_times@BJ": "1 ×1"}


# --- telling again ----------------------------------------------------------------------------------------------------


def test_a_later_whole_takes_the_place_of_all_before_it(county: Records) -> None:
    activity = county.due(county.course("study.person_times"))
    one, other = county.person(), county.person()
    county.tell(activity, attendance=there(one), measures=[entered("materials.issued", "5")])
    county.report(activity, by=LI, attendance=there(other), measures=[entered("materials.issued", "7")])
    recorded = county.tell(activity, attendance=there(other))
    assert recorded.revision == 3
    assert county.figures() == {"study.person_times@BJ": "1 ×1"}
    assert set(county.counted(activity)) == {other.code}


def test_parts_of_several_reporters_join(county: Records) -> None:
    activity = county.due(county.course("study.person_times"))
    one, other = county.person(), county.person()
    county.report(
        activity, by=WANG, attendance=there(one), measures=[entered("materials.issued", "5")], narrative="早"
    )
    county.report(
        activity,
        by=LI,
        attendance=there(one, state=AttendanceState.EXCUSED) + there(other),
        measures=[entered("materials.issued", "7", Qualifier.AT_LEAST)],
        narrative="晚",
    )
    assert county.figures() == {"study.person_times@BJ": "1 ×1", "materials.issued@BJ": "12 at_least ×1"}
    assert activity.narrative == "早\n晚"


def test_a_reporter_s_later_part_replaces_the_earlier_one(county: Records) -> None:
    activity = county.due(county.course())
    county.report(activity, by=WANG, measures=[entered("materials.issued", "5")])
    county.report(activity, by=LI, measures=[entered("materials.issued", "7")])
    county.report(activity, by=WANG, measures=[entered("materials.issued", "1")])
    assert county.figures() == {"materials.issued@BJ": "8 ×1"}


def test_a_part_told_after_the_whole_adds_to_it_even_by_the_same_teller(county: Records) -> None:
    activity = county.due(county.course())
    county.tell(activity, measures=[entered("materials.issued", "5")])
    county.report(activity, measures=[entered("materials.issued", "7")])
    assert county.figures() == {"materials.issued@BJ": "12 ×1"}


def test_a_part_keeps_the_day_that_the_whole_told(county: Records) -> None:
    activity = county.due(county.course("study.sessions"))
    county.tell(activity, held_on=date(2026, 8, 30))
    recorded = county.report(activity, by=LI, narrative="补记")
    assert recorded.held_on == date(2026, 8, 30)
    assert county.figures(date(2026, 8, 1)) == {"study.sessions@BJ": "1 ×1"}


def test_one_report_that_it_was_cancelled_stands_against_the_others(county: Records) -> None:
    activity = county.due(county.course("study.sessions"))
    county.report(activity, by=WANG, status=CANCELLED)
    recorded = county.report(activity, by=LI)
    assert activity.status is CANCELLED
    assert [remark.key for remark in recorded.remarks] == ["outcomes.still_cancelled"]
    assert county.figures() == {}


def test_every_telling_stays_readable(county: Records) -> None:
    activity = county.due(county.course())
    person = county.person()
    county.tell(activity, attendance=there(person, minutes=50), measures=[entered("materials.issued", "5")])
    county.report(activity, by=LI, measures=[entered("materials.issued", "7", kind="card")], narrative="好")
    county.tell(activity, by=LI, status=CANCELLED)
    first, second, third = revisions(county.session, activity.id)
    assert [(r.revision, r.scope, r.teller) for r in (first, second, third)] == [
        (1, OutcomeScope.WHOLE, "wang"),
        (2, OutcomeScope.PART, "li"),
        (3, OutcomeScope.WHOLE, "li"),
    ]
    assert first.present.attendance[0].person == person.code
    assert first.present.attendance[0].minutes == 50
    assert [(m.value, dict(m.dimensions)) for m in second.told.measures] == [(Decimal(7), {"kind": "card"})]
    assert [m.value for m in second.present.measures] == [Decimal(5), Decimal(7)]
    assert second.present.held_on == DAY
    assert third.present.status is CANCELLED


def test_the_present_is_the_last_and_an_earlier_one_can_be_asked_for(county: Records) -> None:
    activity = county.due(county.course())
    assert present_outcome(county.session, activity.id) is None
    county.tell(activity, narrative="一")
    recorded = county.tell(activity, narrative="二")
    present, earlier = (present_outcome(county.session, activity.id, revision=n) for n in (None, 1))
    assert present is not None
    assert earlier is not None
    assert (present.outcome.narrative, present.version) == ("二", recorded.version)
    assert earlier.outcome.narrative == "一"


def test_what_the_present_shows_can_be_told_again_without_changing_a_figure(county: Records) -> None:
    campaign = county.course("visits.person_times", "visits.people", **SERVES_RETIREES)
    activity = county.due(campaign)
    served, visitor = county.person("retiree"), county.person("volunteer")
    county.tell(
        activity,
        attendance=there(visitor, minutes=30),
        visits=[Visited(served.code, note="安好")],
        measures=[entered("materials.issued", "5", kind="card")],
        ledger=[Payment(LedgerKind.CASH, Decimal(200), person_code=served.code)],
        suggestions=[Opinion("修路灯", person_code=served.code)],
    )
    before, versions = county.figures(), county.entries()
    view = present_outcome(county.session, activity.id)
    assert view is not None
    shown = view.outcome
    county.tell(
        activity,
        held_on=shown.held_on,
        attendance=[Attended(a.person, a.minutes, a.role, a.state) for a in shown.attendance],
        visits=[Visited(v.person, v.result, v.condition, v.note) for v in shown.visits],
        measures=[Entered(m.metric, m.value, m.qualifier, m.dimensions) for m in shown.measures],
        ledger=[Payment(**_columns(payment, "paid_on")) for payment in shown.ledger],
        suggestions=[Opinion(**_columns(suggestion)) for suggestion in shown.suggestions],
    )
    assert county.figures() == before
    assert county.entries() == versions
    assert county.session.scalar(select(func.count()).select_from(Matter)) == 1


def _columns(view: Any, *_: str) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__slots__}


# --- the activity -----------------------------------------------------------------------------------------------------


def test_recording_changes_state_and_stamps_once(county: Records) -> None:
    activity = county.due(county.course())
    recorded = county.tell(activity)
    assert (activity.status, activity.sequence, activity.version) == (HELD, 1, 2)
    assert (activity.changed_at, activity.recorded_at, recorded.version) == (NOW, NOW, 2)
    later = NOW + timedelta(hours=1)
    county.tell(activity, now=later, narrative="补充")
    assert (activity.sequence, activity.version, activity.changed_at) == (1, 3, NOW)
    county.tell(activity, now=later, status=PARTLY)
    assert (activity.sequence, activity.changed_at) == (2, later)


def test_feeds_hear_of_a_new_state_and_not_of_new_words(county: Records) -> None:
    campaign = county.course()
    activity = county.due(campaign)
    county.tell(activity)
    county.tell(activity, narrative="补充")
    versions = select(FeedVersion.version).where(FeedVersion.scope == f"campaign:{campaign.id}")
    assert county.session.scalar(versions) == 1


def test_a_held_visit_frees_its_key_for_the_next_one(county: Records) -> None:
    person = county.person("retiree")
    campaign = county.course(schedule="CADENCE:P90D", **SERVES_RETIREES)
    activity = county.due(campaign, subject_person_id=person.id, plan_key=f"p{person.id}")
    county.tell(activity, attendance=there(person))
    assert activity.plan_key != f"p{person.id}"
    county.plan()
    assert county.days(campaign) == ["2026-12-09"]


def an_open_visit(county: Records, **columns: Any) -> tuple[Person, Campaign, Activity]:
    """A visit a quarter, planned by the planner, as the one whom it is to, its campaign and itself."""
    person = county.person("retiree", since=date(2026, 6, 12))
    campaign = county.course(schedule="CADENCE:P90D", **columns)
    county.plan()
    (activity,) = county.session.scalars(select(Activity).where(Activity.campaign_id == campaign.id))
    return person, campaign, activity


def next_days(county: Records, campaign: Campaign) -> list[date]:
    found = due_visits(county.session, EVERYWHERE, today=TODAY, limit=9, through=date(2027, 12, 31))
    return [each.day for each in found.items if each.campaign_code == campaign.code]


def test_who_was_not_seen_stays_due_without_waiting_for_the_planner(county: Records) -> None:
    person, campaign, activity = an_open_visit(county, **SERVES_RETIREES)
    helper = county.person("volunteer")
    county.tell(activity, attendance=there(helper), visits=[Visited(person.code, VisitResult.NOT_SEEN)])
    found = due_visits(county.session, EVERYWHERE, today=TODAY, limit=9)
    assert [each.person_code for each in found.items] == [person.code]
    assert next_days(county, campaign) == [TODAY]
    assert county.plan().unchanged == 1


def test_who_was_seen_has_the_next_visit_at_once_and_a_correction_moves_it(county: Records) -> None:
    person, campaign, activity = an_open_visit(county, **SERVES_RETIREES)
    helper = county.person("volunteer")
    county.tell(activity, attendance=there(helper), visits=[Visited(person.code)])
    assert next_days(county, campaign) == [activity.held_on + timedelta(90)]
    county.tell(activity, attendance=there(helper), visits=[Visited(person.code, VisitResult.POSTPONED)])
    assert next_days(county, campaign) == [TODAY]
    county.tell(activity, attendance=there(helper), visits=[Visited(person.code)])
    assert next_days(county, campaign) == [activity.held_on + timedelta(90)]
    planned = county.plan()
    assert (planned.created, planned.moved, planned.cancelled) == (0, 0, 0)


def test_the_next_visit_of_a_pairing_stands_at_once_and_those_of_others_are_left(county: Records) -> None:
    supporter, other = county.person("volunteer"), county.person("volunteer")
    one, another = county.person("retiree"), county.person("retiree")
    county.pair(supporter, one, since=date(2026, 6, 12))
    county.pair(other, another, since=date(2026, 6, 12))
    campaign = county.course(schedule="CADENCE:P90D")
    county.plan()
    visits = {
        each.subject_person_id: each
        for each in county.session.scalars(select(Activity).where(Activity.campaign_id == campaign.id))
    }
    told, left = visits[one.id], visits[another.id]
    before = left.version
    county.tell(told, attendance=there(supporter), visits=[Visited(one.code, VisitResult.NOT_SEEN)])
    found = due_visits(county.session, EVERYWHERE, today=TODAY, limit=9)
    assert {each.person_code for each in found.items} == {one.code, another.code}
    assert left.version == before
    planned = county.plan()
    assert (planned.created, planned.moved, planned.cancelled) == (0, 0, 0)


def test_a_visit_of_before_that_was_not_made_is_owed_again_at_once(county: Records) -> None:
    person = county.person("retiree", since=date(2026, 6, 12))
    campaign = county.course(schedule="CADENCE:P90D", **SERVES_RETIREES)
    activity = county.due(campaign, subject_person_id=person.id, plan_key=f"p{person.id}")
    county.tell(activity, status=CANCELLED, narrative="下大雨")
    assert next_days(county, campaign) == [TODAY]


def test_others_on_the_list_whose_visit_was_due_that_day_are_held_by_it_too(county: Records) -> None:
    one, other, third = (county.person("retiree") for _ in range(3))
    campaign = county.course("milestones.birthdays", schedule="BIRTHDAY:all", **SERVES_RETIREES)
    mine, theirs, not_met = (
        county.due(campaign, subject_person_id=p.id, plan_key=f"{DAY}/p{p.id}") for p in (one, other, third)
    )
    county.tell(mine, attendance=there(one, other))
    assert (theirs.status, theirs.held_on, not_met.status) == (HELD, DAY, ActivityStatus.PLANNED)
    assert county.figures() == {"milestones.birthdays@BJ": "2 ×1"}
    county.tell(mine, attendance=there(one))
    assert (theirs.status, theirs.held_on) == (ActivityStatus.PLANNED, None)
    assert county.figures() == {"milestones.birthdays@BJ": "1 ×1"}


def test_a_case_is_being_visited_once_its_visit_took_place(county: Records) -> None:
    person = county.person("retiree")
    case = county.case(person, DAY - timedelta(2))
    campaign = county.course("hospital.person_times", schedule="CASE:hospital;within=P2D")
    activity = county.due(campaign, matter_id=case.id, subject_person_id=person.id, plan_key=f"m{case.id}")
    county.tell(activity, attendance=there(person))
    assert case.status is MatterStatus.VISITING
    assert county.figures() == {"hospital.person_times@BJ": "1 ×1"}
    county.tell(activity, status=CANCELLED)
    assert case.status is MatterStatus.OPEN
    steps = county.session.scalars(select(MatterStep.step).where(MatterStep.matter_id == case.id)).all()
    assert steps == [MatterStepKind.VISITED]


def test_the_visit_of_a_bereavement_may_list_the_one_who_is_no_longer_there(county: Records) -> None:
    person = county.person("retiree", until=DAY - timedelta(1))
    case = county.case(person, DAY - timedelta(1), "bereavement")
    campaign = county.course("funerals.person_times", schedule="CASE:bereavement;within=P1D")
    activity = county.due(campaign, matter_id=case.id, subject_person_id=person.id)
    county.tell(activity, attendance=there(person))
    assert county.figures() == {"funerals.person_times@BJ": "1 ×1"}


def test_minutes_default_to_the_duration_and_nobody_serves_while_absent(county: Records) -> None:
    starts = datetime(2026, 9, 10, 1, tzinfo=UTC)
    activity = county.due(county.course(), starts_at=starts, ends_at=starts + timedelta(minutes=90))
    one, other, away = (county.person() for _ in range(3))
    county.tell(
        activity,
        attendance=[
            Attended(one.code),
            Attended(other.code, minutes=30),
            Attended(away.code, state=AttendanceState.ABSENT),
        ],
    )
    rows = county.session.execute(
        select(Attendance.person_id, Attendance.minutes).where(Attendance.activity_id == activity.id)
    )
    assert dict(rows.all()) == {one.id: 90, other.id: 30, away.id: None}


# --- money, goods, suggestions ----------------------------------------------------------------------------------------


def test_money_told_with_an_outcome_belongs_to_its_activity_and_campaign(county: Records) -> None:
    campaign = county.course(kind="festival_visit")
    activity = county.due(campaign)
    person = county.person("retiree")
    county.tell(activity, ledger=[Payment(LedgerKind.CASH, Decimal("200.50"), person_code=person.code)])
    entry = county.session.scalars(select(LedgerEntry)).one()
    assert (entry.activity_id, entry.campaign_id, entry.paid_on) == (activity.id, campaign.id, DAY)
    assert county.figures() == {
        "finance.visit_money@BJ": "200.5 ×1",
        "finance.festival_money@BJ": "200.5 ×1",
    }


def test_an_entry_listed_no_more_is_countered_on_the_day_of_the_revision_and_an_equal_one_stays(
    county: Records,
) -> None:
    activity = county.due(county.course(kind="festival_visit"))
    cash, goods = Payment(LedgerKind.CASH, Decimal(200)), Payment(LedgerKind.GOODS, Decimal(80))
    county.tell(activity, ledger=[cash, cash, goods])
    county.tell(activity, ledger=[cash, replace(goods, amount=Decimal(90))])
    assert county.entries() == [
        ("cash", "200.00"),
        ("cash", "200.00"),
        ("goods", "80.00"),
        ("cash", "-200.00"),
        ("goods", "-80.00"),
        ("goods", "90.00"),
    ]
    counters = county.session.scalars(
        select(LedgerEntry.paid_on).where(LedgerEntry.reverses_id.is_not(None))
    ).all()
    assert counters == [TODAY, TODAY]
    assert county.figures()["finance.visit_money@BJ"] == "290 ×6"
    county.tell(activity, ledger=[cash, replace(goods, amount=Decimal(90))])
    assert len(county.entries()) == 6


def test_a_suggestion_listed_no_more_was_recorded_in_error_and_an_equal_one_stays(county: Records) -> None:
    activity = county.due(county.course())
    person = county.person()
    lamp, bus = Opinion("修路灯", person_code=person.code), Opinion("恢复早班车")
    county.tell(activity, suggestions=[lamp, bus])
    assert county.figures() == {"suggestions.opinions@BJ": "2 ×2"}
    county.tell(activity, suggestions=[lamp])
    matters = {m.text: m for m in county.session.scalars(select(Matter))}
    assert matters["修路灯"].status is MatterStatus.COLLECTED
    assert (matters["恢复早班车"].status, matters["恢复早班车"].closed_on) == (MatterStatus.IN_ERROR, TODAY)
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1"}
    county.tell(activity, suggestions=[lamp, bus])
    assert matters["恢复早班车"].status is MatterStatus.COLLECTED
    assert county.session.scalar(select(func.count()).select_from(Matter)) == 2
    assert county.figures() == {"suggestions.opinions@BJ": "2 ×2"}


def test_two_reporters_who_heard_the_same_words_heard_one_suggestion(county: Records) -> None:
    activity = county.due(county.course())
    for teller in (WANG, LI):
        county.report(activity, by=teller, suggestions=[Opinion("修路灯")])
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1"}


def test_what_was_done_about_a_suggestion_survives_a_revision_that_does_not_speak_of_it(
    county: Records,
) -> None:
    from outreach.matters import change_suggestion, opinion_of

    activity = county.due(county.course())
    county.tell(activity, suggestions=[Opinion("修路灯", code="Y1")])
    matter = county.session.scalars(select(Matter)).one()
    answered = replace(opinion_of(county.session, matter, zone=ZONE), answered_on=DAY, answer="已修")
    change_suggestion(county.session, "Y1", answered, by=LI, now=NOW, zone=ZONE)
    county.tell(activity, suggestions=[Opinion("修路灯", code="Y1")])
    assert (matter.status, matter.answer) == (MatterStatus.ANSWERED, "已修")


# --- the same request again -------------------------------------------------------------------------------------------


def test_the_same_request_is_answered_as_the_first_time(county: Records) -> None:
    activity = county.due(county.course("study.person_times"))
    body = {
        "attendance": there(county.person()),
        "measures": [entered("study.person_times", "9")],
        "idempotency_key": "k1",
        "request_hash": "a" * 64,
    }
    first = county.tell(activity, **dict(body))
    county.tell(activity, narrative="later")
    again = county.tell(activity, **dict(body), expected_version=first.version - 1)
    assert again.repeated
    assert [remark.key for remark in again.remarks] == [remark.key for remark in first.remarks]
    assert replace(again, repeated=False, remarks=()) == replace(first, remarks=())
    assert activity.revision == 2


@pytest.mark.parametrize("other", ["body", "activity", "scope"])
def test_a_key_used_for_something_else_is_refused(county: Records, other: str) -> None:
    campaign = county.course()
    activity = county.due(campaign)
    county.tell(activity, idempotency_key="k1", request_hash="a" * 64)
    tell = county.report if other == "scope" else county.tell
    told_of = county.due(campaign) if other == "activity" else activity
    with pytest.raises(Invalid) as caught:
        tell(told_of, idempotency_key="k1", request_hash=("b" if other == "body" else "a") * 64)
    assert faults(caught) == {"idempotency_key": "outcomes.idempotency_key_reused"}
    assert activity.revision == 1


def test_two_tellers_may_use_the_same_key(county: Records) -> None:
    activity = county.due(county.course())
    for teller in (WANG, LI):
        county.report(activity, by=teller, idempotency_key="k1", request_hash=teller.name)
    assert activity.revision == 2


def test_a_key_is_forgotten_after_thirty_days(county: Records) -> None:
    activity = county.due(county.course())
    county.tell(activity, idempotency_key="k1", request_hash="a")
    county.tell(activity, idempotency_key="k1", request_hash="b", now=NOW + timedelta(days=31))
    assert activity.revision == 2


def test_a_stale_version_is_refused(county: Records) -> None:
    activity = county.due(county.course())
    county.tell(activity, expected_version=1)
    with pytest.raises(Stale):
        county.tell(activity, expected_version=1)
    assert activity.revision == 1


# --- what is refused --------------------------------------------------------------------------------------------------


def test_every_fault_is_named_and_nothing_is_written(county: Records) -> None:
    activity = county.due(county.course())
    person, gone = county.person(), county.person(until=DAY - timedelta(1))
    with pytest.raises(Invalid) as caught:
        county.tell(
            activity,
            attendance=[Attended(person.code, minutes=-1), Attended(person.code), Attended("NOBODY")],
            visits=[Visited(gone.code)],
            measures=[entered("no.such", "1"), entered("materials.issued", "1.5")],
            ledger=[Payment(LedgerKind.CASH, Decimal(-1), unit_code="XX")],
            suggestions=[Opinion("  "), Opinion("早", sent_on=DAY - timedelta(1))],
            narrative="\0",
        )
    assert faults(caught) == {
        "attendance.0.minutes": "outcomes.minutes_out_of_range",
        "attendance.1.person": "outcomes.person_twice",
        "attendance.2.person": "errors.unknown_code",
        "visits.0.person": "outcomes.person_not_there_that_day",
        "measures.0": "outcomes.unknown_metric",
        "measures.1": "outcomes.value_must_be_whole",
        "ledger.0.amount": "ledger.not_an_amount",
        "ledger.0.unit_code": "errors.unknown_code",
        "suggestions.0.text": "matters.text_missing",
        "suggestions.1.sent_on": "matters.before_it_was_raised",
        "narrative": "errors.text_with_nul",
    }
    assert (activity.revision, activity.status) == (0, ActivityStatus.PLANNED)
    assert county.session.scalar(select(func.count()).select_from(Outcome)) == 0


def test_a_person_may_be_on_both_lists(county: Records) -> None:
    activity = county.due(county.course())
    person = county.person()
    county.tell(activity, attendance=there(person), visits=[Visited(person.code)])
    assert county.counted(activity) == {person.code: CountedAs.SERVED}


def test_nothing_was_held_on_a_day_to_come(county: Records) -> None:
    activity = county.due(county.course())
    with pytest.raises(Invalid) as caught:
        county.tell(activity, held_on=TODAY + timedelta(1))
    assert faults(caught) == {"held_on": "outcomes.day_to_come"}


def test_what_is_planned_may_be_written_up_ahead_of_time_with_a_remark(county: Records) -> None:
    activity = county.due(county.course("study.sessions"), day=TODAY + timedelta(1))
    recorded = county.tell(activity)
    assert [remark.key for remark in recorded.remarks] == ["outcomes.recorded_ahead"]
    assert county.figures() == {"study.sessions@BJ": "1 ×1"}


@pytest.mark.parametrize("status", [ActivityStatus.PLANNED, ActivityStatus.MISSED])
def test_only_what_happened_can_be_told(county: Records, status: ActivityStatus) -> None:
    with pytest.raises(Invalid) as caught:
        county.tell(county.due(county.course()), status=status)
    assert faults(caught) == {"status": "outcomes.status_cannot_be_told"}


def test_an_unknown_activity_is_not_found(county: Records) -> None:
    with pytest.raises(NotFound):
        outcomes.record_outcome(county.session, 404, Telling(HELD), by=WANG, now=NOW, zone=ZONE)  # type: ignore[arg-type]


# --- history ----------------------------------------------------------------------------------------------------------


def test_rows_of_one_campaign_and_day_are_one_activity(county: Records) -> None:
    campaign = county.course("study.sessions", "study.person_times")
    one, other = county.person(), county.person()
    report = county.bring(
        county.row(campaign, one, measures=(EnteredValue("materials.issued", Decimal(5)),)),
        county.row(campaign, one, other, measures=(EnteredValue("materials.issued", Decimal(7)),)),
    )
    assert len(report.created) == 1
    assert county.figures() == {
        "study.sessions@BJ": "1 ×1",
        "study.person_times@BJ": "2 ×1",
        "materials.issued@BJ": "12 ×1",
    }


def test_a_row_belongs_to_the_activity_that_stands_on_its_day(county: Records) -> None:
    campaign = county.course("study.sessions")
    activity = county.due(campaign)
    report = county.bring(county.row(campaign))
    assert (report.created, report.recorded) == ((), (activity.id,))
    assert (activity.status, activity.sequence) == (HELD, 1)


def test_rows_brought_later_add_to_what_is_recorded(county: Records) -> None:
    campaign = county.course()
    value = (EnteredValue("materials.issued", Decimal(5)),)
    county.bring(county.row(campaign, measures=value))
    county.bring(county.row(campaign, measures=value))
    assert county.figures() == {"materials.issued@BJ": "10 ×1"}
    assert county.session.scalar(select(func.count()).select_from(Activity)) == 1


def test_cancelled_in_any_row_cancels(county: Records) -> None:
    campaign = county.course("study.sessions")
    county.bring(county.row(campaign), county.row(campaign, status=CANCELLED))
    assert [activity.status for activity in county.activities(campaign)] == [CANCELLED]
    assert county.figures() == {}


def test_a_row_counts_for_its_unit_and_rows_of_several_each_for_theirs(county: Records) -> None:
    town, village = county.unit("X1", county.root), county.unit("Z1", county.root)
    campaign = county.course("study.sessions", "study.person_times", "study.participants")
    county.bring(county.row(campaign, county.person(), unit_id=town.id))
    assert county.figures() == {"study.sessions@X1": "1 ×1", "study.person_times@X1": "1 ×1"}
    both, only_later = county.person(), county.person()
    value = (EnteredValue("materials.issued", Decimal(7)),)
    day = DAY + timedelta(1)
    county.bring(
        county.row(campaign, both, unit_id=town.id, held_on=day),
        county.row(campaign, both, only_later, unit_id=village.id, held_on=day, measures=value),
    )
    assert county.figures() == {
        "study.sessions@X1": "1 ×1",
        "study.sessions@BJ": "1 ×1",
        "study.person_times@X1": "2 ×2",
        "study.person_times@Z1": "1 ×1",
        "materials.issued@Z1": "7 ×1",
    }
    shared = county.session.scalars(
        select(Measure.shared).where(
            Measure.metric_id == county.ids["study.participants"], Measure.day == day
        )
    ).all()
    assert shared == [True, True]


def test_an_entered_value_of_one_unit_displaces_the_count_of_the_whole_activity(county: Records) -> None:
    town = county.unit("X1", county.root)
    campaign = county.course("study.person_times")
    county.bring(
        county.row(campaign, county.person(), county.person()),
        county.row(campaign, unit_id=town.id, measures=(EnteredValue("study.person_times", Decimal(30)),)),
    )
    assert county.figures() == {"study.person_times@X1": "30 ×1"}


def test_of_two_readings_of_a_day_the_last_row_wins_whichever_activity_it_belongs_to(county: Records) -> None:
    one, other = county.course(), county.course()
    county.bring(
        *(
            county.row(
                campaign, measures=(EnteredValue("study.subscriptions", Decimal(value)),), number=number
            )
            for number, (campaign, value) in enumerate([(one, 1), (other, 2), (one, 3)], start=2)
        )
    )
    newest = select(Measure.value).where(Measure.origin == Origin.READING).order_by(Measure.id.desc())
    assert county.session.scalars(newest).first() == Decimal(3)


def test_a_later_row_on_another_stock_does_not_lift_a_reading_told_before(county: Records) -> None:
    one, other = county.course(), county.course()
    told = [
        (one, "study.subscriptions", 1),
        (other, "study.subscriptions", 2),
        (one, "youth.tutors", 9),
    ]
    county.bring(
        *(
            county.row(campaign, measures=(EnteredValue(metric, Decimal(value)),), number=number)
            for number, (campaign, metric, value) in enumerate(told, start=2)
        )
    )
    newest = (
        select(Measure.value)
        .join(Metric, Metric.id == Measure.metric_id)
        .where(Metric.code == "study.subscriptions")
        .order_by(Measure.id.desc())
    )
    assert county.session.scalars(newest).first() == Decimal(2)


def test_split_rows_belong_to_the_activity_of_their_unit(county: Records) -> None:
    town = county.unit("X1", county.root)
    campaign = county.course("study.sessions", split_by="unit", serves=["retiree"])
    standing = county.due(campaign, unit_id=town.id)
    report = county.bring(county.row(campaign, unit_id=town.id), county.row(campaign))
    assert len(report.created) == 1
    assert standing.status is HELD
    assert county.figures() == {"study.sessions@X1": "1 ×1", "study.sessions@BJ": "1 ×1"}


def test_a_row_for_birthdays_belongs_to_the_first_attendee_who_has_one(county: Records) -> None:
    one, other, guest = county.person("retiree"), county.person("retiree"), county.person("staff")
    campaign = county.course("milestones.birthdays", schedule="BIRTHDAY:all", **SERVES_RETIREES)
    mine, theirs = (
        county.due(campaign, subject_person_id=p.id, plan_key=f"{DAY}/p{p.id}") for p in (one, other)
    )
    county.bring(county.row(campaign, guest, other, one))
    assert (theirs.revision, theirs.status) == (1, HELD)
    assert (mine.revision, mine.status) == (0, HELD)
    assert county.figures() == {"milestones.birthdays@BJ": "2 ×1"}


def test_a_row_does_not_belong_to_an_activity_that_the_planner_withdrew(county: Records) -> None:
    gone, other = county.person("staff"), county.person("retiree")
    campaign = county.course("milestones.birthdays", schedule="BIRTHDAY:all", **SERVES_RETIREES)
    withdrawn, standing = (
        county.due(campaign, subject_person_id=person.id, plan_key=f"{DAY}/p{person.id}", **columns)
        for person, columns in ((gone, {"status": CANCELLED, "reason": "不再服务"}), (other, {}))
    )
    county.bring(county.row(campaign, gone, other))
    assert (withdrawn.status, standing.status) == (CANCELLED, HELD)
    assert county.figures() == {"milestones.birthdays@BJ": "1 ×1"}


def test_birthdays_of_one_day_that_nobody_had_planned_are_one_activity(county: Records) -> None:
    one, other = (
        county.person("retiree", birth_date=date(year, DAY.month, DAY.day)) for year in (1940, 1950)
    )
    campaign = county.course(
        "milestones.birthdays", "rural.visits", schedule="BIRTHDAY:all", **SERVES_RETIREES
    )
    county.bring(county.row(campaign, one), county.row(campaign, other))
    assert county.figures() == {"milestones.birthdays@BJ": "2 ×1", "rural.visits@BJ": "1 ×1"}


def test_birthdays_ignore_that_they_should_be_split_by_unit(county: Records) -> None:
    town = county.unit("X1", county.root)
    person = county.person("retiree")
    campaign = county.course(
        "milestones.birthdays", schedule="BIRTHDAY:all", split_by="unit", **SERVES_RETIREES
    )
    value = (EnteredValue("materials.issued", Decimal(5)),)
    county.bring(county.row(campaign, person, unit_id=town.id), county.row(campaign, measures=value))
    assert [activity.unit_id for activity in county.activities(campaign)] == [county.root.id]
    assert county.figures() == {"milestones.birthdays@X1": "1 ×1", "materials.issued@BJ": "5 ×1"}


def test_a_birthday_recorded_today_is_not_planned_again(county: Records) -> None:
    person = county.person("retiree", birth_date=date(1940, TODAY.month, TODAY.day))
    campaign = county.course(schedule="BIRTHDAY:all", **SERVES_RETIREES)
    county.bring(county.row(campaign, person, held_on=TODAY))
    county.plan()
    assert county.days(campaign) == []


def test_a_history_can_be_taken_back(county: Records) -> None:
    from models import Import

    campaign = county.course("study.sessions", "study.person_times")
    planned = county.due(campaign)
    told_of = county.due(campaign, day=DAY + timedelta(2))
    county.tell(told_of, attendance=there(county.person()))
    before = county.figures()
    record = county._add(
        Import(at=NOW, by="wang", as_of=TODAY, sha256="", counts={}, undo={}, undone_at=None)
    )
    report = outcomes.record_history(
        county.session,
        [
            county.row(campaign, county.person()),
            county.row(campaign, county.person(), held_on=DAY + timedelta(1)),
            county.row(campaign, county.person(), held_on=DAY + timedelta(2)),
        ],
        by=WANG,
        now=NOW,
        zone=ZONE,
        workdays=Workdays.of({}),
        import_id=record.id,
    )
    assert county.figures() != before
    outcomes.remove_history(county.session, record.id, report.created, by=WANG, now=NOW)
    assert county.figures() == before
    assert [activity.id for activity in county.activities(campaign)] == [planned.id, told_of.id]
    assert (planned.status, told_of.status) == (ActivityStatus.PLANNED, HELD)
    assert county.session.scalar(select(func.count()).select_from(Attendance)) == 1


# --- at the same time -------------------------------------------------------------------------------------------------


def test_reporters_at_the_same_time_lose_nothing(fresh_database: Engine) -> None:
    reporters, days = 4, 6
    with transaction(fresh_database) as session:
        county = Records(session)
        campaign = county.course("study.sessions", "study.person_times")
        people = [county.person().code for _ in range(reporters)]
        activities = [county.due(campaign, day=DAY + timedelta(n)).id for n in range(days)]
    problems: list[BaseException] = []

    def report(number: int) -> None:
        # Each goes through the activities from another one on, so that they meet in every order.
        for step in range(days):
            activity_id = activities[(number + step) % days]
            telling = Telling(
                HELD,
                attendance=[Attended(people[number])],
                measures=[entered("materials.issued", "1"), entered("media.reports", "2")],
            )
            try:
                with transaction(fresh_database) as session:
                    outcomes.report_part(
                        session, activity_id, telling, by=Actor(f"teller {number}"), now=NOW, zone=ZONE
                    )
            except BaseException as problem:  # noqa: BLE001 - whatever it is, the test shows it
                problems.append(problem)

    threads = [Thread(target=report, args=(number,)) for number in range(reporters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with transaction(fresh_database) as session:
        county.session = session
        assert county.figures() == {
            "study.sessions@BJ": f"{days} ×{days}",
            "study.person_times@BJ": f"{days * reporters} ×{days}",
            "materials.issued@BJ": f"{days * reporters} ×{days}",
            "media.reports@BJ": f"{2 * days * reporters} ×{days}",
        }


def test_a_request_sent_twice_at_the_same_time_is_recorded_once(fresh_database: Engine) -> None:
    with transaction(fresh_database) as session:
        county = Records(session)
        activity_id = county.due(county.course("study.sessions")).id
    answers: list[Recorded] = []

    def send() -> None:
        with transaction(fresh_database) as session:
            answers.append(
                outcomes.record_outcome(
                    session,
                    activity_id,
                    Telling(HELD),
                    by=WANG,
                    now=NOW,
                    zone=ZONE,
                    idempotency_key="k1",
                    request_hash="a",
                )
            )

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.repeated for answer in answers) == [False, True, True, True]
    assert {answer.revision for answer in answers} == {1}
