"""Somebody erased is a number: nothing that is kept says their name any more, and no figure has moved."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Text, cast, select

from calendars.periods import parse_period
from models import (
    Account,
    Activity,
    Assignment,
    AuditEntry,
    Delivery,
    FeedVersion,
    Import,
    KeptClash,
    LedgerEntry,
    Matter,
    MatterStep,
    Notice,
    Outcome,
    Person,
    Photo,
    Subscription,
    Tie,
    Unit,
)
from models.base import Base
from models.enums import (
    AccountRole,
    AssignmentState,
    AuditAction,
    Channel,
    Condition,
    DeliveryResult,
    Gender,
    LedgerKind,
    MatterStepKind,
    NoticeKind,
    NoticeState,
    Privacy,
    TieKind,
    VisitResult,
)
from outreach import bereavements
from outreach.erasure import erase_again, erase_person
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.imports import ImportFaults, undo_import
from outreach.ledger import Payment
from outreach.matters import Opinion
from outreach.metrics import keep_dictionary
from outreach.outcomes import Visited
from outreach.permissions import CONSOLE, Actor, Right
from outreach.recount import recount
from outreach.sent_forms import Answer, keep_answer
from outreach.tallies import tally
from tests.outreach.county import NOW, TODAY, ZONE
from tests.outreach.imports.files import a_county, take, write_folder
from tests.outreach.test_outcomes import Records, there

NAME = "欧阳玉兰"
LATER = {"by": CONSOLE, "today": TODAY, "now": NOW}


@pytest.fixture
def county(session):
    return Records(session)


def _erase(session, code, reason="本人要求"):
    view = erase_person(session, code, confirm=code, reason=reason, **LATER)
    session.expire_all()
    return view


def _mentions(session, words):
    """Every column of every table in which these words stand."""
    session.flush()
    escaped = json.dumps(words)[1:-1]
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for value in session.scalars(select(cast(column, Text)).where(column.is_not(None))):
                if words in value or escaped in value:
                    found.add(f"{table.name}.{column.name}")
    return found


def _everywhere(county):
    """Somebody of whom everything is known, named in all that is written."""
    session = county.session
    old = county.person(
        "retiree",
        gender=Gender.FEMALE,
        birth_date=date(1940, 5, 1),
        lunar_birthday="4-1",
        mobile="19900000001",
        email="old@example.com",
        contact_by="email;phone",
        address=f"北街{NAME}家",
        available="Mon-Fri 09:00-12:00",
        max_per_month=3,
        notes="高血压",
    )
    old.name, old.sort_key = NAME, "ou yang"
    visitor = county.person("volunteer")
    county.pair(visitor, old, code="J1")
    county._add(Tie(kind=TieKind.SKILL, subject_person_id=old.id, object_word="书法"))
    county.team(old)
    campaign = county.course("visits.person_times", "visits.people", serves=["retiree"], notes=f"先看{NAME}")
    county._add(KeptClash(facts="一", day=TODAY, note=f"{NAME}等不得", by="console", decided_at=NOW))
    held = county.due(campaign, place=f"{NAME}家")
    for number in range(2):
        county.tell(
            held,
            attendance=there(visitor),
            visits=[Visited(old.code, VisitResult.SEEN, Condition.ATTENTION, "血压高")],
            ledger=[
                Payment(
                    LedgerKind.CASH,
                    Decimal(500 + number),
                    person_code=old.code,
                    received_by=NAME,
                    item=f"{NAME}慰问金",
                )
            ],
            suggestions=[Opinion(f"{NAME}说修路灯", code="S1", person_code=old.code)],
            narrative=f"去看{NAME}，精神很好",
        )
    case = county.case(old, date(2026, 9, 1))
    case.text, case.result = f"{NAME}肝病住院", "好转"
    case_visit = county.due(campaign, matter_id=case.id, subject_person_id=old.id, day=TODAY + timedelta(3))
    county._add(
        MatterStep(matter_id=case.id, step=MatterStepKind.SENT, on_day=TODAY, by="w", note=f"{NAME}家属来电")
    )
    county._add(
        Photo(
            activity_id=held.id,
            sha256="0" * 64,
            removed_at=NOW,
            width=1,
            height=1,
            caption=f"{NAME}在家",
            consent=f"{NAME}同意",
            reason=f"{NAME}不愿意",
            added_at=NOW,
            added_by="w",
        )
    )
    soon = county.due(campaign, day=TODAY + timedelta(9))
    county.assign(soon, old)
    county.assign(soon, visitor)
    notice = county._add(
        Notice(
            dedupe_key="k",
            person_id=old.id,
            kind=NoticeKind.ASKED,
            words={},
            created_at=NOW,
            due_at=NOW,
            expires_at=NOW + timedelta(9),
            next_try_at=NOW,
            last_error="old@example.com refused",
        )
    )
    for attempt, to in ((1, notice), (2, notice)):
        county._add(
            Delivery(
                notice_id=to.id,
                attempt=attempt,
                channel=Channel.EMAIL,
                at=NOW,
                result=DeliveryResult.FAILED,
                subject=f"{NAME}：请参加",
                text=NAME,
                detail="old@example.com refused",
            )
        )
    county._add(
        Subscription(
            token_hash="h",
            person_id=old.id,
            privacy=Privacy.FULL,
            label=f"{NAME}的日历",
            created_at=NOW,
            created_by="w",
        )
    )
    county._add(Account(name="old", person_id=old.id, active=True, created_at=NOW))
    county._add(
        AuditEntry(
            at=NOW,
            action=AuditAction.CHANGED,
            table_name="activities",
            row_id=held.id,
            reason=f"{NAME}来电",
            before={"place": f"{NAME}家"},
            after={"place": None},
        )
    )
    session.flush()
    return old, visitor, case_visit, soon


def test_nothing_that_is_kept_says_the_name_and_the_figures_stand(county):
    session = county.session
    old, *_ = _everywhere(county)
    keep_answer(session, "f", Answer("/people", f'{{"name": "{NAME}"}}'), now=NOW)
    figures = county.figures()
    assert figures["visits.person_times@BJ"] == "1 ×1"
    assert len(_mentions(session, NAME)) >= 15
    _erase(session, old.code, reason=f"{NAME}本人要求")
    for words in (
        NAME,
        "ou yang",
        "高血压",
        "血压高",
        "肝病",
        "书法",
        "19900000001",
        "old@example.com",
        "北街",
    ):
        assert _mentions(session, words) == set(), words
    assert county.figures() == figures
    assert recount(session).ok
    narratives = session.scalars(select(Activity.narrative).where(Activity.narrative.is_not(None))).all()
    assert narratives == [f"去看已删除 #{old.id}，精神很好"]
    assert session.scalars(select(Matter.text).where(Matter.code == "S1")).one().endswith("说修路灯")


def test_the_row_becomes_a_number_and_keeps_only_what_figures_need(county):
    old, *_ = _everywhere(county)
    view = _erase(county.session, old.code)
    assert (view.name, view.code, view.until) == (f"已删除 #{old.id}", old.code, TODAY)
    assert [role.value for role in view.roles] == ["retiree"]
    assert view.unit_code == "BJ"
    for column in ("gender", "birth_date", "lunar_birthday", "mobile", "email", "address", "available"):
        assert getattr(view, column) is None, column
    assert (view.notes, view.max_per_month, view.skills) == (None, None, ())
    assert view.contact_by == (Channel.NONE,)
    assert old.erased_at == NOW


def test_what_was_to_come_ends_and_nothing_is_sent(county):
    session = county.session
    old, visitor, case_visit, soon = _everywhere(county)
    _erase(session, old.code)
    states = dict(
        session.execute(
            select(Assignment.person_id, Assignment.state).where(Assignment.activity_id == soon.id)
        ).all()
    )
    assert states == {old.id: AssignmentState.WITHDRAWN, visitor.id: AssignmentState.PROPOSED}
    assert case_visit.status == "cancelled"
    assert session.scalars(select(Notice.state).where(Notice.person_id == old.id)).all() == [
        NoticeState.EXPIRED
    ]
    assert session.scalars(select(Subscription.revoked_at)).all() == [NOW]
    assert session.scalars(select(Account.active)).all() == [False]
    ended = session.scalars(
        select(Tie.until).where(Tie.kind.in_((TieKind.PAIRING, TieKind.MEMBERSHIP)))
    ).all()
    assert ended == [TODAY, TODAY]
    assert session.get(FeedVersion, "tree").changed_at == NOW
    assert county.plan().created == 0


def test_the_trail_says_who_erased_whom_and_why_and_no_value(county):
    old, *_ = _everywhere(county)
    _erase(county.session, old.code)
    entry = county.session.scalars(
        select(AuditEntry).where(AuditEntry.action == AuditAction.REMOVED, AuditEntry.table_name == "people")
    ).one()
    assert (entry.row_id, entry.person_id, entry.reason, entry.before) == (old.id, old.id, "本人要求", None)
    assert set(entry.after) == {"columns"}
    assert {"name", "mobile", "birth_date"} <= set(entry.after["columns"])


def test_erased_once_more_nothing_changes(county):
    old, *_ = _everywhere(county)
    _erase(county.session, old.code)
    entries = len(county.session.scalars(select(AuditEntry)).all())
    _erase(county.session, old.code)
    assert not erase_again(county.session, old.code, **LATER)
    assert not erase_again(county.session, "nobody", **LATER)
    assert len(county.session.scalars(select(AuditEntry)).all()) == entries


def test_of_namesakes_only_the_records_of_the_one_lose_the_name(county):
    session = county.session
    mine, other = county.person("retiree"), county.person("retiree")
    mine.name = other.name = NAME
    for person in (mine, other):
        county._add(
            LedgerEntry(
                paid_on=TODAY,
                kind=LedgerKind.CASH,
                amount=Decimal(5),
                unit_id=county.root.id,
                person_id=person.id,
                received_by=NAME,
                recorded_at=NOW,
                recorded_by="w",
            )
        )
    _erase(session, mine.code)
    received = session.scalars(select(LedgerEntry.received_by).order_by(LedgerEntry.id)).all()
    assert received == [f"已删除 #{mine.id}", NAME]
    assert other.name == NAME


def test_a_name_that_is_the_beginning_of_another_s_leaves_that_one_alone(county):
    short, long = county.person("retiree"), county.person("retiree")
    short.name, long.name = "王秀", "王秀英"
    activity = county.due(county.course())
    county.tell(activity, attendance=there(short, long), narrative="王秀和王秀英都来了")
    _erase(county.session, short.code)
    assert activity.narrative == f"已删除 #{short.id}和王秀英都来了"
    told = county.session.scalars(select(Outcome)).one()
    assert told.told["narrative"] == told.present["narrative"] == activity.narrative


def test_what_an_earlier_revision_noted_of_somebody_goes_too(county):
    old, other = county.person("retiree"), county.person("retiree")
    activity = county.due(county.course(serves=["retiree"]))
    noted = [Visited(old.code, condition=Condition.FAIR, note="咳嗽"), Visited(other.code, note="骨折")]
    county.tell(activity, visits=noted)
    county.tell(activity, visits=noted[1:])
    _erase(county.session, old.code)
    assert _mentions(county.session, "咳嗽") == set()
    assert _mentions(county.session, "骨折") == {"outcomes.told", "outcomes.present", "attendances.note"}


def test_only_whoever_administers_the_unit_may_and_only_with_the_code(county):
    session, old = county.session, county.person("retiree", unit=county.unit("Z1", county.root))
    z2 = county.unit("Z2", county.root)

    def erase(role, unit_id=None, confirm=old.code):
        actor = Actor("w", rights=(Right(role, unit_id),))
        erase_person(session, old.code, confirm=confirm, reason="", by=actor, today=TODAY, now=NOW)

    for role in (AccountRole.COORDINATOR, AccountRole.RECORDER, AccountRole.VIEWER):
        with pytest.raises(Forbidden):
            erase(role)
    with pytest.raises(NotFound):
        erase(AccountRole.ADMINISTRATOR, z2.id)
    with pytest.raises(Invalid):
        erase(AccountRole.ADMINISTRATOR, confirm="yes")
    assert old.erased_at is None
    erase(AccountRole.ADMINISTRATOR, county.root.id)
    assert old.erased_at is not None


def test_an_erased_code_is_not_brought_back_by_a_file_nor_its_import_undone(session, tmp_path):
    keep_dictionary(session)
    county = a_county()
    report = take(session, write_folder(tmp_path / "1", county))
    changed = [{**person, "mobile": "19900000009"} for person in county["people"] if person["code"] == "V1"]
    second = take(session, write_folder(tmp_path / "2", {"people": changed}))
    _erase(session, "V1")
    assert _mentions(session, "单国庆") == set()
    assert _mentions(session, "19900000001") == set()
    with pytest.raises(ImportFaults) as refused:
        take(session, write_folder(tmp_path / "3", {"people": changed}))
    assert "V1" in str([fault.values for fault in refused.value.faults])
    for each in (second, report):
        with pytest.raises(Conflict, match="changed_since"):
            undo_import(session, each.id, by=CONSOLE, now=NOW, zone=ZONE)
    assert all(imported.undo for imported in session.scalars(select(Import)))


def test_a_case_that_was_theirs_may_change_and_they_stay_out_of_everything(county):
    old, _, case_visit, _ = _everywhere(county)
    _erase(county.session, old.code)
    bereavements.follow_cases(county.session, [old.id], **LATER)
    assert old.frozen_on == TODAY
    assert case_visit.status == "cancelled"


def test_with_everybody_erased_every_month_that_is_over_tells_the_same_figures(session, tmp_path):
    keep_dictionary(session)
    take(session, write_folder(tmp_path, a_county()))
    units = session.scalars(select(Unit.id)).all()

    def figures():
        session.expire_all()
        return [
            (period, unit, line.metric, line.value, line.qualifier, line.sources, line.by_unit)
            for period in ("2026-05", "2026-08", "2026-Q2", "2025")
            for unit in units
            for line in tally(session, parse_period(period), unit).lines
        ]

    before = figures()
    assert {"visits.people", "finance.visit_money", "pairing.active"} <= {figure[2] for figure in before}
    names = session.scalars(select(Person.name)).all()
    for code in session.scalars(select(Person.code)).all():
        _erase(session, code)
    assert figures() == before
    assert recount(session).ok
    assert [name for name in names if _mentions(session, name)] == []
