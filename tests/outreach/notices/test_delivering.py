"""The states of a notice under any order of events: what may have arrived is never sent again by itself."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars.timezones import at
from models.enums import CALL_LIST, AssignmentState, DeliveryResult, NoticeKind, NoticeState
from outreach.errors import Conflict
from outreach.house_rules import NoticeRules
from outreach.notices import Owed, activities_cancelled, owe, people_withdrawn
from outreach.notices.answering import record_call, retry, stop
from outreach.notices.composing import Letterhead
from outreach.notices.delivering import (
    LEASE,
    Result,
    Sending,
    begin,
    call_instead,
    claim,
    due_count,
    notice_of,
    release,
    settle,
    tidy,
)
from outreach.permissions import CONSOLE
from tests.outreach.notices.office import NOW, STARTS, ZONE, Outbox

RULES = NoticeRules()
HEAD = Letterhead("zh_Hans", ZONE, "https://yinling.example.org")
MACHINE = NOW + timedelta(days=1000)
"""The machine's own time has nothing to do with the program's."""
MINUTE = timedelta(minutes=1)


@pytest.fixture
def outbox(session):
    return Outbox(session)


def claimed(outbox, *, runner="one", now=NOW, machine_now=MACHINE, at_most=50):
    return claim(
        outbox.session, RULES, runner=runner, now=now, machine_now=machine_now, zone=ZONE, at_most=at_most
    )


def begun(outbox, notice_id, *, runner="one", now=NOW, machine_now=MACHINE):
    return begin(outbox.session, notice_id, HEAD, runner=runner, now=now, machine_now=machine_now)


def tidied(outbox, *, now=NOW, machine_now=MACHINE):
    return tidy(outbox.session, RULES, now=now, machine_now=machine_now, zone=ZONE)


def test_a_claim_is_for_one_runner_until_its_lease_is_over(outbox):
    outbox.asked(outbox.activity(), outbox.person(), outbox.person(), outbox.person())
    first = claimed(outbox, at_most=2)
    second = claimed(outbox, runner="two")
    assert (len(first.to_send), len(second.to_send)) == (2, 1)
    assert begun(outbox, first.to_send[0], runner="two") is None
    assert claimed(outbox, runner="two").claimed == 0
    assert len(claimed(outbox, runner="two", machine_now=MACHINE + LEASE + MINUTE).to_send) == 3
    assert begun(outbox, first.to_send[0], runner="one") is None


def test_a_lease_from_before_the_clock_was_set_back_is_none(outbox):
    outbox.asked(outbox.activity(), outbox.person())
    claimed(outbox)
    assert claimed(outbox, runner="two", machine_now=MACHINE - timedelta(days=1)).claimed == 1


def test_what_is_given_back_is_free_at_once(outbox):
    outbox.asked(outbox.activity(), outbox.person(), outbox.person())
    ids = claimed(outbox).to_send
    begun(outbox, ids[0])
    release(outbox.session, ids, runner="one")
    assert claimed(outbox, runner="two").to_send == ids[1:]


def test_what_changed_since_the_claim_is_not_sent(outbox):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person())
    (notice_id,) = claimed(outbox).to_send
    outbox.set(assignment, AssignmentState.DECLINED)
    assert begun(outbox, notice_id) is None
    assert outbox.states(NoticeKind.ASKED) == [NoticeState.EXPIRED]


def test_whoever_has_no_address_any_more_is_called(outbox):
    he = outbox.person()
    outbox.asked(outbox.activity(), he)
    (notice_id,) = claimed(outbox).to_send
    he.email = None
    outbox.session.flush()
    assert begun(outbox, notice_id) is None
    assert outbox.states(NoticeKind.ASKED) == [NoticeState.TO_CALL]


def test_who_has_answered_meanwhile_is_not_called(outbox):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person(contact_by="phone"))
    assert claimed(outbox).to_call == 1
    assert tidied(outbox).expired == 0
    outbox.set(assignment, AssignmentState.CONFIRMED)
    assert tidied(outbox).expired == 1


@pytest.mark.parametrize("state", CALL_LIST)
def test_nobody_is_called_about_what_is_not_so_any_more(outbox, state, monkeypatch):
    monkeypatch.setattr("outreach.notices.delivering._SWEPT_AT_ONCE", 1)
    (declined, comes) = outbox.assign(outbox.activity(), *(outbox.person(contact_by="phone") for _ in "ab"))
    day_before = NoticeKind.REMIND_DAY
    owed = [
        Owed(f"k{each.id}", each.person_id, day_before, NOW, STARTS, activity_id=each.activity_id)
        for each in (declined, comes)
    ]
    owe(outbox.session, owed, now=NOW)
    for notice in outbox.rows():
        notice.state = state
    outbox.set(declined, AssignmentState.DECLINED)
    assert tidied(outbox).expired == 1
    assert outbox.states(day_before) == [NoticeState.EXPIRED, state]


def test_who_may_have_been_asked_and_said_yes_is_told_to_be_needed_no_more(outbox):
    (assignment,) = outbox.asked(outbox.activity(), outbox.person())
    sending = begun(outbox, claimed(outbox).to_send[0])
    settle(outbox.session, Result(sending, DeliveryResult.UNCERTAIN), RULES, now=NOW)
    outbox.set(assignment, AssignmentState.CONFIRMED)
    assert tidied(outbox).expired == 1
    outbox.set(assignment, AssignmentState.WITHDRAWN)
    assert people_withdrawn(outbox.session, [assignment.id], now=NOW) == 1


def test_quiet_hours_that_begin_in_the_middle_of_a_round_are_kept(outbox):
    urgent, patient = outbox.activity(NOW + timedelta(days=1)), outbox.activity()
    outbox.asked(urgent, outbox.person())
    outbox.asked(patient, outbox.person())
    night = at(NOW.date(), time(22), ZONE)
    soon, later = outbox.rows()
    soon.expires_at = night + timedelta(hours=2)
    outbox.session.flush()
    assert claimed(outbox, now=night).to_send == [soon.id]
    assert claimed(outbox, now=night + timedelta(hours=9)).to_send == [later.id]


def test_a_message_is_the_same_however_often_it_is_tried(outbox):
    outbox.asked(outbox.activity(), outbox.person())
    ids, now = [], NOW
    for _ in range(3):
        (notice_id,) = claimed(outbox, now=now).to_send
        sending = begun(outbox, notice_id, now=now)
        ids.append((sending.message.id, sending.message.day))
        assert notice_of(sending.message.id) == notice_id
        settle(outbox.session, Result(sending, DeliveryResult.FAILED, "450"), RULES, now=now)
        now += timedelta(hours=1)
    assert len(set(ids)) == 1


def test_what_is_refused_for_now_until_it_would_be_too_late_has_failed(outbox):
    outbox.asked(outbox.activity(), outbox.person())
    now = STARTS - timedelta(seconds=30)
    (notice_id,) = claimed(outbox, now=now).to_send
    sending = begun(outbox, notice_id, now=now)
    state = settle(outbox.session, Result(sending, DeliveryResult.FAILED, "450"), RULES, now=now)
    assert state is NoticeState.FAILED


def test_a_late_result_settles_what_was_given_up_as_uncertain(outbox):
    outbox.asked(outbox.activity(), outbox.person())
    (notice_id,) = claimed(outbox).to_send
    sending = begun(outbox, notice_id)
    assert tidied(outbox, machine_now=MACHINE + LEASE + MINUTE).uncertain == 1
    assert settle(outbox.session, Result(sending, DeliveryResult.SENT), RULES, now=NOW) is NoticeState.SENT


def test_while_the_mail_is_away_what_cannot_wait_is_called_about(outbox):
    soon, later = outbox.activity(NOW + timedelta(hours=20)), outbox.activity()
    outbox.asked(soon, outbox.person())
    outbox.asked(later, outbox.person())
    assert call_instead(outbox.session, now=NOW + timedelta(minutes=59), why="away") == 0
    assert call_instead(outbox.session, now=NOW + timedelta(minutes=60), why="away") == 1
    assert due_count(outbox.session, now=NOW) == 1


@dataclass
class Story:
    """One notice to one person, and everything that can happen to it."""

    outbox: Outbox
    now: datetime = NOW
    machine_now: datetime = MACHINE
    sending: Sending | None = None
    may_have_arrived: bool = False
    doubled: bool = False
    generation: int = 0

    def __post_init__(self):
        self.activity = self.outbox.activity()
        (self.assignment,) = self.outbox.asked(self.activity, self.outbox.person())
        (self.notice,) = self.outbox.rows()

    @property
    def state(self):
        return next(row for row in self.outbox.rows() if row.id == self.notice.id).state

    def do(self, deed):
        getattr(self, deed)()

    def deliver(self, result=DeliveryResult.SENT):
        runner = f"runner {self.generation}"
        for notice_id in claimed(
            self.outbox, runner=runner, now=self.now, machine_now=self.machine_now
        ).to_send:
            found = begun(self.outbox, notice_id, runner=runner, now=self.now, machine_now=self.machine_now)
            if found is None or notice_id != self.notice.id:
                continue
            if result not in (DeliveryResult.FAILED, DeliveryResult.REFUSED):
                self.doubled |= self.may_have_arrived
                self.may_have_arrived = True
            self.sending = found
            if result is not None:
                settle(self.outbox.session, Result(found, result), RULES, now=self.now)

    def refuse_for_now(self):
        self.deliver(DeliveryResult.FAILED)

    def refuse_for_good(self):
        self.deliver(DeliveryResult.REFUSED)

    def lose_the_line(self):
        self.deliver(DeliveryResult.UNCERTAIN)

    def die_while_sending(self):
        self.deliver(None)
        self.generation += 1

    def die_after_claiming(self):
        claimed(self.outbox, runner="dead", now=self.now, machine_now=self.machine_now)
        self.generation += 1

    def wait(self):
        self.now += timedelta(hours=5)
        self.machine_now += LEASE + MINUTE

    def clean_up(self):
        tidied(self.outbox, now=self.now, machine_now=self.machine_now)

    def call(self):
        try:
            record_call(
                self.outbox.session,
                self.notice.id,
                reached=True,
                note=None,
                by=CONSOLE,
                today=NOW.date(),
                now=self.now,
            )
        except Conflict:
            return

    def retry_unsure(self):
        try:
            retry(self.outbox.session, self.notice.id, by=CONSOLE, today=NOW.date(), now=self.now)
        except Conflict:
            return

    def put_a_stop(self):
        try:
            stop(self.outbox.session, self.notice.id, by=CONSOLE, today=NOW.date(), now=self.now)
        except Conflict:
            return

    def withdraw(self):
        if self.assignment.state is not AssignmentState.WITHDRAWN:
            self.outbox.set(self.assignment, AssignmentState.WITHDRAWN)
            people_withdrawn(self.outbox.session, [self.assignment.id], now=self.now)

    def cancel(self):
        activities_cancelled(self.outbox.session, [self.activity.id], now=self.now)


DEEDS = (
    "deliver",
    "refuse_for_now",
    "refuse_for_good",
    "lose_the_line",
    "die_while_sending",
    "die_after_claiming",
    "wait",
    "clean_up",
    "call",
    "retry_unsure",
    "put_a_stop",
    "withdraw",
    "cancel",
)
FINAL = (NoticeState.SENT, NoticeState.CALLED, NoticeState.EXPIRED)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(DEEDS), max_size=12))
def test_whatever_happens_nothing_is_sent_again_that_may_have_arrived_and_nothing_is_lost(outbox, deeds):
    with outbox.session.begin_nested() as undone:
        story = Story(outbox)
        for deed in deeds:
            before = story.state
            story.do(deed)
            assert not (before in FINAL and story.state is not before), (deed, before, story.state)
        assert not story.doubled
        # Whatever it was left in the middle of: once time has passed it is told, on the call list, or over.
        for _ in range(11):
            story.wait()
            story.now += timedelta(days=1)
            story.clean_up()
            if story.state is NoticeState.DUE:
                story.deliver()
        assert story.state in (*FINAL, NoticeState.FAILED, NoticeState.UNCERTAIN)
        assert not story.doubled
        undone.rollback()
