"""Who is told what when people are asked, and when what they were asked to changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event

from models.enums import ActivityStatus, AssignmentState, NoticeKind, NoticeState, OnHoliday
from outreach.activities import change_activity
from outreach.activities.assigning import decline
from outreach.notices import (
    activities_cancelled,
    activities_moved,
    activities_restored,
    people_asked,
    people_confirmed,
    people_withdrawn,
    silence,
)
from outreach.permissions import CONSOLE
from outreach.planning import place_changed
from tests.outreach.notices.office import DAY, NOW, STARTS, ZONE, Outbox

LATER = STARTS + timedelta(days=2)


@pytest.fixture
def outbox(session):
    return Outbox(session)


def move(outbox, activity, starts_at):
    was = (activity.day, activity.starts_at)
    activity.starts_at, activity.ends_at = starts_at, starts_at + timedelta(hours=2)
    activity.day = activity.last_day = starts_at.date()
    activity.sequence += 1
    return activities_moved(outbox.session, {activity.id: was}, now=NOW)


def cancel(outbox, activity):
    activity.status, activity.reason = ActivityStatus.CANCELLED, "雨"
    activity.sequence += 1
    return activities_cancelled(outbox.session, [activity.id], now=NOW)


def restore(outbox, activity):
    activity.status, activity.reason = ActivityStatus.PLANNED, None
    activity.sequence += 1
    return activities_restored(outbox.session, [activity.id], now=NOW)


def withdraw(outbox, assignment):
    outbox.set(assignment, AssignmentState.WITHDRAWN)
    return people_withdrawn(outbox.session, [assignment.id], now=NOW)


def test_who_is_proposed_is_asked_once_until_the_activity_begins(outbox):
    he = outbox.person()
    (assignment,) = outbox.asked(outbox.activity(), he)
    assert people_asked(outbox.session, [assignment.id], now=NOW) == 0
    (notice,) = outbox.rows()
    assert (notice.kind, notice.person_id, notice.state) == (NoticeKind.ASKED, he.id, NoticeState.DUE)
    assert (notice.due_at, notice.expires_at) == (NOW, STARTS)


def test_who_is_asked_anew_after_declining_is_told_anew(outbox):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person())
    outbox.told()
    outbox.set(assignment, AssignmentState.DECLINED)
    outbox.set(assignment, AssignmentState.PROPOSED)
    assert people_asked(outbox.session, [assignment.id], now=NOW) == 1


def test_a_regular_member_is_told_to_be_counted_on(outbox):
    (assignment,) = outbox.assign(outbox.activity(), outbox.person(), state=AssignmentState.CONFIRMED)
    assert people_confirmed(outbox.session, [assignment.id], now=NOW) == 1
    assert people_asked(outbox.session, [assignment.id], now=NOW) == 0


@pytest.mark.parametrize(
    "activity",
    [
        {"starts_at": NOW - timedelta(hours=1)},
        {"starts_at": None, "day": date(2026, 9, 12)},
        {"status": ActivityStatus.HELD, "revision": 1},
        {"status": ActivityStatus.MISSED},
    ],
)
def test_nobody_is_told_of_what_is_over(outbox, activity):
    gone = outbox.activity(**activity)
    (assignment,) = outbox.asked(gone, outbox.person())
    assert outbox.rows() == []
    assert activities_cancelled(outbox.session, [gone.id], now=NOW) == 0
    assert withdraw(outbox, assignment) == 0


@pytest.mark.parametrize(
    "person",
    [
        {"contact_by": "none"},
        {"erased_at": NOW},
        {"frozen_on": date(2026, 9, 1)},
        {"until": date(2026, 9, 1)},
    ],
)
def test_some_are_not_told_anything(outbox, person):
    outbox.asked(outbox.activity(), outbox.person(**person))
    assert outbox.rows() == []


def test_somebody_who_will_be_frozen_or_leave_later_is_told_until_then(outbox):
    outbox.asked(outbox.activity(), outbox.person(until=date(2026, 10, 1)))
    assert len(outbox.rows()) == 1


def test_who_was_told_is_told_to_be_needed_no_more(outbox):
    he, xu = outbox.person(), outbox.person()
    activity = outbox.activity()
    told, untold = (outbox.asked(activity, he)[0], None)
    outbox.told()
    (untold,) = outbox.asked(activity, xu)
    for assignment in (told, untold):
        withdraw(outbox, assignment)
    assert outbox.due() == [(NoticeKind.WITHDRAWN, he.id)]
    assert outbox.states(NoticeKind.ASKED) == [NoticeState.SENT, NoticeState.EXPIRED]


@pytest.mark.parametrize("state", [NoticeState.SENDING, NoticeState.CALLED, NoticeState.UNCERTAIN])
def test_who_may_have_been_told_counts_as_told(outbox, state):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person())
    (notice,) = outbox.rows()
    notice.state, notice.lease_until = state, NOW
    assert withdraw(outbox, assignment) == 1


def test_a_withdrawal_taken_back_before_it_was_told_is_never_heard_of(outbox):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person())
    outbox.told()
    withdraw(outbox, assignment)
    outbox.set(assignment, AssignmentState.PROPOSED)
    people_asked(outbox.session, [assignment.id], now=NOW)
    assert [kind for kind, _ in outbox.due()] == [NoticeKind.ASKED]


def test_those_who_take_part_are_told_of_a_move(outbox):
    he, xu = outbox.person(), outbox.person()
    activity = outbox.activity()
    _, declined = outbox.asked(activity, he, xu)
    outbox.told()
    outbox.set(declined, AssignmentState.DECLINED)
    assert move(outbox, activity, LATER) == 1
    notice = outbox.rows()[-1]
    assert (notice.kind, notice.person_id, notice.expires_at) == (NoticeKind.MOVED, he.id, LATER)
    assert notice.words == {"was_day": "2026-09-25", "was_at": STARTS.isoformat()}


def test_two_moves_before_anything_is_sent_are_one_notice(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    move(outbox, activity, LATER)
    move(outbox, activity, LATER + timedelta(days=1))
    assert len(outbox.due()) == 1
    assert outbox.rows(NoticeState.DUE)[0].words["was_day"] == "2026-09-25"


def test_a_move_undone_before_anything_is_sent_is_never_heard_of(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    move(outbox, activity, LATER)
    move(outbox, activity, STARTS)
    assert outbox.due() == []


def test_a_move_undone_after_it_was_told_is_told(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    move(outbox, activity, LATER)
    outbox.told()
    assert move(outbox, activity, STARTS) == 1


def test_who_was_not_asked_yet_hears_of_the_new_time_alone(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    assert move(outbox, activity, LATER) == 0
    assert [kind for kind, _ in outbox.due()] == [NoticeKind.ASKED]
    assert outbox.rows()[0].expires_at == LATER
    move(outbox, activity, STARTS - timedelta(days=1))
    assert outbox.rows()[0].expires_at == STARTS - timedelta(days=1)


def test_another_place_is_told_too(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    activity.place = "图书馆"
    activities_moved(outbox.session, {}, now=NOW, places={activity.id: "老年大学"})
    assert outbox.rows()[-1].words == {"was_place": "老年大学"}


def test_those_who_know_of_it_are_told_that_it_is_cancelled(outbox):
    activity = outbox.activity()
    he, xu = outbox.person(), outbox.person()
    outbox.asked(activity, he)
    outbox.told()
    outbox.asked(activity, xu)
    assert cancel(outbox, activity) == 1
    assert outbox.due() == [(NoticeKind.CANCELLED, he.id)]
    assert cancel(outbox, outbox.activity()) == 0


def test_a_cancelling_after_an_untold_move_speaks_of_the_day_that_was_told(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    move(outbox, activity, LATER)
    cancel(outbox, activity)
    (notice,) = outbox.rows(NoticeState.DUE)
    assert (notice.kind, notice.words["was_day"]) == (NoticeKind.CANCELLED, "2026-09-25")


def test_what_takes_place_after_all_is_told_to_those_who_heard_otherwise(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    outbox.told()
    cancel(outbox, activity)
    restore(outbox, activity)
    assert outbox.due() == []
    cancel(outbox, activity)
    outbox.told()
    assert restore(outbox, activity) == 1
    assert [kind for kind, _ in outbox.due()] == [NoticeKind.MOVED]
    assert outbox.rows()[-1].words == {"restored": True}


def test_who_never_heard_of_it_is_asked_when_it_takes_place_after_all(outbox):
    activity = outbox.activity()
    he = outbox.person()
    outbox.asked(activity, he)
    cancel(outbox, activity)
    assert outbox.due() == []
    restore(outbox, activity)
    assert outbox.due() == [(NoticeKind.ASKED, he.id)]


def test_who_never_heard_that_they_are_counted_on_is_told_when_it_takes_place_after_all(outbox):
    activity = outbox.activity()
    unheard, heard, said_yes = (outbox.person() for _ in "abc")
    (knows,) = outbox.assign(activity, heard, state=AssignmentState.CONFIRMED)
    people_confirmed(outbox.session, [knows.id], now=NOW)
    (asked,) = outbox.asked(activity, said_yes)
    outbox.told()
    outbox.set(asked, AssignmentState.CONFIRMED)
    (new,) = outbox.assign(activity, unheard, state=AssignmentState.CONFIRMED)
    people_confirmed(outbox.session, [new.id], now=NOW)
    for _ in range(2):
        cancel(outbox, activity)
        restore(outbox, activity)
        assert outbox.due() == [(NoticeKind.CONFIRMED, unheard.id)]


def test_whole_days_may_be_told_of_until_they_are_over_anywhere(outbox):
    outbox.asked(outbox.activity(None), outbox.person())
    (notice,) = outbox.rows()
    assert notice.expires_at == datetime(2026, 9, 26, 12, tzinfo=UTC)
    assert notice.expires_at.date() > DAY


def test_moving_and_cancelling_by_hand_tells_those_who_take_part(outbox):
    activity = outbox.activity()
    he = outbox.person()
    outbox.asked(activity, he)
    outbox.told()
    deed = {"by": CONSOLE, "today": NOW.date(), "now": NOW, "zone": ZONE}
    change_activity(outbox.session, activity.id, {"starts_at": LATER, "place": "图书馆"}, **deed)
    (moved,) = outbox.rows(NoticeState.DUE)
    assert (moved.kind, moved.words["was_place"]) == (NoticeKind.MOVED, "老年大学")
    outbox.told()
    columns = {"status": ActivityStatus.CANCELLED, "reason": "雨"}
    change_activity(outbox.session, activity.id, columns, **deed)
    assert outbox.due() == [(NoticeKind.CANCELLED, he.id)]
    outbox.told()
    change_activity(outbox.session, activity.id, {"status": ActivityStatus.PLANNED}, **deed)
    assert outbox.due() == [(NoticeKind.MOVED, he.id)]


def test_who_declines_is_told_nothing_more_about_it_and_others_still_are(outbox):
    activity = outbox.activity()
    he, other = outbox.person(), outbox.person()
    outbox.asked(activity, he, other)
    outbox.rows()[0].state = NoticeState.TO_CALL
    outbox.session.flush()
    decline(outbox.session, activity.id, he.code, by=CONSOLE, today=NOW.date(), now=NOW, zone=ZONE)
    assert outbox.states(NoticeKind.ASKED) == [NoticeState.EXPIRED, NoticeState.DUE]


def test_what_the_planner_moves_and_cancels_is_told_to_those_it_had_asked(outbox):
    county = outbox.county
    campaign = county.campaign("DATES:2026-10-01,2026-10-20", on_holiday=OnHoliday.NEXT_WORKDAY)
    county.plan()
    first, second = county.planned(campaign)
    he = outbox.person()
    for activity in (first, second):
        assignment = county.assign(activity, he, reason="load")
        people_asked(outbox.session, [assignment.id], now=NOW)
    outbox.told()
    campaign.schedule = "DATES:2026-10-01"
    campaign.start_time = time(9)
    report = county.plan()
    assert (report.moved, report.cancelled) == (1, 1)
    assert sorted(outbox.due()) == [(NoticeKind.CANCELLED, he.id), (NoticeKind.MOVED, he.id)]


def test_another_place_of_a_campaign_is_told_for_what_has_none_of_its_own(outbox):
    activity, elsewhere = outbox.activity(), outbox.activity(place="县医院")
    outbox.asked(activity, outbox.person())
    outbox.asked(elsewhere, outbox.person())
    outbox.told()
    outbox.campaign.place = "图书馆"
    today = NOW.date()
    place_changed(outbox.session, outbox.campaign.id, was="老年大学", today=today, now=NOW)
    assert [notice.activity_id for notice in outbox.rows(NoticeState.DUE)] == [activity.id]


def test_an_activity_that_nobody_is_on_owes_nothing(outbox):
    activity = outbox.activity()
    assert move(outbox, activity, LATER) == cancel(outbox, activity) == restore(outbox, activity) == 0
    assert outbox.rows() == []


def test_who_is_silenced_is_owed_nothing_until_that_passes(outbox):
    activity = outbox.activity()
    he, xu = outbox.person(), outbox.person()
    assignments = outbox.asked(activity, he, xu)
    assert silence(outbox.session, [he.id], now=NOW) == 1
    assert outbox.due() == [(NoticeKind.ASKED, xu.id)]
    assert people_asked(outbox.session, [each.id for each in assignments], now=NOW) == 1


def statements(session, work):
    """How many statements it takes."""
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    work()
    event.remove(session.connection(), "before_cursor_execute", note)
    return len(seen)


def test_many_are_told_with_as_few_statements_as_one(outbox):
    counts = []
    for number in (1, 40):
        activity = outbox.activity()
        ids = [each.id for each in outbox.assign(activity, *(outbox.person() for _ in range(number)))]
        asking = statements(outbox.session, lambda ids=ids: people_asked(outbox.session, ids, now=NOW))
        outbox.told()
        moving = statements(outbox.session, lambda activity=activity: move(outbox, activity, LATER))
        cancelling = statements(outbox.session, lambda activity=activity: cancel(outbox, activity))
        assert len(outbox.rows(NoticeState.DUE)) == number
        outbox.told()
        counts.append((asking, moving, cancelling))
    assert counts[0] == counts[1]
