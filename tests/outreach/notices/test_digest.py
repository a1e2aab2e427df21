"""The morning digest: what waits in a coordinator's units, once a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models import Matter, Place
from models.enums import MatterFace, MatterStatus, NoticeKind, NoticeState
from outreach.clockwork import Moment
from outreach.notices.composing import Letterhead, compose, owing
from outreach.routines.morning_digest import morning_digest
from tests.outreach.notices.office import NOW, ZONE, Outbox

MORNING = datetime(2026, 9, 15, 7, 30, tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def outbox(session):
    return Outbox(session)


def digest(outbox, at=MORNING):
    return morning_digest(outbox.session, Moment(at, at, ZONE)).counts["notices_owed"]


def much_waits(outbox):
    """An activity without its people, one without a record, a suggestion and a case past their day, and a call."""
    soon = outbox.activity(MORNING + timedelta(days=2))
    outbox.session.add(Place(activity_id=soon.id, role="any", needed=3, position=0))
    outbox.activity(MORNING - timedelta(days=2))
    root = outbox.county.root.id
    for face, status in ((MatterFace.SUGGESTION, MatterStatus.SENT), (MatterFace.CASE, MatterStatus.OPEN)):
        outbox.session.add(
            Matter(
                face=face,
                code=f"M-{face.value}",
                kind="hospital",
                unit_id=root,
                person_id=outbox.person().id,
                status=status,
                opened_on=date(2026, 9, 1),
                due_at=MORNING - timedelta(days=1),
            )
        )
    outbox.asked(soon, outbox.person(contact_by="phone"))
    outbox.rows()[-1].state = NoticeState.TO_CALL
    outbox.session.flush()


def test_a_coordinator_reads_what_waits(outbox):
    outbox.coordinator(outbox.county.root, outbox.person())
    much_waits(outbox)
    assert digest(outbox) == 1
    assert digest(outbox, MORNING + timedelta(minutes=15)) == 0
    notice = outbox.rows()[-1]
    assert notice.kind is NoticeKind.DIGEST
    assert {part: told["count"] for part, told in notice.words.items() if part != "day"} == {
        "short": 2,
        "outcomes": 1,
        "suggestions": 1,
        "cases": 1,
        "calls": 1,
    }
    head = Letterhead("zh_Hans", ZONE, "https://x.example")
    letter = compose(owing(outbox.session, [notice.id])[notice.id], head, now=MORNING)
    assert letter.subject == "今天要办的事：9月15日 周二"
    assert "M-case" in letter.text
    assert "hospital" not in letter.text


def test_nothing_is_sent_when_nothing_waits_and_not_for_the_units_of_others(outbox):
    west = outbox.county.unit("W", outbox.county.root)
    outbox.coordinator(west, outbox.person())
    assert digest(outbox) == 0
    much_waits(outbox)
    assert digest(outbox) == 0


def test_a_digest_is_for_the_morning_and_for_who_reads_mail(outbox):
    much_waits(outbox)
    outbox.coordinator(None, outbox.person(contact_by="phone"))
    assert digest(outbox) == 0
    outbox.coordinator(None, outbox.person())
    assert digest(outbox, MORNING - timedelta(minutes=1)) == 0
    assert digest(outbox, MORNING + timedelta(hours=4)) == 0
    assert digest(outbox, MORNING + timedelta(hours=3)) == 1
    assert outbox.rows()[-1].expires_at == MORNING + timedelta(hours=4)
    assert digest(outbox, MORNING + timedelta(days=1)) == 1
    assert NOW > MORNING
