"""What was said in a case goes two years after it was closed, wherever it stands; that there was a case stays."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Text, cast, select

from models import Activity, Attendance, Matter, MatterStep, MatterTask, Outcome, Setting
from models.enums import ActivityStatus, Condition, MatterStepKind, VisitResult
from outreach.clockwork import Moment
from outreach.matters import Opinion
from outreach.outcomes import Visited
from outreach.recount import recount
from outreach.retention.case_texts import without_words
from outreach.routines.forget import forget
from tests.outreach.county import NOW, TODAY, ZONE
from tests.outreach.test_outcomes import Records, there

MOMENT = Moment(NOW, NOW, ZONE)
TWO_YEARS = timedelta(days=730)
ILL = "肝病"


@pytest.fixture
def county(session):
    return Records(session)


def _case_told_of(county, closed_on):
    """A case with words everywhere, its visit told twice."""
    ill, visitor = county.person("retiree"), county.person("volunteer")
    campaign = county.course("hospital.person_times", serves=["retiree"])
    case = county.case(ill, date(2023, 1, 5))
    visit = county.due(campaign, matter_id=case.id, subject_person_id=ill.id)
    for _ in range(2):
        county.tell(
            visit,
            attendance=there(visitor),
            visits=[Visited(ill.code, VisitResult.SEEN, Condition.ATTENTION, f"{ILL}复发")],
            narrative=f"去医院看望，{ILL}",
            suggestions=[Opinion("修路灯", code=f"S{case.code}", unit_code="BJ")],
        )
    county.report(visit, narrative=f"又说{ILL}", visits=[Visited(ill.code, note=ILL)])
    case.text, case.result, case.answer = ILL, ILL, ILL
    case.closed_on = closed_on
    county._add(
        MatterStep(matter_id=case.id, step=MatterStepKind.VISITED, on_day=case.opened_on, by="w", note=ILL)
    )
    county._add(MatterTask(matter_id=case.id, task="其他", position=9, note=ILL))
    return case, visit


def _mentions(session):
    """Where the words still stand."""
    session.flush()
    session.expire_all()
    found = []
    for column in (
        *(Matter.text, Matter.result, Matter.answer, MatterStep.note, MatterTask.note),
        *(Activity.narrative, Activity.reason, Attendance.note),
        *(Outcome.told, Outcome.present),
    ):
        escaped = ILL.encode("unicode_escape").decode()
        rows = session.scalars(select(cast(column, Text)).where(column.is_not(None)))
        if any(ILL in row or escaped in row for row in rows):
            found.append(str(column))
    return found


def test_its_words_go_from_the_case_its_steps_and_every_revision_and_the_figures_stay(county):
    case, visit = _case_told_of(county, TODAY - TWO_YEARS)
    assert len(_mentions(county.session)) == 9, "everywhere but in a reason"
    figures, days = county.figures(), (case.opened_on, case.closed_on, visit.held_on)
    assert figures["hospital.person_times@BJ"] == "1 ×1"
    assert forget(county.session, MOMENT).counts == {"forgot_case_texts": 1}
    assert _mentions(county.session) == []
    assert county.session.scalars(select(Attendance.condition)).all() == [None, None]
    assert [outcome.present["status"] for outcome in county.session.scalars(select(Outcome))] == ["held"] * 3
    assert (county.figures(), (case.opened_on, case.closed_on, visit.held_on)) == (figures, days)
    assert recount(county.session).ok
    texts = county.session.scalars(select(Matter.text).where(Matter.code == f"S{case.code}")).all()
    assert texts == ["修路灯"], "what was suggested on the visit is no part of the case"
    assert forget(county.session, MOMENT).counts == {}


@pytest.mark.parametrize(
    "closed_on", [None, TODAY - TWO_YEARS + timedelta(1)], ids=["open", "closed a day less than two years"]
)
def test_a_case_that_is_open_or_was_closed_later_keeps_its_words(county, closed_on):
    _case_told_of(county, closed_on)
    assert not forget(county.session, MOMENT)
    assert len(_mentions(county.session)) == 9


def test_the_office_says_how_long(county):
    _case_told_of(county, TODAY - timedelta(31))
    county._add(Setting(name="retention.case_texts_days", value=30))
    assert forget(county.session, MOMENT).counts == {"forgot_case_texts": 1}


def test_words_that_only_an_old_revision_or_a_cancelled_visit_has_go_too(county):
    case, visit = _case_told_of(county, None)
    county.tell(visit, status=ActivityStatus.CANCELLED, narrative=f"{ILL}，没有去")
    case.text = case.result = case.answer = None
    case.closed_on = TODAY - TWO_YEARS
    assert "Activity.reason" in _mentions(county.session)
    forget(county.session, MOMENT)
    assert _mentions(county.session) == []
    assert visit.status is ActivityStatus.CANCELLED


def test_a_case_that_cannot_be_worked_is_told_and_holds_up_no_other(county):
    broken, visit = _case_told_of(county, TODAY - TWO_YEARS)
    outcome = county.session.scalars(select(Outcome).where(Outcome.activity_id == visit.id)).first()
    outcome.told = {**outcome.told, "visits": "not a list"}
    sound, _ = _case_told_of(county, TODAY - TWO_YEARS)
    sound.code, broken.code = "SOUND", "BROKEN"
    county.session.flush()
    changed = forget(county.session, MOMENT)
    assert changed.counts == {"forgot_case_texts": 1}
    assert [(trouble.key, trouble.values["code"]) for trouble in changed.troubles] == [
        ("clockwork.trouble_case_not_forgotten", "BROKEN")
    ]
    county.session.expire_all()
    assert (sound.text, broken.text) == (None, ILL)


def test_words_are_taken_out_of_a_telling_and_nothing_else():
    told = {
        "status": "held",
        "narrative": ILL,
        "visits": [{"person_id": 1, "unit_id": 2, "result": "seen", "condition": "fair", "note": ILL}],
        "suggestions": [{"code": "S1", "text": "修路灯"}],
    }
    assert without_words(told) == {
        "status": "held",
        "visits": [{"person_id": 1, "unit_id": 2, "result": "seen"}],
        "suggestions": [{"code": "S1", "text": "修路灯"}],
    }
