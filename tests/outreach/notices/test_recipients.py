"""How people are told, what is not worth a call, and who coordinates a unit."""

from datetime import timedelta

import pytest

from models.enums import AccountRole, NoticeKind, NoticeState
from outreach.notices import Owed, coordinators_of, owe
from outreach.notices.recipients import WORTH_A_CALL, Recipient, recipient
from tests.outreach.notices.office import NOW, STARTS, Outbox


@pytest.fixture
def outbox(session):
    return Outbox(session)


@pytest.mark.parametrize(
    ("contact_by", "email", "expected"),
    [
        ("", "a@b.c", Recipient("a@b.c")),
        ("", None, Recipient(None)),
        ("", " ", Recipient(None)),
        ("email", "a@b.c", Recipient("a@b.c")),
        ("email;phone", None, Recipient(None)),
        ("phone;email", "a@b.c", Recipient(None)),
        ("sms", "a@b.c", Recipient("a@b.c")),
        ("wecom;email;phone", "a@b.c", Recipient("a@b.c")),
        ("dingtalk;phone", "a@b.c", Recipient(None)),
        ("none", "a@b.c", None),
    ],
)
def test_somebody_is_told_by_the_first_way_that_the_office_has(contact_by, email, expected):
    assert recipient(contact_by, email) == expected


def test_nobody_is_owed_a_call_for_what_is_not_worth_one(outbox):
    he = outbox.person(contact_by="phone")
    owed = [Owed(kind, he.id, kind, NOW, STARTS) for kind in NoticeKind]
    assert owe(outbox.session, owed, now=NOW) == len(WORTH_A_CALL) < len(NoticeKind)


def test_what_is_owed_is_owed_once_and_left_as_it_is(outbox):
    he = outbox.person()
    first = Owed("k", he.id, NoticeKind.DIGEST, NOW, STARTS, words={"day": "2026-09-15"})
    other = Owed("k", he.id, NoticeKind.MOVED, NOW, STARTS)
    assert owe(outbox.session, [first, first], now=NOW) == 1
    assert owe(outbox.session, [other], now=NOW) == 0
    (notice,) = outbox.rows()
    assert (notice.kind, notice.words, notice.state) == (
        NoticeKind.DIGEST,
        {"day": "2026-09-15"},
        NoticeState.DUE,
    )


def test_thousands_are_owed_at_once(outbox):
    he = outbox.person()
    owed = [Owed(f"k{n}", he.id, NoticeKind.DIGEST, NOW, STARTS) for n in range(6_000)]
    assert owe(outbox.session, owed, now=NOW) == 6_000
    assert owe(outbox.session, owed, now=NOW) == 0
    assert owe(outbox.session, [], now=NOW) == 0


def test_a_unit_is_coordinated_by_the_nearest_who_are_there(outbox):
    county = outbox.county
    west, east = (county.unit(code, county.root) for code in ("W", "E"))
    village, hamlet = county.unit("V", west), county.unit("H", west)
    chief, wang, chen, lin, gone, left = (outbox.person() for _ in range(6))
    outbox.coordinator(None, chief, AccountRole.ADMINISTRATOR)
    outbox.coordinator(west, wang)
    outbox.coordinator(village, chen)
    outbox.coordinator(west, lin, AccountRole.RECORDER)
    outbox.coordinator(west, None)
    outbox.coordinator(west, gone).active = False
    outbox.coordinator(hamlet, left)
    left.until = NOW.date() - timedelta(days=1)
    outbox.session.flush()
    units = [village.id, hamlet.id, west.id, east.id]
    assert coordinators_of(outbox.session, units, on=NOW.date()) == {
        village.id: [chen.id],
        hamlet.id: [wang.id],
        west.id: [wang.id],
        east.id: [chief.id],
    }
