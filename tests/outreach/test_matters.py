"""Suggestions and cases: their states follow from their days, every change is a step, suggestions feed two figures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Matter, MatterStep
from models.base import MatterId
from models.enums import AnswerKind, MatterFace, MatterStatus, MatterStepKind
from outreach import matters
from outreach.errors import Conflict, Invalid, NotFound, Stale
from outreach.matters import CaseTold, Opinion, Suggestion
from tests.outreach.county import NOW, TODAY, ZONE
from tests.outreach.test_outcomes import WANG, Records

RAISED = date(2026, 9, 1)
BY = {"by": WANG, "now": NOW, "zone": ZONE}


@pytest.fixture
def county(session: Session) -> Records:
    return Records(session)


def raised(county: Records, text: str = "修路灯", **columns: object) -> Matter:
    opinion = Opinion(text, **{"code": "Y1", "raised_on": RAISED, "unit_code": "BJ", **columns})  # type: ignore[arg-type]
    return county.session.get_one(Matter, matters.raise_suggestion(county.session, opinion, **BY))


def changed(county: Records, matter: Matter, **columns: object) -> Matter:
    told = replace(matters.opinion_of(county.session, matter, zone=ZONE), **columns)  # type: ignore[arg-type]
    matters.change_suggestion(county.session, matter.code, told, **BY)
    return matter


def steps(county: Records, matter: Matter) -> list[tuple[MatterStepKind, date]]:
    return [(step.step, step.on_day) for step in matters.steps_of(county.session, matter.id)]


# --- suggestions ------------------------------------------------------------------------------------------------------


def test_a_suggestion_goes_from_collected_to_fed_back(county: Records) -> None:
    matter = raised(county)
    assert matter.status is MatterStatus.COLLECTED
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1"}
    changed(county, matter, sent_to="交通局", sent_on=RAISED + timedelta(2), due_on=RAISED + timedelta(32))
    assert matter.status is MatterStatus.SENT
    matters.chase(county.session, "Y1", note="电话", **BY)
    assert matter.status is MatterStatus.CHASED
    changed(county, matter, answered_on=RAISED + timedelta(9), answer="已修")
    assert (matter.status, matter.closed_on) == (MatterStatus.ANSWERED, None)
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1"}
    changed(county, matter, fed_back_on=RAISED + timedelta(10))
    assert (matter.status, matter.closed_on) == (MatterStatus.FED_BACK, RAISED + timedelta(10))
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1", "suggestions.settled@BJ": "1 ×1"}
    assert steps(county, matter) == [
        (MatterStepKind.OPENED, RAISED),
        (MatterStepKind.SENT, RAISED + timedelta(2)),
        (MatterStepKind.ANSWERED, RAISED + timedelta(9)),
        (MatterStepKind.TOLD, RAISED + timedelta(10)),
        (MatterStepKind.CHASED, TODAY),
    ]


def test_chasing_leaves_a_suggestion_chased_when_other_words_change(county: Records) -> None:
    matter = raised(county, sent_to="交通局", sent_on=RAISED)
    matters.chase(county.session, "Y1", **BY)
    assert changed(county, matter, text="修两盏路灯").status is MatterStatus.CHASED


@pytest.mark.parametrize("told", [{}, {"sent_on": RAISED, "answered_on": RAISED}])
def test_only_what_waits_for_an_answer_can_be_chased(county: Records, told: dict[str, object]) -> None:
    raised(county, **told)
    with pytest.raises(Conflict):
        matters.chase(county.session, "Y1", **BY)


def test_an_answer_may_say_that_it_will_not_be_done_and_why(county: Records) -> None:
    matter = raised(county, sent_to="交通局", sent_on=RAISED)
    with pytest.raises(Invalid) as caught:
        changed(county, matter, answered_on=TODAY, answer_kind=AnswerKind.DECLINED)
    assert {fault.field: fault.key for fault in caught.value.faults} == {
        "answer": "matters.declined_without_reason"
    }
    changed(county, matter, answered_on=TODAY, answer_kind=AnswerKind.DECLINED, answer="超出职权")
    assert matter.status is MatterStatus.DECLINED
    assert steps(county, matter)[-1] == (MatterStepKind.DECLINED, TODAY)
    changed(county, matter, fed_back_on=TODAY)
    assert matter.status is MatterStatus.FED_BACK
    assert county.figures() == {"suggestions.opinions@BJ": "1 ×1", "suggestions.settled@BJ": "1 ×1"}


def test_going_back_a_step_needs_a_note_and_keeps_that_it_was_chased(county: Records) -> None:
    matter = raised(county, sent_to="交通局", sent_on=RAISED)
    matters.chase(county.session, "Y1", **BY)
    changed(county, matter, answered_on=TODAY, answer="已修")
    told = replace(matters.opinion_of(county.session, matter, zone=ZONE), answered_on=None, answer=None)
    with pytest.raises(Invalid) as caught:
        matters.change_suggestion(county.session, "Y1", told, **BY)
    assert [fault.key for fault in caught.value.faults] == ["matters.note_needed_to_go_back"]
    matters.change_suggestion(county.session, "Y1", told, note="答复的是另一条", **BY)
    assert matter.status is MatterStatus.CHASED
    last = matters.steps_of(county.session, matter.id)[-1]
    assert (last.step, last.note) == (MatterStepKind.REOPENED, "答复的是另一条")


def test_what_is_owed_by_a_day_is_due_at_its_end(county: Records) -> None:
    matter = raised(county, due_on=date(2026, 9, 30))
    assert matter.due_at == datetime(2026, 9, 30, 16, tzinfo=UTC)
    assert matters.opinion_of(county.session, matter, zone=ZONE).due_on == date(2026, 9, 30)


def test_the_unit_is_the_person_s_on_the_day_it_was_raised(county: Records) -> None:
    before, after = county.unit("X1", county.root), county.unit("X2", county.root)
    person = county.person(unit=before)
    moved = county.session.merge(_placement(county, person.id))
    moved.until = RAISED
    county.place(person, after, since=RAISED + timedelta(1))
    matter = raised(county, unit_code=None, person_code=person.code)
    assert matter.unit_id == before.id
    later = raised(
        county, code="Y2", unit_code=None, person_code=person.code, raised_on=RAISED + timedelta(1)
    )
    assert later.unit_id == after.id


def _placement(county: Records, person_id: int) -> object:
    from models import Tie
    from models.enums import TieKind

    return county.session.scalars(
        select(Tie).where(Tie.kind == TieKind.PLACEMENT, Tie.subject_person_id == person_id)
    ).one()


def test_a_suggestion_without_a_code_gets_one_that_nobody_has(county: Records) -> None:
    first = raised(county, code=None)
    raised(county, code=f"S-{first.id + 1}")
    assert raised(county, code=None).code not in {first.code, f"S-{first.id + 1}"}


def test_a_code_that_is_taken_is_refused(county: Records) -> None:
    raised(county)
    with pytest.raises(Invalid) as caught:
        raised(county)
    assert [(fault.field, fault.key) for fault in caught.value.faults] == [("code", "errors.code_taken")]


def test_nothing_happens_to_a_suggestion_before_it_was_raised(county: Records) -> None:
    with pytest.raises(Invalid) as caught:
        raised(county, sent_on=RAISED - timedelta(1), fed_back_on=RAISED - timedelta(2), text=" ")
    assert {fault.field: fault.key for fault in caught.value.faults} == {
        "text": "matters.text_missing",
        "sent_on": "matters.before_it_was_raised",
        "fed_back_on": "matters.before_it_was_raised",
    }


def test_a_moved_day_moves_the_figure(county: Records) -> None:
    matter = raised(county)
    changed(county, matter, raised_on=date(2026, 8, 31))
    assert county.figures() == {}
    assert county.figures(date(2026, 8, 1)) == {"suggestions.opinions@BJ": "1 ×1"}


def test_a_stale_or_unknown_suggestion_is_not_changed(county: Records) -> None:
    matter = raised(county)
    version = matter.version
    told = matters.opinion_of(county.session, matter, zone=ZONE)
    matters.change_suggestion(county.session, "Y1", told, expected_version=version, **BY)
    with pytest.raises(Stale):
        matters.change_suggestion(county.session, "Y1", told, expected_version=version, **BY)
    with pytest.raises(NotFound):
        matters.change_suggestion(county.session, "Y9", told, **BY)


def test_suggestions_brought_again_are_changed_by_their_code_or_left_as_they_are(county: Records) -> None:
    lamp = Suggestion("修路灯", RAISED, code="Y1", unit_id=county.root.id)
    bus = Suggestion("早班车", RAISED, code="Y2", unit_id=county.root.id)
    first = matters.bring_suggestions(county.session, [lamp, bus], **BY)
    assert (len(first.created), first.changed, first.unchanged) == (2, (), 0)
    answered = replace(bus, answered_on=TODAY, fed_back_on=TODAY)
    second = matters.bring_suggestions(county.session, [lamp, answered], **BY)
    assert (second.created, len(second.changed), second.unchanged) == ((), 1, 1)
    assert county.figures() == {"suggestions.opinions@BJ": "2 ×2", "suggestions.settled@BJ": "1 ×1"}


def test_matters_can_be_removed_with_their_steps_and_figures(county: Records) -> None:
    matter = raised(county)
    matters.remove_matters(county.session, [MatterId(matter.id)], by=WANG, now=NOW)
    assert county.figures() == {}
    assert county.session.scalar(select(func.count()).select_from(MatterStep)) == 0


# --- cases ------------------------------------------------------------------------------------------------------------


def case(county: Records, **columns: object) -> Matter:
    person = county.person("retiree")
    told = CaseTold(**{"kind": "hospital", "person_code": person.code, **columns})  # type: ignore[arg-type]
    return county.session.get_one(Matter, matters.open_case(county.session, told, **BY))


def test_a_case_is_opened_today_for_the_person_s_unit(county: Records) -> None:
    matter = case(county)
    assert (matter.face, matter.status, matter.opened_on) == (MatterFace.CASE, MatterStatus.OPEN, TODAY)
    assert matter.unit_id == county.root.id
    assert county.figures() == {}


def test_a_case_is_closed_with_its_result_and_may_be_opened_again(county: Records) -> None:
    matter = case(county, code="G1", opened_on=RAISED)
    told = matters.case_of(county.session, matter)
    matters.change_case(county.session, "G1", replace(told, closed_on=TODAY, result="已出院"), **BY)
    assert (matter.status, matter.result) == (MatterStatus.CLOSED, "已出院")
    matters.change_case(county.session, "G1", told, **BY)
    assert (matter.status, matter.closed_on) == (MatterStatus.OPEN, None)
    assert [step for step, _ in steps(county, matter)] == [
        MatterStepKind.OPENED,
        MatterStepKind.CLOSED,
        MatterStepKind.REOPENED,
    ]


def test_every_fault_of_a_case_is_named(county: Records) -> None:
    with pytest.raises(Invalid) as caught:
        case(county, kind="", person_code="NOBODY", opened_on=TODAY, closed_on=RAISED)
    assert {fault.field: fault.key for fault in caught.value.faults} == {
        "kind": "matters.kind_missing",
        "person_code": "errors.unknown_code",
        "closed_on": "matters.closed_before_it_was_opened",
    }


def test_a_case_has_a_code_of_its_own(county: Records) -> None:
    assert case(county).code != case(county).code
    case(county, code="G1")
    with pytest.raises(Invalid):
        case(county, code="G1")


def test_a_stale_version_of_a_case_is_refused(county: Records) -> None:
    matter = case(county, code="G1")
    told = matters.case_of(county.session, matter)
    version = matter.version
    matters.change_case(county.session, "G1", told, expected_version=version, **BY)
    with pytest.raises(Stale):
        matters.change_case(county.session, "G1", told, expected_version=version, **BY)
