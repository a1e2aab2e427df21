"""What was said of somebody's health or hardship in a case: its words go some time after it was closed.

They go wherever they stand (rule 54): in the case, its steps and tasks, and in the outcomes of its visits, every
revision of them. That there was a case, when, what was done and what it cost stays.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, or_, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from models import Activity, Attendance, Matter, MatterStep, MatterTask, Outcome
from models.base import MatterId
from models.enums import ActivityStatus, MatterFace
from outreach.clockwork import Trouble
from outreach.retention.batches import Batch, Periods

CASES_AT_ONCE: Final = 200
_WORDS_OF_TELLING: Final = ("narrative",)
_WORDS_OF_VISIT: Final = ("note", "condition")


def case_texts(session: Session, periods: Periods, after: int) -> Batch:
    """Forget the words of some closed cases; a case whose words cannot be taken out holds up no other."""
    closed_by = periods.today - timedelta(days=periods.rules.case_texts_days)
    over = session.execute(
        select(Matter.id, Matter.code)
        .where(
            Matter.face == MatterFace.CASE,
            Matter.closed_on <= closed_by,
            _has_words(),
            Matter.id > after,
        )
        .order_by(Matter.id)
        .limit(CASES_AT_ONCE)
    ).all()
    forgotten, troubles = 0, []
    for matter_id, code in over:
        try:
            with session.begin_nested():
                forget_words(session, matter_id)
        except OperationalError:
            raise
        except (DBAPIError, TypeError, ValueError, AttributeError) as error:
            values = {"code": code, "why": type(error).__name__}
            troubles.append(Trouble("clockwork.trouble_case_not_forgotten", values))
        else:
            forgotten += 1
    return Batch(forgotten, over[-1].id if len(over) == CASES_AT_ONCE else None, troubles)


def forget_words(session: Session, matter_id: MatterId) -> None:
    """Take out all that was said in a case and of its visits."""
    visits = select(Activity.id).where(Activity.matter_id == matter_id)
    session.execute(
        update(Matter)
        .where(Matter.id == matter_id)
        .values(text=None, answer=None, result=None, version=Matter.version + 1)
    )
    session.execute(update(MatterStep).where(MatterStep.matter_id == matter_id).values(note=None))
    session.execute(update(MatterTask).where(MatterTask.matter_id == matter_id).values(note=None))
    session.execute(
        update(Attendance).where(Attendance.activity_id.in_(visits)).values(note=None, condition=None)
    )
    session.execute(
        update(Activity)
        .where(Activity.id.in_(visits), _is_by_people())
        .values(
            narrative=None,
            reason=case((Activity.status == ActivityStatus.CANCELLED, ""), else_=None),
            version=Activity.version + 1,
        )
    )
    for outcome in session.scalars(select(Outcome).where(Outcome.activity_id.in_(visits)).with_for_update()):
        outcome.told, outcome.present = without_words(outcome.told), without_words(outcome.present)
    session.flush()


def without_words(document: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """What was told, without its narrative and without what was noted of those visited."""
    kept = {name: value for name, value in document.items() if name not in _WORDS_OF_TELLING}
    if "visits" in kept:
        kept["visits"] = [
            {name: value for name, value in visit.items() if name not in _WORDS_OF_VISIT}
            for visit in kept["visits"]
        ]
    return kept


def _is_by_people() -> ColumnElement[bool]:
    """Whether somebody told of the visit, or cancelled it: then the reason is in words of theirs."""
    return or_(Activity.revision > 0, Activity.by_hand)


def _has_words() -> ColumnElement[bool]:
    """Whether anything is left to forget: so that a case done is not looked at every night."""
    told = or_(
        *(
            cast(column, Text).contains(f'"{word}"')
            for column in (Outcome.told, Outcome.present)
            for word in (*_WORDS_OF_TELLING, *_WORDS_OF_VISIT)
        )
    )
    visited = Activity.matter_id == Matter.id
    return or_(
        Matter.text.is_not(None),
        Matter.answer.is_not(None),
        Matter.result.is_not(None),
        exists().where(MatterStep.matter_id == Matter.id, MatterStep.note.is_not(None)),
        exists().where(MatterTask.matter_id == Matter.id, MatterTask.note.is_not(None)),
        exists().where(visited, _is_by_people(), or_(Activity.narrative.is_not(None), Activity.reason != "")),
        exists().where(
            visited,
            Attendance.activity_id == Activity.id,
            or_(Attendance.note.is_not(None), Attendance.condition.is_not(None)),
        ),
        exists().where(and_(visited, Outcome.activity_id == Activity.id, told)),
    )
