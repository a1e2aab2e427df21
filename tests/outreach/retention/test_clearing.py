"""What goes row by row when its time is over, what is remembered of it, and what is still needed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from calendars.timezones import at
from models import (
    Account,
    AuditEntry,
    ClockworkRun,
    Delivery,
    Forgotten,
    Notice,
    Outcome,
    Person,
    SentForm,
    Token,
    Upload,
)
from models.base import NoticeId
from models.enums import (
    AuditAction,
    Channel,
    DeliveryResult,
    NoticeKind,
    NoticeState,
    RunState,
    TokenKind,
)
from outreach import retention
from outreach.clockwork import Job, Moment, due_slots
from outreach.notices.delivering import message_id
from outreach.routines.forget import forget, forget_messages, forget_some
from outreach.sent_forms import Answer, keep_answer
from tests.outreach.county import NOW, ZONE
from tests.outreach.test_outcomes import Records

MOMENT = Moment(NOW, NOW, ZONE)
DAY = timedelta(days=1)


def _forgotten(session):
    rows = session.scalars(select(Forgotten).order_by(Forgotten.what, Forgotten.month))
    return [(row.what, str(row.month), row.removed) for row in rows]


@pytest.fixture
def notice(session):
    """`notice(days_ago, kind)`: one that was sent, with its delivery."""
    session.add(person := Person(code="V1", name="王秀英", contact_by="email"))
    session.flush()

    def make(days_ago, kind=NoticeKind.ASKED, state=NoticeState.SENT, lasted=DAY):
        due_at = NOW - days_ago * DAY
        made = Notice(
            dedupe_key=f"{kind}{days_ago}",
            person_id=person.id,
            kind=kind,
            words={},
            created_at=due_at,
            due_at=due_at,
            expires_at=due_at + lasted,
            next_try_at=due_at,
            state=state,
            sent_at=due_at,
            lease_until=due_at,
        )
        session.add(made)
        session.flush()
        sent = DeliveryResult.SENT
        session.add(
            Delivery(notice_id=made.id, attempt=1, channel=Channel.EMAIL, at=due_at, result=sent, text="好")
        )
        session.flush()
        return made

    return make


def test_notices_go_after_a_year_with_what_was_delivered_and_their_numbers_stay(session, notice):
    for days_ago, kind in ((366, "asked"), (367, "asked"), (380, "asked"), (366, "digest"), (364, "asked")):
        notice(days_ago, NoticeKind(kind))
    assert forget(session, MOMENT).counts == {"forgot_notices": 4}
    assert session.scalars(select(Notice.dedupe_key)).all() == ["asked364"]
    assert len(session.scalars(select(Delivery)).all()) == 1
    assert _forgotten(session) == [
        ("deliveries", "2025-08-01", 1),
        ("deliveries", "2025-09-01", 3),
        ("notices.asked", "2025-08-01", 1),
        ("notices.asked", "2025-09-01", 2),
        ("notices.digest", "2025-09-01", 1),
    ]
    assert not forget(session, MOMENT)
    forget(session, Moment(NOW, NOW + 2 * DAY, ZONE))
    assert ("notices.asked", "2025-09-01", 3) in _forgotten(session)


def test_a_notice_that_is_being_sent_or_may_still_be_sent_stays(session, notice):
    notice(400, state=NoticeState.SENDING)
    notice(401, NoticeKind.DIGEST, state=NoticeState.DUE, lasted=500 * DAY)
    assert not forget(session, MOMENT)


def test_the_trail_goes_by_whole_months_after_five_years(session):
    first_kept = at(date(2021, 9, 1), datetime.min.time(), ZONE)
    for number, told_at in enumerate((first_kept - 40 * DAY, first_kept - timedelta(seconds=1), first_kept)):
        session.add(AuditEntry(at=told_at, action=AuditAction.READ, table_name="people", row_id=number))
    session.flush()
    assert forget(session, MOMENT).counts == {"forgot_audit_entries": 2}
    assert session.scalars(select(AuditEntry.row_id)).all() == [2]
    assert _forgotten(session) == [("audit_entries", "2021-07-01", 1), ("audit_entries", "2021-08-01", 1)]
    assert not forget(session, Moment(NOW, NOW + 10 * DAY, ZONE))
    assert forget(session, Moment(NOW, NOW + 16 * DAY, ZONE)).counts == {"forgot_audit_entries": 1}


def test_a_key_of_a_repeated_request_goes_after_thirty_days_and_what_was_told_stays(session):
    county = Records(session)
    activity = county.due(county.course())
    county.tell(activity, idempotency_key="old", request_hash="a" * 64, narrative="一", now=NOW - 31 * DAY)
    county.tell(activity, idempotency_key="new", request_hash="b" * 64, narrative="二", now=NOW - 29 * DAY)
    assert forget(session, MOMENT).counts == {"forgot_answers": 1}
    session.expire_all()
    told = session.scalars(select(Outcome).order_by(Outcome.revision)).all()
    assert [(each.idempotency_key, each.request_hash is None) for each in told] == [
        (None, True),
        ("new", False),
    ]
    assert [each.told["narrative"] for each in told] == ["一", "二"]


def test_ways_to_sign_in_go_when_they_open_nothing_any_more(session):
    session.add(account := Account(name="wang", created_at=NOW))
    session.flush()
    session_of = {"kind": TokenKind.SESSION, "created_at": NOW - 100 * DAY}
    link = {"kind": TokenKind.SIGN_IN, "created_at": NOW - DAY}
    api = {"kind": TokenKind.API, "role": "viewer", "created_at": NOW - 900 * DAY}
    tokens = {
        "idle": session_of | {"last_seen_at": NOW - 31 * DAY},
        "never used": session_of,
        "in use": session_of | {"last_seen_at": NOW - 29 * DAY},
        "signed out": session_of | {"last_seen_at": NOW, "revoked_at": NOW},
        "expired link": link | {"expires_at": NOW},
        "open link": link | {"expires_at": NOW + DAY},
        "used link": link | {"expires_at": NOW + DAY, "used_at": NOW},
        "api": api,
        "revoked api": api | {"revoked_at": NOW},
    }
    session.add_all(
        Token(token_hash=name, account_id=account.id, **columns) for name, columns in tokens.items()
    )
    session.flush()
    assert forget(session, MOMENT).counts == {"forgot_sign_ins": 6}
    assert set(session.scalars(select(Token.token_hash))) == {"in use", "open link", "api"}


def _run(session, job, slot, state=RunState.DONE):
    session.add(ClockworkRun(job=job, slot=slot, state=state, runner="r", lease_until=slot, started_at=slot))
    session.flush()


def test_old_runs_go_and_those_that_say_what_is_due_stay(session):
    for number in range(200):
        _run(session, "daily", NOW - number * DAY)
    months = [datetime(2026 - back // 12, 12 - back % 12, 1, tzinfo=UTC) for back in range(4, 30)]
    for month in months[:5] + months[6:20]:
        _run(session, "monthly", month)
    _run(session, "abandoned", NOW - 300 * DAY, RunState.RUNNING)
    monthly = Job("monthly", lambda until: iter(months), forget, makes_good=True)
    owed = list(due_slots(session, monthly, now=NOW))
    assert owed == [months[5]]
    assert forget(session, MOMENT).counts == {"forgot_runs": 109}
    assert list(due_slots(session, monthly, now=NOW)) == owed
    left = session.scalars(select(ClockworkRun.slot).where(ClockworkRun.job == "daily")).all()
    assert (len(left), min(left)) == (91, NOW - 90 * DAY)
    assert len(session.scalars(select(ClockworkRun).where(ClockworkRun.job != "daily")).all()) == 20


@pytest.mark.parametrize("what", retention.KINDS)
def test_batches_go_on_where_the_one_before_ended(session, monkeypatch, notice, what):
    """Whatever there is of a kind, three at a time."""
    monkeypatch.setattr("outreach.retention.clearing.AT_ONCE", 3)
    for days_ago in range(400, 407):
        notice(days_ago)
    sizes, after = [], 0
    while after is not None:
        batch = forget_some(session, what, after, MOMENT)
        sizes.append(batch.forgotten)
        after = batch.last
    assert sizes == ([3, 3, 1] if what == "notices" else [0])


def test_files_of_messages_go_with_their_notices_and_those_to_somebody_erased_at_once(
    session, notice, tmp_path
):
    mine = notice(3)
    old = f"{message_id(NoticeId(0), 'asked/0/0')}.eml"
    theirs, somebody_elses = (
        f"{message_id(NoticeId(number), mine.dedupe_key)}.eml" for number in (mine.id, mine.id * 10 + 7)
    )
    for name in (
        f"2025-09-14/{old}",
        f"2025-09-15/{old}",
        f"2026-09-12/{theirs}",
        f"2026-09-12/{somebody_elses}",
        "2026-09-12/other.eml",
        f"mine/{old}",
    ):
        file = tmp_path / "outbox" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("好")
    assert forget_messages(session, tmp_path / "outbox", MOMENT).forgotten == 1
    session.get(Person, mine.person_id).erased_at = NOW
    session.flush()
    assert forget_messages(session, tmp_path / "outbox", MOMENT).forgotten == 1
    left = {str(file.relative_to(tmp_path / "outbox")) for file in (tmp_path / "outbox").glob("*/*")}
    assert left == {
        f"2025-09-15/{old}",
        f"2026-09-12/{somebody_elses}",
        "2026-09-12/other.eml",
        f"mine/{old}",
    }
    assert forget_messages(session, tmp_path / "nowhere", MOMENT).forgotten == 0


def test_a_file_that_cannot_be_removed_is_told(session, tmp_path, monkeypatch):
    (tmp_path / "outbox" / "2020-01-01").mkdir(parents=True)

    def refuses(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("outreach.retention.outbox.shutil.rmtree", refuses)
    (trouble,) = forget_messages(session, tmp_path / "outbox", MOMENT).troubles
    assert trouble.values == {"what": "outbox", "why": "Permission denied"}


def test_answers_to_forms_go_after_a_day(session):
    for hours in (1, 25):
        keep_answer(session, str(hours), Answer("/teams/T1", "done"), now=NOW - timedelta(hours=hours))
    session.flush()
    forget(session, MOMENT)
    assert session.scalars(select(SentForm.digest)).all() == ["1"]


def test_files_that_nobody_decided_about_go_after_a_day(session):
    for hours in (1, 25):
        session.add(
            Upload(token_hash=str(hours), at=NOW - timedelta(hours=hours), name="a.xlsx", content=b"...")
        )
    session.flush()
    assert forget(session, MOMENT).counts["forgot_uploads"] == 1
    assert session.scalars(select(Upload.token_hash)).all() == ["1"]
