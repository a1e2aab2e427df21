"""What notices say, in three languages, and when they have nothing to say any more."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models import Matter, Notice
from models.enums import ActivityStatus, AssignmentState, MatterFace, MatterStatus, NoticeKind
from outreach.notices import Owed, owe
from outreach.notices.composing import Letterhead, compose, owing, still_true
from tests.outreach.notices.office import NOW, STARTS, ZONE, Outbox
from wording.sentences import PLACEHOLDER, languages

OF_ACTIVITIES = [
    kind
    for kind in NoticeKind
    if kind.value.startswith(("asked", "conf", "with", "moved", "canc", "remind", "record", "outcome"))
]
OF_MATTERS = [kind for kind in NoticeKind if kind.value.startswith(("suggestion", "case"))]
OF_MONTHS = [kind for kind in NoticeKind if kind.value.startswith("month")]
DIGEST = {
    "day": "2026-09-15",
    "short": {"count": 3, "first": [{"day": "2026-09-16", "title": "读书会"}]},
    "calls": {"count": 2, "first": []},
}


@pytest.fixture
def outbox(session):
    return Outbox(session)


@pytest.fixture
def write(outbox):
    """Owe something, and put it into words in a language."""

    def put(kind, language="zh_Hans", **columns):
        person = outbox.person(contact_by="email")
        owed = Owed(f"{kind}/{person.id}", person.id, kind, NOW, STARTS, **columns)
        assert owe(outbox.session, [owed], now=NOW) == 1
        notice = outbox.rows()[-1]
        return compose(owing(outbox.session, [notice.id])[notice.id], head(language), now=NOW)

    return put


def head(language="zh_Hans"):
    return Letterhead(language, ZONE, "https://yinling.example.org")


def matter(outbox, face, **columns):
    row = Matter(
        **{
            "face": face,
            "code": f"M{next(outbox.county.numbers)}",
            "kind": "hospital",
            "unit_id": outbox.county.root.id,
            "person_id": outbox.person().id,
            "status": MatterStatus.OPEN,
            "opened_on": date(2026, 9, 1),
            "text": "血压高",
            **columns,
        }
    )
    outbox.session.add(row)
    outbox.session.flush()
    return row


@pytest.mark.parametrize("language", languages())
def test_every_kind_has_its_words_in_every_language(outbox, write, language):
    activity = outbox.activity()
    case = matter(outbox, MatterFace.CASE, due_at=NOW)
    letters = [write(kind, language, activity_id=activity.id) for kind in OF_ACTIVITIES]
    letters += [write(kind, language, matter_id=case.id) for kind in OF_MATTERS]
    month = {"month": "2026-08", "units": 12, "unsigned": 3}
    letters += [write(kind, language, words=month) for kind in OF_MONTHS]
    letters.append(write(NoticeKind.DIGEST, language, words=DIGEST))
    assert len(letters) == len(NoticeKind)
    for letter in letters:
        assert letter.subject.strip() == letter.subject != ""
        assert not PLACEHOLDER.search(letter.subject + letter.text)
        assert "{" not in letter.text
        assert letter.text.startswith(("何P", "Dear 何P"))
        assert "血压高" not in letter.text
        assert "hospital" not in letter.text


def test_a_subject_tells_a_day_and_no_title(outbox, write):
    activity = outbox.activity()
    for kind in OF_ACTIVITIES:
        letter = write(kind, activity_id=activity.id)
        assert "读书会" not in letter.subject
        assert "9月25日" in letter.subject
        assert "读书会" in letter.text


def test_whoever_is_asked_reads_when_where_and_what_as_it_is_now(outbox):
    activity, he = outbox.activity(), outbox.person()
    (assignment,) = outbox.asked(activity, he)
    assignment.role = "领队"
    activity.place = "图书馆"
    outbox.session.flush()
    (notice,) = outbox.rows()
    letter = compose(owing(outbox.session, [notice.id])[notice.id], head(), now=NOW)
    assert letter.text.splitlines() == [
        f"{he.name}，您好！",
        "",
        "想请您参加“读书会”。",
        "时间：9月25日 周五 9:00–11:00",
        "地点：图书馆",
        "担任：领队",
        "",
        "能不能来，请告诉联络员一声；来不了也没有关系。",
        "",
        "BJ",
        "（本通知由系统自动发出，请不要直接回复。）",
    ]


def test_a_move_names_what_was_told_before(outbox, write):
    words = {"was_day": "2026-09-20", "was_at": "2026-09-20T01:00:00+00:00", "was_place": "三楼"}
    text = write(NoticeKind.MOVED, activity_id=outbox.activity().id, words=words).text
    assert "9:00–11:00（原来是 9月20日 周日 9:00）" in text
    assert "老年大学（原来是 三楼）" in text
    cancelled = write(NoticeKind.CANCELLED, activity_id=outbox.activity().id, words=words)
    assert "9月20日" in cancelled.subject
    assert "9月25日" not in cancelled.text


def test_the_author_of_a_suggestion_reads_its_answer(outbox, write):
    answered = matter(outbox, MatterFace.SUGGESTION, answer="路灯下月装好", status=MatterStatus.ANSWERED)
    assert "路灯下月装好" in write(NoticeKind.SUGGESTION_ANSWERED, matter_id=answered.id).text


def test_staff_are_given_the_address_and_others_are_not(outbox, write):
    activity = outbox.activity()
    link = f"https://yinling.example.org/a/{activity.id}"
    assert link in write(NoticeKind.RECORD_OUTCOME, activity_id=activity.id).text
    assert "https://" not in write(NoticeKind.ASKED, activity_id=activity.id).text


def test_a_month_names_when_it_closes(write):
    text = write(NoticeKind.MONTH_UNSIGNED, words={"month": "2026-08", "units": 12, "unsigned": 3}).text
    assert "8月的月报还有 3 个单位没有签字；9月25日 周五 9:00 结账。" in text


def test_a_digest_lists_what_waits(write):
    text = write(NoticeKind.DIGEST, words=DIGEST).text
    assert "七天内还缺人：3 人\n· 9月16日 周三 读书会\n要打的电话：2 个" in text


def is_true(outbox, notice, at=NOW):
    return still_true(owing(outbox.session, [notice.id])[notice.id], now=at, zone=ZONE)


@pytest.mark.parametrize(
    ("kind", "state", "status", "expected"),
    [
        (NoticeKind.ASKED, AssignmentState.PROPOSED, ActivityStatus.PLANNED, True),
        (NoticeKind.ASKED, AssignmentState.CONFIRMED, ActivityStatus.PLANNED, False),
        (NoticeKind.ASKED, AssignmentState.DECLINED, ActivityStatus.PLANNED, False),
        (NoticeKind.ASKED, AssignmentState.PROPOSED, ActivityStatus.CANCELLED, False),
        (NoticeKind.CONFIRMED, AssignmentState.CONFIRMED, ActivityStatus.PLANNED, True),
        (NoticeKind.WITHDRAWN, AssignmentState.WITHDRAWN, ActivityStatus.PLANNED, True),
        (NoticeKind.WITHDRAWN, AssignmentState.PROPOSED, ActivityStatus.PLANNED, False),
        (NoticeKind.MOVED, AssignmentState.CONFIRMED, ActivityStatus.PLANNED, True),
        (NoticeKind.MOVED, AssignmentState.WITHDRAWN, ActivityStatus.PLANNED, False),
        (NoticeKind.CANCELLED, AssignmentState.PROPOSED, ActivityStatus.CANCELLED, True),
        (NoticeKind.CANCELLED, AssignmentState.PROPOSED, ActivityStatus.PLANNED, False),
        (NoticeKind.REMIND_DAY, AssignmentState.CONFIRMED, ActivityStatus.PLANNED, True),
        (NoticeKind.REMIND_DAY, AssignmentState.CONFIRMED, ActivityStatus.HELD, False),
    ],
)
def test_what_is_not_so_any_more_is_not_told(outbox, kind, state, status, expected):
    reason = "雨" if status is ActivityStatus.CANCELLED else None
    activity, he = outbox.activity(status=status, reason=reason), outbox.person()
    outbox.assign(activity, he, state=state)
    owe(outbox.session, [Owed("k", he.id, kind, NOW, STARTS, activity.id)], now=NOW)
    (notice,) = outbox.rows()
    assert is_true(outbox, notice) is expected
    assert not is_true(outbox, notice, STARTS)


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        ({"starts_at": NOW - timedelta(hours=3)}, True),
        ({"starts_at": NOW - timedelta(hours=3), "status": ActivityStatus.MISSED}, True),
        ({"starts_at": NOW - timedelta(hours=3), "status": ActivityStatus.HELD, "revision": 1}, False),
        ({"starts_at": NOW - timedelta(hours=1)}, False),
        ({"starts_at": None, "day": date(2026, 9, 14)}, True),
        ({"starts_at": None, "day": date(2026, 9, 15)}, False),
        ({"starts_at": STARTS}, False),
    ],
)
def test_a_record_is_asked_for_when_it_is_over_and_nothing_was_told(outbox, activity, expected):
    he = outbox.person()
    over = outbox.activity(**activity)
    owe(outbox.session, [Owed("k", he.id, NoticeKind.RECORD_OUTCOME, NOW, STARTS, over.id)], now=NOW)
    assert is_true(outbox, outbox.rows()[0]) is expected


def test_nobody_is_asked_to_what_has_begun(outbox):
    activity = outbox.activity()
    outbox.asked(activity, outbox.person())
    (notice,) = outbox.rows()
    activity.starts_at, activity.ends_at = NOW - timedelta(hours=1), NOW
    outbox.session.flush()
    assert not is_true(outbox, notice)


@pytest.mark.parametrize(
    "change",
    [{"contact_by": "none"}, {"erased_at": NOW}, {"frozen_on": NOW.date()}, {"until": date(2026, 9, 14)}],
)
def test_who_is_not_to_be_told_any_more_is_not(outbox, change):
    he = outbox.person()
    outbox.asked(outbox.activity(), he)
    (notice,) = outbox.rows()
    assert is_true(outbox, notice)
    for name, value in change.items():
        setattr(he, name, value)
    outbox.session.flush()
    assert not is_true(outbox, notice)


def test_a_whole_day_is_spoken_of_until_it_is_over_in_the_office(outbox):
    outbox.asked(outbox.activity(None), outbox.person())
    (notice,) = outbox.rows()
    midnight = datetime(2026, 9, 25, 16, tzinfo=UTC)
    assert is_true(outbox, notice, midnight - timedelta(minutes=1))
    assert not is_true(outbox, notice, midnight)
    assert isinstance(notice, Notice)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (NoticeKind.SUGGESTION_OVERDUE, {"status": MatterStatus.ANSWERED}),
        (NoticeKind.SUGGESTION_ANSWERED, {"told_on": date(2026, 9, 10)}),
        (NoticeKind.CASE_OPENED, {"closed_on": date(2026, 9, 10)}),
        (NoticeKind.CASE_OVERDUE, {"closed_on": date(2026, 9, 10)}),
    ],
)
def test_a_matter_that_is_settled_is_not_spoken_of(outbox, kind, columns):
    face = MatterFace.SUGGESTION if "suggestion" in kind else MatterFace.CASE
    row, he = matter(outbox, face, status=MatterStatus.SENT), outbox.person()
    owe(outbox.session, [Owed("k", he.id, kind, NOW, STARTS, matter_id=row.id)], now=NOW)
    (notice,) = outbox.rows()
    assert is_true(outbox, notice)
    for name, value in columns.items():
        setattr(row, name, value)
    outbox.session.flush()
    assert not is_true(outbox, notice)
