"""Which reminders are due when, over days on which the machine ran, and on which it did not."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.enums import ActivityStatus, AssignmentState, NoticeKind, NoticeState
from outreach.activities import change_activity
from outreach.clockwork import Moment
from outreach.house_rules import NoticeRules
from outreach.notices import people_asked
from outreach.notices.delivering import quiet_until
from outreach.notices.reminding import owe_reminders
from outreach.permissions import CONSOLE
from outreach.routines.remind import remind
from tests.outreach.notices.office import ZONE, Outbox

RULES = NoticeRules()
# The activity is on Friday the 25th from nine to eleven in Shanghai.
WEEK, DAY, HOURS, BEGINS = (
    datetime(2026, 9, 18, 9, tzinfo=ZONE),
    datetime(2026, 9, 24, 9, tzinfo=ZONE),
    datetime(2026, 9, 25, 7, tzinfo=ZONE),
    datetime(2026, 9, 25, 9, tzinfo=ZONE),
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def outbox(session):
    return Outbox(session)


def owed(outbox, at, rules=RULES):
    """The kinds that a look at this instant adds."""
    before = len(outbox.rows())
    count = owe_reminders(outbox.session, rules, now=at.astimezone(UTC), zone=ZONE)
    added = outbox.rows()[before:]
    assert len(added) == count
    return [notice.kind for notice in added]


def test_each_reminder_is_owed_once_when_its_time_has_come(outbox):
    outbox.assign(outbox.activity(), outbox.person())
    assert owed(outbox, WEEK - MINUTE) == []
    assert owed(outbox, WEEK) == [NoticeKind.REMIND_WEEK]
    assert owed(outbox, WEEK + MINUTE) == []
    assert owed(outbox, DAY - MINUTE) == []
    assert owed(outbox, DAY) == [NoticeKind.REMIND_DAY]
    assert owed(outbox, HOURS - MINUTE) == []
    assert owed(outbox, HOURS) == [NoticeKind.REMIND_HOURS]
    assert owed(outbox, BEGINS) == []
    assert [notice.expires_at for notice in outbox.rows()] == [DAY, HOURS, BEGINS]


def test_of_reminders_missed_only_the_one_still_of_use_is_owed(outbox):
    outbox.assign(outbox.activity(), outbox.person())
    assert owed(outbox, DAY + timedelta(hours=3)) == [NoticeKind.REMIND_DAY]
    assert owed(outbox, BEGINS + MINUTE) == []


def test_whole_days_have_no_reminder_of_hours_and_none_on_the_day(outbox):
    outbox.assign(outbox.activity(None), outbox.person())
    assert owed(outbox, WEEK) == [NoticeKind.REMIND_WEEK]
    assert owed(outbox, datetime(2026, 9, 24, 23, 59, tzinfo=ZONE)) == [NoticeKind.REMIND_DAY]
    outbox.assign(outbox.activity(None), outbox.person())
    assert owed(outbox, datetime(2026, 9, 25, 0, 0, tzinfo=ZONE)) == []


def test_only_those_who_take_part_in_what_is_planned_are_reminded(outbox):
    activity = outbox.activity()
    he = outbox.person()
    outbox.assign(activity, outbox.person(), state=AssignmentState.DECLINED)
    outbox.assign(activity, outbox.person(), state=AssignmentState.WITHDRAWN)
    outbox.assign(activity, outbox.person(contact_by="none"))
    outbox.assign(activity, outbox.person(frozen_on=date(2026, 9, 1)))
    outbox.assign(activity, he, state=AssignmentState.CONFIRMED)
    cancelled = outbox.activity(status=ActivityStatus.CANCELLED, reason="雨")
    outbox.assign(cancelled, outbox.person())
    owed(outbox, WEEK)
    assert outbox.due() == [(NoticeKind.REMIND_WEEK, he.id)]


def test_who_was_asked_after_a_reminder_came_due_needs_none(outbox):
    (assignment,) = outbox.assign(outbox.activity(), outbox.person())
    people_asked(outbox.session, [assignment.id], now=WEEK + timedelta(hours=5))
    assert owed(outbox, WEEK + timedelta(hours=6)) == []
    assert owed(outbox, DAY) == [NoticeKind.REMIND_DAY]


def test_who_is_only_telephoned_is_called_the_day_before_alone(outbox):
    outbox.assign(outbox.activity(), outbox.person(email=None, contact_by="phone"))
    outbox.assign(outbox.activity(), outbox.person(contact_by="phone;email"))
    assert owed(outbox, WEEK) == []
    assert owed(outbox, DAY) == [NoticeKind.REMIND_DAY] * 2
    assert owed(outbox, HOURS) == []


def test_a_moved_activity_moves_its_reminders(outbox):
    activity = outbox.activity()
    outbox.assign(activity, outbox.person())
    owed(outbox, WEEK)
    deed = {"by": CONSOLE, "today": WEEK.date(), "now": WEEK, "zone": ZONE}
    later = BEGINS + timedelta(days=10)
    change_activity(outbox.session, activity.id, {"starts_at": later.astimezone(UTC)}, **deed)
    assert outbox.states(NoticeKind.REMIND_WEEK) == [NoticeState.EXPIRED]
    assert owed(outbox, DAY) == []
    assert owed(outbox, WEEK + timedelta(days=10)) == [NoticeKind.REMIND_WEEK]


def test_an_activity_moved_there_and_back_is_reminded_of_all_the_same(outbox):
    activity = outbox.activity()
    outbox.assign(activity, outbox.person())
    owed(outbox, WEEK)
    deed = {"by": CONSOLE, "today": WEEK.date(), "now": WEEK - MINUTE, "zone": ZONE}
    for starts_at in (BEGINS + timedelta(days=10), BEGINS):
        change_activity(outbox.session, activity.id, {"starts_at": starts_at.astimezone(UTC)}, **deed)
    assert owed(outbox, WEEK + MINUTE) == [NoticeKind.REMIND_WEEK]


def test_the_office_may_leave_reminders_out(outbox):
    rules = NoticeRules(remind_days=0, remind_again_days=2, remind_hours=0)
    outbox.assign(outbox.activity(), outbox.person())
    assert owed(outbox, WEEK, rules) == []
    assert owed(outbox, datetime(2026, 9, 23, 9, tzinfo=ZONE), rules) == [NoticeKind.REMIND_DAY]
    assert outbox.rows()[-1].expires_at == BEGINS
    assert owed(outbox, HOURS, rules) == []


def test_the_routine_says_how_many_it_wrote(outbox):
    outbox.assign(outbox.activity(), outbox.person())
    moment = Moment(WEEK, WEEK.astimezone(UTC), ZONE)
    assert remind(outbox.session, moment).counts == {"notices_owed": 1}
    assert not remind(outbox.session, moment)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    looks=st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=12),
    starts_hour=st.integers(0, 22),
    first=st.integers(0, 10),
    second=st.integers(0, 5),
    hours=st.integers(0, 6),
)
def test_whenever_the_machine_runs_no_reminder_is_owed_early_late_or_twice(
    outbox, looks, starts_hour, first, second, hours
):
    with outbox.session.begin_nested() as undone:
        starts_at = datetime(2026, 10, 20, starts_hour, tzinfo=ZONE).astimezone(UTC)
        outbox.assign(outbox.activity(starts_at), outbox.person())
        rules = NoticeRules(remind_days=first, remind_again_days=second, remind_hours=hours)
        seen = len(outbox.rows())
        start = datetime(2026, 10, 8, tzinfo=ZONE).astimezone(UTC)
        before = {NoticeKind.REMIND_WEEK: first, NoticeKind.REMIND_DAY: second}
        kinds = []
        for minutes in sorted(looks):
            at = start + timedelta(minutes=minutes)
            owe_reminders(outbox.session, rules, now=at, zone=ZONE)
            for notice in outbox.rows()[seen:][len(kinds) :]:
                kinds.append(notice.kind)
                assert at < notice.expires_at <= starts_at
                if notice.kind is NoticeKind.REMIND_HOURS:
                    assert at >= starts_at - timedelta(hours=hours)
                else:
                    assert at.astimezone(ZONE).date() >= date(2026, 10, 20) - timedelta(
                        days=before[notice.kind]
                    )
        assert len(kinds) == len(set(kinds))
        undone.rollback()


@given(
    minute=st.integers(0, 24 * 60 - 1),
    begins=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    ends=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_quiet_hours_end_within_a_day_and_are_over_then(minute, begins, ends):
    rules = NoticeRules(quiet_from=begins, quiet_until=ends)
    now = datetime(2026, 9, 15, tzinfo=ZONE).astimezone(UTC) + timedelta(minutes=minute)
    until = quiet_until(rules, now=now, zone=ZONE)
    local = (datetime.combine(date(2026, 9, 15), time()) + timedelta(minutes=minute)).time()
    inside = begins <= local < ends if begins <= ends else local >= begins or local < ends
    assert (until is not None) == inside
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert quiet_until(rules, now=until, zone=ZONE) is None or begins == ends
