"""The marks of kinds: as the office chose them, else the program's own."""

import pytest
from sqlalchemy import select

from models import AuditEntry
from models.enums import AccountRole
from outreach.campaign_kinds import CampaignKind
from outreach.errors import Forbidden, Invalid, Stale
from outreach.kind_marks import KindMark, change_kinds, is_mark, kind_marks
from outreach.permissions import CONSOLE, Actor, Right
from tests.outreach.county import County

CHOIR = CampaignKind("choir", "合唱")


def test_nothing_is_chosen_until_somebody_does(session):
    found = kind_marks(session)
    assert (dict(found.marks), dict(found.names)) == ({}, {})


def test_marks_and_own_kinds_are_kept_together_and_noted(session, now):
    chosen = {"choir": KindMark("唱", 4), "study": KindMark("读", 0)}
    found = change_kinds(session, [CHOIR], chosen, by=CONSOLE, now=now)
    assert found == kind_marks(session)
    assert dict(found.names) == {"choir": "合唱"}
    assert found.marks["choir"] == KindMark("唱", 4)
    change_kinds(session, [CHOIR], {"study": KindMark()}, by=CONSOLE, now=now)
    assert set(kind_marks(session).marks) == {"choir"}
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert entries[-1].before == {"kind_marks": {"choir": ["唱", 4], "study": ["读", 0]}}


def test_the_mark_of_a_kind_that_is_gone_goes_with_it(session, now):
    change_kinds(session, [CHOIR], {"choir": KindMark("唱", 4)}, by=CONSOLE, now=now)
    assert dict(change_kinds(session, [], {}, by=CONSOLE, now=now).marks) == {}


def test_whoever_saves_on_top_of_somebody_else_is_told(session, now):
    seen = kind_marks(session).version
    change_kinds(session, [], {"study": KindMark("读")}, by=CONSOLE, now=now, version=seen)
    with pytest.raises(Stale):
        change_kinds(session, [], {"study": KindMark("书")}, by=CONSOLE, now=now, version=seen)


def test_a_kind_that_campaigns_have_and_a_long_mark_are_refused(session, now):
    change_kinds(session, [CHOIR], {}, by=CONSOLE, now=now)
    County(session).campaign("DATES:2026-10-09", kind="choir")
    for own, marks in (([], {}), ([CHOIR], {"study": KindMark("读书")})):
        with pytest.raises(Invalid):
            change_kinds(session, own, marks, by=CONSOLE, now=now)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("乡", True),
        ("R", True),
        ("RV", True),
        ("RVX", False),
        ("乡村", False),
        ("乡R", False),
        ("R V", False),
    ],
)
def test_a_mark_is_one_wide_character_or_two_narrow_ones(text, fits):
    assert is_mark(text) is fits


def test_only_administrators_of_everything_choose(session, now):
    for rights in ((), (Right(AccountRole.COORDINATOR),)):
        with pytest.raises(Forbidden):
            change_kinds(session, [], {}, by=Actor("x", rights=rights), now=now)
